package sandbox

import (
	"strings"
	"testing"

	"golang.org/x/net/html"
)

func FuzzSanitise(f *testing.F) {
	for _, seed := range []string{taskMail, `<a href="jav&#x09;ascript:x">`, `<svg><a xlink:href="javascript:x">`, `<math><mtext><style><img src=x onerror=alert(1)>`,
		`<noscript><p title="</noscript><img src=x onerror=x>">`, `<style><!--</style><script>x</script>`, `<table><form><input>`, `<img src="data:text/html,x">`, `<a href="http:">`, `<a href="https:/x">`,
		`<a href="https://x.test" target=_self onclick=x>`, strings.Repeat("<div>", 400)} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		// What a browser makes of the result is what counts: parse it again.
		doc, err := html.Parse(strings.NewReader(string(sanitise(text, "id"))))
		if err != nil {
			t.Fatal(err)
		}
		for n := range doc.Descendants() {
			if n.Type != html.ElementNode {
				continue
			}
			for _, bad := range dropped {
				if n.DataAtom == bad {
					t.Errorf("<%s> came through", n.Data)
				}
			}
			for _, a := range n.Attr {
				low := strings.ToLower(strings.TrimSpace(a.Val))
				if strings.HasPrefix(strings.ToLower(a.Key), "on") || a.Key == "srcset" ||
					(a.Key == "href" || a.Key == "src") && !strings.HasPrefix(low, "http://") && !strings.HasPrefix(low, "https://") &&
						!strings.HasPrefix(low, "/sandbox/id?") && !strings.HasPrefix(low, "data:image/") {
					t.Errorf("%s=%q came through", a.Key, a.Val)
				}
			}
		}
	})
}
