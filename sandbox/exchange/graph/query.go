package graph

import (
	"encoding/base64"
	"net/http"
	"net/url"
	"slices"
	"sort"
	"strconv"
	"strings"
	"time"
)

// query is the part of an address after the question mark that lists obey.
type query struct {
	top, skip int
	count     bool
	sel       []string
	by        []order
	filter    *filter
	search    string
	expand    map[string]string // navigation property → its options
}

type order struct {
	name string
	desc bool
}

// known are the properties of a type that may be selected, filtered and
// ordered by; a path counts by its first part.
type known []string

func (k known) has(path string) bool {
	first, _, _ := strings.Cut(path, "/")
	return slices.Contains(k, first)
}

func badProperty(name, kind string) error {
	return refuse(http.StatusBadRequest, "RequestBroker--ParseUri", "Could not find a property named '%s' on type 'microsoft.graph.%s'.", name, kind)
}

// readQuery reads the options; also are further ones that the caller reads.
func (c *call) readQuery(kind string, properties known, also ...string) (query, error) {
	q := query{top: usualPage, expand: map[string]string{}}
	if c.prefer.pageSize > 0 {
		q.top = c.prefer.pageSize
	}
	values := c.r.URL.Query()
	for name, list := range values {
		if len(list) != 1 {
			return q, badRequest("Query option '%s' was specified more than once, but it must be specified at most once.", name)
		}
		if err := c.option(&q, name, list[0], kind, properties, also); err != nil {
			return q, err
		}
	}
	return q, q.together()
}

func (c *call) option(q *query, name, value, kind string, properties known, also []string) error {
	var err error
	switch name {
	case "$top":
		q.top, err = strconv.Atoi(value)
		if err != nil || q.top < 1 || q.top > maxPage {
			return badRequest("The limit of '%d' for Top query has been exceeded. The value from the incoming request is '%s'.", maxPage, value)
		}
	case "$skip":
		q.skip, err = strconv.Atoi(value)
		if err != nil || q.skip < 0 {
			return badRequest("Invalid value '%s' for $skip query option found.", value)
		}
	case "$count":
		q.count = value == "true"
	case "$select":
		for n := range strings.SplitSeq(value, ",") {
			n = strings.TrimSpace(n)
			if n != "id" && n != "*" && !properties.has(n) {
				return badProperty(n, kind)
			}
			q.sel = append(q.sel, n)
		}
	case "$orderby":
		for n := range strings.SplitSeq(value, ",") {
			n, dir, _ := strings.Cut(strings.TrimSpace(n), " ")
			if !properties.has(n) {
				return badProperty(n, kind)
			}
			if dir = strings.TrimSpace(dir); dir != "" && dir != "asc" && dir != "desc" {
				return badRequest("Syntax error at position %d in '%s'.", len(n), value)
			}
			q.by = append(q.by, order{n, dir == "desc"})
		}
	case "$filter":
		if q.filter, err = parseFilter(tidyFilter(value)); err != nil {
			return badRequest("Invalid filter clause: %s.", err)
		}
		for _, n := range q.filter.names {
			if n != "id" && !properties.has(n) {
				return badProperty(n, kind)
			}
		}
	case "$search":
		q.search = strings.Trim(value, `"`)
	case "$expand":
		return q.readExpand(value, properties)
	default:
		if !slices.Contains(also, name) && strings.HasPrefix(name, "$") {
			return badRequest("The query parameter '%s' is not supported here.", name)
		}
	}
	return nil
}

func (q *query) readExpand(value string, properties known) error {
	for len(value) > 0 {
		end, depth, inText := len(value), 0, false
		for i := range len(value) {
			switch c := value[i]; {
			case c == '\'':
				inText = !inText
			case inText:
			case c == '(':
				depth++
			case c == ')':
				depth--
			case c == ',' && depth == 0:
				end = min(end, i)
			}
		}
		name, options, _ := strings.Cut(value[:end], "(")
		name = strings.TrimSpace(name)
		if !slices.Contains([]string{"attachments", "singleValueExtendedProperties", "linkedResources"}, name) || !properties.has(name) {
			return badRequest("Could not find a property named '%s' to expand.", name)
		}
		q.expand[name] = strings.TrimSuffix(strings.TrimSpace(options), ")")
		value = strings.TrimPrefix(value[end:], ",")
	}
	return nil
}

// together refuses what Outlook does not do at once.
func (q *query) together() error {
	if q.search != "" && (q.filter != nil || len(q.by) > 0) {
		return refuse(http.StatusBadRequest, "SearchWithFilter", "The query parameter '$search' cannot be combined with '$filter' or '$orderby'.")
	}
	if q.filter == nil {
		return nil
	}
	for i, o := range q.by {
		if i >= len(q.filter.names) || q.filter.names[i] != o.name {
			return refuse(http.StatusBadRequest, "InefficientFilter", "The restriction or sort order is too complex for this operation.")
		}
	}
	return nil
}

// sortBy orders objects as $orderby asks; equal ones stay as they are.
func (q *query) sortBy(list []jsonObject) {
	sort.SliceStable(list, func(i, j int) bool {
		for _, o := range q.by {
			a, _ := list[i].value(o.name)
			b, _ := list[j].value(o.name)
			less, more := func(n int) bool { return n < 0 }, func(n int) bool { return n > 0 }
			if o.desc {
				less, more = more, less
			}
			if ordered(a, b) && compare(a, b, less) {
				return true
			}
			if ordered(a, b) && compare(a, b, more) {
				return false
			}
		}
		return false
	})
}

func ordered(a, b any) bool {
	return a != nil && b != nil && !(compare(a, b, func(n int) bool { return n < 0 }) && compare(a, b, func(n int) bool { return n > 0 }))
}

// page answers with the part of a list that the query asks for. finish makes
// what is shown of each.
func (c *call) page(q query, context string, list []jsonObject, finish func(jsonObject) (map[string]any, error)) (answer, error) {
	if q.filter != nil {
		list = slices.DeleteFunc(list, func(o jsonObject) bool { return !q.filter.test(o) })
	}
	if strings.HasSuffix(c.r.URL.Path, "/$count") {
		return answer{status: http.StatusOK, body: []byte(strconv.Itoa(len(list))), kind: "text/plain"}, nil
	}
	q.sortBy(list)
	body := map[string]any{"@odata.context": c.base() + "/$metadata#" + context}
	if q.count {
		body["@odata.count"] = len(list)
	}
	from := min(q.skip, len(list))
	to := min(from+q.top, len(list))
	if to < len(list) {
		body["@odata.nextLink"] = c.link("$skip", strconv.Itoa(to))
	}
	value := []map[string]any{}
	for _, o := range list[from:to] {
		shown, err := finish(o)
		if err != nil {
			return answer{}, err
		}
		value = append(value, shown)
	}
	body["value"] = value
	return answer{status: http.StatusOK, body: body}, nil
}

// link is this request's address with another value for an option.
func (c *call) link(option, value string) string {
	q := c.r.URL.Query()
	q.Set(option, value)
	return c.address() + "?" + q.Encode()
}

// address is where this request went, without its query.
func (c *call) address() string {
	u := url.URL{Path: c.asked}
	return c.s.joined().URL() + u.EscapedPath()
}

// pick leaves what $select names, and the annotations.
func (q *query) pick(o map[string]any) map[string]any {
	if len(q.sel) == 0 || slices.Contains(q.sel, "*") {
		return o
	}
	out := map[string]any{}
	for name, v := range o {
		base, _, _ := strings.Cut(name, "@")
		if strings.HasPrefix(name, "@") || name == "id" || slices.Contains(q.sel, base) || q.expand[base] != "" {
			out[name] = v
		}
	}
	return out
}

func stamp(t time.Time) any {
	if t.IsZero() {
		return nil
	}
	return t.UTC().Format("2006-01-02T15:04:05Z")
}

func encodeToken(text string) string { return base64.RawURLEncoding.EncodeToString([]byte(text)) }
