package oauth_test

import (
	"testing"
	"time"

	"github.com/signoffhq/signoff"
	"github.com/signoffhq/signoff/oauth"
	"github.com/signoffhq/signoff/store"
)

// Whoever can write to the database, and has not the key, gives nobody another's
// token.
func TestATokenCopiedIntoAnothersRowOpensNothing(t *testing.T) {
	k := newKit(t, nil)
	p := newStrict(t, k.clock.now)
	k.office(p)
	need := map[signoff.Principal]oauth.Need{}
	rows := map[signoff.Principal]store.OAuthToken{}
	for _, who := range []signoff.Caller{jane, ana} {
		k.connect(who, oauth.Ask{Resource: "office"})
		need[who.Principal] = oauth.Need{Resource: "office", Owner: who.Principal}
		row, found, err := k.store.OAuthTokenFor(t.Context(), need[who.Principal].Key())
		if err != nil || !found {
			t.Fatal(found, err)
		}
		rows[who.Principal] = row
	}
	janes, err := k.Token(t.Context(), need[jane.Principal])
	must(t, err)

	forged := rows[ana.Principal]
	forged.Access, forged.Refresh = rows[jane.Principal].Access, rows[jane.Principal].Refresh
	_, err = k.store.PutOAuthToken(t.Context(), forged, store.Change{})
	must(t, err)
	other := kitOver(t, k.store, k.clock, k.key, nil) // remembers nothing
	got, err := other.Token(t.Context(), need[ana.Principal])
	if err == nil || got.Text == janes.Text {
		t.Errorf("Ana got Jane's token: %v", err)
	}
	k.clock.add(2 * time.Hour)
	before := p.count()
	if got, err := other.Token(t.Context(), need[ana.Principal]); err == nil || p.count() != before {
		t.Errorf("Ana got a token with Jane's refresh token: %q", got.Text.Reveal())
	}
}
