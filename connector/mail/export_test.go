package mail

import "testing"

// OnlyWay has tokens handed over in one way alone; "" is as usual.
func OnlyWay(t *testing.T, way string) {
	onlyWay = way
	t.Cleanup(func() { onlyWay = "" })
}
