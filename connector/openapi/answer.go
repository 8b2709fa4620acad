package openapi

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"net/url"
	"path"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/signoffhq/signoff"
	"github.com/signoffhq/signoff/broker"
)

const maxAnswerBytes = 8 << 20

// send makes a request and reads what it answers.
func (p *provider) send(req *http.Request, o *operation, c broker.Call) (broker.Result, error) {
	res, err := p.client(c.By).Do(req)
	if err != nil {
		return broker.Result{}, p.unreachable(req.URL.Host, err)
	}
	defer res.Body.Close()
	text, err := io.ReadAll(io.LimitReader(res.Body, maxAnswerBytes+1))
	switch {
	case err != nil:
		return broker.Result{}, p.unreachable(req.URL.Host, fmt.Errorf("the answer broke off: %w", err))
	case len(text) > maxAnswerBytes:
		return broker.Result{}, &signoff.Error{Kind: signoff.Invalid, Code: "service-answer-too-large", Detail: fmt.Sprintf("the answer of %s is larger than %d MiB", req.URL.Host, maxAnswerBytes>>20)}
	case res.StatusCode == http.StatusNotFound && o.kind == broker.Delete && c.Again:
		return broker.Result{}, nil // an earlier attempt deleted it
	case res.StatusCode >= 300:
		return broker.Result{}, refusal(req.URL.Host, res, text, o)
	}
	return o.result(res, text, c)
}

// unreachable is an error of the way to the API. What says that a token is
// missing, or that an address may not be called, comes through.
func (p *provider) unreachable(host string, err error) error {
	if e, ok := errors.AsType[*url.Error](err); ok {
		err = e.Err // without the address, which may hold a key
	}
	if _, ok := errors.AsType[*signoff.Error](err); ok {
		return err
	}
	if _, ok := errors.AsType[interface {
		error
		ParksFor() (string, signoff.Principal, string)
	}](err); ok {
		return err
	}
	return &signoff.Error{Kind: signoff.Unavailable, Code: "service-unreachable", Detail: host + " did not answer", Err: err}
}

// refusal is what an API says instead of doing it: with its own words, and with
// the kind that says whether another try may help.
func refusal(host string, res *http.Response, text []byte, o *operation) error {
	e := &signoff.Error{Kind: signoff.Invalid, Code: "service-refused", Detail: fmt.Sprintf("%s answered %d %s", host, res.StatusCode, http.StatusText(res.StatusCode))}
	if words := wordsOf(text); words != "" {
		e.Detail += ": " + words
	}
	switch status := res.StatusCode; {
	case status >= 500 || status == http.StatusRequestTimeout || status == http.StatusTooEarly || status == http.StatusTooManyRequests:
		e.Kind = signoff.Unavailable
	case status == http.StatusUnauthorized:
		e.Hint = "it did not take what the service signs in with: check that in its settings, or connect the account again"
	case status == http.StatusForbidden:
		e.Hint = "the account that the service signs in with needs a right there"
	case status == http.StatusNotFound && (o.kind == broker.Read || o.kind == broker.Update || o.kind == broker.Delete):
		e.Kind, e.Code = signoff.NotFound, "service-row-not-found"
	case status < 400:
		e.Detail = fmt.Sprintf("%s sends the call on to another address (%d); that is not followed", host, status)
		e.Hint = "enter the address it is at now in the settings of the service"
	}
	return e
}

// wordsOf are the words of an API about what is wrong: those of problem+json and
// its like, or the beginning of what it said.
func wordsOf(text []byte) string {
	var said map[string]any
	if json.Unmarshal(text, &said) == nil {
		if inner, ok := said["error"].(map[string]any); ok {
			said = inner
		}
		for _, name := range []string{"detail", "message", "error_description", "error", "title", "Message"} {
			if words, ok := said[name].(string); ok && words != "" {
				return short(words)
			}
		}
	}
	return short(strings.ToValidUTF8(string(text), "?"))
}

// result is an answer as the method gives it.
func (o *operation) result(res *http.Response, text []byte, c broker.Call) (broker.Result, error) {
	row := map[string]any{}
	if e := o.answer.etag; e != "" && res.Header.Get("ETag") != "" && !o.answer.list {
		row[e] = res.Header.Get("ETag")
	}
	empty := len(bytes.TrimSpace(text)) == 0
	switch {
	case o.answer.form == "" || empty && !o.answer.list:
		if len(row) == 0 {
			row = nil
		}
		return broker.Result{Row: row}, nil
	case o.answer.form == "file":
		row[o.answer.fields[0].property] = fileOf(res, text)
		return broker.Result{Row: row}, nil
	case o.answer.form == "text":
		row[o.answer.fields[0].property] = strings.ToValidUTF8(string(text), "\uFFFD")
		return broker.Result{Row: row}, nil
	case empty:
		return broker.Result{Rows: []map[string]any{}, Unfiltered: true}, nil
	}
	d := json.NewDecoder(bytes.NewReader(text))
	d.UseNumber()
	var v any
	if err := d.Decode(&v); err != nil {
		return broker.Result{}, unusable(res, "is no JSON, which the document promises")
	}
	if !o.answer.list {
		o.answer.into(row, v)
		return broker.Result{Row: row}, nil
	}
	return o.rows(res, v, c)
}

func unusable(res *http.Response, why string) error {
	return &signoff.Error{Kind: signoff.Invalid, Code: "service-answer-unusable", Detail: "the answer of " + res.Request.URL.Host + " " + why, Hint: "perhaps the document is of another version of the API, or a sign-in page answered"}
}

func (o *operation) rows(res *http.Response, v any, c broker.Call) (broker.Result, error) {
	list := v
	if o.answer.at != "" {
		m, ok := v.(map[string]any)
		if !ok {
			return broker.Result{}, unusable(res, "is no object with "+o.answer.at+" in it, which the document promises")
		}
		list = m[o.answer.at]
	}
	all, ok := list.([]any)
	if !ok && list != nil {
		return broker.Result{}, unusable(res, "holds no list, which the document promises")
	}
	out := broker.Result{Rows: make([]map[string]any, len(all)), Unfiltered: true}
	for i, one := range all {
		out.Rows[i] = map[string]any{}
		o.answer.into(out.Rows[i], one)
	}
	if o.pages != nil {
		out.Next = o.pages.next(c, res.Header, v, len(all))
	}
	if out.Next == c.After && c.After != "" {
		out.Next = "" // it goes round in a circle
	}
	return out, nil
}

// into puts the members of a value where they belong.
func (a *answer) into(row map[string]any, v any) {
	m, _ := v.(map[string]any)
	for _, f := range a.fields {
		if f.name == "" {
			row[f.property] = valueOf(f.shape, v)
			continue
		}
		if one, ok := m[f.name]; ok {
			row[f.property] = valueOf(f.shape, one)
		}
	}
}

// valueOf is a value as its property has it; what is not of the type that the
// document promises is left out.
func valueOf(s shape, v any) any {
	if list, ok := v.([]any); ok && s.list {
		out := make([]any, 0, len(list))
		for _, one := range list {
			if is := valueOf(shape{kind: s.kind}, one); is != nil {
				out = append(out, is)
			}
		}
		return out
	}
	if v == nil || s.list {
		return nil
	}
	switch text, isText := v.(string); {
	case s.kind == broker.File && isText:
		return map[string]any{"name": "file", "type": "application/octet-stream", "content": text}
	case s.kind == broker.Moment && isText:
		return momentOf(text)
	case s.kind == broker.Date && isText && len(text) > len(time.DateOnly):
		v = text[:len(time.DateOnly)]
	}
	is, err := broker.Value(s.kind, v)
	if err != nil {
		return nil
	}
	return is
}

// momentOf takes moments without a zone, which many APIs write, as UTC.
func momentOf(text string) any {
	for _, layout := range []string{time.RFC3339Nano, "2006-01-02T15:04:05", "2006-01-02 15:04:05", "2006-01-02T15:04:05Z0700", time.DateOnly} {
		if at, err := time.Parse(layout, text); err == nil {
			return at.Format(time.RFC3339Nano)
		}
	}
	return nil
}

func fileOf(res *http.Response, content []byte) map[string]any {
	name := path.Base(res.Request.URL.Path)
	if _, params, err := mime.ParseMediaType(res.Header.Get("Content-Disposition")); err == nil && params["filename"] != "" {
		name = path.Base(strings.ReplaceAll(params["filename"], `\`, "/"))
	}
	name = strings.Map(func(r rune) rune {
		if r < ' ' || r == '/' || r == utf8.RuneError || r == 0x7f {
			return -1
		}
		return r
	}, name)
	if name == "" || name == "." {
		name = "file"
	}
	media, _, err := mime.ParseMediaType(res.Header.Get("Content-Type"))
	if err != nil {
		media = "application/octet-stream"
	}
	return map[string]any{"name": clipTo(name, 200), "type": media, "content": base64.StdEncoding.EncodeToString(content)}
}
