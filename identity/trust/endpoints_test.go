package trust

import "testing"

// What a provider writes into its metadata ends up in documents that people and
// clients follow.
func TestOnlyAddressesAreTakenFromMetadata(t *testing.T) {
	for text, want := range map[string]string{
		"https://login.example/token?x=1": "https://login.example/token?x=1", "http://localhost:8443/token": "http://localhost:8443/token",
		"javascript:alert(1)": "", "/token": "", "https://": "", "https://user:secret@login.example/token": "", "https://a b/": "", "": "", "file:///etc/passwd": "",
	} {
		if got := webAddress(text); got != want {
			t.Errorf("%q: %q", text, got)
		}
	}
	d, err := parseDocument([]byte(mustJSON(obj{"issuer": "https://a.example", "jwks_uri": "https://a.example/keys",
		"authorization_endpoint": "https://a.example/authorize", "token_endpoint": "data:text/html,x"})))
	if err != nil || d.authorize != "https://a.example/authorize" || d.token != "" {
		t.Errorf("%+v, %v", d, err)
	}
}
