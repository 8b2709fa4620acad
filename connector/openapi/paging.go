package openapi

import (
	"encoding/json"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/signoffhq/signoff/broker"
)

// paging is how a list goes on: by a token or an address that the answer says,
// or by counting. People are not asked for these parameters.
type paging struct {
	size   string // the parameter for how many
	most   int    // how many at most; 0 is not said
	usual  int    // how many when nobody says
	token  string // the parameter for where to go on
	offset string // the parameter for how many to pass over
	page   string // the parameter for which page
	first  int    // what the first page is called
	wraps  bool   // the answer is an object, which may say where it goes on
}

var (
	sizeNames   = []string{"limit", "per_page", "perpage", "pagesize", "page_size", "$top", "top", "maxresults", "max_results", "itemsperpage", "page[size]"}
	tokenNames  = []string{"after", "cursor", "page_token", "pagetoken", "next_token", "nexttoken", "continuationtoken", "continuation_token", "starting_after", "marker", "$skiptoken", "skiptoken", "page[cursor]", "page[after]"}
	offsetNames = []string{"offset", "$skip", "skip", "startat", "start_at", "page[offset]"}
	pageNames   = []string{"page", "pagenumber", "page_number", "page[number]"}
)

// paging finds the parameters that lists go on by, and takes them from the
// inputs.
func (o *operation) paging() *paging {
	if !o.answer.list {
		return nil
	}
	p := &paging{wraps: o.answer.at != "", first: 1}
	for i := range o.parameters {
		q := &o.parameters[i]
		if q.in != "query" || q.required || q.shape.list {
			continue
		}
		name := strings.ToLower(q.name)
		for _, one := range []struct {
			names []string
			to    *string
		}{{sizeNames, &p.size}, {tokenNames, &p.token}, {offsetNames, &p.offset}, {pageNames, &p.page}} {
			if slices.Contains(one.names, name) && *one.to == "" {
				*one.to = q.name
				q.in = "paging"
			}
		}
		switch q.name {
		case p.size:
			p.usual, p.most = number(q.initial.v), q.shape.most
		case p.page:
			if n, ok := q.initial.v.(json.Number); ok && n == "0" {
				p.first = 0
			}
		}
	}
	return p
}

func number(v any) int {
	switch x := v.(type) {
	case json.Number:
		n, _ := strconv.Atoi(string(x))
		return n
	case int: // YAML
		return x
	}
	return 0
}

// where is how a cursor begins: what the rest of it is.
const (
	atToken = "t"
	atLink  = "l"
	atCount = "c"
)

// ask puts into a query what a page is asked for by.
func (p *paging) ask(q url.Values, top int, rest string) {
	if p.size != "" && top > 0 {
		if p.most > 0 {
			top = min(top, p.most)
		}
		q.Set(p.size, strconv.Itoa(top))
	}
	switch {
	case rest == "":
	case p.token != "" && strings.HasPrefix(rest, atToken):
		q.Set(p.token, rest[1:])
	case p.offset != "":
		q.Set(p.offset, rest[1:])
	case p.page != "":
		q.Set(p.page, rest[1:])
	}
}

// next is where a list goes on behind an answer, "" nowhere. c asked for it.
func (p *paging) next(c broker.Call, head http.Header, body any, rows int) string {
	if link := linkNext(head.Values("Link")); link != "" {
		return atLink + link
	}
	if m, ok := body.(map[string]any); ok && p.wraps {
		said, is := nextIn(m)
		switch {
		case said == "" && is:
			return "" // it says that there is none
		case said == "":
		case strings.HasPrefix(said, "http://") || strings.HasPrefix(said, "https://") || strings.HasPrefix(said, "/") || strings.HasPrefix(said, "?"):
			return atLink + said
		case p.token != "":
			return atToken + said
		}
	}
	return p.count(c, rows)
}

// count goes on by numbers, where there are any, until a page is not full.
func (p *paging) count(c broker.Call, rows int) string {
	size := p.usual
	if c.Top > 0 && p.size != "" {
		if size = c.Top; p.most > 0 {
			size = min(size, p.most)
		}
	}
	if p.token != "" || p.offset == "" && p.page == "" || rows == 0 || rows < size {
		return ""
	}
	before := 0
	if strings.HasPrefix(c.After, atCount) {
		before, _ = strconv.Atoi(c.After[1:])
	} else if p.offset == "" {
		before = p.first
	}
	if p.offset != "" {
		return atCount + strconv.Itoa(before+rows)
	}
	return atCount + strconv.Itoa(before+1)
}

var (
	nextNames  = []string{"next", "nextcursor", "next_cursor", "nextpagetoken", "next_page_token", "nexttoken", "next_token", "nextlink", "next_link", "@odata.nextlink", "continuationtoken", "continuation_token", "endcursor", "end_cursor", "next_page", "nextpage", "cursor", "after"}
	aboutNames = []string{"meta", "links", "_links", "link", "paging", "pagination", "cursors", "page_info", "pageinfo", "response_metadata", "metadata"}
)

// nextIn looks for where a list goes on in an answer and in what the answer says
// about itself. is tells whether there is a place for it at all.
func nextIn(m map[string]any) (said string, is bool) {
	for name, v := range m {
		lower := strings.ToLower(name)
		if (lower == "has_more" || lower == "hasmore" || lower == "has_next_page" || lower == "hasnextpage") && v == false {
			return "", true
		}
	}
	for _, want := range nextNames {
		for name, v := range m {
			if strings.ToLower(name) != want {
				continue
			}
			is = true
			switch x := v.(type) {
			case string:
				said = x
			case json.Number:
				said = x.String()
			case map[string]any: // _links.next.href
				said, _ = x["href"].(string)
			}
			if said != "" {
				return said, true
			}
		}
	}
	for _, about := range aboutNames {
		for name, v := range m {
			if inner, ok := v.(map[string]any); ok && strings.ToLower(name) == about {
				if said, there := nextIn(inner); said != "" || there {
					return said, there
				}
			}
		}
	}
	return said, is
}

var linkPart = regexp.MustCompile(`<([^<>]*)>([^<]*)`)

// linkNext reads the header Link (RFC 8288): where the relation is next.
func linkNext(headers []string) string {
	for _, h := range headers[:min(len(headers), 10)] {
		for _, m := range linkPart.FindAllStringSubmatch(h[:min(len(h), 16<<10)], 50) {
			for _, p := range strings.Split(m[2], ";") {
				name, value, _ := strings.Cut(strings.Trim(p, " ,"), "=")
				if strings.EqualFold(name, "rel") && slices.Contains(strings.Fields(strings.Trim(value, `"`)), "next") {
					return m[1]
				}
			}
		}
	}
	return ""
}
