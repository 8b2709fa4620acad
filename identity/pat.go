package identity

import (
	"context"
	"encoding/hex"
	"encoding/json"
	"log/slog"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/signoffhq/signoff"
	"github.com/signoffhq/signoff/access"
	"github.com/signoffhq/signoff/seal"
	"github.com/signoffhq/signoff/store"
)

// Token is a personal access token as its owner and administrators see it: all
// but the token itself, which is shown once and kept nowhere.
type Token struct {
	ID      int64
	Owner   signoff.Principal
	Name    string
	Ending  string // its last four characters
	Limits  Limits
	Created time.Time
	Expires time.Time
	Used    time.Time // within five minutes; zero: never
}

// Limits are what a token may not do although its owner may. The zero value
// limits nothing.
type Limits struct {
	ReadOnly bool   // only requests that change nothing
	API      string // only this one; "" every one
}

// NewToken describes a token to be made.
type NewToken struct {
	Name   string
	Days   int // until it ends
	Limits Limits
}

// tokenNameRunes is how long the name of a token may be.
const tokenNameRunes = 80

// CreateToken makes a token for the caller and returns it with its text, which
// can never be had again. The caller has to be present with a password or a
// session ("token-by-token"): a lost token must not make others. It refuses
// more than maxDays and what is no name ("bad-token"), a name twice
// ("token-name-taken"), and more tokens than may be ("too-many-access-tokens").
func (s *Service) CreateToken(ctx context.Context, by signoff.Caller, n NewToken, maxDays int) (Token, seal.Secret, error) {
	account, ok := store.AccountID(by.Principal)
	if !ok {
		return Token{}, "", errSignIn
	}
	if by.How != "session" && by.How != "basic" || by.Behind != "" {
		return Token{}, "", &signoff.Error{Kind: signoff.Forbidden, Code: "token-by-token",
			Detail: "a token cannot make tokens", Hint: "sign in on the page, or send your name and password"}
	}
	n.Name = strings.TrimSpace(n.Name)
	if err := n.check(maxDays); err != nil {
		return Token{}, "", err
	}
	text, now := newTokenText(), s.now()
	hash := hashOfToken(text.Reveal())
	a := store.AccessToken{Hash: hex.EncodeToString(hash[:]), Account: account, Name: n.Name, Ending: text.Reveal()[tokenLen-tokenEnding:],
		ReadOnly: n.Limits.ReadOnly, API: n.Limits.API, Created: now, Expires: now.Add(time.Duration(n.Days) * 24 * time.Hour)}
	a, err := s.store.CreateAccessToken(ctx, a, tokenNote(by, a, true))
	if err != nil {
		return Token{}, "", err
	}
	return tokenOf(a), text, nil
}

func (n NewToken) check(maxDays int) error {
	var wrong []signoff.FieldError
	if n.Name == "" || utf8.RuneCountInString(n.Name) > tokenNameRunes || !utf8.ValidString(n.Name) || strings.ContainsFunc(n.Name, unicode.IsControl) {
		wrong = append(wrong, signoff.FieldError{Field: "name", Detail: "a name is 1 to " + strconv.Itoa(tokenNameRunes) + " characters on one line",
			Advice: "name it after the program that will use it"})
	}
	if n.Days < 1 || n.Days > maxDays {
		wrong = append(wrong, signoff.FieldError{Field: "days", Detail: "a token lasts 1 to " + strconv.Itoa(maxDays) + " days here"})
	}
	if len(wrong) == 0 {
		return nil
	}
	return &signoff.Error{Kind: signoff.Invalid, Code: "bad-token", Detail: wrong[0].Detail, Fields: wrong}
}

// tokenNote is what the record of changes says of a token that was made or ended.
func tokenNote(by signoff.Caller, a store.AccessToken, made bool) store.Change {
	body, err := json.Marshal(struct {
		Name     string    `json:"name"`
		Ending   string    `json:"ending"`
		ReadOnly bool      `json:"readOnly"`
		API      string    `json:"api,omitempty"`
		Expires  time.Time `json:"expires"`
	}{a.Name, a.Ending, a.ReadOnly, a.API, a.Expires})
	if err != nil {
		panic(err) // texts, truths and times always encode
	}
	c := store.Change{By: by.Principal, How: by.Recognised(), What: "token", Subject: string(ownerOf(a))}
	if made {
		c.After = body
	} else {
		c.Before = body
	}
	return c
}

func ownerOf(a store.AccessToken) signoff.Principal { return store.Account{ID: a.Account}.Principal() }

func tokenOf(a store.AccessToken) Token {
	return Token{ID: a.ID, Owner: ownerOf(a), Name: a.Name, Ending: a.Ending,
		Limits: Limits{a.ReadOnly, a.API}, Created: a.Created, Expires: a.Expires, Used: a.Used}
}

// Tokens lists the caller's tokens, those that ran out lately too.
func (s *Service) Tokens(ctx context.Context, by signoff.Caller) ([]Token, error) {
	account, ok := store.AccountID(by.Principal)
	if !ok {
		return nil, errSignIn
	}
	return tokensOf(s.store.AccessTokensOf(ctx, account))
}

// AllTokens lists up to limit tokens of everybody after the one numbered after;
// it takes the server right.
func (s *Service) AllTokens(ctx context.Context, by signoff.Caller, after int64, limit int) ([]Token, error) {
	if err := access.May(by, access.Server, nil).Err(); err != nil {
		return nil, err
	}
	return tokensOf(s.store.AccessTokens(ctx, after, max(1, min(limit, maxPage+1))))
}

func tokensOf(list []store.AccessToken, err error) ([]Token, error) {
	out := make([]Token, 0, len(list))
	for _, a := range list {
		out = append(out, tokenOf(a))
	}
	return out, err
}

var noToken = &signoff.Error{Kind: signoff.NotFound, Code: "access-token-not-found",
	Detail: "there is no such token, or it is not yours"}

// EndToken ends a token at once, on every node. People end their own;
// administrators, anybody's. A token may end itself.
func (s *Service) EndToken(ctx context.Context, by signoff.Caller, id int64) error {
	a, found, err := s.store.AccessTokenByID(ctx, id)
	if err != nil {
		return err
	}
	if !found || ownerOf(a) != by.Principal && !by.Admin {
		return noToken
	}
	ended, err := s.store.EndAccessToken(ctx, id, tokenNote(by, a, false))
	if err == nil && !ended {
		err = noToken
	}
	s.changed(a.Account)
	return err
}

// ByToken returns who a personal access token speaks for, and what it may not
// do. It refuses one that is not whole ("access-token-garbled"), that is not or
// no longer known ("access-token-unknown"), that has run out
// ("access-token-expired"), and whose owner is switched off ("user-disabled").
func (s *Service) ByToken(ctx context.Context, text string) (signoff.Caller, Limits, error) {
	a, hash, err := s.goodToken(ctx, text)
	if err != nil {
		return signoff.Caller{}, Limits{}, err
	}
	c, err := s.Caller(ctx, ownerOf(a), "token")
	if err != nil {
		return signoff.Caller{}, Limits{}, err
	}
	c.Via = a.Name
	s.usedToken(ctx, hash, a)
	return c, Limits{a.ReadOnly, a.API}, nil
}

// goodToken finds the token that a text is, and refuses with ByToken's codes
// what is none and what has run out; then the token comes with the refusal.
func (s *Service) goodToken(ctx context.Context, text string) (store.AccessToken, [32]byte, error) {
	if !wholeToken(text) {
		return store.AccessToken{}, [32]byte{}, &signoff.Error{Kind: signoff.Unauthenticated, Code: "access-token-garbled",
			Detail: "the access token is not whole", Hint: "copy all of it: sgn_ and 38 letters and digits"}
	}
	hash := hashOfToken(text)
	a, era, found := s.pats.get(hash)
	if !found {
		var err error
		if a, found, err = s.store.AccessToken(ctx, hex.EncodeToString(hash[:])); err != nil {
			return a, hash, err
		}
		if !found {
			return a, hash, &signoff.Error{Kind: signoff.Unauthenticated, Code: "access-token-unknown",
				Detail: "the access token is not known here", Hint: "it was ended, or it is another server's; make a new one"}
		}
		s.pats.put(hash, a, era)
	}
	if !s.now().Before(a.Expires) {
		return a, hash, &signoff.Error{Kind: signoff.Unauthenticated, Code: "access-token-expired",
			Detail: "the access token ran out " + signoff.At(a.Expires), Hint: "make a new one"}
	}
	return a, hash, nil
}

// LookAtToken tells an administrator what a token is that somebody shows, and
// whose, without using it. It refuses as ByToken does, with what is known of the
// token all the same.
func (s *Service) LookAtToken(ctx context.Context, by signoff.Caller, text string) (Token, store.Account, error) {
	if err := access.May(by, access.Server, nil).Err(); err != nil {
		return Token{}, store.Account{}, err
	}
	a, _, err := s.goodToken(ctx, text)
	if a.ID == 0 {
		return Token{}, store.Account{}, err
	}
	owner, found, problem := s.store.Account(ctx, a.Account)
	switch {
	case problem != nil:
		return Token{}, store.Account{}, problem
	case found && err == nil:
		_, err = s.Caller(ctx, ownerOf(a), "token")
	}
	return tokenOf(a), owner, err
}

// tokenSeen is how exactly it is known when a token was last used: each time is a write.
const tokenSeen = 5 * time.Minute

// usedToken keeps when a token was used. It fails quietly, for the request can
// be answered without.
func (s *Service) usedToken(ctx context.Context, hash [32]byte, a store.AccessToken) {
	now := s.now()
	if now.Sub(a.Used) < tokenSeen {
		return
	}
	if err := s.store.UsedAccessToken(context.WithoutCancel(ctx), a.ID, now); err != nil {
		s.log.Warn("use of a token not kept", slog.Any("err", err))
		return
	}
	a.Used = now
	if _, era, have := s.pats.get(hash); have {
		s.pats.put(hash, a, era)
	}
}

// LimitsOf returns what the token a request came with may not do; no limits
// when it came with something else.
func LimitsOf(ctx context.Context) Limits { return visitOf(ctx).limits }

// Allow refuses what a token may not do: a method that changes something, or
// another API than its own ("access-token-limited").
func (l Limits) Allow(method, api string) error {
	detail := ""
	switch {
	case l.ReadOnly && !safe(method):
		detail = "this access token may only read"
	case l.API != "" && l.API != api:
		detail = "this access token is for another API of this server"
	default:
		return nil
	}
	return &signoff.Error{Kind: signoff.Forbidden, Code: "access-token-limited", Detail: detail,
		Hint: "make a token without that limit, or use the one that is for it"}
}

// BearerText returns what stands behind the word Bearer in an Authorization
// header, false when another scheme does.
func BearerText(header string) (string, bool) {
	scheme, text, _ := strings.Cut(header, " ")
	return strings.Trim(text, " "), strings.EqualFold(scheme, "Bearer")
}

// tokenVisit recognises a personal access token; false when the header holds none.
func (s *Service) tokenVisit(r *http.Request, header string, v *visit) (bool, error) {
	text, isBearer := BearerText(header)
	if !isBearer || !IsAccessToken(text) {
		return false, nil
	}
	c, limits, err := s.ByToken(r.Context(), text)
	if err != nil {
		return true, err
	}
	v.caller, v.pat, v.limits = &c, text, limits
	return true, nil
}

// dropTokens forgets tokens of these people, of everybody when none is named.
func (s *Service) dropTokens(users []int64) {
	s.pats.drop(func(_ [32]byte, a store.AccessToken) bool {
		return len(users) == 0 || slices.Contains(users, a.Account)
	})
}
