package main

import (
	"encoding/json"
	"fmt"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"github.com/signoffhq/signoff/api"
)

func calendarsCommand() *cobra.Command {
	c := &cobra.Command{
		Use:     "calendars",
		Short:   "Working hours and holidays, by which deadlines count",
		GroupID: "talk",
	}
	c.AddCommand(listCalendarsCommand(), showCalendarCommand(), setCalendarCommand(), importCalendarCommand(), previewCalendarCommand(), deleteCalendarCommand())
	return c
}

func listCalendarsCommand() *cobra.Command {
	var t talk
	c := &cobra.Command{
		Use:     "list",
		Short:   "List calendars by name",
		Example: `  signoff calendars list`,
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			c, err := t.dial(cmd)
			if err != nil {
				return err
			}
			l, err := c.Calendars(cmd.Context())
			if err != nil || t.asJSON {
				return orJSON(cmd, err, l)
			}
			var rows [][]string
			for _, one := range l.Items {
				standard := ""
				if one.Standard {
					standard = "standard"
				}
				rows = append(rows, []string{one.Name, one.Zone, fmt.Sprint(len(one.Holidays)), standard})
			}
			return table(cmd.OutOrStdout(), "NAME ZONE HOLIDAYS USE", rows)
		},
	}
	t.flags(c)
	c.GroupID = ""
	return c
}

func showCalendarCommand() *cobra.Command {
	var t talk
	c := &cobra.Command{
		Use:   "show NAME",
		Short: "Print a calendar as JSON, to be changed and given to set",
		Example: `  signoff calendars show "Berlin office" > berlin.json
  signoff calendars set "Berlin office" berlin.json`,
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			c, err := t.dial(cmd)
			if err != nil {
				return err
			}
			one, err := c.Calendar(cmd.Context(), args[0])
			return orJSON(cmd, err, api.SetCalendar{CalendarPlan: one.CalendarPlan, Standard: one.Standard, Rev: one.Rev})
		},
	}
	t.flags(c)
	c.GroupID = ""
	return c
}

func setCalendarCommand() *cobra.Command {
	var t talk
	c := &cobra.Command{
		Use:   "set NAME FILE",
		Short: "Make or change a calendar from a JSON file",
		Long: `Make or change a calendar from a JSON file such as show prints:

  {"zone": "Europe/Berlin",
   "week": {"monday": ["08:00-12:00", "13:00-17:00"], "friday": ["08:00-15:00"]},
   "holidays": [{"date": "12-25", "name": "Christmas"}]}

A file with "rev" is taken only if nobody has saved the calendar since.`,
		Example: `  signoff calendars set "Berlin office" berlin.json --user admin`,
		Args:    cobra.ExactArgs(2),
		RunE: func(cmd *cobra.Command, args []string) error {
			var set api.SetCalendar
			if err := readJSON(args[1], &set); err != nil {
				return err
			}
			c, err := t.dial(cmd)
			if err != nil {
				return err
			}
			one, err := c.SetCalendar(cmd.Context(), args[0], set)
			if err != nil || t.asJSON {
				return orJSON(cmd, err, one)
			}
			text := one.Name + " saved"
			if one.Standard {
				text += "; it counts wherever no other calendar is named"
			}
			fmt.Fprintln(cmd.OutOrStdout(), text)
			return nil
		},
	}
	t.flags(c)
	c.GroupID = ""
	return c
}

// readJSON reads a small file strictly: what it has and nobody knows is told.
func readJSON(file string, into any) error {
	f, err := os.Open(file)
	if err != nil {
		return usageError{err}
	}
	defer f.Close()
	d := json.NewDecoder(f)
	d.DisallowUnknownFields()
	if err := d.Decode(into); err != nil {
		return usageError{fmt.Errorf("%s: %w", file, err)}
	}
	return nil
}

func importCalendarCommand() *cobra.Command {
	var t talk
	c := &cobra.Command{
		Use:     "import NAME FILE.ics",
		Short:   "Add the holidays of an iCalendar file to a calendar",
		Example: `  signoff calendars import "Berlin office" holidays.ics --user admin`,
		Args:    cobra.ExactArgs(2),
		RunE: func(cmd *cobra.Command, args []string) error {
			data, err := os.ReadFile(args[1])
			if err != nil {
				return usageError{err}
			}
			c, err := t.dial(cmd)
			if err != nil {
				return err
			}
			one, err := c.Calendar(cmd.Context(), args[0])
			if err != nil {
				return err
			}
			im, err := c.ImportHolidays(cmd.Context(), api.ImportHolidays{Zone: one.Zone, File: string(data)})
			if err != nil {
				return err
			}
			set := api.SetCalendar{CalendarPlan: one.CalendarPlan, Standard: one.Standard, Rev: one.Rev}
			added := 0
			for _, h := range im.Holidays {
				if !hasHoliday(set.Holidays, h) {
					set.Holidays = append(set.Holidays, h)
					added++
				}
			}
			if _, err := c.SetCalendar(cmd.Context(), one.Name, set); err != nil {
				return err
			}
			for _, text := range im.Skipped {
				fmt.Fprintln(cmd.ErrOrStderr(), "left out:", oneLine(text))
			}
			fmt.Fprintf(cmd.OutOrStdout(), "%d holidays added to %s\n", added, one.Name)
			return nil
		},
	}
	t.flags(c)
	c.GroupID = ""
	return c
}

func hasHoliday(list []api.CalendarHoliday, h api.CalendarHoliday) bool {
	for _, one := range list {
		if one.Date == h.Date && one.Hours == h.Hours {
			return true
		}
	}
	return false
}

func previewCalendarCommand() *cobra.Command {
	var t talk
	var name string
	c := &cobra.Command{
		Use:   "preview DURATION",
		Short: "Say when something is due in working time, from now",
		Example: `  signoff calendars preview PT8H
  signoff calendars preview P2D --calendar "Berlin office"`,
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			c, err := t.dial(cmd)
			if err != nil {
				return err
			}
			p, err := c.PreviewCalendar(cmd.Context(), api.PreviewCalendar{Name: name, After: strings.ToUpper(args[0])})
			if err != nil || t.asJSON {
				return orJSON(cmd, err, p)
			}
			fmt.Fprintf(cmd.OutOrStdout(), "%s, %g working hours from now\n", p.Due.Format("Monday 2 January 2006, 15:04 MST"), p.Hours)
			return nil
		},
	}
	t.flags(c)
	c.GroupID = ""
	c.Flags().StringVar(&name, "calendar", "", "by this calendar instead of the standard one")
	return c
}

func deleteCalendarCommand() *cobra.Command {
	var t talk
	c := &cobra.Command{
		Use:     "delete NAME",
		Short:   "Remove a calendar that is not the standard one",
		Example: `  signoff calendars delete Paris --user admin`,
		Args:    cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			c, err := t.dial(cmd)
			if err != nil {
				return err
			}
			one, err := c.Calendar(cmd.Context(), args[0])
			if err != nil {
				return err
			}
			return c.DeleteCalendar(cmd.Context(), one.Name, one.Rev)
		},
	}
	t.flags(c)
	c.GroupID = ""
	return c
}
