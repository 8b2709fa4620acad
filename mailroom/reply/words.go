package reply

import (
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

// meaning is what a word of the table stands for, whatever an action is called.
type meaning string

const (
	approve meaning = "approve"
	reject  meaning = "reject"
	ask     meaning = "ask"
)

// vocabulary holds, per language, the words that mean the same as a task's
// action. A word stands in it once, over all languages: a test walks the table.
// To add a language, add a line; native speakers please.
var vocabulary = map[string]map[meaning][]string{
	"en": {
		approve: {"approve", "approved", "approves", "yes", "ok", "okay", "accept", "accepted", "agree", "agreed"},
		reject:  {"reject", "rejected", "rejects", "decline", "declined", "deny", "denied", "no", "refuse", "refused"},
		ask:     {"question", "more info", "more information"},
	},
}

// commands are the words for things one can ask of any task, as K2 knows them.
var commands = map[string]Command{
	"redirect": Redirect, "forward": Redirect,
	"delegate": Delegate, "share": Delegate,
	"sleep": SleepFor,
	"help":  Help, "?": Help,
}

// Command is a standard request of a reply, besides the task's own actions.
type Command string

const (
	Redirect Command = "redirect" // Argument: who
	Delegate Command = "delegate" // Argument: who
	SleepFor Command = "sleep"    // Argument: hours
	Help     Command = "help"
)

// Decision is what a reply's text asks for. Exactly one of Action, Command and
// Unclear is set.
type Decision struct {
	Action   string // as the task spells it
	Command  Command
	Argument string
	Comment  string // what else was written, at most MaxComment characters
	Line     string // the line that was read, at most 200 characters
	Unclear  string // why nothing was understood, for people
}

// Decide reads the text against the actions of the task it answers. Where the
// mail has a plain and an HTML version, both must say the same.
func (r Reading) Decide(actions []string) Decision {
	switch {
	case r.text.present && r.html.present:
		a, b := decide(plainLines(r.text.content), actions), decide(htmlLines(r.html.content), actions)
		if a.Action != b.Action || a.Command != b.Command || a.Argument != b.Argument {
			return Decision{Line: a.Line, Unclear: "the plain and the formatted version of the mail say different things"}
		}
		return a
	case r.text.present:
		return decide(plainLines(r.text.content), actions)
	case r.html.present:
		return decide(htmlLines(r.html.content), actions)
	}
	return Decision{Unclear: "the mail has no text"}
}

func decide(lines []string, actions []string) Decision {
	if len(lines) == 0 {
		return Decision{Unclear: "nothing was written above the quoted mail"}
	}
	d := Decision{Line: clip(lines[0], 200), Comment: comment(lines[1:])}
	said := normalise(lines[0])
	if a, ok := matchAction(said, actions); ok {
		d.Action = a
		return d
	}
	word, argument, _ := strings.Cut(said, " ")
	c, known := commands[word]
	switch {
	case known && (c == Help) == (argument == ""):
		d.Command, d.Argument = c, strings.TrimSpace(argument)
	case known && c == Redirect && argument == "", known && c == Delegate && argument == "":
		d.Unclear = "it does not say to whom"
	case known && c == SleepFor && argument == "":
		d.Unclear = "it does not say for how many hours"
	default:
		d.Unclear = "its first line is not one of the words that work"
	}
	return d
}

// matchAction finds the one action that said names: by its own name, else by a
// word with the same meaning when only one action has that meaning.
func matchAction(said string, actions []string) (string, bool) {
	for _, a := range actions {
		if normalise(a) == said {
			return a, true
		}
	}
	want, ok := meaningOf(said)
	if !ok {
		return "", false
	}
	found := ""
	for _, a := range actions {
		if m, ok := meaningOf(normalise(a)); ok && m == want {
			if found != "" {
				return "", false
			}
			found = a
		}
	}
	return found, found != ""
}

func meaningOf(word string) (meaning, bool) {
	for _, table := range vocabulary {
		for m, list := range table {
			if contains(list, word) {
				return m, true
			}
		}
	}
	return "", false
}

// normalise makes a line comparable: NFKC, invisible characters gone, lower
// case, single spaces, no quotes or emphasis around it, no full stop or
// exclamation mark behind it. Look-alike letters of other scripts stay what
// they are and so match nothing.
func normalise(line string) string {
	s := strings.Map(func(r rune) rune {
		switch {
		case unicode.Is(unicode.Cf, r), r == '\uFE0F':
			return -1
		case unicode.IsSpace(r):
			return ' '
		}
		return unicode.ToLower(r)
	}, norm.NFKC.String(line))
	s = strings.Join(strings.Fields(s), " ")
	s = strings.TrimRight(s, ".! ")
	s = strings.Trim(s, "\"'*_“”„‘’«» ")
	return strings.TrimRight(s, ".! ")
}

// comment joins what stands below the first line.
func comment(lines []string) string {
	return clip(strings.TrimSpace(strings.Join(lines, "\n")), MaxComment)
}
