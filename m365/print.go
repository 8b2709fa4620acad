package m365

import (
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"

	"github.com/signoffhq/signoff"
)

// A Format is how a plan is printed.
type Format string

const (
	AsAz    Format = "az"    // a shell script for the Azure CLI
	AsGraph Format = "graph" // the calls of Graph, as JSON: what Run sends
	AsHTTP  Format = "http"  // the same calls for an HTTP client of an editor
	AsJSON  Format = "json"  // the registrations as Graph has them
)

// Formats lists them.
func Formats() []string {
	return []string{string(AsAz), string(AsGraph), string(AsHTTP), string(AsJSON)}
}

// Print writes a plan.
func (p Plan) Print(w io.Writer, f Format, graph string) error {
	graph = graphBase(graph)
	switch f {
	case AsGraph:
		return writeJSON(w, p.Calls())
	case AsJSON:
		out := map[string]application{}
		for _, r := range p.Registrations {
			out[r.Name] = r.body()
		}
		return writeJSON(w, out)
	case AsHTTP:
		return p.printHTTP(w, graph)
	case AsAz:
		return p.printAz(w, graph)
	}
	return fmt.Errorf("there is no format %q, only %s", f, strings.Join(Formats(), ", "))
}

func writeJSON(w io.Writer, v any) error {
	e := json.NewEncoder(w)
	e.SetIndent("", "  ")
	e.SetEscapeHTML(false)
	return e.Encode(v)
}

func compact(v any) string {
	var b strings.Builder
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		return "" // our own structs
	}
	return strings.TrimSpace(b.String())
}

// printHTTP writes the calls as .http files have them. What an answer gave has
// to be put in by hand there, so each says which.
func (p Plan) printHTTP(w io.Writer, graph string) error {
	var b strings.Builder
	b.WriteString("# Registrations for " + p.Values.URL + "\n")
	for _, line := range p.why() {
		b.WriteString("# " + line + "\n")
	}
	b.WriteString("\n@graph = " + graph + "/v1.0\n@token = paste an access token for Graph here\n")
	for _, name := range p.learnt() {
		b.WriteString("@" + name + " =\n")
	}
	for i, c := range p.Calls() {
		fmt.Fprintf(&b, "\n### %d. %s\n", i+1, c.About)
		if c.Unless != "" {
			b.WriteString("# leave out if " + c.Unless + " is known\n")
		}
		if c.If != "" {
			b.WriteString("# leave out if " + c.If + " is not known\n")
		}
		for _, s := range c.Save {
			b.WriteString("# take " + s.As + " from " + s.Prop + where(s) + "\n")
		}
		fmt.Fprintf(&b, "%s {{graph}}%s\nAuthorization: Bearer {{token}}\n", c.Method, escape(c.Path))
		if c.Body != nil {
			b.WriteString("Content-Type: application/json\n\n" + compact(c.Body) + "\n")
		}
	}
	_, err := io.WriteString(w, b.String())
	return err
}

func where(s Save) string {
	if len(s.Where) == 0 {
		return ""
	}
	var parts []string
	for _, name := range slices.Sorted(maps.Keys(s.Where)) {
		parts = append(parts, name+" is "+s.Where[name])
	}
	return " of the one whose " + strings.Join(parts, " and ")
}

// learnt are the values that calls give, in order.
func (p Plan) learnt() (out []string) {
	for _, c := range p.Calls() {
		for _, s := range c.Save {
			if !slices.Contains(out, s.As) {
				out = append(out, s.As)
			}
		}
	}
	return out
}

// printAz writes a script for the Azure CLI and a POSIX shell, which may be run
// again. Registrations are made with az ad, and set with az rest, as az ad
// cannot set everything.
func (p Plan) printAz(w io.Writer, graph string) error {
	var b strings.Builder
	b.WriteString("#!/bin/sh\n# Registrations for " + p.Values.URL + ". May be run again.\n# Needs: az login as an administrator of the tenant.\n#\n")
	for _, line := range p.why() {
		b.WriteString("# " + line + "\n")
	}
	b.WriteString("set -eu\n" + p.rightTenant(graph))
	for _, c := range p.Calls() {
		b.WriteString("\n" + c.az(graph) + "\n")
	}
	b.WriteString("\n" + p.echo())
	_, err := io.WriteString(w, b.String())
	return err
}

// rightTenant stops the script before its first change when az is signed in to
// another tenant than the plan is for. A tenant has several domains, so that a
// domain is looked for among them.
func (p Plan) rightTenant(graph string) string {
	out := "tenant=$(az account show --query tenantId -o tsv)\n"
	want := p.Values.Tenant
	stop := "  echo \"az is signed in to the tenant $tenant, and this plan is for %[1]s: nothing was registered.\" >&2\n" +
		"  echo \"Sign in there and run it again: az login --tenant %[1]s --allow-no-subscriptions\" >&2\n  exit 1\nfi\n"
	switch {
	case signoff.IsGUID(want):
		out += fmt.Sprintf("if [ \"$tenant\" != %[1]s ]; then\n"+stop, want)
	case want != "":
		out += fmt.Sprintf("domain=$(az rest --method GET --url \"%[2]s/v1.0/organization\" --query \"value[0].verifiedDomains[?name=='%[1]s'] | [0].name\" -o tsv)\n"+
			"if [ \"$domain\" != %[1]s ]; then\n"+stop, want, graph)
	}
	return out + "echo \"registering in the tenant $tenant\" >&2\n"
}

// echo tells what to enter in this server.
func (p Plan) echo() string {
	var b strings.Builder
	b.WriteString("echo\n")
	for _, r := range p.Registrations {
		fmt.Fprintf(&b, "echo \"%s: client id %s\"\n", r.Name, shellText(hole(r.Key, "appId")))
		if r.Secret {
			fmt.Fprintf(&b, "if [ -n \"${%s:-}\" ]; then echo \"  secret, shown once: $%s\"; fi\n", shellName(r.Key+".secret"), shellName(r.Key+".secret"))
		}
	}
	api := shellText(hole("api", "appId"))
	fmt.Fprintf(&b, "echo \"audiences to trust: %s and api://%s\"\n", api, api)
	fmt.Fprintf(&b, "echo\necho \"Let the server believe their tokens:\"\necho \"  %s\"\n", p.TrustCommand("$tenant", api))
	return b.String()
}

// az is a call as the Azure CLI makes it.
func (c Call) az(graph string) string {
	command := c.azCommand(graph)
	if len(c.Save) > 0 {
		s := c.Save[0]
		command = fmt.Sprintf("%s=$(%s)", shellName(s.As), command)
	}
	command = "echo '- " + strings.ReplaceAll(c.About, "'", `'\''`) + "' >&2\n" + command
	switch {
	case c.Unless != "":
		return fmt.Sprintf("if [ -z \"${%s:-}\" ]; then\n%s\nfi", shellName(c.Unless), command)
	case c.If != "":
		return fmt.Sprintf("if [ -n \"${%s:-}\" ]; then\n%s\nfi", shellName(c.If), command)
	}
	return command
}

func (c Call) azCommand(graph string) string {
	path, filter, _ := strings.Cut(c.Path, "?$filter=")
	filter = shellText(filter)
	query := ""
	if len(c.Save) > 0 {
		query = c.Save[0].query()
	}
	switch {
	case c.Method == "GET" && path == "/applications":
		return fmt.Sprintf("az ad app list --filter \"%s\" --query \"[0].appId\" -o tsv", filter)
	case c.Method == "POST" && path == "/applications":
		a := c.Body.(application)
		return fmt.Sprintf("az ad app create --display-name \"%s\" --sign-in-audience %s --query appId -o tsv", a.DisplayName, a.SignInAudience)
	case c.Method == "GET" && path == "/servicePrincipals":
		return fmt.Sprintf("az ad sp list --filter \"%s\" --query \"[0].id\" -o tsv", filter)
	case c.Method == "POST" && path == "/servicePrincipals":
		return fmt.Sprintf("az ad sp create --id \"%s\" --query id -o tsv", shellText(c.Body.(map[string]string)["appId"]))
	}
	command := fmt.Sprintf("az rest --method %s --url \"%s/v1.0%s\"", c.Method, graph, shellText(c.Path))
	if c.Body != nil {
		command += " --headers Content-Type=application/json --body \"$(" + sedOf(compact(c.Body)) + " <<'EOF'\n" + compact(c.Body) + "\nEOF\n)\""
	}
	if query != "" {
		command += " --query \"" + query + "\" -o tsv"
	}
	return command
}

// query is a Save in the language of --query (JMESPath).
func (s Save) query() string {
	in := s.In
	if in == "" && len(s.Where) > 0 {
		in = "value"
	}
	if in == "" {
		return s.Prop
	}
	var parts []string
	for _, name := range slices.Sorted(maps.Keys(s.Where)) {
		parts = append(parts, name+"=='"+shellText(s.Where[name])+"'")
	}
	return in + "[?" + strings.Join(parts, " && ") + "] | [0]." + s.Prop
}

// sedOf is the filter that puts values into a body: the body itself is quoted
// whole, so that nothing in it means anything to the shell.
func sedOf(body string) string {
	var parts []string
	for _, m := range holeForm.FindAllStringSubmatch(body, -1) {
		e := fmt.Sprintf("-e \"s/{{%s}}/$%s/g\"", strings.ReplaceAll(m[1], ".", "\\."), shellName(m[1]))
		if !slices.Contains(parts, e) {
			parts = append(parts, e)
		}
	}
	if len(parts) == 0 {
		return "cat"
	}
	return "sed " + strings.Join(parts, " ")
}

// shellName is a value's name in the script.
func shellName(name string) string {
	return strings.Map(func(r rune) rune {
		if r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' {
			return r
		}
		return '_'
	}, "v_"+name)
}

// shellText is a path or filter inside double quotes, its values as variables.
func shellText(s string) string {
	s = strings.ReplaceAll(s, "$", `\$`)
	return holeForm.ReplaceAllStringFunc(s, func(h string) string { return "${" + shellName(strings.Trim(h, "{}")) + "}" })
}
