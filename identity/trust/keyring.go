package trust

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
)

// maxKeys is how many keys one provider may publish.
const maxKeys = 200

// A keyring is what one read of a provider's keys gave. It never changes.
type keyring struct {
	keys      map[string]*Key
	fetched   time.Time
	from      string   // address of the JWK set
	authorize string   // from the metadata: where people sign in, "" not known
	token     string   // and where clients get tokens
	unusable  []string // what was left out, and why
	raw       []byte   // the JWK set as it came
}

var errNoKeys = errors.New("the key set has no usable key")

// parseKeyring reads a JWK set. Keys that may not verify signatures are left
// out and named; a set without any that may is an error.
func parseKeyring(raw []byte) (*keyring, error) {
	doc, err := parseObject(string(raw))
	if err != nil {
		return nil, fmt.Errorf("the key set cannot be read: %w%s", err, webPage(raw))
	}
	list, there := doc.get("keys")
	if !there || list.shape != isList {
		return nil, errors.New(`the key set has no list "keys"`)
	}
	if len(list.members) > maxKeys {
		return nil, fmt.Errorf("the key set has %d keys, more than %d", len(list.members), maxKeys)
	}
	ring := &keyring{keys: map[string]*Key{}, raw: raw}
	clash := map[string]bool{}
	for i := range list.members {
		k, err := parseKey(&list.members[i].value)
		if err != nil {
			ring.leaveOut(i, list.members[i].str("kid"), err.Error())
			continue
		}
		ring.add(k, i, clash)
	}
	for id := range clash {
		delete(ring.keys, id)
	}
	if len(ring.keys) == 0 {
		return nil, fmt.Errorf("%w%s", errNoKeys, ring.because())
	}
	return ring, nil
}

// add puts in a key. Two different ones of the same name could be meant by a
// token, so that neither is used.
func (r *keyring) add(k *Key, i int, clash map[string]bool) {
	other, twice := r.keys[k.ID]
	switch {
	case clash[k.ID] || twice && !other.same(k):
		clash[k.ID] = true
		r.leaveOut(i, k.ID, "another key has the same kid; neither is used")
	case twice && (len(k.Issuers) == 0 || len(other.Issuers) == 0):
		other.Issuers = nil
	case twice:
		other.Issuers = append(other.Issuers, k.Issuers...)
	default:
		r.keys[k.ID] = k
	}
}

func (r *keyring) leaveOut(i int, kid, why string) {
	const most = 20
	if len(r.unusable) < most {
		r.unusable = append(r.unusable, fmt.Sprintf("key %d (%s): %s", i+1, clip(kid), why))
	}
}

func (r *keyring) because() string {
	if len(r.unusable) == 0 {
		return ""
	}
	return ": " + strings.Join(r.unusable, "; ")
}

// ids lists the names of the keys, for people.
func (r *keyring) ids() []string {
	out := make([]string, 0, len(r.keys))
	for id := range r.keys {
		out = append(out, id)
	}
	slices.Sort(out)
	return out
}

// keep takes over the keys of before that are still there, so that what was
// verified with them stays verified.
func (r *keyring) keep(before *keyring) {
	if before == nil {
		return
	}
	for id, k := range r.keys {
		if old, ok := before.keys[id]; ok && old.same(k) && slices.Equal(old.Issuers, k.Issuers) {
			r.keys[id] = old
		}
	}
}

// webPage says so when a document that should be JSON looks like HTML.
func webPage(raw []byte) string {
	head := strings.ToLower(strings.TrimSpace(string(raw[:min(len(raw), 200)])))
	if strings.HasPrefix(head, "<!doctype html") || strings.HasPrefix(head, "<html") {
		return " (it is a web page)"
	}
	return ""
}
