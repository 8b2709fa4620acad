package engine

import (
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/signoffhq/signoff"
	"github.com/signoffhq/signoff/expr"
	"github.com/signoffhq/signoff/process"
)

// poll is a task of several answers said as simply as possible. It shares
// nothing with the engine and must agree with it.
type poll struct {
	rule             process.Rule
	serial, claiming bool
	approve, reject  int  // of the results
	each             bool // one answer of everybody who is asked
	wanted           int
	may              []string // who may answer now; "board" stands for its members
	later            []string
	with             map[string]string // whose voice somebody has who was not asked
	away             map[string]bool   // of the board, handed on
	out              map[string]bool   // decided the other task, and may not decide this one
	told             map[string]bool   // asked a question about it
	held             []string
	until            map[string]time.Time // when who holds it gives it back
	said             []saying
	over, stuck      bool
	outcome          string
}

type saying struct{ who, behind, what string }

var board = []string{"g1", "g2", "g3"}

func but(names []string, gone func(string) bool) []string {
	return slices.DeleteFunc(slices.Clone(names), gone)
}

func (p *poll) voice(who string) string {
	if by, ok := p.with[who]; ok {
		return p.voice(by)
	}
	return who
}

func (p *poll) spoken(who string) bool {
	return slices.ContainsFunc(p.said, func(s saying) bool { return s.behind == who || p.voice(s.who) == p.voice(who) })
}

func (p *poll) asked(who string) bool {
	return slices.Contains(p.may, who) || slices.Contains(board, who) && slices.Contains(p.may, "board")
}

// able tells whether somebody may answer when it is their turn.
func (p *poll) able(who string) bool { return who == "board" || !p.spoken(who) && !p.out[who] }

// free is how many answers nobody has given or claimed.
func (p *poll) free() int {
	voices := map[string]bool{}
	for _, h := range p.held {
		voices[p.voice(h)] = true
	}
	return p.wanted - len(p.said) - len(voices)
}

// bar says why somebody, with or without somebody else in whose name they act,
// can do nothing with the task; "" when they can.
func (p *poll) bar(who, behind string) string {
	holds := slices.Contains(p.held, who)
	switch {
	case !p.spoken(who) && !p.away[who] && !p.asked(who) && !p.told[who] && !holds:
		return CodeTaskNotFound
	case p.over:
		return CodeTaskDone
	case p.spoken(who), behind != "" && p.spoken(behind):
		return CodeAnswered
	case p.away[who]:
		return CodeTaskDone
	case !p.asked(who):
		return CodeTaskNotFound
	case p.claiming && !holds && (p.free() <= 0 || slices.ContainsFunc(p.held, func(h string) bool { return p.voice(h) == p.voice(who) })):
		return CodeTaskClaimed
	case p.out[who], p.out[behind]:
		return CodeDoerExcluded
	}
	return ""
}

func (p *poll) answer(who, behind, what string) string {
	if bar := p.bar(who, behind); bar != "" {
		return bar
	}
	named := slices.Contains(p.may, who)
	p.said = append(p.said, saying{who, behind, what})
	out := func(x string) bool { return x != "board" && (p.voice(x) == p.voice(who) || x == behind) }
	p.may, p.held = but(p.may, out), but(p.held, func(x string) bool { return x == who || x == behind || out(x) && !slices.Contains(board, x) })
	if p.serial && !named {
		p.may = but(p.may, func(x string) bool { return x == "board" })
	}
	p.goOn()
	return ""
}

// goOn counts, and passes the turn on.
func (p *poll) goOn() {
	p.outcome = p.weigh(false)
	p.over = p.outcome != ""
	if p.over || slices.ContainsFunc(p.may, p.able) {
		return
	}
	if i := slices.IndexFunc(p.later, p.able); i >= 0 {
		p.may, p.later, p.held = p.later[i:i+1:i+1], p.later[i+1:], nil
		return
	}
	p.stuck = true
}

func (p *poll) weigh(late bool) string {
	count := map[string]int{}
	for _, s := range p.said {
		count[s.what]++
	}
	n := len(p.said)
	if n == 0 {
		return ""
	}
	all := late || n >= p.wanted || !slices.ContainsFunc(p.may, p.able) && !slices.ContainsFunc(p.later, p.able)
	of := p.wanted
	if all {
		of = n
	}
	switch {
	case count["Object"] > 0:
		return "Object"
	case p.rule == process.FirstAnswer:
		return p.said[0].what
	case p.rule == process.AllTheSame && all && len(count) == 1:
		return p.said[0].what
	case p.rule == process.Majority && count["Approve"] > of-count["Approve"]:
		return "Approve"
	case p.rule == process.Majority && count["Reject"] > of-count["Reject"]:
		return "Reject"
	case p.rule == process.ByResults && count["Approve"] >= p.approve:
		return "Yes"
	case p.rule == process.ByResults && count["Reject"] >= p.reject:
		return "No"
	case all && !late:
		return "Otherwise"
	}
	return ""
}

func (p *poll) claim(who string, until time.Time) string {
	if bar := p.bar(who, ""); bar != "" {
		return bar
	}
	switch {
	case slices.Contains(p.held, who):
		return CodeAlreadyClaimed
	case slices.ContainsFunc(p.held, func(h string) bool { return p.voice(h) == p.voice(who) }):
		return CodeTaskClaimed
	}
	p.held = append(slices.Clip(p.held), who)
	p.until[who] = until
	return ""
}

func (p *poll) release(who string) string {
	if !slices.Contains(p.held, who) {
		return "refused"
	}
	p.held = but(p.held, func(x string) bool { return x == who })
	return ""
}

func (p *poll) has(who string) bool {
	return slices.Contains(p.may, who) || slices.Contains(p.later, who)
}

// hands is a redirect by who has the task.
func (p *poll) hands(who, to string) string {
	if bar := p.bar(who, ""); bar != "" {
		return bar
	}
	if p.out[to] {
		return CodeDoerExcluded
	}
	if who == to || p.spoken(to) || p.has(to) {
		return CodeBadRedirect
	}
	from := who
	if p.serial && !slices.Contains(p.may, who) {
		from = "board"
	}
	p.give(who, from, to)
	return ""
}

// gives is a redirect by an administrator: from "" of all.
func (p *poll) gives(from string, to ...string) string {
	if p.over {
		return CodeTaskDone
	}
	if from != "" && !slices.Contains(p.may, from) {
		return CodeBadRedirect
	}
	for _, x := range to {
		switch {
		case p.out[x]:
			return CodeDoerExcluded
		case p.spoken(x), from != "" && p.has(x):
			return CodeBadRedirect
		}
	}
	p.give("root", from, to...)
	return ""
}

// give puts others in somebody's place: who is first has their voice.
func (p *poll) give(by, from string, to ...string) {
	before := p.places()
	counts := from == "" || slices.Contains(p.may, from)
	named := slices.Clone(p.may)
	for _, x := range to {
		delete(p.away, x)
	}
	p.later = but(p.later, func(x string) bool { return slices.Contains(to, x) })
	switch i := slices.Index(p.may, from); {
	case from == "":
		p.may, p.later, p.held = to, nil, nil
		for x := range p.with {
			if !p.spoken(x) {
				delete(p.with, x)
			}
		}
	case i >= 0:
		p.may = but(p.may, func(x string) bool { return x == from || slices.Contains(to, x) })
		p.may = slices.Insert(p.may, min(i, len(p.may)), to...)
	default:
		p.away[from] = true
		p.may = append(slices.Clone(p.may), to...)
	}
	if from != "" {
		p.speaksFor(from, to[0])
		p.held = but(p.held, func(x string) bool {
			return x == from || x == by && !slices.Contains(named, by) || from == "board" && !slices.Contains(named, x)
		})
	}
	if counts {
		p.wantMore(before)
	}
	p.stuck = p.stuck && !slices.ContainsFunc(p.may, p.able)
}

// speaksFor gives somebody's voice to another.
func (p *poll) speaksFor(from, to string) {
	same := p.voice(from) == p.voice(to)
	by, shared := p.with[from]
	delete(p.with, from)
	for x, other := range p.with {
		if other != from {
			continue
		}
		if p.with[x] = to; x == to {
			delete(p.with, x)
		}
	}
	if shared && !same {
		p.with[to] = by
	}
}

// places is how many answers are still asked for.
func (p *poll) places() int {
	voices := map[string]bool{}
	for _, x := range p.may {
		voices[p.voice(x)] = true
	}
	return len(voices) + len(p.later)
}

// wantMore waits for those who have come in where everybody is asked.
func (p *poll) wantMore(before int) {
	if now := p.places(); p.each {
		p.wanted = max(p.wanted, min(p.wanted+now-before, len(p.said)+now))
	}
}

func (p *poll) share(who, to string) string {
	if bar := p.bar(who, ""); bar != "" {
		return bar
	}
	if p.out[to] {
		return CodeDoerExcluded
	}
	if who == to || p.spoken(to) || p.has(to) || p.voice(who) == p.voice(to) {
		return CodeBadRedirect
	}
	p.may = append(slices.Clone(p.may), to)
	p.with[to] = who
	delete(p.away, to)
	return ""
}

// add is a share by an administrator: with a voice of its own.
func (p *poll) add(to string) string {
	switch {
	case p.over:
		return CodeTaskDone
	case p.out[to]:
		return CodeDoerExcluded
	case p.spoken(to), p.has(to):
		return CodeBadRedirect
	}
	before := p.places()
	p.may = append(slices.Clone(p.may), to)
	delete(p.away, to)
	p.wantMore(before)
	p.stuck = p.stuck && !p.able(to)
	return ""
}

// remind hands the task to others, or whose turn it is; false when to nobody.
func (p *poll) remind(to []string) bool {
	to = but(to, func(x string) bool { return p.out[x] || p.spoken(x) })
	if len(to) == 0 {
		return false
	}
	from := ""
	if p.serial {
		from = p.may[0]
	}
	p.give("", from, to...)
	return true
}

// ballot is an instance with one task, and the poll beside it.
type ballot struct {
	*world
	rt        *rapid.T
	poll      *poll
	seq, side int // the tasks
}

// instead is whom the reminder hands the task to.
var instead = []string{"b", "x"}

func drawBallot(rt *rapid.T) *ballot {
	p := &poll{with: map[string]string{}, away: map[string]bool{}, out: map[string]bool{}, told: map[string]bool{}, until: map[string]time.Time{}}
	p.rule = rapid.SampledFrom([]process.Rule{process.FirstAnswer, process.AllTheSame, process.Majority, process.ByResults}).Draw(rt, "rule")
	p.serial, p.claiming = rapid.Bool().Draw(rt, "serial"), rapid.Bool().Draw(rt, "claiming")
	p.approve, p.reject = rapid.IntRange(1, 4).Draw(rt, "approve"), rapid.IntRange(1, 4).Draw(rt, "reject")
	slots := rapid.IntRange(0, 5).Draw(rt, "slots") // 0: not said
	names := []string{"a", "b", "c", "d", "e"}[:rapid.IntRange(1, 5).Draw(rt, "people")]
	withBoard := rapid.Bool().Draw(rt, "board")
	s := draw(rt).node("start", process.StartEvent).node("fork", process.ParallelGateway)
	s.user("vote", names, func(t *process.Task) {
		if withBoard {
			t.Recipients = append(t.Recipients, process.Recipient{Group: "board"})
		}
		t.Serial, t.Claiming, t.Exclude = p.serial, p.claiming, []string{"side"}
		t.Idle = s.expr(`duration("P2D")`)
		t.Actions = append(t.Actions, process.Action{Name: "Object", Veto: true})
		t.Answers = &process.Answers{Rule: p.rule, Otherwise: "Otherwise"}
		if slots > 0 {
			t.Answers.Slots = s.expr(string(rune('0' + slots)))
		}
		if p.rule == process.ByResults {
			t.Answers.Results = []process.Result{{Outcome: "Yes", Action: "Approve", Least: s.expr(string(rune('0' + p.approve)))},
				{Outcome: "No", When: s.exprWith("counts.Reject >= "+string(rune('0'+p.reject)), process.AnswerNames...)}}
		}
		t.Deadline = &process.Deadline{After: s.expr(`duration("P9D")`), Outcome: "Expired", Count: p.rule != process.FirstAnswer && rapid.Bool().Draw(rt, "count")}
		t.Reminders = []process.Reminder{{After: s.expr(`duration("P5D")`)}}
		for _, who := range instead {
			t.Reminders[0].Redirect = append(t.Reminders[0].Redirect, process.Recipient{Person: s.template(who)})
		}
	})
	s.user("side", []string{"a", "b", "c", "d", "e", "g1", "x"})
	s.node("join", process.ParallelGateway).node("end", process.EndEvent).path("start", "fork", "vote", "join", "end").path("fork", "side", "join")
	b := &ballot{world: run(s), rt: rt, poll: p}
	b.names["group:board"] = []signoff.Person{{Principal: "group:board", Login: "board", Name: "board"}}
	all := slices.Clone(names)
	if withBoard {
		all = append(all, "board")
	}
	if p.wanted = len(all); p.rule == process.FirstAnswer {
		p.wanted = 1
	}
	if p.each = slots == 0 && p.rule != process.FirstAnswer; slots > 0 {
		p.wanted = slots
	}
	if !withBoard {
		p.wanted = min(p.wanted, len(all))
	}
	if p.may = all; p.serial {
		p.may, p.later = all[:1:1], all[1:]
	}
	return b
}

func (s *sketch) exprWith(src string, names ...string) *expr.Expr {
	e, err := expr.Parse(src, names...)
	if err != nil {
		s.t.Fatal(err)
	}
	return e
}

func TestRandomVotesAgreeWithASimpleModel(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		b := drawBallot(rt)
		b.must("root", Start{Instance: 1, Priority: 1})
		for _, task := range b.openTasks() {
			if task.Node == "vote" {
				b.seq = task.Seq
			} else {
				b.side = task.Seq
			}
		}
		b.agrees()
		for range rapid.IntRange(1, 40).Draw(rt, "inputs") {
			b.now = b.now.Add(time.Second)
			b.something()
			b.agrees()
		}
	})
}

var people = []string{"a", "b", "c", "d", "e", "g1", "g2", "g3", "x", "y"}

func (b *ballot) someone(role string) string { return rapid.SampledFrom(people).Draw(b.rt, role) }

func (b *ballot) something() {
	p := b.poll
	switch n := rapid.IntRange(0, 40).Draw(b.rt, "what"); {
	case !p.over && n == 0:
		b.expire()
	case !p.over && n <= 2:
		b.remind()
	case !p.over && n <= 4:
		b.idle()
	case n <= 6 && b.st.task(b.side).Open():
		b.decideSide()
	case n <= 10:
		b.administer()
	default:
		b.deed()
	}
}

// deed is what somebody does, who may have the task or not.
func (b *ballot) deed() {
	who, to, p := b.someone("who"), b.someone("to"), b.poll
	var e Event
	var want, behind string
	switch rapid.SampledFrom([]string{"act", "act", "claim", "claim", "release", "redirect", "share", "ask"}).Draw(b.rt, "deed") {
	case "act":
		if rapid.IntRange(0, 3).Draw(b.rt, "in a name") == 0 && who != to {
			behind = to
		}
		what := rapid.SampledFrom([]string{"Approve", "Approve", "Approve", "Reject", "Reject", "Reject", "Object"}).Draw(b.rt, "action")
		e, want = Act{Task: b.seq, Action: what}, p.answer(who, behind, what)
	case "claim":
		until := time.Time{}
		if p.claiming {
			until = b.now.Add(2 * 24 * time.Hour)
		}
		e, want = Claim{b.seq}, p.claim(who, until)
	case "release":
		e, want = Release{b.seq}, "refused"
		if !p.over {
			want = p.release(who)
		}
	case "redirect":
		e, want = Redirect{Task: b.seq, To: to}, p.hands(who, to)
	case "share":
		e, want = Share{Task: b.seq, To: to}, p.share(who, to)
	case "ask":
		if e, want = Event(Ask{Task: b.seq, To: to, Text: "why?"}), p.bar(who, ""); want == "" && (who == to || p.told[to]) {
			want = CodeAsked
		} else if want == "" {
			p.told[to] = true
		}
	}
	in := Input{At: b.now, By: caller(who), Event: e, People: People{}}
	if slices.Contains(board, who) {
		in.By.Groups = append(in.By.Groups, "group:board")
	}
	if behind != "" {
		in.By.Behind = person(behind).Principal
	}
	b.hears(in, want)
}

// hears does something, and compares what is said to it.
func (b *ballot) hears(in Input, want string) {
	_, err := b.decide(in)
	got := signoff.CodeOf(err)
	late := func(code string) bool { return code == CodeTaskNotFound || code == CodeTaskDone }
	if b.poll.over && late(want) && late(got) {
		want = got // who had no part hears less or more; not the model's to say
	}
	if want == "refused" && err != nil {
		return
	}
	if got != want {
		b.rt.Fatalf("%#v by %s for %s: the engine says %q (%v), the model %q", in.Event, in.By.Behind, in.By.Principal, got, err, want)
	}
}

// administer is what an administrator does with the task, who does not have it.
func (b *ballot) administer() {
	to, from, p := b.someone("to"), "", b.poll
	in := Input{At: b.now, By: caller("root"), People: People{}}
	in.By.Admin = true
	if len(p.may) > 0 && rapid.Bool().Draw(b.rt, "one part") {
		from = rapid.SampledFrom(p.may).Draw(b.rt, "from")
	}
	name := from
	if from == "board" {
		name = "group:board"
	}
	switch rapid.IntRange(0, 3).Draw(b.rt, "order") {
	case 0:
		in.Event = Share{Task: b.seq, To: to}
		b.hears(in, p.add(to))
	case 1:
		in.Event = Redirect{Task: b.seq, From: name, To: to}
		b.hears(in, p.gives(from, to))
	case 2:
		two := []string{"d", "y"}
		b.names["members:two"] = []signoff.Person{person("d"), person("y")}
		in.Event = Redirect{Task: b.seq, From: name, To: "members:two"}
		b.hears(in, p.gives(from, two...))
	default:
		in.Event = Release{b.seq}
		want := "refused"
		if !p.over && len(p.held) > 0 {
			want, p.held = "", nil
		}
		b.hears(in, want)
	}
}

// decideSide decides the other task: who does may not decide this one any more.
func (b *ballot) decideSide() {
	who := rapid.SampledFrom([]string{"a", "b", "c", "d", "e", "g1", "x"}).Draw(b.rt, "decides")
	in := Input{At: b.now, By: caller(who), Event: Act{Task: b.side, Action: "Approve"}, People: People{}}
	p := b.poll
	p.out[who] = true
	if rapid.Bool().Draw(b.rt, "in a name") {
		behind := b.someone("behind")
		in.By.Behind = person(behind).Principal
		p.out[behind] = true
	}
	if !p.over && !slices.ContainsFunc(p.may, p.able) {
		p.goOn()
	}
	b.hears(in, "")
}

// rings fires a timer of the task, if there is one that has no incident.
func (b *ballot) rings(what TimerFor) *Timer {
	var found *Timer
	for i := range b.st.Timers {
		t := &b.st.Timers[i]
		if t.For == what && t.Ref == b.seq && (found == nil || t.Due.Before(found.Due)) &&
			!slices.ContainsFunc(b.st.Incidents, func(i Incident) bool { return i.Effect == t.Seq }) {
			found = t
		}
	}
	if found != nil {
		copied := *found
		if found = &copied; b.now.Before(found.Due) {
			b.now = found.Due
		}
		b.must("", TimerDue{found.Seq})
	}
	return found
}

func (b *ballot) remind() {
	known := len(b.st.Incidents)
	if b.rings(ForReminder) == nil {
		return
	}
	if !b.poll.remind(instead) && len(b.st.Incidents) != known+1 {
		b.rt.Fatalf("the task is handed to nobody, and nobody hears of it: %+v", b.st.Incidents)
	}
}

func (b *ballot) idle() {
	p := b.poll
	if timer := b.rings(ForIdle); timer != nil {
		p.held = but(p.held, func(x string) bool { return !p.until[x].IsZero() && !p.until[x].After(timer.Due) })
	}
}

func (b *ballot) expire() {
	b.rings(ForDeadline)
	p := b.poll
	p.over = true
	if p.outcome = "Expired"; b.def.Nodes[2].Task.Deadline.Count {
		if counted := p.weigh(true); counted != "" {
			p.outcome = counted
		}
	}
}

// agrees compares what the model and the engine know of the task.
func (b *ballot) agrees() {
	t, p := b.st.task(b.seq), b.poll
	if t.Open() == p.over || t.Outcome != p.outcome {
		b.rt.Fatalf("the engine has it open=%v with outcome %q, the model over=%v with %q", t.Open(), t.Outcome, p.over, p.outcome)
	}
	if len(t.Answers) != len(p.said) || t.Slots != p.wanted {
		b.rt.Fatalf("%d of %d answers, the model has %d of %d", len(t.Answers), t.Slots, len(p.said), p.wanted)
	}
	if p.over {
		return
	}
	failed := slices.ContainsFunc(b.st.Incidents, func(i Incident) bool { return i.Token == t.Token })
	if failed != p.stuck || !failed && !slices.ContainsFunc(p.may, p.able) {
		b.rt.Fatalf("nobody can answer, or all is well: incident %v, the model %v, %v may", failed, p.stuck, p.may)
	}
	for what, pair := range map[string][2]string{"may": {logins(t.Recipients), sorted(p.may)}, "later": {logins(t.Later), sorted(p.later)},
		"held": {logins(t.Claims()), sorted(p.held)}} {
		if pair[0] != pair[1] {
			b.rt.Fatalf("%s: the engine has %s, the model %s", what, pair[0], pair[1])
		}
	}
}

func logins(ps []signoff.Principal) string {
	var out []string
	for _, p := range ps {
		_, name, _ := strings.Cut(string(p), ":")
		out = append(out, name)
	}
	return sorted(out)
}

func sorted(names []string) string {
	return strings.Join(slices.Sorted(slices.Values(names)), " ")
}
