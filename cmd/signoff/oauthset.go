package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/signoffhq/signoff/api"
	"github.com/signoffhq/signoff/client"
)

// oauthText is a text of a resource as a flag says it.
type oauthText struct {
	flag, about string
	of          func(*api.SetOAuthResource) *string
}

var oauthTexts = []oauthText{
	{"title", "what to call it", func(s *api.SetOAuthResource) *string { return &s.Title }},
	{"type", "kind of provider, as `signoff oauth types` lists them", func(s *api.SetOAuthResource) *string { return &s.Type }},
	{"authority", "address of Entra in a cloud of its own", func(s *api.SetOAuthResource) *string { return &s.Authority }},
	{"tenant", "Entra tenant: its id or domain", func(s *api.SetOAuthResource) *string { return &s.Tenant }},
	{"issuer", "another provider: its address", func(s *api.SetOAuthResource) *string { return &s.Issuer }},
	{"authorization-url", "address for browsers, before what the provider says", func(s *api.SetOAuthResource) *string { return &s.AuthorizationURL }},
	{"token-url", "address for tokens, likewise", func(s *api.SetOAuthResource) *string { return &s.TokenURL }},
	{"device-url", "address for codes, likewise", func(s *api.SetOAuthResource) *string { return &s.DeviceURL }},
	{"client", "application (client) id of the registration", func(s *api.SetOAuthResource) *string { return &s.ClientID }},
	{"auth", "proof of who we are: certificate, secret, federated, own-issuer or none", func(s *api.SetOAuthResource) *string { return &s.Auth }},
	{"token-file", "file that holds another provider's token, for --auth federated", func(s *api.SetOAuthResource) *string { return &s.TokenFile }},
	{"audience", "the API that tokens are for", func(s *api.SetOAuthResource) *string { return &s.Audience }},
	{"redirect", "path that browsers come back to, /identity/token/oauth/2 for K2's", func(s *api.SetOAuthResource) *string { return &s.Redirect }},
}

// setOAuth is what the flags of oauth add and oauth set say.
type setOAuth struct {
	texts       map[string]*string
	scopes      []string
	values      []string
	secretFile  string
	secretUntil string
}

func (s *setOAuth) flags(f *pflag.FlagSet) {
	s.texts = map[string]*string{}
	for _, t := range oauthTexts {
		s.texts[t.flag] = f.String(t.flag, "", strings.ReplaceAll(t.about, "`", ""))
	}
	f.StringSliceVar(&s.scopes, "scope", nil, "permission to ask for; may be repeated")
	f.StringArrayVar(&s.values, "value", nil, "a parameter of the type, NAME=VALUE, or NAME.REQUEST=VALUE in one request (authorization, token, refresh, app, device)")
	f.StringVar(&s.secretFile, "secret-file", "", "file that holds the client secret, - for standard input")
	f.StringVar(&s.secretUntil, "secret-until", "", "day the secret ends, 2027-11-30")
}

// change puts the flags that were given into a resource.
func (s *setOAuth) change(cmd *cobra.Command, types []api.OAuthType, r *api.SetOAuthResource) error {
	given := cmd.Flags().Changed
	for _, t := range oauthTexts {
		if given(t.flag) {
			*t.of(r) = *s.texts[t.flag]
		}
	}
	if given("scope") {
		r.Scopes = s.scopes
	}
	if given("secret-until") {
		day, err := time.Parse(time.DateOnly, s.secretUntil)
		if err != nil {
			return usageError{fmt.Errorf("%s is no day: write 2027-11-30", s.secretUntil)}
		}
		r.SecretExpires = &day
	}
	if given("secret-file") {
		secret, err := readSecret(cmd, s.secretFile)
		if err != nil {
			return err
		}
		r.Secret = secret
	}
	return s.changeValues(types, r)
}

// maxSecretLine bounds a secret with its end of line.
const maxSecretLine = 4097

// readSecret reads a secret from a file: one on the command line would be seen
// by everybody on the machine.
func readSecret(cmd *cobra.Command, name string) (string, error) {
	in := cmd.InOrStdin()
	if name != "-" {
		f, err := os.Open(name)
		if err != nil {
			return "", usageError{err}
		}
		defer f.Close()
		in = f
	}
	raw, err := io.ReadAll(io.LimitReader(in, maxSecretLine+1))
	if err != nil {
		return "", err
	}
	if text := strings.TrimRight(string(raw), "\r\n"); text != "" && len(raw) <= maxSecretLine {
		return text, nil
	}
	return "", usageError{errors.New("there is no secret in it, or more than one line")}
}

// changeValues puts parameters of the type into a resource: in the request that
// is named, else in every one that the parameter is in.
func (s *setOAuth) changeValues(types []api.OAuthType, r *api.SetOAuthResource) error {
	if len(s.values) == 0 {
		return nil
	}
	i := slices.IndexFunc(types, func(t api.OAuthType) bool { return t.Name == r.Type })
	if i < 0 {
		return usageError{fmt.Errorf("there is no type %s: signoff oauth types lists them", r.Type)}
	}
	if r.Values == nil {
		r.Values = map[string]api.OAuthValue{}
	}
	for _, one := range s.values {
		name, value, ok := strings.Cut(one, "=")
		if !ok {
			return usageError{fmt.Errorf("%s is no NAME=VALUE", one)}
		}
		p, only := parameterCalled(types[i], name)
		if p == nil {
			return usageError{fmt.Errorf("%s is no parameter of the type %s", name, r.Type)}
		}
		v := r.Values[p.Name]
		for request, place := range requestsOf(&v) {
			if request == only || only == "" && *requestsOf(&p.OAuthValue)[request] != nil {
				*place = &value
			}
		}
		r.Values[p.Name] = v
	}
	return nil
}

func requestsOf(v *api.OAuthValue) map[string]**string {
	return map[string]**string{"authorization": &v.Authorization, "token": &v.Token, "refresh": &v.Refresh, "app": &v.App, "device": &v.Device}
}

// parameterCalled finds NAME or NAME.REQUEST; names may have dots of their own.
func parameterCalled(t api.OAuthType, called string) (p *api.OAuthParameter, request string) {
	find := func(name string) *api.OAuthParameter {
		if i := slices.IndexFunc(t.Parameters, func(p api.OAuthParameter) bool { return p.Name == name }); i >= 0 {
			return &t.Parameters[i]
		}
		return nil
	}
	if p = find(called); p != nil {
		return p, ""
	}
	dot := strings.LastIndex(called, ".")
	if dot < 0 || requestsOf(&api.OAuthValue{})[called[dot+1:]] == nil {
		return nil, ""
	}
	return find(called[:dot]), called[dot+1:]
}

func oauthAddCommand() *cobra.Command {
	var s setOAuth
	c := talking(&cobra.Command{Use: "add NAME", Short: "Set up a system to have tokens for",
		Long: `Set up a system to have tokens for. NAME is how services and workflows call it and
never changes. A certificate is made unless --auth says otherwise; what to
register at the provider is printed then.`,
		Example: `  signoff oauth add m365 --type entra-v2 --tenant contoso.com --client 6b1f2a3c-0d4e-4f5a-8b6c-7d8e9f0a1b2c --audience https://graph.microsoft.com
  signoff oauth add crm --type client-credentials --issuer https://login.example.com --client signoff --auth secret --secret-file crm.txt`,
		Args: cobra.ExactArgs(1)},
		func(cmd *cobra.Command, c *client.Client, args []string, asJSON bool) error {
			types, err := c.OAuthTypes(cmd.Context())
			if err != nil {
				return err
			}
			n := api.NewOAuthResource{Name: args[0], SetOAuthResource: api.SetOAuthResource{Title: args[0], Type: "entra-v2", Auth: "certificate"}}
			if err := s.change(cmd, types.Items, &n.SetOAuthResource); err != nil {
				return err
			}
			r, err := c.CreateOAuthResource(cmd.Context(), n)
			if err != nil || asJSON {
				return orJSON(cmd, err, r)
			}
			sayOAuth(cmd.OutOrStdout(), r)
			sayRegister(cmd.OutOrStdout(), r)
			return nil
		})
	s.flags(c.Flags())
	return c
}

// sayRegister says what is still to be done at the provider.
func sayRegister(out io.Writer, r api.OAuthResource) {
	fmt.Fprintln(out, "\nAt the provider:")
	if r.People {
		fmt.Fprintf(out, "  register the redirect address %s\n", r.Callback)
	}
	if r.Certificate != nil && r.Auth == "certificate" {
		fmt.Fprintf(out, "  upload the certificate: signoff oauth certificate %s > %s.pem\n", r.Name, r.Name)
	}
	if r.Trust != nil {
		fmt.Fprintln(out, "  add a federated credential (other issuer) with the trusted issuer, subject and audience above")
	}
	fmt.Fprintf(out, "Then: signoff oauth check %s\n", r.Name)
}

func oauthSetCommand() *cobra.Command {
	var s setOAuth
	c := talking(&cobra.Command{Use: "set NAME", Short: "Change some of a system, and leave the rest as it is",
		Example: `  signoff oauth set m365 --scope Mail.Send --scope offline_access
  signoff oauth set crm --secret-file new.txt --secret-until 2027-11-30
  signoff oauth set m365 --value prompt.authorization=consent`,
		Args: cobra.ExactArgs(1)},
		func(cmd *cobra.Command, c *client.Client, args []string, asJSON bool) error {
			types, err := c.OAuthTypes(cmd.Context())
			if err != nil {
				return err
			}
			is, tag, err := c.OAuthResource(cmd.Context(), args[0])
			if err != nil {
				return err
			}
			if err := s.change(cmd, types.Items, &is.SetOAuthResource); err != nil {
				return err
			}
			r, err := c.SetOAuthResource(cmd.Context(), args[0], tag, is.SetOAuthResource)
			if err != nil || asJSON {
				return orJSON(cmd, err, r)
			}
			sayOAuth(cmd.OutOrStdout(), r)
			return nil
		})
	s.flags(c.Flags())
	return c
}
