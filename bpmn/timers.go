package bpmn

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/signoffhq/signoff/expr"
	"github.com/signoffhq/signoff/process"
)

const (
	durationAdvice = "Write an ISO 8601 duration: P3D is three days, PT4H four hours, PT30M thirty minutes, P1M a month."
	momentAdvice   = "Write an ISO 8601 date and time: 2026-12-24T12:00:00Z, or with an offset: 2026-12-24T12:00:00+01:00."
)

// timer reads a timer event definition (BPMN §10.5.5, table 10.101).
func (b *builder) timer(e, def *Element) *process.Timer {
	t := &process.Timer{After: standInDuration}
	if x, ok := b.extension(e, "timer"); ok {
		t.Zone, t.Hours = x.text("zone"), x.hours()
	}
	var given []*Element
	for c := range def.Elements() {
		if c.Space == ModelSpace && strings.HasPrefix(c.Local, "time") {
			given = append(given, c)
		}
	}
	if len(given) != 1 {
		b.refuse(e, def.Line, "the timer does not say when, or says it more than once", "Give it one duration (timeDuration), one date (timeDate) or one cycle (timeCycle).")
		return t
	}
	c := given[0]
	s := source{owner: e, what: "the timer's " + strings.ToLower(strings.TrimPrefix(c.Local, "time")), text: c.Content(), line: c.contentLine(), lines: true}
	switch c.Local {
	case "timeDuration":
		t.After = b.duration(s, true)
	case "timeDate":
		t.After, t.At = nil, b.moment(s, true)
	case "timeCycle":
		t.After, t.Cycle = nil, b.cycle(s)
	default:
		b.refuse(e, c.Line, "<"+c.Name()+"> is not an element BPMN 2.0 knows in a timer", "Use timeDuration, timeDate or timeCycle.")
	}
	return t
}

// hours reads in which time something is counted: naming a calendar is saying
// that it is working time.
func (x ext) hours() process.Hours {
	h := process.Hours{Calendar: x.text("calendar")}
	h.Working = x.flag("working", h.Calendar != "")
	return h
}

// looksLikeCycle is what a person meant as a cycle, right or wrong: a
// repetition, or five or six fields of a cron expression.
var looksLikeCycle = regexp.MustCompile(`^(R[0-9-]*/.*|[0-9*?][0-9*?,/-]*( +[0-9A-Za-z*?,/#-]+){4,5})$`)

// cycle reads a cycle: as it is, or an expression that gives one.
func (b *builder) cycle(s source) *expr.Expr {
	text := strings.Join(strings.Fields(s.text), " ")
	if !looksLikeCycle.MatchString(text) {
		return b.expr(s)
	}
	return mustExpr(strconv.Quote(text))
}

// duration reads an ISO 8601 duration or, where feel allows, an expression.
func (b *builder) duration(s source, feel bool) *expr.Expr {
	text := strings.TrimSpace(s.text)
	if feel && (!looksLikeDuration.MatchString(text) || b.def.Declared(text) != nil) {
		return b.timeExpr(s, standInDuration)
	}
	d, reason := parseDuration(text)
	if reason != "" {
		b.refuse(s.owner, s.line, s.what+" "+clip(text)+": "+reason, durationAdvice)
		return standInDuration
	}
	return mustExpr(d.feel())
}

// moment reads a date and time, or a date, or where feel allows, an expression.
func (b *builder) moment(s source, feel bool) *expr.Expr {
	text := strings.TrimSpace(s.text)
	if feel && !looksLikeMoment.MatchString(text) {
		return b.timeExpr(s, standInMoment)
	}
	for _, layout := range []string{time.RFC3339Nano, "2006-01-02T15:04:05", "2006-01-02T15:04", "2006-01-02"} {
		if t, err := time.Parse(layout, text); err == nil {
			if layout == time.RFC3339Nano {
				return mustExpr(`date and time("` + t.Format(time.RFC3339Nano) + `")`)
			}
			return mustExpr(`date and time("` + t.Format("2006-01-02T15:04:05") + `")`)
		}
	}
	b.refuse(s.owner, s.line, s.what+" "+clip(text)+" is not a date and time", momentAdvice)
	return standInMoment
}

func (b *builder) timeExpr(s source, otherwise *expr.Expr) *expr.Expr {
	if e := b.expr(s); e != standInExpr {
		return e
	}
	return otherwise
}

var (
	// What a person meant as a literal, right or wrong.
	looksLikeDuration = regexp.MustCompile(`^([-+]?[Pp][Tt]?[0-9][0-9A-Za-z.,]*|[0-9]+ ?[A-Za-z]+)$`)
	looksLikeMoment   = regexp.MustCompile(`^[0-9]{4}-?[0-9]{2}`)

	isoDuration = regexp.MustCompile(`^P(?:(\d{1,6})Y)?(?:(\d{1,6})M)?(?:(\d{1,6})W)?(?:(\d{1,6})D)?(?:T(?:(\d{1,9})H)?(?:(\d{1,9})M)?(?:(\d{1,9}(?:\.\d{1,9})?)S)?)?$`)
)

// isoLength is an ISO 8601 duration: months or seconds, never both, because
// FEEL has no duration of both kinds.
type isoLength struct {
	months  int
	seconds float64
	literal string // as FEEL's duration function reads it
}

func (d isoLength) feel() string { return `duration("` + d.literal + `")` }

// parseDuration reads a duration that is not negative. reason says what is
// wrong with it.
func parseDuration(s string) (d isoLength, reason string) {
	m := isoDuration.FindStringSubmatch(s)
	if m == nil || strings.HasSuffix(s, "P") || strings.HasSuffix(s, "T") {
		if strings.HasPrefix(s, "-") {
			return d, "a timer cannot wait a negative time"
		}
		return d, "this is not a duration"
	}
	whole := func(i int) int {
		n, _ := strconv.Atoi(m[i]) // digits, by the expression above; "" is 0
		return n
	}
	years, months, days := whole(1), whole(2), whole(3)*7+whole(4)
	seconds, _ := strconv.ParseFloat(m[7], 64)
	d.months = years*12 + months
	d.seconds = float64(days)*86400 + float64(whole(5))*3600 + float64(whole(6))*60 + seconds
	if d.months > 0 && d.seconds > 0 {
		return d, "months and days cannot be mixed, because months differ in length"
	}
	const longest = 1000 * 366 * 86400
	if d.seconds > longest || d.months > 12000 {
		return d, "that is more than a thousand years"
	}
	d.literal = s
	if d.months > 0 {
		d.literal = fmt.Sprintf("P%dM", d.months)
	} else if m[3] != "" || m[1] != "" || m[2] != "" { // FEEL knows no weeks, and no months beside days
		d.literal = fmt.Sprintf("P%dDT%dH%dM%sS", days, whole(5), whole(6), strconv.FormatFloat(seconds, 'f', -1, 64))
	}
	return d, ""
}
