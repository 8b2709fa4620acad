package httpapi

import (
	"fmt"
	"testing"
	"time"

	"github.com/signoffhq/signoff"
)

// Counting a caller allocates nothing, so that it is lost in the noise of a
// request, and counts of many callers stay within their bound.
func TestCountingCostsNothing(t *testing.T) {
	var c callers
	k := caller{api: apiREST, how: "bearer", via: "Contoso 7e1c", who: "user:7"}
	at := time.Now()
	c.note(k, at)
	if n := testing.AllocsPerRun(100, func() { c.note(k, at) }); n != 0 {
		t.Errorf("%v allocations", n)
	}
	for i := range 3 * maxCallersAtOnce {
		k.who = signoff.Principal(fmt.Sprintf("user:%d", i))
		c.note(k, at)
	}
	list := c.take()
	if len(list) > maxCallersAtOnce+1 {
		t.Errorf("%d callers are told apart", len(list))
	}
	var sum int64
	for _, one := range list {
		sum += one.Times
	}
	if want := int64(102 + 3*maxCallersAtOnce); sum != want {
		t.Errorf("%d of %d are counted", sum, want)
	}
	if again := c.take(); len(again) != 0 {
		t.Errorf("handed over twice: %v", again)
	}
}

// A token that was refused is counted under the issuer it is of.
func TestARefusedTokenIsCountedUnderItsIssuer(t *testing.T) {
	s := &Server{Now: time.Now}
	q := &heard{code: "token-expired", via: "Contoso"}
	s.noteCall(apiREST, q, "bearer")
	list := s.callers.take()
	if len(list) != 1 || list[0].Via != "Contoso" || list[0].How != "bearer" || list[0].Code != "token-expired" || list[0].Account != 0 {
		t.Errorf("%+v", list)
	}
}

func BenchmarkCountingACaller(b *testing.B) {
	var c callers
	k := caller{api: apiREST, how: "bearer", via: "Contoso 7e1c", who: "user:7"}
	at := time.Now()
	b.ReportAllocs()
	b.RunParallel(func(p *testing.PB) {
		for p.Next() {
			c.note(k, at)
		}
	})
}
