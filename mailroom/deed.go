package mailroom

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/signoffhq/signoff"
	"github.com/signoffhq/signoff/engine"
	"github.com/signoffhq/signoff/mailroom/reply"
	"github.com/signoffhq/signoff/store"
)

// deed is how a decision is recorded and confirmed.
type deed struct{ verdict, what string }

// eventOf turns a decision into what is asked of the instance.
func (r *Room) eventOf(d reply.Decision, j judgement) (engine.Event, deed, string) {
	switch d.Command {
	case reply.Redirect:
		return engine.Redirect{Task: j.Task, To: d.Argument, Comment: d.Comment},
			deed{redirected, "The task was handed on to " + oneLine(d.Argument, maxName) + "."}, ""
	case reply.Delegate:
		return engine.Share{Task: j.Task, To: d.Argument, Comment: d.Comment},
			deed{shared, "The task was shared with " + oneLine(d.Argument, maxName) + ": either of you can decide."}, ""
	case reply.SleepFor:
		until, why := reply.Until(d.Argument, j.At, r.Location)
		if why != "" {
			return nil, deed{}, why
		}
		return engine.Sleep{Task: j.Task, Until: until}, deed{asleep, "The task is out of your list until " + r.when(until) + "."}, ""
	}
	what := "“" + d.Action + "” was taken as your decision."
	if d.Comment != "" {
		what += "\nComment: " + d.Comment
	}
	return engine.Act{Task: j.Task, Action: d.Action, Comment: d.Comment, Channel: "mail", Evidence: j.Evidence}, deed{decided, what}, ""
}

// act asks the instance, under a key that makes a repetition harmless.
func (r *Room) act(ctx context.Context, j judgement, event engine.Event, done deed) (judgement, error) {
	var after engine.State
	caller, err := r.People.Caller(ctx, j.Principal, "mail")
	if err == nil {
		after, err = r.instances.Do(ctx, caller, j.Instance, event, "mail/"+j.Digest)
	}
	if signoff.CodeOf(err) == "idempotency-key-reused" {
		err = nil // done before a crash; only a time that counts from now differs
	}
	if err == nil {
		holders, err := r.holders(ctx, after, j.Task, done.verdict)
		return j.confirm(done.verdict, strings.SplitN(done.what, "\n", 2)[0], append([]string{done.what}, holders...)...), err
	}
	if !final(err) {
		return j, err
	}
	return r.refusedBy(ctx, j, err)
}

// holders says in names who has a task that was handed on or shared: whoever
// typed another name than they meant sees it.
func (r *Room) holders(ctx context.Context, after engine.State, seq int, verdict string) ([]string, error) {
	i := slices.IndexFunc(after.Tasks, func(t engine.Task) bool { return t.Seq == seq && t.Open() })
	if i < 0 || verdict != redirected && verdict != shared {
		return nil, nil
	}
	const atMost = 5
	to := after.Tasks[i].Recipients
	names, err := r.People.Names(ctx, to[:min(len(to), atMost)])
	if err != nil {
		return nil, err
	}
	var list []string
	for _, p := range to[:min(len(to), atMost)] {
		list = append(list, oneLine(starterName(names[p]), maxName))
	}
	text := "It is now before " + strings.Join(list, ", ")
	if more := len(to) - len(list); more > 0 {
		text += fmt.Sprintf(" and %d more", more)
	}
	return []string{text + "."}, nil
}

// refusedBy tells the sender why the instance did not take their answer.
func (r *Room) refusedBy(ctx context.Context, j judgement, refusal error) (judgement, error) {
	code := signoff.CodeOf(refusal)
	switch {
	case code == engine.CodeTaskNotFound && j.stand:
		return r.judgeStranger(ctx, j)
	case code == engine.CodeTaskNotFound: // the mail proves that it was this person's once
		refusal = &signoff.Error{Kind: signoff.NotFound, Code: code,
			Detail: "this task is not yours any more: it was handed on to somebody else, or you have left the group it was given to"}
	case code == engine.CodeTaskDone, code == engine.CodeAnswered:
		again, err := r.saidBefore(ctx, j)
		if err != nil {
			return j, err
		}
		if again {
			j.over = true
			return j.advise(refused, "decided so already", "You decided “"+j.Action+"” by mail already, and that stands. There is nothing left to do."), nil
		}
	}
	why, err := r.tell(ctx, refusal)
	if err != nil {
		return j, err
	}
	say := []string{sentence(why) + " Nothing was changed by your answer."}
	switch code {
	case engine.CodeTaskDone, engine.CodeAnswered, engine.CodeTaskNotFound, engine.CodeInstanceEnded:
		j.over = true
	case engine.CodeCommentRequired:
		say = append(say, "Write "+quoted([]string{j.Action})+" on the first line of your answer and your reason below it.")
	}
	j.words = !j.over
	return j.advise(refused, why, say...), nil
}

// saidBefore tells whether the sender decided the task in the same way by an
// earlier mail.
func (r *Room) saidBefore(ctx context.Context, j judgement) (bool, error) {
	if j.Action == "" {
		return false, nil
	}
	list, err := r.Store.Received(ctx, store.ReceivedFilter{Instance: j.Instance}, 50)
	return slices.ContainsFunc(list, func(m store.InMail) bool {
		return m.Verdict == decided && m.Task == j.Task && m.Principal == j.Principal && m.Action == j.Action
	}), err
}

// tell says a refusal with names and local times in it.
func (r *Room) tell(ctx context.Context, refusal error) (string, error) {
	text := detail(refusal)
	if e, ok := errors.AsType[*signoff.Error](refusal); ok && e.Hint != "" {
		text = strings.TrimRight(text, ".") + "; " + e.Hint
	}
	var mentioned []signoff.Principal
	signoff.Tell(text, func(p signoff.Principal) string { mentioned = append(mentioned, p); return "" }, r.Location)
	names, err := r.People.Names(ctx, mentioned)
	if err != nil {
		return "", err
	}
	return signoff.Tell(text, func(p signoff.Principal) string { return starterName(names[p]) }, r.Location), nil
}

// sentence begins with a capital and ends with a full stop.
func sentence(text string) string {
	if text == "" {
		return ""
	}
	first := []rune(text)[0]
	text = strings.ToUpper(string(first)) + text[len(string(first)):]
	return strings.TrimRight(text, ".") + "."
}
