package catalogue

import "testing"

func TestAShortSecretIsHiddenAsAWholeWordOnly(t *testing.T) {
	s := secrets(nil).and("signoff").and("Pass!").and("läuft7").and("abc").and("longer secret").inOrder()
	for _, one := range []struct{ in, out string }{
		{"signoffhq: 162 methods of 19 objects", "signoffhq: 162 methods of 19 objects"},
		{"presignoff, signoffs, 1signoff, signoffé", "presignoff, signoffs, 1signoff, signoffé"},
		{"signoff: wrong", "[sealed]: wrong"},
		{"password=signoff", "password=[sealed]"},
		{"bob:signoff@host, signoff_x, signoffs signoff", "bob:[sealed]@host, [sealed]_x, signoffs [sealed]"},
		{"signoffsignoff signoff", "signoffsignoff [sealed]"},
		{"a%22signoff%22, \"line\\nsignoff\", \\u003csignoff\\u003e", "a%22[sealed]%22, \"line\\n[sealed]\", \\u003c[sealed]\\u003e"},
		{"Pass!word", "[sealed]word"}, // its last character belongs to no word
		{"xPass!", "xPass!"},
		{"es läuft7 nun, verläuft7", "es [sealed] nun, verläuft7"},
		{"abc", "abc"},
		{"xlonger secretx", "x[sealed]x"},
		{"got c2lnbm9mZg and xc2lnbm9mZgx, 7369676e6f6666", "got [sealed] and x[sealed]x, [sealed]"}, // encoded they are no words
	} {
		if got := s.text(one.in); got != one.out {
			t.Errorf("%q: %q, want %q", one.in, got, one.out)
		}
	}
}
