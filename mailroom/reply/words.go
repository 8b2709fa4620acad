package reply

import (
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

// Command is a standard request of a reply, besides the task's own actions.
type Command string

const (
	Redirect Command = "redirect" // Argument: who
	Delegate Command = "delegate" // Argument: who
	SleepFor Command = "sleep"    // Argument: hours or a date, for Until
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
		a, b := r.decide(plainLines(r.text.content), actions), r.decide(htmlLines(r.html.content), actions)
		if a.Action != b.Action || a.Command != b.Command || a.Argument != b.Argument {
			return Decision{Line: a.Line, Unclear: "the plain and the formatted version of the mail say different things"}
		}
		return a
	case r.text.present:
		return r.decide(plainLines(r.text.content), actions)
	case r.html.present:
		return r.decide(htmlLines(r.html.content), actions)
	}
	return Decision{Unclear: "the mail has no text"}
}

func (r Reading) decide(lines []string, actions []string) Decision {
	if len(lines) == 0 {
		return Decision{Unclear: "nothing was written above the quoted mail"}
	}
	d := Decision{Line: clip(lines[0], 200), Comment: comment(lines[1:])}
	said := normalise(lines[0])
	if a, ok := matchAction(said, actions); ok {
		d.Action = a
		return d
	}
	c, argument, langs := commandOf(said)
	if (c == Redirect || c == Delegate) && argument == "" && len(r.Copied) == 1 {
		argument = r.Copied[0] // K2: the person in Cc
	} else if c == Redirect || c == Delegate {
		argument = person(argument, langs)
	}
	switch {
	case c == Help && argument == "", c != "" && c != Help && argument != "":
		d.Command, d.Argument = c, argument
	case (c == Redirect || c == Delegate) && len(r.Copied) > 1:
		d.Unclear = "it does not say to whom, and more than one person is in Cc"
	case c == Redirect || c == Delegate:
		d.Unclear = "it does not say to whom"
	case c == SleepFor:
		d.Unclear = "it does not say for how many hours, or until when"
	default:
		d.Unclear = "its first line is not one of the words that work"
	}
	return d
}

// person is whom an argument names: without "to", and by the address alone
// where a mail program has made a link or a full address of it.
func person(argument string, langs []string) string {
	for _, lang := range langs {
		for _, w := range fillers[lang] {
			if rest, ok := cutWord(argument, w); ok && rest != "" {
				argument = rest
			}
		}
	}
	open, end := strings.IndexByte(argument, '<'), strings.LastIndexByte(argument, '>')
	if open >= 0 && end == len(argument)-1 {
		inner := strings.TrimPrefix(argument[open+1:end], "mailto:")
		before := strings.TrimSpace(argument[:open])
		if strings.Contains(before, "@") && before != inner {
			return argument // two addresses: nobody is called that
		}
		argument = inner
	}
	return strings.TrimPrefix(strings.TrimSpace(argument), "@")
}

// cutWord takes word from the front of said, where it ends there or a space or
// a colon follows it.
func cutWord(said, word string) (rest string, ok bool) {
	rest, ok = strings.CutPrefix(said, word)
	if !ok || rest == "" {
		return "", ok
	}
	if rest[0] != ' ' && rest[0] != ':' {
		return "", false
	}
	return strings.TrimSpace(rest[1:]), true
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
// case, single spaces, one kind of apostrophe, no quotes or emphasis around it,
// no full stop or exclamation mark behind it. Look-alike letters of other
// scripts stay what they are and so match nothing.
func normalise(line string) string {
	s := strings.Map(func(r rune) rune {
		switch {
		case unicode.Is(unicode.Cf, r), r == '\uFE0F':
			return -1
		case unicode.IsSpace(r):
			return ' '
		case r == '’':
			return '\''
		}
		return unicode.ToLower(r)
	}, norm.NFKC.String(line))
	s = strings.Join(strings.Fields(s), " ")
	s = strings.TrimRight(s, ".!。 ")
	s = strings.Trim(s, "\"'*_“”„‘«»「」¡ ")
	return strings.TrimRight(s, ".!。 ")
}

// comment joins what stands below the first line.
func comment(lines []string) string {
	return clip(strings.TrimSpace(strings.Join(lines, "\n")), MaxComment)
}
