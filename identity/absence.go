package identity

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/signoffhq/signoff"
	"github.com/signoffhq/signoff/access"
	"github.com/signoffhq/signoff/store"
)

// Bounds on what one absence may hold.
const (
	maxSubstitutes = 10
	maxExceptions  = 100
	longestAbsence = 3 * 366 * 24 * time.Hour
)

// absent is who is or will be away, and what those people are called.
type absent struct {
	all   access.Absences
	names map[signoff.Principal]signoff.Person

	// Groups all of whose members are or will be away, and their members.
	deserted map[signoff.Principal][]signoff.Principal
}

// away returns the absences of everybody that are not over.
func (s *Service) away(ctx context.Context) (absent, error) {
	out, era, found := s.absences.get(struct{}{})
	if found {
		return out, nil
	}
	list, err := s.store.Absences(ctx, s.now())
	if err != nil {
		return absent{}, err
	}
	var who []signoff.Principal
	for _, a := range list {
		out.all, who = append(out.all, a.Absence), append(who, a.Who)
	}
	if len(who) > 0 {
		if out.names, err = s.Names(ctx, who); err == nil {
			out.deserted, err = s.store.Deserted(ctx, s.now())
		}
		if err != nil {
			return absent{}, err
		}
	}
	s.absences.put(struct{}{}, out, era)
	return out, nil
}

// stand says in c where they stand in for others at a moment, and what others
// have of theirs.
func (a absent) stand(c *signoff.Caller, at time.Time) {
	c.Stands, c.HandsOn = a.all.StandsIn(c.Principal, at), a.all.HandsOn(c.Principal, at)
	for i := range c.Stands {
		if p, ok := a.names[c.Stands[i].Person.Principal]; ok {
			c.Stands[i].Person = p
		}
		c.Stands[i].Groups = a.desertedBy(c.Stands[i].Person.Principal, at)
	}
}

// desertedBy lists the groups of somebody who is away of which nobody is there
// at a moment.
func (a absent) desertedBy(who signoff.Principal, at time.Time) (out []signoff.Principal) {
	for group, members := range a.deserted {
		if slices.Contains(members, who) && a.allAway(members, at) {
			out = append(out, group)
		}
	}
	slices.Sort(out)
	return out
}

func (a absent) allAway(members []signoff.Principal, at time.Time) bool {
	for _, p := range members {
		if !slices.ContainsFunc(a.all, func(x access.Absence) bool { return x.Who == p && x.Holds(at) }) {
			return false
		}
	}
	return len(members) > 0
}

// AllAway lists the members of a group of which nobody is there now; nil for one
// of which somebody is.
func (s *Service) AllAway(ctx context.Context, group signoff.Principal) ([]signoff.Principal, error) {
	is, err := s.away(ctx)
	if members := is.deserted[group]; err == nil && is.allAway(members, s.now()) {
		return members, nil
	}
	return nil, err
}

// InsteadOf lists who is told of a task besides somebody who is away now, or in
// their place: then alone is true. Nobody for who is there.
func (s *Service) InsteadOf(ctx context.Context, who signoff.Principal, wf signoff.WorkflowID) (subs []signoff.Principal, alone bool, until time.Time, err error) {
	is, err := s.away(ctx)
	all, at := is.all, s.now()
	if err != nil || len(all) == 0 {
		return nil, false, time.Time{}, err
	}
	subs = all.Substitutes(who, wf, at)
	for i := range all {
		if a := &all[i]; a.Who == who && a.Holds(at) {
			alone, until = a.Instead && len(subs) > 0, a.To
		}
	}
	return subs, alone, until, nil
}

// Absence returns when somebody is away and who does their tasks, the zero one
// when they are not, nor will be. It takes being that person, or the server
// right.
func (s *Service) Absence(ctx context.Context, by signoff.Caller, who signoff.Principal) (store.Absence, error) {
	id, err := s.ownOrAdminister(ctx, by, who)
	if err != nil {
		return store.Absence{}, err
	}
	a, err := s.store.Absence(ctx, id)
	if err == nil && !a.To.IsZero() && !a.To.After(s.now()) {
		return store.Absence{Rev: a.Rev}, nil // over
	}
	return a, err
}

// SetAbsence says that somebody is or will be away, instead of revision a.Rev,
// and takes what Absence takes. Besides what cannot be, it refuses substitutes
// nobody has, and a circle of people who send each other their tasks
// ("bad-absence").
func (s *Service) SetAbsence(ctx context.Context, by signoff.Caller, who signoff.Principal, a store.Absence) error {
	id, err := s.ownOrAdminister(ctx, by, who)
	if err != nil {
		return err
	}
	a.Who, a.By = who, by.Principal
	if err := s.checkAbsence(ctx, &a.Absence); err != nil {
		return err
	}
	was, err := s.store.Absence(ctx, id)
	if err != nil {
		return err
	}
	if err := s.store.SaveAbsence(ctx, id, a, noteAbsence(by, who, was, a)); err != nil {
		return err
	}
	s.changed()
	return nil
}

// EndAbsence says that somebody is there again, or will be after all.
func (s *Service) EndAbsence(ctx context.Context, by signoff.Caller, who signoff.Principal, rev int64) error {
	id, err := s.ownOrAdminister(ctx, by, who)
	if err != nil {
		return err
	}
	was, err := s.store.Absence(ctx, id)
	if err != nil || was.Rev == 0 {
		return err
	}
	if err := s.store.EndAbsence(ctx, id, rev, noteAbsence(by, who, was, store.Absence{})); err != nil {
		return err
	}
	s.changed()
	return nil
}

func (s *Service) ownOrAdminister(ctx context.Context, by signoff.Caller, who signoff.Principal) (int64, error) {
	if by.Principal == who && who.IsUser() {
		id, ok := store.AccountID(who)
		if !ok {
			return 0, noUser
		}
		return id, nil
	}
	id, err := s.administer(by, who)
	if err != nil {
		return 0, err
	}
	if _, found, err := s.store.Account(ctx, id); err != nil || !found {
		if err == nil {
			err = noUser
		}
		return 0, err
	}
	return id, nil
}

func (s *Service) checkAbsence(ctx context.Context, a *access.Absence) error {
	now := s.now()
	if a.From.IsZero() {
		a.From = now
	}
	a.From, a.To = a.From.UTC().Truncate(time.Microsecond), a.To.UTC().Truncate(time.Microsecond)
	switch {
	case !a.To.IsZero() && !a.To.After(a.From):
		return badAbsence("to", "the absence ends before it begins")
	case !a.To.IsZero() && !a.To.After(now):
		return badAbsence("to", "the absence is over already")
	case a.From.After(now.Add(longestAbsence)) || !a.To.IsZero() && a.To.After(now.Add(longestAbsence)):
		return badAbsence("to", "an absence is told at most three years ahead")
	case len(a.Except) > maxExceptions:
		return badAbsence("except", fmt.Sprintf("there are more than %d exceptions", maxExceptions))
	case len(a.Substitutes) == 0 && len(a.Except) == 0:
		return badAbsence("substitutes", "say who does the tasks meanwhile")
	}
	var err error
	if a.Substitutes, err = s.checkSubstitutes(ctx, a.Who, "substitutes", a.Substitutes); err != nil {
		return err
	}
	for i := range a.Except {
		e := &a.Except[i]
		field := fmt.Sprintf("except.%d", i)
		if slices.ContainsFunc(a.Except[:i], func(x access.Exception) bool { return x.Workflow == e.Workflow }) {
			return badAbsence(field, "there is an exception for this workflow already")
		}
		if e.Substitutes, err = s.checkSubstitutes(ctx, a.Who, field, e.Substitutes); err != nil {
			return err
		}
	}
	is, err := s.away(ctx)
	if err != nil {
		return err
	}
	if circle := is.all.Circle(*a); circle != nil {
		return badAbsence("substitutes", circleInWords(circle))
	}
	return nil
}

// circleInWords says who sends whom their tasks, round and back.
func circleInWords(circle []signoff.Principal) string {
	var b strings.Builder
	b.WriteString("the tasks would come back")
	for i := 1; i < len(circle); i++ {
		next := circle[(i+1)%len(circle)]
		sep := ": "
		if i > 1 {
			sep = ", and "
		}
		fmt.Fprintf(&b, "%s%s is away at that time too and has given theirs to %s", sep, signoff.Mention(circle[i]), signoff.Mention(next))
	}
	return b.String()
}

func (s *Service) checkSubstitutes(ctx context.Context, who signoff.Principal, field string, list []signoff.Principal) ([]signoff.Principal, error) {
	if len(list) > maxSubstitutes {
		return nil, badAbsence(field, fmt.Sprintf("at most %d people can stand in", maxSubstitutes))
	}
	var out []signoff.Principal
	for _, p := range list {
		if p == who {
			return nil, badAbsence(field, "nobody stands in for themselves")
		}
		m, err := s.known(ctx, p)
		if signoff.KindOf(err) == signoff.NotFound || err == nil && (m.Disabled || m.App) {
			return nil, badAbsence(field, signoff.Mention(p)+" cannot stand in: only people who can sign in can")
		}
		if err != nil {
			return nil, err
		}
		if !slices.Contains(out, p) {
			out = append(out, p)
		}
	}
	return out, nil
}

func badAbsence(field, why string) error {
	return &signoff.Error{Kind: signoff.Invalid, Code: "bad-absence", Detail: why, Fields: []signoff.FieldError{{Field: field, Detail: why}}}
}

type absenceWords struct {
	From        time.Time           `json:"from"`
	To          *time.Time          `json:"to,omitempty"`
	Instead     bool                `json:"instead,omitempty"`
	Substitutes []signoff.Principal `json:"substitutes"`
	Except      []access.Exception  `json:"except,omitempty"`
}

func noteAbsence(by signoff.Caller, who signoff.Principal, was, is store.Absence) store.Change {
	c := store.Change{By: by.Principal, How: by.Recognised(), What: "absence", Subject: string(who)}
	said := func(a store.Absence) []byte {
		if a.Who == "" {
			return nil
		}
		w := absenceWords{From: a.From, Instead: a.Instead, Substitutes: a.Substitutes, Except: a.Except}
		if !a.To.IsZero() {
			w.To = &a.To
		}
		return words(w)
	}
	c.Before, c.After = said(was), said(is)
	return c
}

// WouldStandIn says who would have somebody's tasks of each workflow if an
// absence held now; it refuses what SetAbsence would, and saves nothing.
func (s *Service) WouldStandIn(ctx context.Context, by signoff.Caller, a access.Absence) (func(signoff.WorkflowID) []signoff.Principal, error) {
	if _, err := s.ownOrAdminister(ctx, by, a.Who); err != nil {
		return nil, err
	}
	if err := s.checkAbsence(ctx, &a); err != nil {
		return nil, err
	}
	is, err := s.away(ctx)
	if err != nil {
		return nil, err
	}
	at := a.From
	all := slices.DeleteFunc(slices.Clone(is.all), func(b access.Absence) bool { return b.Who == a.Who })
	all = append(all, a)
	return func(wf signoff.WorkflowID) []signoff.Principal { return all.Substitutes(a.Who, wf, at) }, nil
}
