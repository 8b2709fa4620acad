package k2

import (
	"strconv"
	"strings"
	"time"

	"github.com/signoffhq/signoff"
	"github.com/signoffhq/signoff/engine"
	"github.com/signoffhq/signoff/expr"
	"github.com/signoffhq/signoff/httpapi"
	"github.com/signoffhq/signoff/process"
	"github.com/signoffhq/signoff/worklist"
)

func itoa(n int64) string { return strconv.FormatInt(n, 10) }

// on lets something happen to the task the path names.
func (s *Server) on(c *call, event func(task int) engine.Event) (signoff.Serial, error) {
	n, err := c.serial()
	if err != nil {
		return n, err
	}
	_, err = s.HTTP.Runner.Do(c.ctx, c.by, n.Instance, event(n.Seq), c.once)
	return n, httpapi.HideMissing(err)
}

// assign opens a task: the caller takes it. Opening it again is no error.
func (s *Server) assign(c *call) (any, error) {
	n, err := s.on(c, func(task int) engine.Event { return engine.Claim{Task: task} })
	if signoff.CodeOf(err) == engine.CodeAlreadyClaimed {
		err = nil
	}
	return TaskState{n.String(), statuses[worklist.Open]}, err
}

func (s *Server) release(c *call) (any, error) {
	_, err := s.on(c, func(task int) engine.Event { return engine.Release{Task: task} })
	return nil, err
}

func (s *Server) wake(c *call) (any, error) {
	if _, err := s.on(c, func(task int) engine.Event { return engine.Wake{Task: task} }); err != nil {
		return nil, err
	}
	d, err := s.task(c)
	return TaskState{d.Serial.String(), statuses[d.Status]}, err
}

// redirect takes user, label:user and label:domain\user.
func (s *Server) redirect(c *call) (any, error) {
	to, err := c.body.text("RedirectTo")
	if err != nil {
		return nil, err
	}
	if strings.TrimSpace(to) == "" {
		return nil, wrong("RedirectTo", "a user such as K2:DOMAIN\\user")
	}
	_, err = s.on(c, func(task int) engine.Event { return engine.Redirect{Task: task, To: to} })
	return nil, err
}

// maxSleepSeconds is ten years: more is a mistake in the unit.
const maxSleepSeconds = 10 * 366 * 24 * 3600

// sleep takes exactly one of SleepFor (seconds) and SleepUntil.
func (s *Server) sleep(c *call) (any, error) {
	seconds, hasFor, err := c.body.integer("SleepFor")
	if err != nil {
		return nil, err
	}
	until, hasUntil, err := c.body.moment("SleepUntil")
	if err != nil {
		return nil, err
	}
	if hasFor && seconds == 0 && hasUntil {
		hasFor = false // .NET clients send 0 for an integer that was not set
	}
	switch {
	case hasFor == hasUntil:
		return nil, &signoff.Error{Kind: signoff.Invalid, Code: "invalid-request",
			Detail: "give exactly one of SleepFor (seconds) and SleepUntil (a time)"}
	case hasFor && (seconds <= 0 || seconds > maxSleepSeconds):
		return nil, wrong("SleepFor", "a number of seconds from 1 to "+itoa(maxSleepSeconds))
	case hasFor:
		until = s.HTTP.Now().Add(time.Duration(seconds) * time.Second)
	}
	_, err = s.on(c, func(task int) engine.Event { return engine.Sleep{Task: task, Until: until.UTC()} })
	return nil, err
}

// act completes a task. Fields are set with it, as far as the task lets them.
func (s *Server) act(c *call) (any, error) {
	d, err := s.task(c)
	if err != nil {
		return nil, err
	}
	vars, err := fieldValues(d.Def, c.body)
	if err != nil {
		return nil, err
	}
	name := actionName(d.Actions, c.params["customAction"])
	_, err = s.on(c, func(task int) engine.Event {
		return engine.Act{Task: task, Action: name, Vars: vars, Channel: "rest"}
	})
	return nil, err
}

// actionName finds the action a path means: in any letter case, and with a plus
// for a space, as form encoders write it.
func actionName(all []process.Action, asked string) string {
	for _, form := range []string{asked, strings.ReplaceAll(asked, "+", " ")} {
		for _, a := range all {
			if strings.EqualFold(a.Name, form) {
				return a.Name
			}
		}
	}
	return asked
}

func fieldValues(def *process.Definition, body object) (map[string]expr.Value, error) {
	fields, err := dataFields(def, body)
	if err != nil || len(fields) == 0 {
		return nil, err
	}
	out := make(map[string]expr.Value, len(fields))
	for name, x := range fields {
		if out[name], err = expr.FromGo(x); err != nil {
			return nil, &signoff.Error{Kind: signoff.Invalid, Code: engine.CodeBadVariables,
				Detail: "dataFields holds a value that cannot be used", Err: err}
		}
	}
	return out, nil
}
