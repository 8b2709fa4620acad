package broker

import "slices"

func contains(names []string, name string) bool { return slices.Contains(names, name) }

func sortedNames(m map[string]any) []string {
	names := make([]string, 0, len(m))
	for n := range m {
		names = append(names, n)
	}
	slices.Sort(names)
	return names
}
