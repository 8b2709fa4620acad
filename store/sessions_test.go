package store

import (
	"testing"
	"time"
)

func TestSessionsSayWhereTheyCameFrom(t *testing.T) {
	s, ctx := openTest(t), t.Context()
	ana, now := someAccount(t, s, "ana"), s.Now().Truncate(time.Microsecond)
	from := SessionFrom{Begun: now, Place: "192.0.2.7", Agent: "Firefox", Provider: "contoso", Issuer: "https://login.test", Subject: "s1", SID: "a", IDToken: "v1:x"}
	must(t, s.CreateSession(ctx, Session{Token: "one", Account: ana, Expires: now.Add(time.Hour), Data: []byte("d"), SessionFrom: from}, now))
	later := from
	later.Begun, later.SID = now.Add(time.Minute), "b"
	must(t, s.CreateSession(ctx, Session{Token: "two", Account: ana, Expires: now.Add(time.Hour), Data: []byte("d"), SessionFrom: later}, now))
	must(t, s.CreateSession(ctx, Session{Token: "old", Account: ana, Expires: now.Add(time.Second), Data: []byte("d"), SessionFrom: SessionFrom{Begun: now}}, now))
	list, err := s.SessionsOf(ctx, ana, now.Add(time.Minute))
	if err != nil || len(list) != 2 || list[0].Token != "two" || !sameOrigin(list[1].SessionFrom, from) || list[1].Account != ana {
		t.Fatalf("%+v %v", list, err)
	}
	seen := now.Add(30 * time.Minute)
	must(t, s.ExtendSession(ctx, Session{Token: "one", Expires: now.Add(2 * time.Hour), Data: []byte("e"), Seen: seen}))
	f, ok, err := s.FindSession(ctx, "one", now)
	if err != nil || !ok || !f.Seen.Equal(seen) || !sameOrigin(f.SessionFrom, from) {
		t.Errorf("%+v %v %v", f, ok, err)
	}
}

func TestAnIssuerEndsItsOwnSessionsOnly(t *testing.T) {
	s, ctx := openTest(t), t.Context()
	ana, now := someAccount(t, s, "ana"), s.Now()
	begin := func() {
		for token, from := range map[string]SessionFrom{
			"a1": {Issuer: "A", Subject: "s", SID: "1"}, "a2": {Issuer: "A", Subject: "s", SID: "2"},
			"a3": {Issuer: "A", Subject: "t", SID: "3"}, "b1": {Issuer: "B", Subject: "s", SID: "1"}, "p": {},
		} {
			must(t, s.DeleteSession(ctx, token))
			must(t, s.CreateSession(ctx, Session{Token: token, Account: ana, Expires: now.Add(time.Hour), Data: []byte("d"), SessionFrom: from}, now))
		}
	}
	for _, c := range []struct {
		issuer, subject, sid string
		ended                int64
	}{
		{"A", "", "1", 1}, {"A", "s", "", 2}, {"A", "s", "2", 1}, {"A", "t", "1", 0}, {"A", "", "", 0}, {"", "s", "1", 0}, {"C", "", "1", 0},
	} {
		begin()
		n, err := s.EndSessionsFrom(ctx, c.issuer, c.subject, c.sid)
		left, _ := s.SessionsOf(ctx, ana, now)
		if err != nil || n != c.ended || len(left) != 5-int(n) {
			t.Errorf("%+v: ended %d, left %d, %v", c, n, len(left), err)
		}
	}
	begin()
	if n, err := s.EndSessionsOf(ctx, ana, "b1"); err != nil || n != 4 {
		t.Errorf("%d %v", n, err)
	}
	if left, _ := s.SessionsOf(ctx, ana, now); len(left) != 1 || left[0].Token != "b1" {
		t.Errorf("%+v", left)
	}
}

func TestProvidersThatAdministratorsUse(t *testing.T) {
	s, ctx := openTest(t), t.Context()
	ana, now := someAccount(t, s, "ana"), s.Now()
	must(t, s.CreateSession(ctx, Session{Token: "x", Account: ana, Expires: now.Add(time.Hour), Data: []byte("d"), SessionFrom: SessionFrom{Provider: "c", Issuer: "A"}}, now))
	if in, err := s.ProvidersInUse(ctx, now); err != nil || len(in) != 0 {
		t.Errorf("ana is none: %v %v", in, err)
	}
	_, err := s.ChangeAccount(ctx, ana, func(a *Account) error { a.Admin = true; return nil })
	must(t, err)
	if in, err := s.ProvidersInUse(ctx, now); err != nil || in["c"] != "A" {
		t.Errorf("%v %v", in, err)
	}
	if in, _ := s.ProvidersInUse(ctx, now.Add(2*time.Hour)); len(in) != 0 {
		t.Errorf("an expired session counts: %v", in)
	}
}

func TestATicketIsTakenOnce(t *testing.T) {
	s, ctx := openTest(t), t.Context()
	now := s.Now()
	put := func(body string, at time.Time) bool {
		fresh, err := s.PutTicket(ctx, "k", []byte(body), at.Add(time.Minute), at)
		must(t, err)
		return fresh
	}
	if !put("1", now) || put("2", now) {
		t.Error("a ticket was put twice")
	}
	if body, ok, err := s.Ticket(ctx, "k", now); err != nil || !ok || string(body) != "1" {
		t.Errorf("%q %v %v", body, ok, err)
	}
	if _, ok, _ := s.Ticket(ctx, "k", now.Add(time.Hour)); ok {
		t.Error("good for ever")
	}
	if !put("3", now.Add(time.Hour)) {
		t.Error("a ticket that is over stands in the way")
	}
	if body, ok, err := s.TakeTicket(ctx, "k", now); err != nil || !ok || string(body) != "3" {
		t.Errorf("%q %v %v", body, ok, err)
	}
	if _, ok, _ := s.TakeTicket(ctx, "k", now); ok {
		t.Error("taken twice")
	}
}

func sameOrigin(a, b SessionFrom) bool {
	same := a.Begun.Equal(b.Begun)
	a.Begun, b.Begun = time.Time{}, time.Time{}
	return same && a == b
}

func someAccount(t *testing.T, s *Store, login string) int64 {
	t.Helper()
	a, err := s.CreateAccount(t.Context(), Account{Login: login, Name: login}, "")
	must(t, err)
	return a.ID
}
