package docs_test

import (
	"strings"
	"testing"
)

func TestEveryIncidentIsExplained(t *testing.T) {
	explained := map[string]bool{}
	for _, row := range rows(t, workflows, "## When something goes wrong") {
		explained[strings.Trim(row[0], "`")] = true
	}
	for name, code := range constants(t, "engine/refusals.go") {
		if !strings.HasPrefix(name, "Incident") {
			continue
		}
		if !explained[code] {
			t.Errorf("the page does not say what %s is", code)
		}
		delete(explained, code)
	}
	for code := range explained {
		t.Errorf("the page explains %s, which no incident is called", code)
	}
}

// A limit in a table is the one in the code.
func TestLimitsAreThoseOfTheCode(t *testing.T) {
	checkLimits(t, workflows, "## Limits", map[string]string{
		"size of a file, bytes":               "bpmn/read.go maxBytes",
		"elements in a file":                  "bpmn/read.go maxElements",
		"elements inside each other":          "bpmn/read.go maxDepth",
		"steps":                               "process/check.go MaxNodes",
		"flows":                               "process/check.go MaxFlows",
		"variables":                           "process/check.go MaxVariables",
		"all variables of an instance, bytes": "engine/limits.go MaxVariables",
		"one text in a variable, bytes":       "expr/doc.go MaxText",
		"people a task or mail goes to, groups resolved":   "engine/limits.go MaxRecipients",
		"places an instance can be in at once":             "engine/limits.go MaxTokens",
		"steps taken without waiting":                      "engine/limits.go MaxEntries",
		"entries in the history of an instance":            "engine/limits.go MaxFacts",
		"title of a task, folio, subject, characters each": "engine/limits.go MaxTitle",
		"instructions, or a mail's text, characters":       "engine/limits.go MaxText",
		"comment, characters":                              "engine/limits.go MaxComment",
		"request to a service, bytes":                      "engine/limits.go MaxCallBytes",
		"answer of a service, bytes":                       "connector/rest/rest.go MaxResponseBytes",
		"workflow's and step's name, characters":           "process/check.go maxNameRunes",
	})
	checkLimits(t, expressions, "## Limits", map[string]string{
		"an expression, bytes":                       "expr/doc.go MaxSource",
		"words, numbers and operators in it":         "expr/doc.go MaxTokens",
		"parentheses and the like inside each other": "expr/doc.go MaxDepth",
		"functions that call each other":             "expr/doc.go MaxCalls",
		"steps of one evaluation":                    "expr/doc.go MaxSteps",
		"items of a list, entries of a context":      "expr/doc.go MaxList",
		"one text, bytes":                            "expr/doc.go MaxText",
		"lists and contexts inside each other":       "expr/doc.go MaxNesting",
		"values in one result":                       "expr/doc.go MaxValues",
		"all text in one result, bytes":              "expr/doc.go MaxResultText",
		"exponent of a number":                       "expr/doc.go MaxExponent",
		"a pattern, bytes":                           "expr/doc.go maxPattern",
	})
	checkLimits(t, "mail.md", "## Limits", map[string]string{
		"a mail, bytes":                         "mailroom/reply/reply.go MaxBytes",
		"its header, bytes":                     "mailroom/reply/reply.go maxHeaderBytes",
		"parts":                                 "mailroom/reply/reply.go maxParts",
		"parts inside each other":               "mailroom/reply/reply.go maxDepth",
		"text that is looked at, bytes":         "mailroom/reply/reply.go maxTextBytes",
		"comment, characters":                   "mailroom/reply/reply.go MaxComment",
		"people one task or mail is written to": "mailroom/notify.go maxRecipients",
		"answers but confirmations, to one sender for one task in an hour": "mailroom/receive.go advicePerTask",
		"answers but confirmations, to one sender in a day":                "mailroom/receive.go advicePerDay",
	})
}

func checkLimits(t *testing.T, page, title string, where map[string]string) {
	t.Helper()
	for _, row := range rows(t, page, title) {
		place, known := where[row[0]]
		if !known {
			t.Errorf("%s: nothing says where the limit %q stands in the code", page, row[0])
			continue
		}
		delete(where, row[0])
		file, name, _ := strings.Cut(place, " ")
		if is := constants(t, file)[name]; is != row[1] {
			t.Errorf("%s: %s: %s; in the code, %s of %s is %q", page, row[0], row[1], name, file, is)
		}
	}
	for what := range where {
		t.Errorf("%s: the limit %q is missing", page, what)
	}
}

// The verdicts on a mail, as lists and records show them.
func TestEveryVerdictOnAMailIsExplained(t *testing.T) {
	explained := map[string]bool{}
	for _, row := range rows(t, "mail.md", "## What became of a mail") {
		explained[strings.Trim(row[0], "`")] = true
	}
	verdicts := map[string]bool{"failed": true} // said in receive.go
	for name, value := range constants(t, "mailroom/judge.go") {
		verdicts[value] = name != "maxSleepHours"
	}
	for verdict, is := range verdicts {
		if is && !explained[verdict] {
			t.Errorf("the page does not say what the verdict %q means", verdict)
		}
		delete(explained, verdict)
	}
	for verdict := range explained {
		t.Errorf("the page explains the verdict %q, which there is not", verdict)
	}
}

// What troubleshooting quotes is what the program says. "…" stands for what
// differs.
func TestQuotedMessagesAreTheProgramsOwn(t *testing.T) {
	said := literals(t, "mailroom", "mailroom/connections", "mailroom/reply", "connector/mail", "cmd/signoff")
	for _, row := range rows(t, "mail.md", "## Troubleshooting") {
		message := strings.Trim(row[0], "“”")
		for part := range strings.SplitSeq(message, "…") {
			part = strings.TrimSpace(part)
			found := false
			for _, s := range said {
				found = found || strings.Contains(s, part)
			}
			if !found {
				t.Errorf("%s quotes %q, but nothing in the program says %q", "mail.md", message, part)
			}
		}
	}
}
