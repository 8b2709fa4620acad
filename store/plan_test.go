package store

import (
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/signoffhq/signoff/store/pgtest"
)

// TestEveryListIsAWalkAlongAnIndex holds the text of every query in this
// package's worklist, instance, timer and outbox files against the plan SQLite
// makes for it: no scan, no sorting.
func TestEveryListIsAWalkAlongAnIndex(t *testing.T) {
	pgtest.FileOnly(t)
	s := openTest(t)
	text := regexp.MustCompile("(?s)`((?:select|update|delete)[^`]*)`")
	seen := 0
	for _, name := range []string{"instances.go", "worklist.go", "decided.go", "timers.go", "outbox.go", "parking.go", "once.go", "commit.go"} {
		src, err := os.ReadFile(filepath.Join(".", name))
		must(t, err)
		whole := strings.NewReplacer("selectInstance+`", "`"+selectInstance, "selectWorklist+`", "`"+selectWorklist).Replace(string(src))
		for _, m := range text.FindAllStringSubmatch(whole, -1) {
			if q := m[1]; strings.Contains(q, "where") || strings.Contains(q, "min(") {
				checkPlan(t, s, q)
				seen++
			}
		}
	}
	for _, limbs := range []int{1, 2, MaxWalks} {
		checkPlan(t, s, worklistText(worklistKey{limbs: limbs}))
		checkPlan(t, s, worklistText(worklistKey{limbs: limbs, order: OldestFirst}))
	}
	if seen < 20 {
		t.Fatalf("only %d statements found: the test no longer sees them", seen)
	}
}

func checkPlan(t *testing.T, s *Store, query string) {
	n := 0 // the highest parameter
	for i := 1; strings.Contains(query, "$"+strconv.Itoa(i)); i++ {
		n = i
	}
	args := make([]any, n)
	for i := range args {
		args[i] = 1
	}
	rows, err := s.read.Query("explain query plan "+query, args...)
	if err != nil {
		t.Fatalf("%s: %v", query, err)
	}
	defer rows.Close()
	for rows.Next() {
		var id, parent, unused int
		var detail string
		must(t, rows.Scan(&id, &parent, &unused, &detail))
		// A walk down the numbers of all instances is a scan by another name.
		scans := strings.HasPrefix(detail, "SCAN") && !strings.Contains(detail, "INDEX") || strings.Contains(detail, "rowid<?")
		if scans || strings.Contains(detail, "TEMP B-TREE") {
			t.Errorf("%s\n  %s", query, detail)
		}
	}
}
