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
	approve, reject  int // of the results
	wanted           int
	may              []string // who may answer now; "board" stands for its members
	later            []string
	with             map[string]string // whose voice somebody has who was not asked
	away             map[string]bool   // of the board, handed on
	held             []string
	said             []saying
	over             bool
	outcome          string
}

type saying struct{ who, what string }

var board = []string{"g1", "g2", "g3"}

func (p *poll) voice(who string) string {
	if by, ok := p.with[who]; ok {
		return p.voice(by)
	}
	return who
}

func (p *poll) spoken(who string) bool {
	return slices.ContainsFunc(p.said, func(s saying) bool { return p.voice(s.who) == p.voice(who) })
}

func (p *poll) asked(who string) bool {
	return slices.Contains(p.may, who) || slices.Contains(board, who) && slices.Contains(p.may, "board")
}

// bar says why somebody can do nothing with the task; "" when they can.
func (p *poll) bar(who string) string {
	switch {
	case p.spoken(who) || p.away[who]:
	case !p.asked(who):
		return CodeTaskNotFound
	}
	switch {
	case p.over:
		return CodeTaskDone
	case p.spoken(who):
		return CodeAnswered
	case p.away[who]:
		return CodeTaskDone
	case p.claiming && len(p.said)+len(p.held) >= p.wanted && !slices.Contains(p.held, who):
		return CodeTaskClaimed
	}
	return ""
}

func (p *poll) answer(who, what string) string {
	if bar := p.bar(who); bar != "" {
		return bar
	}
	named := slices.Contains(p.may, who)
	p.said = append(p.said, saying{who, what})
	out := func(x string) bool { return x != "board" && p.voice(x) == p.voice(who) }
	p.may = slices.DeleteFunc(slices.Clone(p.may), out)
	p.held = slices.DeleteFunc(slices.Clone(p.held), out)
	if p.serial && !named {
		p.may = slices.DeleteFunc(p.may, func(x string) bool { return x == "board" })
	}
	p.outcome = p.weigh(false)
	if p.over = p.outcome != ""; !p.over && len(p.may) == 0 && len(p.later) > 0 {
		p.may, p.later = p.later[:1], p.later[1:]
	}
	return ""
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
	all := late || n >= p.wanted || len(p.may) == 0 && len(p.later) == 0
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

func (p *poll) claim(who string) string {
	if bar := p.bar(who); bar != "" {
		return bar
	}
	if slices.Contains(p.held, who) {
		return CodeAlreadyClaimed
	}
	p.held = append(p.held, who)
	return ""
}

func (p *poll) release(who string) string {
	if !slices.Contains(p.held, who) {
		return "refused"
	}
	p.held = slices.DeleteFunc(slices.Clone(p.held), func(x string) bool { return x == who })
	return ""
}

func (p *poll) has(who string) bool {
	return slices.Contains(p.may, who) || slices.Contains(p.later, who)
}

func (p *poll) redirect(who, to string) string {
	if bar := p.bar(who); bar != "" {
		return bar
	}
	if who == to || p.spoken(to) || p.has(to) {
		return CodeBadRedirect
	}
	same := p.voice(who) == p.voice(to)
	delete(p.away, to)
	switch {
	case slices.Contains(p.may, who):
		p.may = slices.Clone(p.may)
		p.may[slices.Index(p.may, who)] = to
	case p.serial:
		p.may = slices.Clone(p.may)
		p.may[slices.Index(p.may, "board")] = to
		p.held = slices.DeleteFunc(slices.Clone(p.held), func(x string) bool { return x == who })
		return ""
	default:
		p.away[who] = true
		p.may = append(slices.Clone(p.may), to)
	}
	by, shared := p.with[who]
	delete(p.with, who)
	for x, other := range p.with {
		if other == who {
			p.with[x] = to
		}
	}
	if shared && !same {
		p.with[to] = by
	}
	p.held = slices.DeleteFunc(slices.Clone(p.held), func(x string) bool { return x == who })
	return ""
}

func (p *poll) share(who, to string) string {
	if bar := p.bar(who); bar != "" {
		return bar
	}
	if who == to || p.spoken(to) || p.has(to) || p.voice(who) == p.voice(to) {
		return CodeBadRedirect
	}
	p.may = append(slices.Clone(p.may), to)
	p.with[to] = who
	delete(p.away, to)
	return ""
}

// ballot is an instance with one task, and the poll beside it.
type ballot struct {
	*world
	rt   *rapid.T
	poll *poll
}

func drawBallot(rt *rapid.T) *ballot {
	p := &poll{with: map[string]string{}, away: map[string]bool{}}
	p.rule = rapid.SampledFrom([]process.Rule{process.FirstAnswer, process.AllTheSame, process.Majority, process.ByResults}).Draw(rt, "rule")
	p.serial, p.claiming = rapid.Bool().Draw(rt, "serial"), rapid.Bool().Draw(rt, "claiming")
	p.approve, p.reject = rapid.IntRange(1, 4).Draw(rt, "approve"), rapid.IntRange(1, 4).Draw(rt, "reject")
	slots := rapid.IntRange(0, 5).Draw(rt, "slots") // 0: not said
	names := []string{"a", "b", "c", "d", "e"}[:rapid.IntRange(1, 5).Draw(rt, "people")]
	withBoard := rapid.Bool().Draw(rt, "board")
	s := draw(rt).node("start", process.StartEvent)
	s.user("vote", names, func(t *process.Task) {
		if withBoard {
			t.Recipients = append(t.Recipients, process.Recipient{Group: "board"})
		}
		t.Serial, t.Claiming = p.serial, p.claiming
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
	})
	s.node("end", process.EndEvent).path("start", "vote", "end")
	b := &ballot{world: run(s), rt: rt, poll: p}
	b.names["group:board"] = []signoff.Person{{Principal: "group:board", Login: "board", Name: "board"}}
	all := slices.Clone(names)
	if withBoard {
		all = append(all, "board")
	}
	if p.wanted = len(all); p.rule == process.FirstAnswer {
		p.wanted = 1
	}
	if slots > 0 {
		p.wanted = slots
	}
	if !withBoard {
		p.wanted = min(p.wanted, len(all))
	}
	if p.may = all; p.serial {
		p.may, p.later = all[:1], all[1:]
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
		seq := b.openTasks()[0].Seq
		b.agrees(seq)
		for range rapid.IntRange(1, 30).Draw(rt, "inputs") {
			b.something(seq)
			b.agrees(seq)
		}
	})
}

func (b *ballot) something(seq int) {
	people := []string{"a", "b", "c", "d", "e", "g1", "g2", "g3", "x", "y"}
	who := rapid.SampledFrom(people).Draw(b.rt, "who")
	to := rapid.SampledFrom(people).Draw(b.rt, "to")
	p := b.poll
	if !p.over && rapid.IntRange(0, 40).Draw(b.rt, "time") == 0 {
		b.expire()
		return
	}
	var e Event
	var want string
	switch rapid.SampledFrom([]string{"act", "act", "act", "claim", "release", "redirect", "share"}).Draw(b.rt, "deed") {
	case "act":
		what := rapid.SampledFrom([]string{"Approve", "Approve", "Approve", "Reject", "Reject", "Reject", "Object"}).Draw(b.rt, "action")
		e, want = Act{Task: seq, Action: what}, p.answer(who, what)
	case "claim":
		e, want = Claim{seq}, p.claim(who)
	case "release":
		e, want = Release{seq}, "refused"
		if !p.over {
			want = p.release(who)
		}
	case "redirect":
		e, want = Redirect{Task: seq, To: to}, p.redirect(who, to)
	case "share":
		e, want = Share{Task: seq, To: to}, p.share(who, to)
	}
	in := Input{At: b.now, By: caller(who), Event: e, People: People{}}
	if slices.Contains(board, who) {
		in.By.Groups = append(in.By.Groups, "group:board")
	}
	_, err := b.decide(in)
	got := signoff.CodeOf(err)
	if b.st.Status != Running && want == CodeTaskNotFound {
		want = got // who had no part hears less or more; not the model's to say
	}
	if want == "refused" && err != nil {
		return
	}
	if got != want {
		b.rt.Fatalf("%T by %s to %s: the engine says %q (%v), the model %q", e, who, to, got, err, want)
	}
}

func (b *ballot) expire() {
	i := slices.IndexFunc(b.st.Timers, func(t Timer) bool { return t.For == ForDeadline })
	b.now = b.now.Add(10 * 24 * time.Hour)
	b.must("", TimerDue{b.st.Timers[i].Seq})
	p := b.poll
	p.over = true
	if p.outcome = "Expired"; b.def.Nodes[1].Task.Deadline.Count {
		if counted := p.weigh(true); counted != "" {
			p.outcome = counted
		}
	}
}

// agrees compares what the model and the engine know of the task.
func (b *ballot) agrees(seq int) {
	t, p := b.st.task(seq), b.poll
	if t.Open() == p.over || t.Outcome != p.outcome {
		b.rt.Fatalf("the engine has it open=%v with outcome %q, the model over=%v with %q", t.Open(), t.Outcome, p.over, p.outcome)
	}
	if len(t.Answers) != len(p.said) || t.Slots != p.wanted {
		b.rt.Fatalf("%d of %d answers, the model has %d of %d", len(t.Answers), t.Slots, len(p.said), p.wanted)
	}
	if p.over {
		return
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
