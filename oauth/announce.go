package oauth

import (
	"context"
	"fmt"
	"log/slog"
	"time"

	"github.com/signoffhq/signoff"
)

// An Announcer tells people what they have to do, by mail or otherwise. It is
// told of each need once a day at most.
type Announcer interface {
	Announce(ctx context.Context, n Notice) error
}

// A Notice is what somebody has to be told.
type Notice struct {
	To       signoff.Principal // "": the administrators
	Need     Need
	Title    string    // of the resource
	Why      string    // one sentence; may mention people
	Path     string    // the page of ours where it is put right
	Ends     time.Time // when the resource's credential runs out; zero: this is about a token
	Resource string
}

// When wants and the ends of credentials are announced.
const (
	announceAfter = time.Minute    // unless Config says otherwise
	announceEvery = 24 * time.Hour // and not too often
	endsAhead     = 30 * 24 * time.Hour
	endsSoon      = 7 * 24 * time.Hour
	endsEvery     = 7 * 24 * time.Hour
)

// announce tells people what is wanted of them, each once a day.
func (s *Service) announce(ctx context.Context) error {
	if s.cfg.Announcer == nil {
		return nil
	}
	now := s.now()
	list, err := s.cfg.Store.UnannouncedOAuthWants(ctx, now.Add(-announceEvery), 100)
	if err != nil {
		return err
	}
	for _, w := range list {
		n, ok := ParseKey(w.Need)
		if !ok || now.Sub(w.Since) < s.cfg.Patience {
			continue
		}
		a, err := s.resource(ctx, n.Resource)
		if err != nil {
			continue // it was removed a moment ago
		}
		mine, err := s.cfg.Store.AnnounceOAuthWant(ctx, w.Need, now, now.Add(-announceEvery))
		if err != nil {
			return err
		}
		if mine {
			s.tell(ctx, Notice{To: n.Owner, Need: n, Title: a.Title, Why: w.Why, Path: pathOf(n), Resource: n.Resource})
		}
	}
	return nil
}

// pathOf is the page where a want is put right.
func pathOf(n Need) string {
	if n.App {
		return "/manage/oauth/" + n.Resource
	}
	return "/connect/" + n.Name()
}

func (s *Service) tell(ctx context.Context, n Notice) {
	if err := s.cfg.Announcer.Announce(ctx, n); err != nil {
		s.log.ErrorContext(ctx, "nobody was told of a token that is wanted", slog.String("resource", n.Resource), slog.String("user", string(n.To)), slog.Any("err", err))
	}
}

// announceEnds tells administrators of credentials that run out: weekly from
// thirty days before, daily in the last week.
func (s *Service) announceEnds(ctx context.Context) error {
	if s.cfg.Announcer == nil {
		return nil
	}
	list, err := s.cfg.Store.OAuthResources(ctx)
	if err != nil {
		return err
	}
	now := s.now()
	for _, kept := range list {
		r, err := readResource(kept)
		if err != nil {
			return err
		}
		ends, every := r.ends(), endsEvery
		if ends.IsZero() || now.Before(ends.Add(-endsAhead)) {
			continue
		}
		if !now.Before(ends.Add(-endsSoon)) {
			every = announceEvery
		}
		mine, err := s.cfg.Store.AnnounceOAuthResource(ctx, r.Name, kept.Rev, now, now.Add(-every))
		if err != nil {
			return err
		}
		if mine {
			s.tell(ctx, Notice{Title: r.Title, Why: endsText(&r, ends, now), Path: "/manage/oauth/" + r.Name, Ends: ends, Resource: r.Name})
		}
	}
	return nil
}

// Ending says that the credential of a resource has run out, or does within
// thirty days; "": it does not, or nobody knows.
func (s *Service) Ending(ctx context.Context, name string) (string, error) {
	kept, err := s.find(ctx, name)
	if err != nil {
		return "", err
	}
	r, err := readResource(kept)
	if err != nil {
		return "", err
	}
	ends, now := r.ends(), s.now()
	if ends.IsZero() || now.Before(ends.Add(-endsAhead)) {
		return "", nil
	}
	return endsText(&r, ends, now), nil
}

func endsText(r *Resource, ends, now time.Time) string {
	what := "the client secret"
	if r.Auth == WithCertificate {
		what = "the certificate"
	}
	if !now.Before(ends) {
		return fmt.Sprintf("%s of %s has run out: nothing that needs its tokens works any more", what, r.Title)
	}
	days := int(ends.Sub(now).Hours() / 24)
	switch days {
	case 0:
		return fmt.Sprintf("%s of %s runs out today", what, r.Title)
	case 1:
		return fmt.Sprintf("%s of %s runs out tomorrow", what, r.Title)
	}
	return fmt.Sprintf("%s of %s runs out in %d days", what, r.Title, days)
}
