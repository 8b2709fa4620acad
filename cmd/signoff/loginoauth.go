package main

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
	"golang.org/x/oauth2"

	"github.com/signoffhq/signoff"
	"github.com/signoffhq/signoff/api"
	"github.com/signoffhq/signoff/client"
)

// desk is where the command line gets tokens: a public client of an issuer.
type desk struct {
	api.SignInCommandLine
	config oauth2.Config
	ca     string
	client *http.Client
}

const (
	deskWithin    = 30 * time.Second // one request
	browserWithin = 5 * time.Minute  // a person signing in
)

// newDesk asks the issuer where its places are.
func newDesk(ctx context.Context, at api.SignInCommandLine, ca string) (*desk, error) {
	c, err := deskClient(ca)
	if err != nil {
		return nil, err
	}
	p, err := oidc.NewProvider(oidc.ClientContext(ctx, c), at.Issuer)
	if err != nil {
		return nil, awayThere(at.Issuer, ca, err)
	}
	return &desk{SignInCommandLine: at, ca: ca, client: c,
		config: oauth2.Config{ClientID: at.ClientID, Scopes: at.Scopes, Endpoint: p.Endpoint()}}, nil
}

// awayThere says that the provider could not be asked. It is not the server that
// the command was told of, so that it is named.
func awayThere(issuer, ca string, err error) error {
	e := &signoff.Error{Kind: signoff.Unavailable, Code: "issuer-unreachable", Detail: "the provider " + issuer + ", where the server's command line signs in, cannot be asked",
		Hint: "let this machine reach it, or sign in with --user or --token", Err: err}
	if at, ok := errors.AsType[*url.Error](err); ok {
		err = at.Err
	}
	why := badCertificate(err)
	switch {
	case why == "":
		e.Detail += ": " + clip(oneLine(err.Error()), 300)
	case ca == "":
		e.Detail = "the provider " + issuer + ", where the server's command line signs in, shows a certificate that this machine does not accept: " + why
		e.Hint = "if it is of an authority of your own, give the file with that authority's certificate (PEM): signoff login --ca FILE, or SIGNOFF_CA"
	default:
		e.Detail = "the provider " + issuer + " shows a certificate that is not accepted, even with " + ca + ": " + why
		e.Hint = "that file has to hold the certificate (PEM) of the authority that signed the provider's"
	}
	return e
}

func deskClient(ca string) (*http.Client, error) {
	c := &http.Client{Timeout: deskWithin}
	if ca == "" {
		return c, nil
	}
	roots, err := rootsWith([]string{ca})
	if err != nil {
		return nil, err
	}
	t := http.DefaultTransport.(*http.Transport).Clone()
	t.TLSClientConfig = &tls.Config{RootCAs: roots, MinVersion: tls.VersionTLS12}
	c.Transport = t
	return c, nil
}

// byDevice signs in with a code that the person types on any device (RFC 8628).
func (d *desk) byDevice(ctx context.Context, out io.Writer) (*oauthTokens, error) {
	if d.config.Endpoint.DeviceAuthURL == "" {
		return nil, &signoff.Error{Kind: signoff.Invalid, Code: "no-device-code", Detail: "the issuer has no sign-in with a code", Hint: "use --browser"}
	}
	ctx = oidc.ClientContext(ctx, d.client)
	answer, err := d.config.DeviceAuth(ctx)
	if err != nil {
		return nil, d.refused(err)
	}
	fmt.Fprintf(out, "Open %s and enter the code %s\n", oneLine(answer.VerificationURI), oneLine(answer.UserCode))
	t, err := d.config.DeviceAccessToken(ctx, answer)
	if err != nil {
		return nil, d.refused(err)
	}
	return d.kept(t), nil
}

// byBrowser signs in in a browser on this machine, which comes back to a port
// that is open for this one answer (RFC 8252 §7.3).
func (d *desk) byBrowser(ctx context.Context, out io.Writer) (*oauthTokens, error) {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	defer ln.Close()
	d.config.RedirectURL = "http://localhost:" + strconv.Itoa(ln.Addr().(*net.TCPAddr).Port)
	state, verifier := rand.Text(), oauth2.GenerateVerifier()
	answers := make(chan browserAnswer, 1)
	server := &http.Server{Handler: answerHere(state, answers), ReadHeaderTimeout: deskWithin}
	go func() { _ = server.Serve(ln) }() // it ends with Close
	defer server.Close()
	fmt.Fprintf(out, "Open this address in a browser on this machine:\n\n  %s\n\n", d.config.AuthCodeURL(state, oauth2.S256ChallengeOption(verifier)))
	ctx, cancel := context.WithTimeout(oidc.ClientContext(ctx, d.client), browserWithin)
	defer cancel()
	select {
	case <-ctx.Done():
		return nil, &signoff.Error{Kind: signoff.Unauthenticated, Code: "not-signed-in", Detail: "nobody signed in within five minutes"}
	case a := <-answers:
		if a.err != nil {
			return nil, a.err
		}
		t, err := d.config.Exchange(ctx, a.code, oauth2.VerifierOption(verifier))
		if err != nil {
			return nil, d.refused(err)
		}
		return d.kept(t), nil
	}
}

type browserAnswer struct {
	code string
	err  error
}

// answerHere takes the one answer that belongs to this sign-in; others are told
// nothing.
func answerHere(state string, answers chan<- browserAnswer) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		q := r.URL.Query()
		if r.URL.Path != "/" || subtle.ConstantTimeCompare([]byte(q.Get("state")), []byte(state)) != 1 {
			http.Error(w, "This is not the answer that is waited for.", http.StatusBadRequest)
			return
		}
		a := browserAnswer{code: q.Get("code")}
		if q.Get("error") != "" || a.code == "" {
			a.err = &signoff.Error{Kind: signoff.Unauthenticated, Code: "not-signed-in", Detail: "the provider refused: " + clip(oneLine(q.Get("error")+" "+q.Get("error_description")), 400)}
		}
		w.Header().Set("Content-Type", "text/plain; charset=utf-8")
		_, _ = io.WriteString(w, "You can close this page and go back to the command line.\n")
		select {
		case answers <- a:
		default:
		}
	})
}

func (d *desk) kept(t *oauth2.Token) *oauthTokens {
	return &oauthTokens{Issuer: d.Issuer, ClientID: d.ClientID, TokenURL: d.config.Endpoint.TokenURL, Scopes: d.Scopes, CA: d.ca,
		Access: t.AccessToken, Refresh: t.RefreshToken, Expires: t.Expiry.UTC()}
}

// refused tells what a token endpoint said, or that it said nothing.
func (d *desk) refused(err error) error {
	if _, away := errors.AsType[*url.Error](err); away {
		return awayThere(d.Issuer, d.ca, err)
	}
	e, ok := errors.AsType[*oauth2.RetrieveError](err)
	if !ok || e.ErrorCode == "" {
		return err
	}
	return &signoff.Error{Kind: signoff.Unauthenticated, Code: "not-signed-in", Detail: "the provider refused: " + clip(oneLine(e.ErrorCode+" "+e.ErrorDescription), 400), Err: err}
}

// fresh returns an access token that is good for a while, and whether it is a
// new one that has to be kept.
func (o *oauthTokens) fresh(ctx context.Context, now time.Time) (renewed bool, err error) {
	if o.Expires.IsZero() || now.Before(o.Expires.Add(-time.Minute)) {
		return false, nil
	}
	again := &signoff.Error{Kind: signoff.Unauthenticated, Code: "not-signed-in", Detail: "your sign-in has ended", Hint: "sign in again with signoff login"}
	if o.Refresh == "" {
		return false, again
	}
	c, err := deskClient(o.CA)
	if err != nil {
		return false, err
	}
	config := oauth2.Config{ClientID: o.ClientID, Scopes: o.Scopes, Endpoint: oauth2.Endpoint{TokenURL: o.TokenURL, AuthStyle: oauth2.AuthStyleInParams}}
	t, err := config.TokenSource(oidc.ClientContext(ctx, c), &oauth2.Token{RefreshToken: o.Refresh, Expiry: o.Expires}).Token()
	if err != nil {
		if _, refused := errors.AsType[*oauth2.RetrieveError](err); refused {
			again.Err = err
			return false, again
		}
		return false, awayThere(o.Issuer, o.CA, err)
	}
	o.Access, o.Expires = t.AccessToken, t.Expiry.UTC()
	if t.RefreshToken != "" {
		o.Refresh = t.RefreshToken
	}
	return true, nil
}

// freshName makes the name of a token one that there is not yet.
func freshName(name string) string { return name + " " + strings.ToLower(rand.Text()[:6]) }

// endToken ends a token that login made. That this fails is no reason to keep
// it here.
func endToken(ctx context.Context, p profile) {
	if p.TokenID == 0 {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	_ = (&client.Client{Server: p.Server, Token: p.Token, Agent: "signoff/" + version}).EndToken(ctx, p.TokenID)
}
