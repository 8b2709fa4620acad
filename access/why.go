package access

import (
	"fmt"
	"slices"

	"github.com/signoffhq/signoff"
)

// Thing is what a question is about: the server (the zero Thing), a category,
// or a workflow with the category it is in.
type Thing struct {
	Workflow string // what it is called
	Category string
}

// Subject is somebody about whom a question is asked.
type Subject struct {
	signoff.Caller                                           // Groups as they count, whatever they are through
	Disabled       bool                                      // their account is switched off
	Through        map[signoff.Principal][]signoff.Principal // for each group, those on the way to it, the nearest to the person first; absent or empty: a member directly
}

// Question asks whether Who holds Right on Thing. Grants are those that bear on
// the thing, its categories' among them; Server are those on the server.
type Question struct {
	Who    Subject
	Right  Right
	Thing  Thing
	Grants []Grant
	Server []Grant
}

// Answer says yes or no, why, and on a no what would make it a yes. Texts
// mention principals in the way of signoff.Tell.
type Answer struct {
	OK     bool
	Why    string
	Chain  []Link   // from the person to the thing, when OK
	Would  []Remedy // when not
	Givers []signoff.Principal
}

// Link is one step of a chain.
type Link struct {
	Kind string            // person, group, right, category, workflow, server
	Who  signoff.Principal // of a person or group
	Name string            // of anything else
}

// Remedy is one way to a yes: joining Join, which holds the right already
// (through Category), or being given Right there.
type Remedy struct {
	Join     signoff.Principal
	Right    Right
	On       string // workflow, category, server
	Category string
}

// maxRemedies and maxGivers bound an answer: it is for people to read.
const (
	maxRemedies = 10
	maxGivers   = 10
)

// Explain answers a question. What it says agrees with May.
func Explain(q Question) Answer {
	me := signoff.Mention(q.Who.Principal)
	if q.Who.Disabled {
		return Answer{Why: me + " may do nothing: the account is switched off", Givers: givers(q)}
	}
	if !known(q.Right) || onServer(q.Right) != (q.Thing == Thing{}) {
		return Answer{Why: fmt.Sprintf("there is no right called %q on %s", q.Right.Name(), q.Thing.words())}
	}
	if g, ok := best(q); ok {
		return Answer{OK: true, Why: q.because(g), Chain: q.chain(g)}
	}
	return Answer{Why: q.no(), Would: remedies(q), Givers: givers(q)}
}

// best is the grant that gives the right by the shortest way: to the person,
// then to a group near to them; on the thing, then on a category near to it.
func best(q Question) (Grant, bool) {
	var found []Grant
	for _, g := range q.Grants {
		if g.Right.includes(q.Right) && q.Who.Is(g.Who) {
			found = append(found, g)
		}
	}
	for _, g := range q.Server {
		if (g.Right == Server || g.Right == q.Right) && q.Who.Is(g.Who) {
			found = append(found, g)
		}
	}
	if len(found) == 0 {
		return Grant{}, false
	}
	slices.SortStableFunc(found, func(a, b Grant) int { return q.far(a) - q.far(b) })
	return found[0], true
}

// far is how far a grant is from the person, then from the thing.
func (q Question) far(g Grant) int {
	const hop = 100
	n := 0
	switch {
	case g.Who == signoff.Everyone:
		n = 50 * hop
	case g.Who != q.Who.Principal:
		n = hop * (1 + len(q.Who.Through[g.Who]))
	}
	switch {
	case onServer(g.Right) && !onServer(q.Right):
		n += hop / 2
	case g.Category != "":
		n += 1 + len(CategoryKeys(q.Thing.Category)) - len(CategoryKeys(g.Category))
	}
	return n
}

func (q Question) because(g Grant) string {
	text := signoff.Mention(q.Who.Principal) + " may " + q.Right.verb()
	if q.Thing != (Thing{}) {
		text += " " + q.Thing.words()
	}
	text += ": " + q.through(g.Who)
	if g.Right != q.Right {
		text += fmt.Sprintf(", by the right to %s", g.Right.includer())
	}
	if g.Category != "" && q.Thing.Workflow != "" || g.Category != "" && CategoryKey(g.Category) != CategoryKey(q.Thing.Category) {
		text += ", by the category " + g.Category
	}
	return text
}

// includer is the right as the one another comes from.
func (r Right) includer() string {
	switch r {
	case Administer:
		return "administer"
	case View:
		return "view all"
	case Finish:
		return "finish waiting steps"
	}
	return r.verb()
}

func (q Question) through(holder signoff.Principal) string {
	switch holder {
	case q.Who.Principal:
		return "as a person"
	case signoff.Everyone:
		return "as everyone"
	}
	text := "through " + signoff.Mention(holder)
	for _, between := range slices.Backward(q.Who.Through[holder]) {
		text += ", by way of " + signoff.Mention(between)
	}
	return text
}

func (q Question) chain(g Grant) []Link {
	links := []Link{{Kind: "person", Who: q.Who.Principal}}
	if g.Who != q.Who.Principal {
		for _, between := range q.Who.Through[g.Who] {
			links = append(links, Link{Kind: "group", Who: between})
		}
		links = append(links, Link{Kind: "group", Who: g.Who})
	}
	links = append(links, Link{Kind: "right", Name: g.Right.Name()})
	if onServer(g.Right) {
		links = append(links, Link{Kind: "server"})
	}
	if g.Category != "" {
		links = append(links, Link{Kind: "category", Name: g.Category})
	}
	switch {
	case q.Thing.Workflow != "":
		links = append(links, Link{Kind: "workflow", Name: q.Thing.Workflow})
	case q.Thing.Category != "" && CategoryKey(g.Category) != CategoryKey(q.Thing.Category):
		links = append(links, Link{Kind: "category", Name: q.Thing.Category})
	}
	return links
}

func (t Thing) words() string {
	switch {
	case t.Workflow != "":
		return t.Workflow
	case t.Category != "":
		return "the workflows of " + t.Category
	}
	return "the server"
}

func (q Question) no() string {
	me := signoff.Mention(q.Who.Principal)
	if q.Thing == (Thing{}) {
		return fmt.Sprintf("%s may not %s: neither they nor a group or role of theirs hold that right", me, q.Right.verb())
	}
	where := "the workflow"
	if q.Thing.Workflow == "" {
		where = "the category"
	} else if q.Thing.Category != "" {
		where += ", its category " + q.Thing.Category
	}
	return fmt.Sprintf("%s may not %s %s: neither they nor a group or role of theirs hold that right on %s or the server",
		me, q.Right.verb(), q.Thing.words(), where)
}

// remedies are the groups that hold the right already, then the places where it
// could be given.
func remedies(q Question) []Remedy {
	var out []Remedy
	for _, g := range q.Grants {
		if g.Right.includes(q.Right) && g.Who.IsGroup() && g.Who != signoff.Everyone && len(out) < maxRemedies-2 {
			out = append(out, Remedy{Join: g.Who, Right: g.Right, On: "workflow", Category: g.Category})
		}
	}
	for _, g := range q.Server {
		if g.Right == q.Right && g.Who.IsGroup() && len(out) < maxRemedies-2 {
			out = append(out, Remedy{Join: g.Who, Right: g.Right, On: "server"})
		}
	}
	switch {
	case q.Thing == Thing{}:
		return append(out, Remedy{Right: q.Right, On: "server"})
	case q.Thing.Workflow != "":
		out = append(out, Remedy{Right: q.Right, On: "workflow"})
	}
	if q.Thing.Category != "" {
		out = append(out, Remedy{Right: q.Right, On: "category", Category: q.Thing.Category})
	}
	return out
}

// givers are who could change that: whoever administers the thing, then the
// server.
func givers(q Question) []signoff.Principal {
	var out []signoff.Principal
	add := func(p signoff.Principal) {
		if p != q.Who.Principal && len(out) < maxGivers && !slices.Contains(out, p) {
			out = append(out, p)
		}
	}
	for _, g := range q.Grants {
		if g.Right == Administer {
			add(g.Who)
		}
	}
	for _, g := range q.Server {
		if g.Right == Server {
			add(g.Who)
		}
	}
	return out
}

// MayGive says whether by may give or take each of the grants by which the two
// lists differ: nobody gives away, or takes from others, what they do not hold.
func MayGive(by signoff.Caller, before, after, held []Grant) Decision {
	for _, pair := range [][2][]Grant{{after, before}, {before, after}} {
		for _, g := range pair[0] {
			if slices.Contains(pair[1], g) {
				continue
			}
			if d := May(by, g.Right, held); !d.OK {
				return Decision{Why: fmt.Sprintf("you cannot give or take the right to %s: you do not hold it", g.Right.includer())}
			}
		}
	}
	return Decision{OK: true, Why: "you hold these rights"}
}
