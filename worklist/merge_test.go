package worklist

import (
	"context"
	"slices"
	"testing"

	"pgregory.net/rapid"
)

// TestAMergeOfWalksIsTheSortedList: however the items are spread, and whatever
// is held by several sources, each place comes once, in order, with all who hold it.
func TestAMergeOfWalksIsTheSortedList(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		lists := rapid.SliceOfN(rapid.SliceOfN(rapid.IntRange(1, 60), 0, 60), 0, 12).Draw(t, "lists")
		m := &merge[int]{before: func(a, b int) bool { return a < b }}
		holders := map[int]int{}
		for _, list := range lists {
			slices.Sort(list)
			for _, x := range list {
				holders[x]++
			}
			m.sources = append(m.sources, &source[int]{fetch: func(_ context.Context, behind *int, n int) ([]int, bool, error) {
				i, _ := slices.BinarySearch(list, *behind+1)
				end := min(len(list), i+n)
				for end > i && end < len(list) && list[end] == list[end-1] { // what stands in the same place comes together
					end++
				}
				return slices.Clone(list[i:end]), end < len(list), nil
			}})
		}
		m.sized(rapid.IntRange(1, 30).Draw(t, "page"))
		at := 0
		for {
			same, err := m.next(context.Background(), &at)
			if err != nil {
				t.Fatal(err)
			}
			if len(same) == 0 {
				break
			}
			if same[0] <= at || len(same) != holders[same[0]] {
				t.Fatalf("after %d came %v, which is held %d times", at, same, holders[same[0]])
			}
			at = same[0]
			delete(holders, at)
		}
		if len(holders) != 0 {
			t.Fatalf("left out: %v", holders)
		}
	})
}
