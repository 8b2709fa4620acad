package main

import (
	"cmp"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net/http"
	"os"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/signoffhq/signoff"
	"github.com/signoffhq/signoff/doctor"
	"github.com/signoffhq/signoff/httpapi"
	"github.com/signoffhq/signoff/identity/signin"
	"github.com/signoffhq/signoff/m365"
)

func m365Command() *cobra.Command {
	c := &cobra.Command{
		Use:     "m365",
		Short:   "Say what to register in Entra for this server, and compare it with what is registered",
		GroupID: "server",
	}
	c.AddCommand(m365PlanCommand(), m365CheckCommand())
	return c
}

// registering holds the flags that plan and check share: what is to be
// registered, and how Entra is reached.
type registering struct {
	values  m365.Values
	callers []string
	graph   string
	client  string
	ca      string
}

func (g *registering) flags(c *cobra.Command) {
	f := c.Flags()
	f.StringVar(&g.values.URL, "url", envOr("SIGNOFF_URL", "http://localhost:8080"), "address under which people reach the server, as in its configuration (SIGNOFF_URL)")
	f.StringVar(&g.values.Tenant, "tenant", os.Getenv("SIGNOFF_ENTRA_TENANT"), "id or domain of the tenant (SIGNOFF_ENTRA_TENANT)")
	f.StringVar(&g.values.Name, "name", "signoff", "what the registrations are called: NAME API, NAME sign-in")
	f.StringVar(&g.values.Scope, "scope", "user_impersonation", "the scope that programs ask for when they call for a person")
	f.StringVar(&g.values.Role, "role", "Workflow.Use.All", "the app role of programs that call by themselves")
	f.BoolVar(&g.values.NoSignIn, "no-sign-in", false, "people do not sign in to the pages with Entra: only the API")
	f.BoolVar(&g.values.Groups, "groups", false, "tokens name the groups that are assigned to the application")
	f.BoolVar(&g.values.Directory, "directory", false, "the server may read people and groups from Entra")
	f.StringArrayVar(&g.callers, "caller", nil, "a program that calls the API: postman, power-automate, cli, daemon, NAME=REDIRECT-URI, or NAME= for one without people; may be repeated")
	f.StringVar(&g.values.APIID, "api-id", "", "client id of the API's registration, if it goes by another name")
	f.StringVar(&g.values.SignInID, "sign-in-id", "", "client id of the sign-in registration, likewise")
	f.StringVar(&g.client, "client-id", os.Getenv("SIGNOFF_ENTRA_CLIENT_ID"), "an application to ask Graph as (SIGNOFF_ENTRA_CLIENT_ID); its secret comes from SIGNOFF_ENTRA_SECRET")
	f.StringVar(&g.values.Login, "login", "https://login.microsoftonline.com", "where the cloud signs people in")
	f.StringVar(&g.graph, "graph", "https://graph.microsoft.com", "the cloud's Graph, with or without /v1.0")
	f.StringVar(&g.ca, "ca", "", "file with a further certificate authority to trust (PEM), as a sandbox has")
}

func (g *registering) plan() (m365.Plan, error) {
	g.values.Logout, g.values.Leave = signin.FrontLogoutPath, signin.LeavePage
	for _, text := range g.callers {
		c, err := m365.ParseCaller(text)
		if err != nil {
			return m365.Plan{}, usageError{err}
		}
		g.values.Callers = append(g.values.Callers, c)
	}
	p, err := g.values.Plan()
	if err != nil {
		return p, usageError{err}
	}
	return p, nil
}

// connect asks Graph with what the environment has: a token, or an
// application's secret.
func (g *registering) connect(ctx context.Context) (*m365.Client, error) {
	secret, token, err := graphSecret(g.client)
	if err != nil {
		return nil, err
	}
	h := &http.Client{Timeout: outsideCall}
	if g.ca != "" {
		roots, err := rootsWith([]string{g.ca})
		if err != nil {
			return nil, err
		}
		t := http.DefaultTransport.(*http.Transport).Clone()
		t.TLSClientConfig = &tls.Config{RootCAs: roots, MinVersion: tls.VersionTLS12}
		h.Transport = t
	}
	if token != "" {
		return &m365.Client{HTTP: h, Base: g.graph, Token: token}, nil
	}
	if g.values.Tenant == "" {
		return nil, usageError{errors.New("--tenant is needed to sign in with --client-id")}
	}
	c, err := m365.Connect(ctx, h, m365.Credentials{Login: g.values.Login, Tenant: g.values.Tenant, ID: g.client, Secret: secret, Graph: g.graph})
	return c, g.explain(err)
}

// explain puts a refusal of Entra's or Graph's into our words.
func (g *registering) explain(err error) error {
	no, ok := errors.AsType[*m365.Refused](err)
	if !ok {
		return err
	}
	f := no.Finding(doctor.Setup{Caller: g.client, Tenant: g.values.Tenant, Login: g.values.Login})
	hint := f.Do
	for _, c := range f.Copy {
		hint += "\n  " + c.Text
	}
	return &signoff.Error{Kind: signoff.Forbidden, Code: f.Code, Detail: f.Line, Hint: hint, Err: err}
}

func m365PlanCommand() *cobra.Command {
	var g registering
	var format string
	var run, asJSON bool
	c := &cobra.Command{
		Use:   "plan",
		Short: "Print what to register in Entra, with this server's values and the fewest rights",
		Long: `Print the registrations that this server needs: the API that tokens are for, the
application that signs people in to the pages, and one for each program that is
to call the API. As a script for the Azure CLI (az), as calls of Graph (graph,
http), or as manifests (json). The script and the calls may be run again: they
find what they made, and change only what is different.

With --run the calls are sent to Graph, each is named as it goes, and the command
that lets the server believe the tokens comes last. That takes the rights
Application.ReadWrite.All, AppRoleAssignment.ReadWrite.All and
DelegatedPermissionGrant.ReadWrite.All.`,
		Example: `  signoff m365 plan --tenant contoso.com --url https://signoff.contoso.com --caller postman > register.sh
  signoff m365 plan --format json
  SIGNOFF_GRAPH_TOKEN=$(az account get-access-token --resource-type ms-graph --query accessToken -o tsv) signoff m365 plan --run`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			p, err := g.plan()
			if err != nil {
				return err
			}
			if run {
				return g.run(cmd, p, asJSON)
			}
			if asJSON {
				format = string(m365.AsJSON)
			}
			if err := p.Print(cmd.OutOrStdout(), m365.Format(format), g.graph); err != nil {
				return usageError{err}
			}
			return nil
		},
	}
	g.flags(c)
	c.Flags().StringVar(&format, "format", string(m365.AsAz), strings.Join(m365.Formats(), ", "))
	c.Flags().BoolVar(&run, "run", false, "send the calls to Graph instead of printing them")
	c.Flags().BoolVar(&asJSON, "json", false, "print JSON: the manifests, or with --run what was made")
	return c
}

// run sends a plan's calls and says what to enter in the server.
func (g *registering) run(cmd *cobra.Command, p m365.Plan, asJSON bool) error {
	c, err := g.connect(cmd.Context())
	if err != nil {
		return err
	}
	tenant, err := p.Tenant(cmd.Context(), c)
	if err != nil {
		return g.explain(err)
	}
	out, steps := cmd.OutOrStdout(), cmd.ErrOrStderr()
	fmt.Fprintf(steps, "registering in the tenant %s\n", cmp.Or(tenant, g.values.Tenant, "of the token"))
	learnt, err := m365.Run(cmd.Context(), c, p.Calls(), func(c m365.Call) { fmt.Fprintln(steps, "- "+oneLine(c.About)) })
	if err != nil || asJSON {
		return orJSON(cmd, g.explain(err), learnt)
	}
	for _, r := range p.Registrations {
		fmt.Fprintf(out, "%s: client id %s\n", r.Name, learnt[r.Key+".appId"])
		if s := learnt[r.Key+".secret"]; s != "" {
			fmt.Fprintf(out, "  secret, shown once: %s\n", oneLine(s))
		}
	}
	api := learnt["api.appId"]
	fmt.Fprintf(out, "audiences to trust: %s and api://%s\n", api, api)
	_, err = fmt.Fprintf(out, "\nLet the server believe their tokens:\n  %s\n", p.TrustCommand(cmp.Or(tenant, "TENANT"), api))
	return err
}

func m365CheckCommand() *cobra.Command {
	var g registering
	var all, asJSON bool
	c := &cobra.Command{
		Use:   "check",
		Short: "Compare what is registered in Entra with what should be",
		Long: `Read the registrations over Graph and compare them with the plan that the same
flags would print: what is missing, what is different, and which rights are too
many, each with the command that mends it. Nothing is changed. It takes
Application.Read.All, and Directory.Read.All to see what was consented to.`,
		Example: `  SIGNOFF_ENTRA_SECRET=… signoff m365 check --tenant contoso.com --client-id 2e8a… --url https://signoff.contoso.com`,
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			p, err := g.plan()
			if err != nil {
				return err
			}
			c, err := g.connect(cmd.Context())
			if err != nil {
				return err
			}
			r, err := m365.Check(cmd.Context(), c, p, time.Now())
			if err != nil {
				return g.explain(err)
			}
			t := talk{asJSON: asJSON}
			return t.diagnosed(cmd, httpapi.DiagnosisOf(r), all)
		},
	}
	g.flags(c)
	c.Flags().BoolVar(&all, "all", false, "also print what is as it should be")
	c.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	return c
}
