package odata

import (
	"encoding/base64"
	"encoding/json"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/signoffhq/signoff"
	"github.com/signoffhq/signoff/broker"
)

// Limits of a list.
const (
	maxPage  = 1000 // rows in one answer
	maxSkip  = 5000 // rows that are skipped or counted by reading them
	maxWords = 200  // of $select
)

// options are the query of a request: those of OData, and others by their names,
// which are inputs of methods.
type options struct {
	filter  *broker.Filter
	order   []broker.Order
	choose  []string // $select; nil: all
	top     int      // -1: not given
	skip    int
	count   bool
	after   string // where a page of ours said to go on
	format  string // as it was sent
	inputs  map[string]string
	written url.Values // the query as it came, for links
}

// readOptions reads a query. OData's own options are refused when they come
// twice, or are none that is known here.
func readOptions(raw string) (options, error) {
	q, err := url.ParseQuery(strings.ReplaceAll(raw, ";", "%3B")) // parts of a media type are separated so, options are not
	if err != nil {
		return options{}, invalid("the query cannot be read")
	}
	o := options{top: -1, inputs: map[string]string{}, written: q}
	for key, values := range q {
		if len(values) != 1 {
			return o, invalid(short(key) + " is there twice")
		}
		if err := o.take(key, values[0]); err != nil {
			return o, err
		}
	}
	return o, nil
}

func (o *options) take(key, text string) (err error) {
	switch key {
	case "$filter":
		o.filter, err = parseFilter(text)
	case "$orderby":
		o.order, err = parseOrder(text)
	case "$select":
		o.choose, err = parseSelect(text)
	case "$top":
		o.top, err = natural(key, text)
	case "$skip":
		o.skip, err = natural(key, text)
	case "$count":
		if text != "true" && text != "false" {
			return invalid("$count is true or false")
		}
		o.count = text == "true"
	case "$format":
		o.format = text
	case "$skiptoken":
		plain, bad := base64.RawURLEncoding.DecodeString(text)
		if bad != nil || len(plain) == 0 {
			return &signoff.Error{Kind: signoff.Invalid, Code: "bad-cursor", Detail: "the list cannot go on from there"}
		}
		o.after = string(plain)
	default:
		if strings.HasPrefix(key, "$") {
			return unsupported(key)
		}
		if !strings.HasPrefix(key, "@") { // aliases, which nothing here refers to
			o.inputs[key] = text
		}
	}
	return err
}

func natural(key, text string) (int, error) {
	n, err := strconv.Atoi(text)
	if err != nil || n < 0 {
		return 0, invalid(key + " is a number from 0")
	}
	return n, nil
}

var selectable = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]*$`)

func parseSelect(text string) ([]string, error) {
	var out []string
	for _, word := range strings.Split(text, ",") {
		word = strings.TrimSpace(word)
		if word == "*" {
			return nil, nil
		}
		if strings.ContainsAny(word, "/(") {
			return nil, unsupported("a part of a property in $select")
		}
		if !selectable.MatchString(word) || len(out) == maxWords {
			return nil, invalid("$select has names of properties, separated by commas")
		}
		if !slices.Contains(out, word) {
			out = append(out, word)
		}
	}
	return out, nil
}

// only refuses options that make no sense at an address.
func (c *call) only(known ...string) error {
	for key := range c.query.written {
		if strings.HasPrefix(key, "$") && key != "$format" && !slices.Contains(known, key) {
			return invalid(key + " is not for this address")
		}
	}
	return nil
}

// chosen refuses a $select that names what is not there.
func (c *call) chosen(o broker.Object) error {
	for _, word := range c.query.choose {
		if _, ok := o.Property(word); !ok {
			detail := o.Name + " has no property " + short(word)
			if near := signoff.Nearest(word, propertyNames(o)); near != "" {
				detail += "; did you mean " + near + "?"
			}
			return invalid(detail)
		}
	}
	return nil
}

func propertyNames(o broker.Object) (names []string) {
	for _, p := range o.Properties {
		names = append(names, p.Name)
	}
	return names
}

// given are the inputs that the query gives a method. Those of type json are
// read as such where they can be.
func (c *call) given(o broker.Object, m *broker.Method, more map[string]any) (map[string]any, error) {
	out := map[string]any{}
	takes := o.Takes(*m)
	for key, text := range c.query.inputs {
		at := slices.IndexFunc(takes, func(in broker.Input) bool { return in.Name == key })
		if at < 0 {
			detail := short(key) + " is nothing that " + m.Name + " of " + o.Name + " takes"
			if slices.Contains([]string{"filter", "top", "skip", "orderby", "select", "count"}, key) {
				detail += "; options of OData begin with a $"
			}
			return nil, invalid(detail)
		}
		out[key] = unpacked(takes[at], text)
	}
	for key, v := range more {
		out[key] = v
	}
	return out, nil
}

// unpacked reads the text of an input that holds JSON: of lists, files and json.
func unpacked(in broker.Input, v any) any {
	text, isText := v.(string)
	if !isText || !in.List && in.Type != broker.File && in.Type != broker.JSON {
		return v
	}
	if !json.Valid([]byte(text)) {
		return v
	}
	d := json.NewDecoder(strings.NewReader(text))
	d.UseNumber()
	var out any
	if d.Decode(&out) != nil {
		return v
	}
	return out
}

// prefers reads a wish of the client (RFC 7240), "" when it has none.
func prefers(r *http.Request, what string) string {
	for _, line := range r.Header.Values("Prefer") {
		for _, wish := range strings.FieldsFunc(line, func(c rune) bool { return c == ',' || c == ';' }) {
			key, value, _ := strings.Cut(strings.TrimSpace(wish), "=")
			if strings.EqualFold(strings.TrimPrefix(key, "odata."), what) {
				return strings.Trim(value, `"`)
			}
		}
	}
	return ""
}
