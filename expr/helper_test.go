package expr

import "testing"

func evalOnce(src string, names []string, s Scope) (Value, error) {
	x, err := Parse(src, names...)
	if err != nil {
		return nil, err
	}
	return x.Eval(s)
}

func mustEval(t *testing.T, src string, names []string) Value {
	t.Helper()
	v, err := evalOnce(src, names, Scope{})
	if err != nil {
		t.Fatalf("%s: %v", src, err)
	}
	return v
}
