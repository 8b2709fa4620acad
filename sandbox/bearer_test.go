package sandbox

import (
	"strings"
	"testing"

	"github.com/emersion/go-sasl"
)

func TestTokensAreReadFromBothForms(t *testing.T) {
	for _, c := range []struct{ mech, text, address, token string }{
		{xoauth2, "user=a@b\x01auth=Bearer T\x01\x01", "a@b", "T"}, {xoauth2, "auth=bearer T\x01user=a@b\x01\x01", "a@b", "T"},
		{sasl.OAuthBearer, "n,a=a=2Cb@c,\x01host=h\x01port=1\x01auth=Bearer T\x01\x01", "a,b@c", "T"},
		{xoauth2, "user=a@b\x01auth=Basic T\x01\x01", "", ""}, {xoauth2, "user=a@b\x01\x01", "", ""}, {xoauth2, "", "", ""}, {xoauth2, "user=a@b\x01auth=Bearer T", "", ""},
		{sasl.OAuthBearer, "n,,\x01auth=Bearer T\x01\x01", "", ""}, {sasl.OAuthBearer, "p=x,a=u,\x01auth=Bearer T\x01\x01", "", ""},
		{xoauth2, "user=a@b\x01auth=Bearer " + strings.Repeat("T", maxTokenBytes) + "\x01\x01", "", ""},
	} {
		address, token, ok := readBearer(c.mech, []byte(c.text))
		if ok != (c.token != "") || ok && (address != c.address || token != c.token) {
			t.Errorf("%q: %q %q %v", c.text[:min(len(c.text), 60)], address, token, ok)
		}
	}
}

func FuzzBearer(f *testing.F) {
	f.Add(true, []byte("user=a@b\x01auth=Bearer T\x01\x01"))
	f.Add(false, []byte("n,a=u,\x01auth=Bearer T\x01\x01"))
	f.Fuzz(func(t *testing.T, x bool, text []byte) {
		mech := sasl.OAuthBearer
		if x {
			mech = xoauth2
		}
		if address, token, ok := readBearer(mech, text); ok && (address == "" || token == "") {
			t.Errorf("%q is taken for %q %q", text, address, token)
		}
	})
}
