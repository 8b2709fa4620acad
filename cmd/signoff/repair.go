package main

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/signoffhq/signoff"
	"github.com/signoffhq/signoff/api"
	"github.com/signoffhq/signoff/client"
)

// repairCommands put an instance right. Each wants a reason, which stays on
// record.
func repairCommands() []*cobra.Command {
	return []*cobra.Command{whyWaitingCommand(), skipCommand(), setCommand(), moveInstanceCommand(),
		simpleRepair("hold", "Stop an instance: nothing of it runs, and nobody has its tasks", "is stopped", true, (*client.Client).HoldInstance),
		simpleRepair("resume", "Let a stopped instance go on where it was", "goes on", false, (*client.Client).ResumeInstance),
		endCommand(),
		simpleRepair("delete", "Remove an ended instance with its history, for good", "is removed", true, (*client.Client).DeleteInstance),
	}
}

// repair is what the commands have in common: an instance, a reason, and values.
type repair struct {
	talk
	reason string
	sets   []string
}

func (r *repair) flags(c *cobra.Command, reasoned, sets bool) {
	r.talk.flags(c)
	c.GroupID = ""
	c.Flags().StringVar(&r.reason, "reason", "", "why; it stays on record")
	if sets {
		c.Flags().StringArrayVarP(&r.sets, "set", "s", nil, "give a variable a value, name=value; may be repeated")
	}
	if reasoned {
		if err := c.MarkFlagRequired("reason"); err != nil {
			panic(err) // the flag stands above
		}
	}
}

// start reads who is asked, about which instance, and which values are given.
func (r *repair) start(cmd *cobra.Command, arg string) (*client.Client, int64, map[string]any, error) {
	id, err := instanceID(arg)
	if err != nil {
		return nil, 0, nil, err
	}
	c, err := r.dial(cmd)
	if err != nil {
		return nil, 0, nil, err
	}
	vars, err := instanceSets(cmd.Context(), c, id, r.sets)
	return c, id, vars, err
}

// told prints how the instance is now, or a line.
func (r *repair) told(cmd *cobra.Command, c *client.Client, id int64, what string) error {
	if r.asJSON {
		i, err := c.Instance(cmd.Context(), id)
		return orJSON(cmd, err, i)
	}
	fmt.Fprintf(cmd.OutOrStdout(), "instance %d %s\n", id, what)
	return nil
}

// simpleRepair is a command that needs nothing but an instance and a reason.
func simpleRepair(name, short, done string, reasoned bool, do func(*client.Client, context.Context, int64, string) error) *cobra.Command {
	var r repair
	c := &cobra.Command{
		Use:     name + " ID",
		Short:   short,
		Example: `  signoff instances ` + name + ` 1 --reason "The price is wrong"`,
		Args:    cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			c, id, _, err := r.start(cmd, args[0])
			if err != nil {
				return err
			}
			if err := do(c, cmd.Context(), id, r.reason); err != nil {
				return err
			}
			if name == "delete" {
				r.asJSON = false // there is nothing left to show
			}
			return r.told(cmd, c, id, done)
		},
	}
	r.flags(c, reasoned, false)
	return c
}

func skipCommand() *cobra.Command {
	var r repair
	var outcome string
	c := &cobra.Command{
		Use:   "skip SERIAL",
		Short: "Go on behind a failed step as if it were done",
		Example: `  signoff instances skip 1_7 --set approved=true --reason "Agreed by phone"
  signoff instances skip 1_4 --outcome Approve --reason "Jane has left"`,
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			serial, err := signoff.ParseSerial(args[0])
			if err != nil {
				return usageError{err}
			}
			c, id, vars, err := r.start(cmd, fmt.Sprint(int64(serial.Instance)))
			if err != nil {
				return err
			}
			if err := c.Skip(cmd.Context(), args[0], api.SkipBody{Reason: r.reason, Outcome: outcome, Variables: vars}); err != nil {
				return err
			}
			return r.told(cmd, c, id, "goes on behind the step")
		},
	}
	r.flags(c, true, true)
	c.Flags().StringVar(&outcome, "outcome", "", "of a task: what it counts as decided with")
	return c
}

func setCommand() *cobra.Command {
	var r repair
	c := &cobra.Command{
		Use:     "set ID",
		Short:   "Change variables of a running instance",
		Example: `  signoff instances set 1 --set amount=100 --reason "Typing error"`,
		Args:    cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			c, id, vars, err := r.start(cmd, args[0])
			if err != nil {
				return err
			}
			if err := c.SetVariables(cmd.Context(), id, api.SetVariablesBody{Reason: r.reason, Variables: vars}); err != nil {
				return err
			}
			return r.told(cmd, c, id, "has the new values")
		},
	}
	r.flags(c, true, true)
	if err := c.MarkFlagRequired("set"); err != nil {
		panic(err) // the flag stands above
	}
	return c
}

func moveInstanceCommand() *cobra.Command {
	var r repair
	var b api.MoveBody
	c := &cobra.Command{
		Use:   "move ID",
		Short: "Take an instance from one step to another of the same sub-process",
		Example: `  signoff instances move 1 --to "Approve again" --reason "The offer has changed"
  signoff instances move 1 --from ask --to end --all --reason "No longer needed"`,
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			c, id, vars, err := r.start(cmd, args[0])
			if err != nil {
				return err
			}
			b.Reason, b.Variables = r.reason, vars
			if err := c.Move(cmd.Context(), id, b); err != nil {
				return err
			}
			return r.told(cmd, c, id, "goes on at "+oneLine(b.To))
		},
	}
	r.flags(c, true, true)
	c.Flags().StringVar(&b.From, "from", "", "the step it is at, by element id or name; needed where it is in several places")
	c.Flags().IntVar(&b.Token, "token", 0, "which of several at that step; a refusal lists them")
	c.Flags().StringVar(&b.To, "to", "", "the step to go on at, by element id or name")
	c.Flags().BoolVar(&b.All, "all", false, "end whatever else goes on beside it")
	if err := c.MarkFlagRequired("to"); err != nil {
		panic(err) // the flag stands above
	}
	return c
}

func endCommand() *cobra.Command {
	var r repair
	c := &cobra.Command{
		Use:     "end ID",
		Short:   "Complete an instance as it stands",
		Long:    "Complete an instance as it stands. A workflow that called it goes on, with its\nvariables. Use cancel for one that is not to count.",
		Example: `  signoff instances end 1 --set result=paid --reason "Settled on paper"`,
		Args:    cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			c, id, vars, err := r.start(cmd, args[0])
			if err != nil {
				return err
			}
			if err := c.EndInstance(cmd.Context(), id, api.EndBody{Reason: r.reason, Variables: vars}); err != nil {
				return err
			}
			return r.told(cmd, c, id, "is complete")
		},
	}
	r.flags(c, true, true)
	return c
}
