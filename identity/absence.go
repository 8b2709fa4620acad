package identity

import (
	"context"
	"fmt"
	"maps"
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

// absent is who is or will be away, ready to be asked, and what those people are
// called.
type absent struct {
	roster *access.Roster
	names  map[signoff.Principal]signoff.Person

	// Groups all of whose members are or will be away, and their members; and the
	// groups of each of these.
	deserted map[signoff.Principal][]signoff.Principal
	groups   map[signoff.Principal][]signoff.Principal
}

// away returns the absences of everybody that are not over. They are read and
// made ready once after each change.
func (s *Service) away(ctx context.Context) (absent, error) {
	out, era, found := s.absences.get(struct{}{})
	if found {
		return out, nil
	}
	list, err := s.store.Absences(ctx, s.now())
	if err != nil {
		return absent{}, err
	}
	all := make(access.Absences, len(list))
	who := make([]signoff.Principal, len(list))
	for i, a := range list {
		all[i], who[i] = a.Absence, a.Who
	}
	if len(all) > 0 {
		if out.names, err = s.Names(ctx, who); err == nil {
			out.deserted, err = s.store.Deserted(ctx, s.now())
		}
		if err == nil {
			err = s.keepThoseWhoCan(ctx, all)
		}
		if err != nil {
			return absent{}, err
		}
	}
	out.roster, out.groups = all.Roster(), map[signoff.Principal][]signoff.Principal{}
	for _, group := range slices.Sorted(maps.Keys(out.deserted)) {
		for _, p := range out.deserted[group] {
			out.groups[p] = append(out.groups[p], group)
		}
	}
	s.absences.put(struct{}{}, out, era)
	return out, nil
}

// keepThoseWhoCan takes substitutes out who may not sign in any more: nobody
// would see the tasks.
func (s *Service) keepThoseWhoCan(ctx context.Context, all access.Absences) error {
	var named []int64
	each(all, func(list []signoff.Principal) []signoff.Principal {
		for _, p := range list {
			if id, ok := store.AccountID(p); ok {
				named = append(named, id)
			}
		}
		return list
	})
	slices.Sort(named)
	can, err := s.store.Enabled(ctx, slices.Compact(named))
	if err != nil {
		return err
	}
	each(all, func(list []signoff.Principal) []signoff.Principal {
		return slices.DeleteFunc(list, func(p signoff.Principal) bool {
			id, ok := store.AccountID(p)
			return !ok || !can[id]
		})
	})
	return nil
}

// each puts what change makes of them in place of the substitutes of absences.
func each(all access.Absences, change func([]signoff.Principal) []signoff.Principal) {
	for i := range all {
		all[i].Substitutes = change(all[i].Substitutes)
		for j := range all[i].Except {
			e := &all[i].Except[j]
			e.Substitutes = change(e.Substitutes)
		}
	}
}

// standing is where somebody stands in for others and what others have of
// theirs, for as long as nobody leaves or comes back.
type standing struct {
	stands      []signoff.Stand
	handsOn     *signoff.Stand
	from, until time.Time // until zero: for ever
}

func (x *standing) holds(at time.Time) bool {
	return !at.Before(x.from) && (x.until.IsZero() || at.Before(x.until))
}

// standingOf works it out once, and again after a change.
func (s *Service) standingOf(ctx context.Context, id int64, who signoff.Principal) (standing, error) {
	is, err := s.away(ctx)
	if err != nil || is.roster.Empty() {
		return standing{}, err
	}
	at := s.now()
	x, era, found := s.standings.get(id)
	if found && x.holds(at) {
		return x, nil
	}
	x = standing{stands: is.roster.StandsIn(who, at), handsOn: is.roster.HandsOn(who, at), from: at, until: is.roster.Turn(at)}
	for i := range x.stands {
		one := &x.stands[i]
		if p, ok := is.names[one.Person.Principal]; ok {
			one.Person = p
		}
		one.Groups = is.desertedBy(one.Person.Principal, at)
	}
	s.standings.put(id, x, era)
	return x, nil
}

// desertedBy lists the groups of somebody who is away of which nobody is there
// at a moment.
func (a absent) desertedBy(who signoff.Principal, at time.Time) (out []signoff.Principal) {
	for _, group := range a.groups[who] {
		if a.allAway(a.deserted[group], at) {
			out = append(out, group)
		}
	}
	return out
}

func (a absent) allAway(members []signoff.Principal, at time.Time) bool {
	return len(members) > 0 && !slices.ContainsFunc(members, func(p signoff.Principal) bool { return a.roster.Away(p, at) == nil })
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
	if err != nil {
		return nil, false, time.Time{}, err
	}
	at := s.now()
	a := is.roster.Away(who, at)
	if a == nil {
		return nil, false, time.Time{}, nil
	}
	subs = is.roster.Substitutes(who, wf, at)
	return subs, a.Instead && len(subs) > 0, a.To, nil
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
	s.absencesChanged()
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
	s.absencesChanged()
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
	switch p := is.roster.Crowd(*a); p {
	case "":
	case a.Who:
		return badAbsence("substitutes", fmt.Sprintf("the tasks would go on to more than %d people, or by more than %d exceptions", access.MaxStands, access.MaxAside))
	default:
		return badAbsence("substitutes", fmt.Sprintf("%s would stand in for more than %d people, or by more than %d exceptions", signoff.Mention(p), access.MaxStands, access.MaxAside))
	}
	if circle := is.roster.Circle(*a); circle != nil {
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
	next := is.roster.With(a)
	return func(wf signoff.WorkflowID) []signoff.Principal { return next.Substitutes(a.Who, wf, a.From) }, nil
}

// absencesChanged forgets what is kept in memory about who is away, after a
// change to it.
func (s *Service) absencesChanged() {
	s.dropAbsences()
	s.store.Publish(store.TopicPeople, "absences")
}

func (s *Service) dropAbsences() {
	s.absences.clear()
	s.standings.clear()
}
