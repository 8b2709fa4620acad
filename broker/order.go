package broker

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/signoffhq/signoff"
)

const maxOrder = 10

// Orderable refuses what a list of the method cannot be sorted by ("bad-filter").
func Orderable(o Object, m Method, order []Order) error {
	refuse := func(err error) error {
		return &signoff.Error{Kind: signoff.Invalid, Code: "bad-filter", Detail: err.Error()}
	}
	if len(order) > maxOrder {
		return refuse(fmt.Errorf("a list is sorted by %d properties at most", maxOrder))
	}
	for _, by := range order {
		p, err := comparable(o, m, by.Name)
		if err != nil {
			return refuse(err)
		}
		if p.List || p.Type == File || p.Type == JSON {
			return refuse(fmt.Errorf("nothing can be sorted by %s", p.Name))
		}
	}
	return nil
}

// Sort puts rows into an order that Orderable let pass. Equal rows stay as they
// were.
func Sort(o Object, order []Order, rows []map[string]any) {
	slices.SortStableFunc(rows, func(a, b map[string]any) int {
		for _, by := range order {
			p, _ := o.Property(by.Name)
			n := inOrder(p.Type, a[by.Name], b[by.Name])
			if by.Desc {
				n = -n
			}
			if n != 0 {
				return n
			}
		}
		return 0
	})
}

func inOrder(t DataType, a, b any) int {
	if a == nil || b == nil {
		return cmp.Compare(rank(a != nil), rank(b != nil))
	}
	if t == YesNo {
		x, _ := a.(bool)
		y, _ := b.(bool)
		return cmp.Compare(rank(x), rank(y))
	}
	f := Filter{To: b, of: t}
	n, _ := f.compare(a)
	return n
}

func rank(yes bool) int {
	if yes {
		return 1
	}
	return 0
}
