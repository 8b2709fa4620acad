package identity

import (
	"context"

	"github.com/signoffhq/signoff"
	"github.com/signoffhq/signoff/identity/trust"
)

// Foresee tells who an accepted token would speak for here, by the rules of the
// entry that accepted it, and does nothing: for administrators who ask why
// somebody may not come in.
func (t *Trust) Foresee(ctx context.Context, by signoff.Caller, a *trust.Accepted) (Foreseen, Stranger, Newcomers, error) {
	if err := mayAdminister(by); err != nil {
		return Foreseen{}, Stranger{}, "", err
	}
	v := t.vouch(a)
	seen, err := t.people.Foresee(ctx, v.stranger, v.newcomers)
	return seen, v.stranger, v.newcomers, err
}
