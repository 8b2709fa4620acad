package entra

import (
	"encoding/base64"
	"encoding/json"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
)

// cursor is where somebody stands who follows changes: everything up to Since
// is known; up to Until comes in pages, and After is the last change that was
// handed over. Positions are changes, not counts, so that what happens between
// two pages moves nothing out of sight.
type cursor struct {
	Kind  string `json:"k"`
	Since int64  `json:"s"`
	Until int64  `json:"u"`
	After int64  `json:"a"`
}

func (k cursor) token() string { text, _ := json.Marshal(k); return b64(text) }

func readCursor(text, kind string) (cursor, bool) {
	var k cursor
	raw, err := base64.RawURLEncoding.DecodeString(text)
	if err != nil || len(raw) > 200 || json.Unmarshal(raw, &k) != nil {
		return k, false
	}
	return k, k.Kind == kind && k.Since >= 0 && k.Until >= 0 && k.After >= 0
}

// changed is one object in a delta answer.
type changed struct {
	seq int64
	m   map[string]any
}

func deltaUsers(c *graphCall) (answer, *graphError) {
	return c.delta("user", func(t *tables, since, until int64) []changed {
		var list []changed
		for _, u := range t.Users {
			if u.Seq > since && u.Seq <= until {
				m := c.shown(u.show())
				if d := t.moves(u.ID, u.managers(), since, until); len(d) > 0 && c.tracks("manager") {
					m["manager@delta"] = d
				}
				list = append(list, changed{u.Seq, m})
			}
		}
		return list
	})
}

func deltaGroups(c *graphCall) (answer, *graphError) {
	return c.delta("group", func(t *tables, since, until int64) []changed {
		var list []changed
		for _, g := range t.Groups {
			if g.Seq <= since || g.Seq > until {
				continue
			}
			m := toMap(g)
			if d := t.moves(g.ID, g.Members, since, until); len(d) > 0 {
				m["members@delta"] = d
			}
			list = append(list, changed{g.Seq, m})
		}
		return list
	})
}

// tracks tells whether the follower wants to hear of a relation.
func (c *graphCall) tracks(relation string) bool {
	list := c.r.URL.Query().Get("$select")
	return list == "" || slices.Contains(strings.Split(list, ","), relation)
}

func (u *user) managers() []string {
	if u.Manager == "" {
		return nil
	}
	return []string{u.Manager}
}

// moves lists who came to a group (or became somebody's manager) and who went:
// everybody there is, for those who know nothing yet.
func (t *tables) moves(of string, now []string, since, until int64) []map[string]any {
	last := map[string]bool{} // member → gone, after the last move
	var order []string
	note := func(id string, gone bool) {
		if _, known := last[id]; !known {
			order = append(order, id)
		}
		last[id] = gone
	}
	if since == 0 {
		for _, m := range now {
			note(m, false)
		}
	} else {
		for _, m := range t.Moves {
			if m.Group == of && m.Seq > since && m.Seq <= until {
				note(m.Member, m.Gone)
			}
		}
	}
	var out []map[string]any
	for _, id := range order {
		kind := "user"
		if t.group(id) != nil {
			kind = "group"
		}
		m := map[string]any{"@odata.type": "#microsoft.graph." + kind, "id": id}
		if last[id] {
			m["@removed"] = map[string]string{"reason": "deleted"}
		}
		out = append(out, m)
	}
	return out
}

// delta answers what changed since a token, in pages, and ends with the next
// token.
func (c *graphCall) delta(kind string, changes func(t *tables, since, until int64) []changed) (answer, *graphError) {
	q := c.r.URL.Query()
	k := cursor{Kind: kind, Until: look(c.s.dir, func(t *tables) int64 { return t.Seq })}
	horizon := look(c.s.dir, func(t *tables) int64 { return t.Horizon })
	switch {
	case q.Get("$deltatoken") == "latest":
		return c.deltaEnd(cursor{Kind: kind, Since: k.Until}, nil)
	case q.Get("$deltatoken") != "":
		was, ok := readCursor(q.Get("$deltatoken"), kind)
		if !ok || was.Since < horizon || was.Since > k.Until || c.s.faults.isOn("delta-expired", c.caller.client, c.caller.user) {
			return answer{}, c.startAnew()
		}
		k.Since = was.Since
	case q.Get("$skiptoken") != "":
		was, ok := readCursor(q.Get("$skiptoken"), kind)
		if !ok || was.Until < horizon && was.Since > 0 {
			return answer{}, c.startAnew()
		}
		k = was
	}
	size, e := pageSize(c.r, q)
	if e != nil {
		return answer{}, e
	}
	list := look(c.s.dir, func(t *tables) []changed {
		list := changes(t, k.Since, k.Until)
		for _, g := range t.Gone {
			if g.Kind == kind && k.Since > 0 && g.Seq > k.Since && g.Seq <= k.Until {
				list = append(list, changed{g.Seq, map[string]any{"id": g.ID, "@removed": map[string]string{"reason": "deleted"}}})
			}
		}
		return list
	})
	slices.SortStableFunc(list, func(a, b changed) int { return int(a.seq - b.seq) })
	var shown []map[string]any
	var last int64
	for _, ch := range list {
		if ch.seq <= k.After {
			continue
		}
		if len(shown) == size {
			k.After = last
			return c.deltaMore(k, shown)
		}
		shown, last = append(shown, ch.m), ch.seq
	}
	return c.deltaEnd(cursor{Kind: kind, Since: k.Until}, shown)
}

func pageSize(r *http.Request, q url.Values) (int, *graphError) {
	for part := range strings.SplitSeq(r.Header.Get("Prefer"), ",") {
		if text, ok := strings.CutPrefix(strings.TrimSpace(part), "odata.maxpagesize="); ok {
			if n, err := strconv.Atoi(text); err == nil && n > 0 {
				return min(n, maxPage), nil
			}
		}
	}
	_, size, e := page(url.Values{"$top": {q.Get("$top")}}, 200)
	return size, e
}

func (c *graphCall) deltaLink(option string, k cursor) string {
	q := c.r.URL.Query()
	q.Del("$deltatoken")
	q.Del("$skiptoken")
	q.Set(option, k.token())
	return c.s.base + c.r.URL.Path + "?" + q.Encode()
}

func (c *graphCall) deltaBody(list []map[string]any) map[string]any {
	shown := []map[string]any{}
	for _, m := range list {
		one := selected(m, c.r.URL.Query().Get("$select"))
		for _, name := range []string{"id", "@removed", "members@delta", "manager@delta"} {
			if v, ok := m[name]; ok {
				one[name] = v
			}
		}
		shown = append(shown, one)
	}
	return map[string]any{"@odata.context": c.s.base + "/v1.0/$metadata#" + strings.Split(c.r.URL.Path, "/")[2] + "(delta)", "value": shown}
}

func (c *graphCall) deltaMore(k cursor, list []map[string]any) (answer, *graphError) {
	body := c.deltaBody(list)
	body["@odata.nextLink"] = c.deltaLink("$skiptoken", k)
	return answer{http.StatusOK, body}, nil
}

func (c *graphCall) deltaEnd(k cursor, list []map[string]any) (answer, *graphError) {
	body := c.deltaBody(list)
	body["@odata.deltaLink"] = c.deltaLink("$deltatoken", k)
	return answer{http.StatusOK, body}, nil
}

// startAnew tells a follower that the token is too old.
func (c *graphCall) startAnew() *graphError {
	e := refuseGraph(http.StatusGone, "syncStateNotFound", "The sync state generation is not found; start again without a token.")
	e.location = c.s.base + c.r.URL.Path
	return e
}
