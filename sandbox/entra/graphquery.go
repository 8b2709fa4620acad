package entra

import (
	"encoding/base64"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
)

// The query options that are understood; others are refused.
var queryOptions = []string{"$select", "$filter", "$top", "$count", "$skiptoken", "$orderby", "$search", "$deltatoken", "api-version"}

// list answers with a page of a collection, as the query asks.
func (c *graphCall) list(kind string, items []map[string]any) (answer, *graphError) {
	q := c.r.URL.Query()
	for name := range q {
		if !slices.Contains(queryOptions, name) {
			return answer{}, badRequest("The query specified in the URI is not valid: %s is not supported here.", name)
		}
	}
	if c.cast != "" {
		items = slices.DeleteFunc(slices.Clone(items), func(m map[string]any) bool { return m["@odata.type"] != c.cast })
	}
	if text := q.Get("$filter"); text != "" {
		f, err := parseFilter(text)
		if err != nil {
			return answer{}, refuseGraph(http.StatusBadRequest, "BadRequest", "Invalid filter clause: %s", err)
		}
		items = slices.DeleteFunc(slices.Clone(items), func(m map[string]any) bool { return !f(m) })
	}
	if text := q.Get("$search"); text != "" {
		return answer{}, badRequest("$search is not supported here: use $filter.")
	}
	if text := q.Get("$orderby"); text != "" {
		by, desc := strings.CutSuffix(text, " desc")
		by = strings.TrimSuffix(by, " asc")
		items = slices.Clone(items)
		slices.SortStableFunc(items, func(a, b map[string]any) int {
			n := strings.Compare(strings.ToLower(fmt.Sprint(a[by])), strings.ToLower(fmt.Sprint(b[by])))
			if desc {
				return -n
			}
			return n
		})
	}
	body := map[string]any{"@odata.context": c.s.base + "/v1.0/$metadata#" + kind}
	if q.Get("$count") == "true" {
		body["@odata.count"] = len(items)
	}
	from, size, e := page(q, 100)
	if e != nil {
		return answer{}, e
	}
	from = min(from, len(items))
	if to := from + size; to < len(items) {
		body["@odata.nextLink"] = c.link("$skiptoken", skip(to))
		items = items[from:to]
	} else {
		items = items[from:]
	}
	shown := []map[string]any{}
	for _, m := range items {
		shown = append(shown, selected(m, q.Get("$select")))
	}
	body["value"] = shown
	return answer{http.StatusOK, body}, nil
}

// page reads where a page begins and how long it is.
func page(q url.Values, usual int) (from, size int, e *graphError) {
	size = usual
	if text := q.Get("$top"); text != "" {
		n, err := strconv.Atoi(text)
		if err != nil || n < 1 || n > maxPage {
			return 0, 0, badRequest("Invalid page size specified: '%s'. Must be between 1 and %d inclusive.", text, maxPage)
		}
		size = n
	}
	if token := q.Get("$skiptoken"); token != "" {
		raw, err := base64.RawURLEncoding.DecodeString(token)
		n, err2 := strconv.Atoi(strings.TrimPrefix(string(raw), "skip "))
		if err != nil || err2 != nil || n < 0 {
			return 0, 0, badRequest("The skip token is not valid.")
		}
		from = n
	}
	return from, size, nil
}

func skip(to int) string { return b64([]byte("skip " + strconv.Itoa(to))) }

// link is this request's address with another value for an option.
func (c *graphCall) link(option, value string) string {
	q := c.r.URL.Query()
	q.Set(option, value)
	return c.s.base + c.r.URL.Path + "?" + q.Encode()
}

func selected(m map[string]any, names string) map[string]any {
	if names == "" {
		return m
	}
	out := map[string]any{}
	for name := range strings.SplitSeq(names, ",") {
		name = strings.TrimSpace(name)
		if v, ok := m[name]; ok {
			out[name] = v
		}
	}
	if id, ok := m["id"]; ok && len(out) == 0 {
		out["id"] = id
	}
	if t, ok := m["@odata.type"]; ok {
		out["@odata.type"] = t
	}
	return out
}

// one answers with one object.
func (c *graphCall) one(status int, kind string, m map[string]any) (answer, *graphError) {
	m = selected(m, c.r.URL.Query().Get("$select"))
	m["@odata.context"] = c.s.base + "/v1.0/$metadata#" + kind + "/$entity"
	return answer{status, m}, nil
}
