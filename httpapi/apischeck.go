package httpapi

import (
	"net/netip"
	"net/url"
	"slices"
	"strings"

	"github.com/signoffhq/signoff"
	"github.com/signoffhq/signoff/api"
)

// checkApis returns a setting as it is kept: kinds in their order, addresses as
// browsers write them. It lists everything that is wrong at once ("bad-apis").
func checkApis(in api.SetApis) (api.SetApis, error) {
	var wrong []signoff.FieldError
	in.Workflow = checkAPI("workflow", in.Workflow, &wrong)
	in.REST = checkAPI("rest", in.REST, &wrong)
	if in.OData != nil {
		odata := checkAPI("odata", *in.OData, &wrong)
		in.OData = &odata
	}
	if !slices.Contains(in.REST.Kinds, "session") {
		wrong = append(wrong, signoff.FieldError{Field: "rest.kinds", Detail: "without session this server's own pages would not work",
			Advice: "leave session in; to keep others out, switch the API off or leave out the other kinds"})
	}
	if in.Tokens.DefaultDays > in.Tokens.MaxDays {
		wrong = append(wrong, signoff.FieldError{Field: "tokens.defaultDays", Detail: "is more than tokens may last at most"})
	}
	if len(wrong) > 0 {
		return in, &signoff.Error{Kind: signoff.Invalid, Code: "bad-apis", Detail: wrong[0].Field + ": " + wrong[0].Detail, Fields: wrong}
	}
	return in, nil
}

func checkAPI(field string, in api.APISettings, wrong *[]signoff.FieldError) api.APISettings {
	if in.BaseURL != "" {
		address, why := cleanAddress(in.BaseURL)
		if why != "" {
			*wrong = append(*wrong, signoff.FieldError{Field: field + ".baseUrl", Detail: why, Advice: "write scheme and host alone, such as https://signoff.example.com"})
		}
		in.BaseURL = address
	}
	kinds := []string{}
	for _, k := range allKinds {
		if slices.Contains(in.Kinds, k) {
			kinds = append(kinds, k)
		}
	}
	in.Kinds = kinds
	origins := []string{}
	for _, text := range in.Origins {
		address, why := cleanOrigin(text)
		if why != "" {
			*wrong = append(*wrong, signoff.FieldError{Field: field + ".origins", Detail: why, Advice: "write each site as browsers do, such as https://app.example.com or http://localhost:3000"})
		} else if !slices.Contains(origins, address) {
			origins = append(origins, address)
		}
	}
	in.Origins = origins
	return in
}

// cleanOrigin returns the address of a site as browsers send it in Origin. A
// site without TLS is none to trust with somebody's token, but for this machine.
func cleanOrigin(text string) (origin, why string) {
	origin, why = cleanAddress(text)
	if u, err := url.Parse(origin); why == "" && (err != nil || u.Scheme == "http" && !onThisMachine(u.Hostname())) {
		return "", "plain http is for this machine alone: whoever is on the way could read and change it"
	}
	return origin, why
}

// cleanAddress returns scheme, host and port as browsers write them (RFC 6454
// §6.2): lower case, without the port the scheme has anyway. why says what is
// wrong.
func cleanAddress(text string) (address, why string) {
	text = strings.TrimSpace(text)
	switch {
	case text == "*":
		return "", "every site at once cannot be allowed"
	case text == "null":
		return "", "null is what any page without an address sends"
	case strings.Contains(text, "*"):
		return "", "a star is not understood: each site is listed by itself"
	}
	u, err := url.Parse(text)
	switch {
	case err != nil || u.Host == "" || u.Hostname() == "":
		return "", "that is not an address"
	case u.Scheme != "https" && u.Scheme != "http":
		return "", "an address begins with https:// or http://"
	case u.Path != "" && u.Path != "/" || u.RawQuery != "" || u.Fragment != "" || u.User != nil || u.ForceQuery:
		return "", "there is something after the host"
	case !plainHost(u.Hostname()):
		return "", "the host is not one that browsers write"
	}
	host := strings.ToLower(u.Host)
	if port := u.Port(); port == "443" && u.Scheme == "https" || port == "80" && u.Scheme == "http" {
		host = strings.TrimSuffix(host, ":"+port)
	}
	return u.Scheme + "://" + strings.TrimSuffix(host, ":"), ""
}

func onThisMachine(host string) bool {
	if strings.EqualFold(host, "localhost") || strings.HasSuffix(strings.ToLower(host), ".localhost") {
		return true
	}
	addr, err := netip.ParseAddr(host)
	return err == nil && addr.IsLoopback()
}

// plainHost tells whether a host is an address or a name in ASCII, which is how
// browsers write it.
func plainHost(host string) bool {
	if _, err := netip.ParseAddr(host); err == nil {
		return true
	}
	return len(host) <= 253 && strings.Trim(strings.ToLower(host), "abcdefghijklmnopqrstuvwxyz0123456789.-") == ""
}
