package catalogue

import (
	"context"
	"fmt"
	"strconv"
	"strings"

	"github.com/signoffhq/signoff"
	"github.com/signoffhq/signoff/broker"
)

// sortedAfter begins the cursors of lists that are sorted here; those of
// providers begin with a number.
const sortedAfter = "s"

func isSorted(cursor string) bool { return strings.HasPrefix(cursor, sortedAfter) }

// sorted gives a page of a list that the provider does not sort. All of it is
// read each time; one that is too long is refused ("too-many-rows").
func (p *opened) sorted(ctx context.Context, c broker.Call, o broker.Object) (broker.Result, error) {
	from := 0
	if isSorted(c.After) {
		n, err := strconv.Atoi(c.After[len(sortedAfter):])
		if err != nil || n < 0 {
			return broker.Result{}, &signoff.Error{Kind: signoff.Invalid, Code: "bad-cursor", Detail: "the list cannot go on from there"}
		}
		from = n
	}
	rows, err := p.all(ctx, c, o)
	if err != nil {
		return broker.Result{}, err
	}
	broker.Sort(o, c.Order, rows)
	total := len(rows)
	from = min(from, total)
	to := total
	if c.Top > 0 {
		to = min(from+c.Top, total)
	}
	to = min(to, from+maxTop)
	out := broker.Result{Rows: rows[from:to], Ordered: true, Total: &total}
	if to < total {
		out.Next = sortedAfter + strconv.Itoa(to)
	}
	return out, nil
}

// all reads a list to its end.
func (p *opened) all(ctx context.Context, c broker.Call, o broker.Object) ([]map[string]any, error) {
	c.Order, c.Top, c.After, c.Count = nil, 0, "", false
	rows := []map[string]any{}
	for range maxPages {
		r, err := p.list(ctx, c, o)
		if err != nil {
			return nil, err
		}
		if rows = append(rows, r.Rows...); len(rows) > maxRows {
			break
		}
		if c.After = r.Next; c.After == "" {
			return rows, nil
		}
	}
	return nil, &signoff.Error{Kind: signoff.Invalid, Code: "too-many-rows",
		Detail: fmt.Sprintf("%s cannot sort the list itself, and it is too long to be sorted here: %d rows, in %d pages, are the most", p.v.Name, maxRows, maxPages),
		Hint:   "filter the list further, or leave out the order"}
}
