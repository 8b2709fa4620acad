package main

import (
	"context"
	"log/slog"
	"regexp"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/signoffhq/signoff"
	"github.com/signoffhq/signoff/access"
	"github.com/signoffhq/signoff/mailroom"
	"github.com/signoffhq/signoff/oauth"
)

// announcer tells people by mail what they have to connect.
type announcer struct{ *server }

// Announce queues one mail with one button. A server without mail writes it into
// the log; pages show it by themselves.
func (s announcer) Announce(ctx context.Context, n oauth.Notice) error {
	s.log.WarnContext(ctx, "somebody has to see to a connection", slog.String("resource", n.Resource), slog.String("user", string(n.To)), slog.String("why", unmarked(n.Why)))
	room := s.post.connections.Room()
	if room == nil {
		return nil
	}
	to := []signoff.Principal{n.To}
	if n.To == "" {
		grants, err := s.store.ServerGrants(ctx)
		if err != nil {
			return err
		}
		to = administrators(grants)
	}
	return room.Announce(ctx, announcement(n, to, s.store.Now()))
}

var mention = regexp.MustCompile(`\{((?:user|group|role):[^{}\s]{1,100})\}`)

// unmarked is text for a log: pages and mails put names where it mentions
// somebody; here the principal stands.
func unmarked(text string) string { return mention.ReplaceAllString(text, "$1") }

func administrators(grants []access.Grant) (who []signoff.Principal) {
	for _, g := range grants {
		if g.Right == access.Server {
			who = append(who, g.Who)
		}
	}
	return who
}

// announcement is what people are told of a notice, once a day.
func announcement(n oauth.Notice, to []signoff.Principal, now time.Time) mailroom.Announcement {
	a := mailroom.Announcement{Key: n.Resource + "/ends/" + now.Format(time.DateOnly), To: to, Text: []string{asSentence(n.Why)}, Path: n.Path}
	if !n.Ends.IsZero() {
		a.Title, a.Button = n.Title+" needs a new credential", "Open "+n.Title
		return a
	}
	a.Key = n.Need.Name() + "/" + now.Format(time.DateOnly)
	switch {
	case n.Need.App:
		a.Title, a.Button = "This server gets no token for "+n.Title, "Open "+n.Title
	case n.Need.Owner == "":
		a.Title, a.Button = "Connect the service account to "+n.Title, "Connect "+n.Title
	default:
		a.Title, a.Button = "Connect your account to "+n.Title, "Connect "+n.Title
		a.Text = []string{"Work waits for your " + n.Title + " account."}
		if _, reason, ok := strings.Cut(n.Why, n.Title+": "); ok {
			a.Text = append(a.Text, asSentence(reason))
		}
		a.Text = append(a.Text, "The button opens a page of signoff with one more button; that leads to the provider, where you sign in with your own account.")
	}
	a.Text = append(a.Text, "What waits for it goes on by itself afterwards.")
	return a
}

func asSentence(text string) string {
	r, n := utf8.DecodeRuneInString(text)
	return strings.TrimSuffix(string(unicode.ToUpper(r))+text[n:], ".") + "."
}
