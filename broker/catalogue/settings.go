package catalogue

import (
	"encoding/json"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/signoffhq/signoff"
	"github.com/signoffhq/signoff/broker"
	"github.com/signoffhq/signoff/seal"
	"github.com/signoffhq/signoff/store"
)

// Settings are what an administrator says of a service. Secrets are in the
// clear only on their way in: what Instance returns has none.
type Settings struct {
	Name     string // as workflows name it; it never changes
	Title    string
	Type     string
	Mode     broker.Mode
	Resource string
	Audience string
	Keys     map[string]string       // those that are no secrets
	Secrets  map[string]*seal.Secret // nil, or left out: as it is kept; "" takes it away
	User     string                  // for broker.Static
	Password *seal.Secret            // likewise
}

// Limits of settings.
const (
	maxTitle    = 100
	maxKeyBytes = 4 << 20 // of one key: a document, mostly
	maxServices = 200
)

var (
	typeName     = regexp.MustCompile(`^[a-z][a-z0-9-]{0,39}$`)
	instanceName = regexp.MustCompile(`^[a-z][a-z0-9_]{0,39}$`)
)

// kept is Settings as the store has them: with locked secrets.
type kept struct {
	Keys     map[string]string `json:"keys"`
	Secrets  map[string]string `json:"secrets,omitempty"`
	User     string            `json:"user,omitempty"`
	Password string            `json:"password,omitempty"`
}

func readKept(v store.Service) (kept, error) {
	k := kept{}
	if len(v.Body) == 0 {
		return k, nil
	}
	if err := json.Unmarshal(v.Body, &k); err != nil {
		return k, fmt.Errorf("service %s: %w", v.Name, err)
	}
	return k, nil
}

// passwordKey is under which name the password of broker.Static is locked. No
// key is called that: names of keys begin with a letter.
const passwordKey = "-password"

// purpose binds a secret to the key of the service it is for: copied elsewhere
// it opens nothing.
func purpose(service, key string) string { return "services/" + service + "/" + key }

// Purposes are all that secrets of a service are locked for, given its name and
// what is kept of it.
func Purposes(service string, body []byte) ([]string, error) {
	k, err := readKept(store.Service{Name: service, Body: body})
	if err != nil {
		return nil, err
	}
	list := []string{purpose(service, passwordKey)}
	for name := range k.Secrets {
		list = append(list, purpose(service, name))
	}
	return list, nil
}

// check returns the settings as they are kept, over those that are there (was,
// wasKept; Rev 0 when new). It refuses every mistake at once ("bad-service").
func (s *Service) check(set Settings, was store.Service, wasKept kept) (store.Service, kept, error) {
	c := checker{set: set, out: kept{Keys: map[string]string{}}}
	about, known := s.about[set.Type]
	c.must(set.Name != "types", "name", "cannot be types: that is where the types of services stand")
	c.must(instanceName.MatchString(set.Name), "name", "is a lower-case letter, then letters, digits and underscores, 40 at most")
	c.must(strings.TrimSpace(set.Title) != "" && utf8.RuneCountInString(set.Title) <= maxTitle && !strings.ContainsFunc(set.Title, unicode.IsControl), "title", "is one line of 1 to 100 characters")
	c.must(known, "type", "is no service type of this server")
	if known {
		c.must(was.Rev == 0 || was.Type == set.Type, "type", "cannot be changed; make another service")
		c.mode(about)
		c.keys(about)
		c.secrets(s.o.Key, about, was, wasKept)
	}
	if len(c.wrong) > 0 {
		return store.Service{}, kept{}, &signoff.Error{Kind: signoff.Invalid, Code: "bad-service", Detail: "the service cannot be set up like that", Fields: c.wrong}
	}
	v := store.Service{Name: set.Name, Title: strings.TrimSpace(set.Title), Type: set.Type, Mode: string(set.Mode), Resource: set.Resource, Audience: set.Audience, Rev: was.Rev}
	body, err := json.Marshal(c.out)
	v.Body = body
	return v, c.out, err
}

// checker gathers what is wrong with settings while it makes what is kept.
type checker struct {
	set   Settings
	out   kept
	wrong []signoff.FieldError
}

func (c *checker) must(ok bool, field, detail string) {
	if !ok {
		c.wrong = append(c.wrong, signoff.FieldError{Field: field, Detail: detail})
	}
}

// byToken tells whether a mode takes its token from an OAuth resource.
func byToken(m broker.Mode) bool {
	return m == broker.AsService || m == broker.AsCaller || m == broker.AppOnly
}

func (c *checker) mode(about broker.About) {
	set := c.set
	c.must(slices.Contains(about.Modes, set.Mode), "mode", "is no way in which this type signs in")
	switch {
	case byToken(set.Mode):
		c.must(set.Resource != "" && len(set.Resource) <= 100, "resource", "is needed: which OAuth resource the tokens are of")
		c.must(len(set.Audience) <= 200 && !strings.ContainsFunc(set.Audience, unicode.IsControl), "audience", "has 200 characters at most")
	default:
		c.must(set.Resource == "" && set.Audience == "", "resource", "is only for signing in with a token")
	}
	if set.Mode == broker.Static {
		c.must(set.User != "" && len(set.User) <= 500 && !strings.ContainsFunc(set.User, unicode.IsControl), "user", "is needed: the name to sign in with")
		c.out.User = set.User
	} else {
		c.must(set.User == "", "user", "is only for signing in with a name and a password")
	}
}

func (c *checker) keys(about broker.About) {
	for _, name := range slices.Sorted(maps.Keys(c.set.Keys)) {
		if k, ok := findKey(about, name); !ok || k.Kind == "secret" {
			c.must(false, "keys."+short(name), "is no key of this type")
		}
	}
	for _, k := range about.Keys {
		if k.Kind == "secret" {
			continue
		}
		v := c.set.Keys[k.Name]
		if k.Kind != "document" {
			v = strings.TrimSpace(v)
		}
		if v == "" {
			v = k.Default
		}
		field := "keys." + k.Name
		c.must(v != "" || !k.Required, field, "is needed")
		if v == "" {
			continue
		}
		c.out.Keys[k.Name] = v
		if wrong := wrongValue(k, v); wrong != "" {
			c.must(false, field, wrong)
		}
	}
}

func findKey(about broker.About, name string) (broker.Key, bool) {
	for _, k := range about.Keys {
		if k.Name == name {
			return k, true
		}
	}
	return broker.Key{}, false
}

func short(name string) string {
	if len(name) > 40 {
		name = name[:40]
	}
	return strings.Map(func(r rune) rune {
		if unicode.IsControl(r) || r == utf8.RuneError {
			return '?'
		}
		return r
	}, name)
}

// secrets locks what is given and keeps what is not, as long as it goes where it
// went before: otherwise whoever may change settings could have it sent to a
// machine of theirs.
func (c *checker) secrets(by seal.Key, about broker.About, was store.Service, old kept) {
	same := was.Rev > 0 && !c.elsewhere(about, was, old)
	hold := func(name, field, title string, given *seal.Secret, locked string, required bool) string {
		switch {
		case given != nil && len(*given) > maxKeyBytes:
			c.must(false, field, "is too long")
		case given != nil:
			locked = by.Lock(purpose(c.set.Name, name), *given)
		case !same && locked != "":
			c.must(false, field, "has to be entered again: where it goes, or how, was changed")
			return ""
		}
		c.must(locked != "" || !required, field, "is needed: "+title)
		return locked
	}
	for _, name := range slices.Sorted(maps.Keys(c.set.Secrets)) {
		if k, ok := findKey(about, name); !ok || k.Kind != "secret" {
			c.must(false, "secrets."+short(name), "is no secret of this type")
		}
	}
	for _, k := range about.Keys {
		if k.Kind != "secret" {
			continue
		}
		if locked := hold(k.Name, "secrets."+k.Name, k.Title, c.set.Secrets[k.Name], old.Secrets[k.Name], k.Required); locked != "" {
			if c.out.Secrets == nil {
				c.out.Secrets = map[string]string{}
			}
			c.out.Secrets[k.Name] = locked
		}
	}
	if c.set.Mode == broker.Static {
		c.out.Password = hold(passwordKey, "password", "the password to sign in with", c.set.Password, old.Password, true)
	}
}

// elsewhere tells whether calls, or what they sign in with, may go elsewhere
// than before.
func (c *checker) elsewhere(about broker.About, was store.Service, old kept) bool {
	if was.Mode != string(c.set.Mode) || was.Resource != c.set.Resource || was.Audience != c.set.Audience || old.User != c.out.User {
		return true
	}
	for _, k := range about.Keys {
		if k.Kind != "secret" && !k.Harmless && old.Keys[k.Name] != c.out.Keys[k.Name] {
			return true
		}
	}
	return false
}

// wrongValue says in words that follow a key's name what is wrong with its value.
func wrongValue(k broker.Key, v string) string {
	switch {
	case len(v) > maxKeyBytes:
		return fmt.Sprintf("is longer than %d MiB", maxKeyBytes>>20)
	case !utf8.ValidString(v) || strings.ContainsRune(v, 0):
		return "is no text"
	}
	switch k.Kind {
	case "number":
		if n, err := strconv.ParseFloat(v, 64); err != nil || n != n {
			return "is no number"
		}
	case "bool":
		if v != "true" && v != "false" {
			return "is true or false"
		}
	case "choice":
		if !slices.Contains(k.Choices, v) {
			return "is one of " + strings.Join(k.Choices, ", ")
		}
	case "text":
		if strings.ContainsFunc(v, unicode.IsControl) || len(v) > 10_000 {
			return "is one line of 10,000 characters at most"
		}
	}
	return ""
}

// onRecord is what the record says of settings: whether there is a secret, not
// what it is.
func onRecord(v store.Service, k kept) []byte {
	out := struct {
		Title    string            `json:"title"`
		Type     string            `json:"type"`
		Mode     string            `json:"mode"`
		Resource string            `json:"resource,omitempty"`
		Audience string            `json:"audience,omitempty"`
		User     string            `json:"user,omitempty"`
		Password string            `json:"password,omitempty"`
		Keys     map[string]string `json:"keys"`
		Secrets  map[string]string `json:"secrets,omitempty"`
	}{v.Title, v.Type, v.Mode, v.Resource, v.Audience, k.User, "", map[string]string{}, nil}
	for name, value := range k.Keys {
		if len(value) > maxOnRecord {
			value = fmt.Sprintf("(%d characters)", len(value))
		}
		out.Keys[name] = value
	}
	if k.Password != "" {
		out.Password = "(kept)"
	}
	for name := range k.Secrets {
		if out.Secrets == nil {
			out.Secrets = map[string]string{}
		}
		out.Secrets[name] = "(kept)"
	}
	text, err := json.Marshal(out)
	if err != nil {
		panic(err) // texts always encode
	}
	return text
}

// maxOnRecord is the longest value of a key that the record repeats.
const maxOnRecord = 500
