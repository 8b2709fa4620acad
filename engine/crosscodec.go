package engine

import (
	"maps"
	"slices"

	"github.com/signoffhq/signoff"
)

// The stored forms of what a migration leaves in states and facts.

func (c *Crossed) append(o *object) {
	if c == nil {
		return
	}
	o.key("crossed")
	in := openObject(o.b)
	in.num("from", c.From)
	in.num("to", c.To)
	in.int64("order", c.Order)
	if len(c.Map) > 0 {
		in.key("map")
		names := openObject(in.b)
		for _, id := range slices.Sorted(maps.Keys(c.Map)) {
			names.b = append(appendString(names.next(), id), ':')
			names.b = appendString(names.b, c.Map[id])
		}
		in.b = names.close()
	}
	o.b = in.close()
}

func (c *Crossed) member(r *reader, key string) {
	switch key {
	case "from":
		c.From = r.int()
	case "to":
		c.To = r.int()
	case "order":
		c.Order = r.int64()
	case "map":
		c.Map = map[string]string{}
		r.object(func(id []byte) { name := string(id); c.Map[name] = r.string() })
	default:
		r.skip()
	}
}

func (m *Came) append(o *object) {
	if m == nil {
		return
	}
	o.key("came")
	in := openObject(o.b)
	in.num("from", m.From)
	in.num("to", m.To)
	in.int64("order", m.Order)
	in.time("at", &m.At)
	in.num("fact", m.Fact)
	in.num("through", m.Through)
	if s := m.Since; s != nil {
		in.key("since")
		since := openObject(in.b)
		since.str("kind", string(s.Kind))
		since.str("node", s.Node)
		since.str("by", string(s.By))
		since.time("at", &s.At)
		in.b = since.close()
	}
	list(&in, "was", m.Was, func(dst []byte, w *Was) []byte {
		o := openObject(dst)
		o.num("id", w.ID)
		o.str("node", w.Node)
		o.str("via", w.Flow)
		o.time("due", w.Due)
		return o.close()
	})
	list(&in, "timers", m.Gone.Timers, appendTimer)
	list(&in, "waits", m.Gone.Waits, appendWait)
	list(&in, "incidents", m.Gone.Incidents, appendIncident)
	list(&in, "added", m.Added, func(dst []byte, seq *int) []byte {
		o := openObject(dst)
		o.num("seq", *seq)
		return o.close()
	})
	in.values("vars", m.Vars)
	list(&in, "new", m.New, func(dst []byte, name *string) []byte { return appendString(dst, *name) })
	list(&in, "doers", m.Doers, appendDoer)
	o.b = in.close()
}

func (m *Came) member(r *reader, key string) {
	switch key {
	case "from":
		m.From = r.int()
	case "to":
		m.To = r.int()
	case "order":
		m.Order = r.int64()
	case "at":
		m.At = r.time()
	case "fact":
		m.Fact = r.int()
	case "through":
		m.Through = r.int()
	case "since":
		m.Since = &Since{}
		r.object(func(key []byte) { m.Since.member(r, string(key)) })
	case "was":
		m.Was = readList(r, (*Was).member)
	case "timers":
		m.Gone.Timers = readList(r, (*Timer).member)
	case "waits":
		m.Gone.Waits = readList(r, (*Wait).member)
	case "incidents":
		m.Gone.Incidents = readList(r, (*Incident).member)
	case "added":
		r.array(func() {
			r.object(func(key []byte) {
				if string(key) == "seq" {
					m.Added = append(m.Added, r.int())
				} else {
					r.skip()
				}
			})
		})
	case "vars":
		m.Vars = readValues(r)
	case "new":
		r.array(func() { m.New = append(m.New, r.string()) })
	case "doers":
		m.Doers, m.Renews = readList(r, (*Doer).member), true
	default:
		r.skip()
	}
}

func (s *Since) member(r *reader, key string) {
	switch key {
	case "kind":
		s.Kind = FactKind(r.string())
	case "node":
		s.Node = r.string()
	case "by":
		s.By = signoff.Principal(r.string())
	case "at":
		s.At = r.time()
	default:
		r.skip()
	}
}

func (w *Was) member(r *reader, key string) {
	switch key {
	case "id":
		w.ID = r.int()
	case "node":
		w.Node = r.string()
	case "via":
		w.Flow = r.string()
	case "due":
		w.Due = r.timePtr()
	default:
		r.skip()
	}
}

func (r *Ran) member(in *reader, key string) {
	switch key {
	case "until":
		r.Until = in.int()
	case "version":
		r.Version = in.int()
	default:
		in.skip()
	}
}
