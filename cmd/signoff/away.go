package main

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/signoffhq/signoff/api"
)

func awayCommand() *cobra.Command {
	var t talk
	var from, to, person string
	var goes, back bool
	var except []string
	var only bool
	c := &cobra.Command{
		Use:   "away [SUBSTITUTE ...]",
		Short: "Say that you are away, and who does your tasks",
		Long: `Say that you are or will be away, and who does your tasks meanwhile: those that
are put before you by name, open ones and new ones. Both of you have them, or
with --go only who stands in. Without anything it says how things stand.`,
		Example: `  signoff away ben --to 2026-08-15
  signoff away ben cara --from 2026-08-01 --to 2026-08-15 --except expenses=amina
  signoff away --back
  signoff away ben --person user:7 --user admin`,
		RunE: func(cmd *cobra.Command, args []string) error {
			c, err := t.dial(cmd)
			if err != nil {
				return err
			}
			is, err := c.Absence(cmd.Context(), person)
			if err != nil {
				return err
			}
			switch {
			case back && is.Rev > 0:
				if err := c.EndAbsence(cmd.Context(), person, is.Rev); err != nil {
					return err
				}
				fmt.Fprintln(cmd.OutOrStdout(), "the absence is ended")
				return nil
			case len(args) > 0 || len(except) > 0:
				set := api.SetAbsence{Substitutes: args, Rev: is.Rev, Tasks: "shared"}
				if goes {
					set.Tasks = "go"
				}
				if set.From, err = dayFlag("from", from, false); err != nil {
					return err
				}
				if set.To, err = dayFlag("to", to, true); err != nil {
					return err
				}
				for _, e := range except {
					key, who, _ := strings.Cut(e, "=")
					x := api.SetAbsenceException{Workflow: key}
					if who != "" {
						x.Substitutes = strings.Split(who, ",")
					}
					set.Except = append(set.Except, x)
				}
				p, err := c.PreviewAbsence(cmd.Context(), person, set)
				if err != nil {
					return err
				}
				if !only {
					if is, err = c.SetAbsence(cmd.Context(), person, set); err != nil {
						return err
					}
				}
				defer func() { fmt.Fprintln(cmd.OutOrStdout(), previewInWords(p)) }()
				if only {
					return nil
				}
			}
			if t.asJSON {
				return orJSON(cmd, nil, is)
			}
			fmt.Fprintln(cmd.OutOrStdout(), absenceInWords(is))
			return nil
		},
	}
	t.flags(c)
	c.Flags().StringVar(&from, "from", "", "first day, 2026-08-01; now when left out")
	c.Flags().StringVar(&to, "to", "", "last day; until --back when left out")
	c.Flags().StringVar(&person, "person", "", "for this person, by principal; administrators may")
	c.Flags().BoolVar(&goes, "go", false, "only who stands in has the tasks")
	c.Flags().BoolVar(&back, "back", false, "you are there again")
	c.Flags().BoolVar(&only, "preview", false, "only say what would happen")
	c.Flags().StringArrayVar(&except, "except", nil, "workflow=person: somebody else for one workflow; workflow alone: its tasks stay")
	return c
}

// dayFlag reads a day, or a moment; the end of a day is when it is over.
func dayFlag(name, text string, end bool) (*time.Time, error) {
	if text == "" {
		return nil, nil
	}
	if at, err := time.Parse(time.RFC3339, text); err == nil {
		return &at, nil
	}
	at, err := time.ParseInLocation("2006-01-02", text, time.Local)
	if err != nil {
		return nil, usageError{fmt.Errorf("--%s %s is no day such as 2026-08-01", name, text)}
	}
	if end {
		at = at.AddDate(0, 0, 1)
	}
	return &at, nil
}

func absenceInWords(a api.Absence) string {
	var lines []string
	for _, o := range a.Others {
		lines = append(lines, "standing in for "+o.Person.Name)
	}
	if a.From == nil {
		return strings.Join(append([]string{"not away"}, lines...), "\n")
	}
	text := "away from " + when(a.From)
	if a.To != nil {
		text += " to " + untilDay(*a.To)
	}
	var who []string
	for _, p := range a.Substitutes {
		who = append(who, p.Name)
	}
	how := "have the tasks as well: "
	if a.Tasks == "go" {
		how = "have the tasks instead: "
	}
	if len(who) > 0 {
		text += "; " + how + strings.Join(who, ", ")
	}
	out := []string{oneLine(text)}
	for _, x := range a.Except {
		var names []string
		for _, p := range x.Substitutes {
			names = append(names, p.Name)
		}
		line := "except " + x.Workflow + ": its tasks stay"
		if len(names) > 0 {
			line = "except " + x.Workflow + ": " + strings.Join(names, ", ")
		}
		out = append(out, oneLine(line))
	}
	return strings.Join(append(out, lines...), "\n")
}

// untilDay is the last day of an absence that ends with a day, as --to takes it,
// and else the moment.
func untilDay(end time.Time) string {
	if l := end.Local(); l.Hour() == 0 && l.Minute() == 0 && l.Second() == 0 {
		return l.AddDate(0, 0, -1).Format("2006-01-02")
	}
	return when(&end)
}

func previewInWords(p api.AbsencePreview) string {
	if p.Open == 0 {
		return "no tasks are open now; new ones go the same way"
	}
	var parts []string
	for _, g := range p.Goes {
		parts = append(parts, fmt.Sprintf("%s go to %s", orMore(g.Tasks, p.AtLeast), g.Person.Name))
	}
	if p.Stays > 0 {
		parts = append(parts, fmt.Sprintf("%d stay", p.Stays))
	}
	return oneLine(fmt.Sprintf("of %s open tasks, %s", orMore(p.Open, p.AtLeast), strings.Join(parts, ", ")))
}

func orMore(n int, more bool) string {
	if more {
		return strconv.Itoa(n) + " or more"
	}
	return strconv.Itoa(n)
}
