package openapi

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"mime/multipart"
	"net/http"
	"net/textproto"
	"net/url"
	"strings"

	"golang.org/x/net/http/httpguts"

	"github.com/signoffhq/signoff"
	"github.com/signoffhq/signoff/broker"
)

// Call implements broker.Provider.
func (p *provider) Call(ctx context.Context, c broker.Call) (broker.Result, error) {
	a, err := p.api(ctx)
	if err != nil {
		return broker.Result{}, err
	}
	o := a.calls[c.Object+"."+c.Method]
	if o == nil {
		return broker.Result{}, &signoff.Error{Kind: signoff.NotFound, Code: "service-method-unknown", Detail: "the API's document has no " + c.Object + " with " + c.Method + " any more", Hint: "refresh the service"}
	}
	ctx, cancel := context.WithTimeout(ctx, p.within)
	defer cancel()
	req, err := p.request(ctx, a, o, c)
	if err != nil {
		return broker.Result{}, err
	}
	return p.send(req, o, c)
}

// request makes the request of a call, without what it signs in with.
func (p *provider) request(ctx context.Context, a *api, o *operation, c broker.Call) (*http.Request, error) {
	base, err := resolveServer(p.server, p.from, a.servers)
	if err != nil {
		return nil, &signoff.Error{Kind: signoff.Invalid, Code: "bad-service-address", Detail: "the address of the API " + err.Error(), Hint: "enter it in the settings of the service"}
	}
	u, head, err := o.address(*base, c)
	if err != nil {
		return nil, err
	}
	if o.pages != nil && c.After != "" {
		if u, err = o.pages.goOn(base, u, c.After); err != nil {
			return nil, err
		}
	}
	body, media, err := o.bodyOf(c.Inputs)
	if err != nil {
		return nil, err
	}
	req, err := http.NewRequestWithContext(ctx, o.verb, u.String(), body)
	if err != nil {
		return nil, badInput(o, "cannot be sent")
	}
	req.Header = head
	req.Header.Set("Accept", o.answer.media)
	if media != "" {
		req.Header.Set("Content-Type", media)
	}
	if c.Key != "" && o.verb != http.MethodGet {
		req.Header.Set("Idempotency-Key", c.Key)
	}
	return req, p.sign(req, a.schemes)
}

// address fills the parameters into the path, the query and the head.
func (o *operation) address(base url.URL, c broker.Call) (*url.URL, http.Header, error) {
	head, path, query := http.Header{}, o.path, url.Values{}
	for _, p := range o.parameters {
		v, given := c.Inputs[p.input]
		if p.in == "paging" || !given && p.in != "path" {
			continue
		}
		parts := p.written(v)
		switch p.in {
		case "path":
			text := strings.Join(parts, ",")
			if text == "" || text == "." || text == ".." {
				return nil, nil, badInput(o, fmt.Sprintf("%s cannot be %q: it is part of the address", p.input, text))
			}
			path = strings.ReplaceAll(path, "{"+p.name+"}", url.PathEscape(text))
		case "query":
			p.query(query, v, parts)
		case "header", "cookie":
			text := strings.Join(parts, ",")
			if p.in == "cookie" {
				text = p.name + "=" + url.QueryEscape(text)
			}
			name := map[string]string{"header": p.name, "cookie": "Cookie"}[p.in]
			if !httpguts.ValidHeaderFieldName(name) || !httpguts.ValidHeaderFieldValue(text) {
				return nil, nil, badInput(o, p.input+" holds characters that HTTP does not allow there")
			}
			head.Add(name, text)
		}
	}
	if o.pages != nil {
		rest := ""
		if !strings.HasPrefix(c.After, atLink) {
			rest = c.After
		}
		o.pages.ask(query, c.Top, rest)
	}
	u := base
	full := strings.TrimSuffix(base.EscapedPath(), "/") + path
	var err error
	if u.Path, err = url.PathUnescape(full); err != nil {
		return nil, nil, badInput(o, "has no address")
	}
	u.RawPath, u.RawQuery = full, query.Encode()
	return &u, head, nil
}

func badInput(o *operation, detail string) error {
	return &signoff.Error{Kind: signoff.Invalid, Code: "bad-inputs", Detail: o.method + " of " + o.object + ": " + detail}
}

// goOn is where a list goes on: at an address of the same machine, or with a
// token or number that the query has already.
func (p *paging) goOn(base, u *url.URL, after string) (*url.URL, error) {
	bad := &signoff.Error{Kind: signoff.Invalid, Code: "bad-cursor", Detail: "the list cannot go on from there"}
	switch after[:1] {
	case atToken, atCount:
		if after[:1] == atCount && strings.Trim(after[1:], "0123456789") != "" || len(after) < 2 {
			return nil, bad
		}
		return u, nil
	case atLink:
		next, err := u.Parse(after[1:])
		if err != nil || next.Scheme != base.Scheme || next.Host != base.Host || next.User != nil || !strings.HasPrefix(next.Path, base.Path) {
			return nil, bad
		}
		return next, nil
	}
	return nil, bad
}

// written is a value as an address has it: several for a list.
func (p parameter) written(v any) []string {
	list, several := v.([]any)
	if !several {
		list = []any{v}
	}
	out := make([]string, len(list))
	for i, one := range list {
		out[i] = inText(one)
	}
	return out
}

func inText(v any) string {
	switch x := v.(type) {
	case nil:
		return ""
	case string:
		return x
	case json.Number, bool:
		return fmt.Sprint(x)
	}
	text, err := json.Marshal(v)
	if err != nil {
		return ""
	}
	return string(text)
}

func (p parameter) query(q url.Values, v any, parts []string) {
	if m, ok := v.(map[string]any); ok && p.deep {
		for name, one := range m {
			q.Set(p.name+"["+name+"]", inText(one))
		}
		return
	}
	if p.joined != "" {
		parts = []string{strings.Join(parts, p.joined)}
	}
	for _, one := range parts {
		q.Add(p.name, one)
	}
}

// bodyOf is the body of a call, nil for none, and its media type.
func (o *operation) bodyOf(in map[string]any) (io.Reader, string, error) {
	b := o.body
	if b == nil {
		return nil, "", nil
	}
	given := map[string]any{}
	for _, m := range b.members {
		v, ok := in[m.input]
		if !ok {
			continue
		}
		if f, isFile := v.(map[string]any); isFile && m.shape.kind == broker.File && b.form == "json" {
			v = f["content"] // JSON has files as base64
		}
		given[m.name] = v
	}
	var whole any = given
	if b.whole != nil {
		v, ok := in[b.whole.input]
		if !ok {
			return nil, "", nil
		}
		whole = v
	}
	switch b.form {
	case "json":
		text, err := json.Marshal(whole)
		return bytes.NewReader(text), b.media, err
	case "form":
		q := url.Values{}
		for _, m := range b.members {
			if v, ok := given[m.name]; ok {
				for _, one := range (parameter{}).written(v) {
					q.Add(m.name, one)
				}
			}
		}
		return strings.NewReader(q.Encode()), b.media, nil
	case "multipart":
		return b.parts(given)
	}
	if f, ok := whole.(map[string]any); ok && b.whole != nil && b.whole.shape.kind == broker.File {
		content, err := contentOf(f)
		return bytes.NewReader(content), b.media, err
	}
	return strings.NewReader(inText(whole)), b.media, nil
}

func contentOf(file map[string]any) ([]byte, error) {
	text, _ := file["content"].(string)
	return base64.StdEncoding.DecodeString(text)
}

func (b *body) parts(given map[string]any) (io.Reader, string, error) {
	var out bytes.Buffer
	w := multipart.NewWriter(&out)
	for _, m := range b.members {
		v, ok := given[m.name]
		if !ok {
			continue
		}
		values, several := v.([]any)
		if !several {
			values = []any{v}
		}
		for _, one := range values {
			if err := part(w, m, one); err != nil {
				return nil, "", err
			}
		}
	}
	err := w.Close()
	return &out, w.FormDataContentType(), err
}

func part(w *multipart.Writer, m bodyMember, v any) error {
	file, isFile := v.(map[string]any)
	if !isFile || m.shape.kind != broker.File {
		return w.WriteField(m.name, inText(v))
	}
	content, err := contentOf(file)
	if err != nil {
		return err
	}
	name, _ := file["name"].(string)
	media, _ := file["type"].(string)
	if media == "" || !httpguts.ValidHeaderFieldValue(media) {
		media = "application/octet-stream"
	}
	head := textproto.MIMEHeader{"Content-Type": {media}, "Content-Disposition": {multipart.FileContentDisposition(m.name, name)}}
	to, err := w.CreatePart(head)
	if err != nil {
		return err
	}
	_, err = to.Write(content)
	return err
}
