package identity

import (
	"reflect"
	"slices"
	"testing"
	"time"
)

// TestEverythingSaidOfAStrangerIsInTheKey holds the hand-written key against the
// fields there are: a field that is left out would let a change pass unseen.
func TestEverythingSaidOfAStrangerIsInTheKey(t *testing.T) {
	plain := Stranger{Source: "s", Subject: "x", Groups: []string{"a"}, Roles: []string{"a"}}
	seen := map[strangerKey]string{plain.key(NewcomersAsk): "plain"}
	differs := func(name string, key strangerKey) {
		if other, there := seen[key]; there {
			t.Errorf("%s has the key of %s", name, other)
		}
		seen[key] = name
	}
	for i := range reflect.TypeFor[Stranger]().NumField() {
		st := plain
		f, name := reflect.ValueOf(&st).Elem().Field(i), reflect.TypeFor[Stranger]().Field(i).Name
		switch v := f.Addr().Interface().(type) {
		case *string:
			*v += "y"
		case *bool:
			*v = !*v
		case *[]string:
			*v = []string{"b"}
		case *time.Time:
			if *v = time.Now(); st.key(NewcomersAsk) != plain.key(NewcomersAsk) {
				t.Errorf("%s is in the key: the same word at another time is looked at anew", name)
			}
			continue
		default:
			t.Fatalf("the key knows no %T", v)
		}
		differs(name, st.key(NewcomersAsk))
	}
	differs("another policy", plain.key(NewcomersCreate))
	for name, change := range map[string]func(*Stranger){
		"no groups said":    func(st *Stranger) { st.Groups = nil },
		"no groups":         func(st *Stranger) { st.Groups = []string{} },
		"texts cut apart":   func(st *Stranger) { st.Source, st.Subject = "", "sx" },
		"groups cut apart":  func(st *Stranger) { st.Groups, st.Roles = []string{"a", "a"}, []string{} },
		"one group of both": func(st *Stranger) { st.Groups = []string{"aa"} },
	} {
		st := plain
		change(&st)
		differs(name, st.key(NewcomersAsk))
	}
	one, other := plain, plain
	one.Groups, other.Groups = []string{"b", "a"}, []string{"a", "b"}
	if one.key(NewcomersAsk) != other.key(NewcomersAsk) || !slices.Equal(one.Groups, []string{"b", "a"}) {
		t.Error("the order of groups matters, or was changed")
	}
}
