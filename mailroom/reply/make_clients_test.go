package reply

import (
	"encoding/base64"
	"fmt"
	"html"
	"mime"
	"mime/quotedprintable"
	"strings"

	"golang.org/x/text/encoding/htmlindex"
)

// What our own mail looks like when it is quoted: as text, as Outlook turns its
// HTML into text, and as HTML.
const (
	ourText = `Approve leave
Ana Lopez asks for your decision

Please look at the days.

Request: Leave for Ana: 3 days
Days: 3

To decide by mail, reply with “Approve” or “Reject” alone on the first line. What you write below it is kept as your comment, which an action may require.

Open the task: https://signoff.contoso.test/tasks/7_2

-- 
Leave request, started by Ana Lopez. Task 7_2, sent by signoff.
This mail is for you alone: a reply from anybody else does not count.`
	ourFlat = `Approve leave
Ana Lopez asks for your decision

Please look at the days.

Request
Leave for Ana: 3 days
Days
3

Approve<mailto:workflow+k7f3q2m9x4c8v1b6n5z0a2s4d6@contoso.test?subject=Re%3A%20Approve%20leave&body=Approve%0A%0A> Reject<mailto:workflow+k7f3q2m9x4c8v1b6n5z0a2s4d6@contoso.test?subject=Re%3A%20Approve%20leave&body=Reject%0A%0A>

Each button opens a reply with its word on the first line.
Open the task<https://signoff.contoso.test/tasks/7_2>`
	ourHTML = `<table width="100%"><tbody><tr><td><h1>Approve leave</h1><p>Ana Lopez asks for your decision</p><p>Please look at the days.</p><table><tbody><tr><th>Request</th><td>Leave for Ana: 3 days</td></tr></tbody></table><p><a href="mailto:workflow+k7f3q2m9x4c8v1b6n5z0a2s4d6@contoso.test?subject=Re%3A%20Approve%20leave&amp;body=Approve%0A%0A">Approve</a> <a href="mailto:x">Reject</a></p></td></tr></tbody></table>`
)

// draft is what somebody types.
type draft struct {
	word, comment, greeting string // greeting: a signature typed or kept by the program
}

// client writes a reply as one mail program does: its header fields, the body's
// shape, and what of the greeting a reader cannot tell from a comment.
type client struct {
	name  string
	kept  bool // the greeting stands in the text without a mark
	write func(d draft, t tongue) (headers []string, body part)
}

// part is a MIME entity.
type part struct {
	kind, charset, encoding, params, text string
	parts                                 []part
}

func plain(charset, encoding, text string) part {
	return part{kind: "text/plain", charset: charset, encoding: encoding, text: text}
}

func formatted(charset, encoding, text string) part {
	return part{kind: "text/html", charset: charset, encoding: encoding, text: text}
}

func alternative(parts ...part) part { return part{kind: "multipart/alternative", parts: parts} }

func (p part) write(depth int) string {
	if p.parts != nil {
		boundary := fmt.Sprintf("----=_Part_%d_7142", depth)
		var b strings.Builder
		fmt.Fprintf(&b, "Content-Type: %s; %sboundary=\"%s\"\n\n", p.kind, p.params, boundary)
		for _, child := range p.parts {
			fmt.Fprintf(&b, "--%s\n%s\n", boundary, child.write(depth+1))
		}
		fmt.Fprintf(&b, "--%s--\n", boundary)
		return b.String()
	}
	params := p.params
	if p.charset != "" {
		params = "; charset=\"" + p.charset + "\"" + params
	}
	return fmt.Sprintf("Content-Type: %s%s\nContent-Transfer-Encoding: %s\n\n%s", p.kind, params, p.encoding, encode(p.encoding, inCharset(p.charset, p.text)))
}

func inCharset(charset, text string) string {
	if charset == "" || charset == "utf-8" || charset == "us-ascii" {
		return text
	}
	enc, err := htmlindex.Get(charset)
	if err != nil {
		panic(err)
	}
	out, err := enc.NewEncoder().String(strings.NewReplacer("“", "\"", "”", "\"", "’", "'").Replace(text))
	if err != nil {
		panic(fmt.Sprintf("%s: %v in %q", charset, err, text))
	}
	return out
}

func encode(encoding, text string) string {
	var b strings.Builder
	switch encoding {
	case "base64":
		all := base64.StdEncoding.EncodeToString([]byte(strings.ReplaceAll(text, "\n", "\r\n")))
		for len(all) > 76 {
			b.WriteString(all[:76] + "\n")
			all = all[76:]
		}
		return b.String() + all + "\n"
	case "quoted-printable":
		w := quotedprintable.NewWriter(&b)
		w.Write([]byte(text))
		w.Close()
		return strings.ReplaceAll(b.String(), "\r\n", "\n") + "\n"
	}
	return text + "\n"
}

// lines joins what is not empty by a blank line.
func lines(parts ...string) string {
	var kept []string
	for _, p := range parts {
		if p != "" {
			kept = append(kept, p)
		}
	}
	return strings.Join(kept, "\n\n")
}

func quote(text string) string { return "> " + strings.ReplaceAll(text, "\n", "\n> ") }

// divs puts each line into an element of its own; blank ones hold a break.
func divs(open, text string) string {
	var b strings.Builder
	for l := range strings.SplitSeq(text, "\n") {
		if l == "" {
			l = "<br>"
		} else {
			l = html.EscapeString(l)
		}
		b.WriteString(open + l + "</div>\n")
	}
	return b.String()
}

func paragraphsOf(text string) string {
	var b strings.Builder
	for l := range strings.SplitSeq(text, "\n") {
		if l == "" {
			l = "<o:p>&nbsp;</o:p>"
		} else {
			l = html.EscapeString(l) + "<o:p></o:p>"
		}
		b.WriteString("<p class=MsoNormal>" + l + "</p>\n")
	}
	return b.String()
}

// block is the header Outlook puts above the mail below.
func (t tongue) block() string {
	colon := ": "
	if t.code == "fr" {
		colon = " : "
	}
	return t.from + colon + us + "\n" + t.sent + colon + t.day + "\n" + t.to + colon + "Jane Doe <jane@contoso.test>\n" + t.subject + colon + "Approve leave"
}

func (t tongue) blockHTML() string {
	var b strings.Builder
	for l := range strings.SplitSeq(t.block(), "\n") {
		name, value, _ := strings.Cut(l, ":")
		b.WriteString("<b>" + name + ":</b>" + html.EscapeString(value) + "<br>")
	}
	return b.String()
}

const head = `<html><head><meta http-equiv="Content-Type" content="text/html; charset=utf-8"><style>p {margin:0}</style></head><body dir="ltr">`

var clients = []client{
	{"outlook-desktop", true, func(d draft, t tongue) ([]string, part) {
		text := lines(d.word, d.comment, d.greeting+"\nJane Doe")
		return []string{"Thread-Topic: Approve leave", "Thread-Index: AQHb", "X-Mailer: Microsoft Outlook 16.0", "X-MS-Has-Attach: ", "X-MS-TNEF-Correlator: "},
			alternative(plain("utf-8", "base64", text+"\n\n"+t.block()+"\n\n"+ourFlat+"\n"),
				formatted("utf-8", "quoted-printable", `<html xmlns:o="urn:schemas-microsoft-com:office:office"><head><style><!-- p.MsoNormal {margin:0cm} --></style></head><body lang=EN-GB><div class=WordSection1>`+paragraphsOf(text)+
					`<div><div style='border:none;border-top:solid #E1E1E1 1.0pt;padding:3.0pt 0cm 0cm 0cm'><p class=MsoNormal>`+t.blockHTML()+`</p></div></div>`+ourHTML+`</div></body></html>`))
	}},
	{"outlook-2010", true, func(d draft, t tongue) ([]string, part) {
		return []string{"X-Mailer: Microsoft Office Outlook, Build 14.0.7268", "X-MimeOLE: Produced By Microsoft MimeOLE V6.1"},
			plain(t.legacy, "quoted-printable", lines(d.word, d.comment, d.greeting+"\nJane")+"\n\n-----"+strings.Trim(t.original, "- ")+"-----\n"+t.block()+"\n\n"+ourText)
	}},
	{"outlook-new", true, func(d draft, t tongue) ([]string, part) {
		text := lines(d.word, d.comment, d.greeting)
		return []string{"Thread-Topic: Approve leave", "msip_labels: ", "X-MS-Exchange-CrossTenant-AuthAs: Internal"},
			alternative(plain("utf-8", "quoted-printable", text+"\n\n________________________________\n"+t.block()+"\n\n"+ourFlat),
				formatted("utf-8", "quoted-printable", head+divs(`<div class="elementToProof" style="font-family: Aptos; font-size: 12pt;">`, text)+
					`<div id="appendonsend"></div><hr style="display:inline-block;width:98%" tabindex="-1"><div id="divRplyFwdMsg" dir="ltr"><font face="Calibri">`+t.blockHTML()+`</font></div>`+ourHTML+`</body></html>`))
	}},
	{"outlook-ios", false, func(d draft, t tongue) ([]string, part) {
		text := lines(d.word, d.comment)
		return []string{"Thread-Topic: Approve leave"},
			alternative(plain("utf-8", "base64", text+"\n\n"+t.outlookApp+"\n________________________________\n"+t.block()+"\n\n"+ourFlat),
				formatted("utf-8", "base64", head+divs(`<div dir="auto" style="font-size: 12pt">`, text)+`<div id="ms-outlook-mobile-signature" dir="ltr"><div><a href="https://aka.ms/o0ukef">`+
					html.EscapeString(strings.ReplaceAll(t.outlookApp, "<https://aka.ms/o0ukef>", ""))+`</a></div></div><div id="mail-editor-reference-message-container" class="ms-outlook-mobile-reference-message"><hr><div id="divRplyFwdMsg">`+t.blockHTML()+`</div>`+ourHTML+`</div></body></html>`))
	}},
	{"gmail-web", false, func(d draft, t tongue) ([]string, part) {
		text := lines(d.word, d.comment)
		return []string{"X-Google-DKIM-Signature: v=1; a=rsa-sha256; d=1e100.net; s=20230601; b=", "X-Gm-Message-State: AOJu0Y"},
			alternative(plain("UTF-8", "base64", text+"\n\n"+t.gmail+"\n\n"+quote(ourText)),
				formatted("UTF-8", "quoted-printable", `<div dir="ltr">`+strings.ReplaceAll(html.EscapeString(text), "\n", "<br>\n")+`</div><br><div class="gmail_quote gmail_quote_container"><div dir="ltr" class="gmail_attr">`+
					html.EscapeString(t.gmail)+`<br></div><blockquote class="gmail_quote" style="margin:0px 0px 0px 0.8ex;border-left:1px solid rgb(204,204,204);padding-left:1ex">`+ourHTML+`</blockquote></div>`))
	}},
	{"gmail-android", false, func(d draft, t tongue) ([]string, part) {
		text := lines(d.word, d.comment)
		first, rest := wrapped(t.gmail)
		return []string{"X-Gm-Message-State: AOJu0Z"},
			alternative(plain("UTF-8", "base64", text+"\n\n"+first+"\n"+rest+"\n\n"+quote(ourText)),
				formatted("UTF-8", "base64", `<div dir="auto">`+strings.ReplaceAll(html.EscapeString(text), "\n", "</div><div dir=\"auto\">")+`</div><br><div class="gmail_quote"><div dir="ltr" class="gmail_attr">`+
					html.EscapeString(t.gmail)+`<br></div><blockquote class="gmail_quote">`+ourHTML+`</blockquote></div>`))
	}},
	{"apple-mail", false, func(d draft, t tongue) ([]string, part) {
		text := lines(d.word, d.comment)
		return []string{"Mime-Version: 1.0 (Mac OS X Mail 16.0 \\(3776.700.51\\))", "X-Mailer: Apple Mail (2.3776.700.51)"},
			alternative(plain("utf-8", "quoted-printable", text+"\n\n"+quote(t.apple+"\n\n"+ourText)),
				formatted("utf-8", "quoted-printable", `<html><head><meta http-equiv="content-type" content="text/html; charset=utf-8"></head><body style="overflow-wrap: break-word;">`+strings.ReplaceAll(html.EscapeString(text), "\n", "<br>")+
					`<br id="lineBreakAtBeginningOfMessage"><div><br><blockquote type="cite"><div>`+html.EscapeString(t.apple)+`</div><br class="Apple-interchange-newline"><div>`+ourHTML+`</div></blockquote></div></body></html>`))
	}},
	{"ios-mail", false, func(d draft, t tongue) ([]string, part) {
		text := lines(d.word, d.comment)
		return []string{"Mime-Version: 1.0 (1.0)", "X-Mailer: iPhone Mail (23B85)"},
			alternative(plain("utf-8", "quoted-printable", text+"\n\n"+t.iphone+"\n\n"+quote(t.apple+"\n\n\ufeff\n"+ourText)),
				formatted("utf-8", "7bit", encodeEntities(`<html><head></head><body dir="auto">`+strings.ReplaceAll(html.EscapeString(text), "\n", "<div><br></div>")+`<div><br id="lineBreakAtBeginningOfSignature"><div dir="ltr">`+html.EscapeString(t.iphone)+
					`</div><div dir="ltr"><br><blockquote type="cite">`+html.EscapeString(t.apple)+`<br><br></blockquote></div><blockquote type="cite"><div dir="ltr">`+ourHTML+`</div></blockquote></div></body></html>`)))
	}},
	{"thunderbird", false, func(d draft, t tongue) ([]string, part) {
		p := plain("UTF-8", "8bit", t.bird+"\n"+quote(ourText)+"\n\n"+lines(d.word, d.comment)+"\n\n-- \n"+d.greeting+"\nJane Doe")
		p.params = "; format=flowed"
		return []string{"User-Agent: Mozilla Thunderbird", "Content-Language: " + t.code}, p
	}},
	{"thunderbird-html", false, func(d draft, t tongue) ([]string, part) {
		return []string{"User-Agent: Mozilla Thunderbird"},
			formatted("UTF-8", "8bit", `<!DOCTYPE html><html><head></head><body><p>`+html.EscapeString(d.word)+`</p><p>`+html.EscapeString(d.comment)+`</p><div class="moz-signature">-- <br>`+html.EscapeString(d.greeting)+
				`</div><div class="moz-cite-prefix">`+html.EscapeString(t.bird)+`<br></div><blockquote type="cite" cite="mid:so.3f9a77@contoso.test">`+ourHTML+`</blockquote></body></html>`)
	}},
	{"samsung", false, func(d draft, t tongue) ([]string, part) {
		text := lines(d.word, d.comment)
		return []string{"Importance: normal"},
			alternative(plain("utf-8", "base64", text+"\n\n\n"+t.galaxy+"\n\n"+t.original+"\n"+t.from+": "+us+"\n"+ourText),
				formatted("utf-8", "base64", `<html><body>`+divs(`<div dir="auto">`, text)+`<div id="composer_signature"><div style="font-size:75%;color:#575757" dir="auto">`+html.EscapeString(t.galaxy)+`</div></div><div dir="auto"><br></div><div style="font-size:100%;color:#000000" align="left"><div>`+
					t.original+`</div><div>`+t.from+`: `+html.EscapeString(us)+`</div></div>`+ourHTML+`</body></html>`))
	}},
	{"k9", false, func(d draft, t tongue) ([]string, part) {
		return []string{"User-Agent: K-9 Mail for Android"},
			plain("utf-8", "quoted-printable", lines(d.word, d.comment)+"\n\n\n"+t.gmail+"\n"+quote(ourText)+"\n\n-- \n"+d.greeting)
	}},
	{"notes", true, func(d draft, t tongue) ([]string, part) {
		return []string{"X-Mailer: HCL Notes Release 12.0.2", "X-KeepSent: 8E1A7B42:3F1C2D5A-C1258A2B:00378A11; type=4", "X-Disclaimed: 5511"},
			plain("utf-8", "base64", lines(d.word, d.comment, d.greeting)+"\n\nContoso Workflow ---23.11.2026 10:02:11---Approve leave\n\n"+strings.ReplaceAll(t.block(), ": ", ":\t")+"\n\n"+ourText)
	}},
	{"yahoo", false, func(d draft, t tongue) ([]string, part) {
		text := lines(d.word, d.comment)
		return []string{"X-Mailer: WebService/1.1.24866 YMailNorrin"},
			alternative(plain("UTF-8", "quoted-printable", " "+text+"\n\n    "+t.gmail+"\n \n "+ourText),
				formatted("UTF-8", "quoted-printable", `<html><body><div class="ydp1"><div dir="ltr" data-setdir="false">`+strings.ReplaceAll(html.EscapeString(text), "\n", "<br>")+`</div></div><div id="ydp2yahoo_quoted" class="yahoo_quoted"><div>`+html.EscapeString(t.gmail)+`</div>`+ourHTML+`</div></body></html>`))
	}},
	{"protonmail", false, func(d draft, t tongue) ([]string, part) {
		text := lines(d.word, d.comment)
		return []string{"X-Pm-Message-ID: 5d1c"},
			alternative(plain("utf-8", "quoted-printable", text+"\n\nSent with Proton Mail secure email.\n\n"+t.bird+"\n\n"+quote(ourText)),
				formatted("utf-8", "quoted-printable", divs(`<div style="font-family: Arial; font-size: 14px;">`, text)+`<div class="protonmail_signature_block"><div class="protonmail_signature_block-proton">Sent with Proton Mail.</div></div><div class="protonmail_quote">`+html.EscapeString(t.bird)+`<blockquote class="protonmail_quote" type="cite">`+ourHTML+`</blockquote></div>`))
	}},
	{"roundcube", false, func(d draft, t tongue) ([]string, part) {
		p := plain("UTF-8", "8bit", lines(d.word, d.comment)+"\n\n-- \n"+d.greeting+"\n\n"+t.bird+"\n"+quote(ourText))
		p.params = "; format=flowed"
		return []string{"User-Agent: Roundcube Webmail/1.6.9"}, p
	}},
	{"mutt", false, func(d draft, t tongue) ([]string, part) {
		return []string{"User-Agent: Mutt/2.2.12"}, plain("utf-8", "8bit", t.bird+"\n"+quote(ourText)+"\n\n"+lines(d.word, d.comment)+"\n\n-- \n"+d.greeting)
	}},
	{"evolution", false, func(d draft, t tongue) ([]string, part) {
		return []string{"User-Agent: Evolution 3.54.3"}, plain(t.legacy, encodingFor(t.legacy), lines(d.word, d.comment)+"\n\n"+t.bird+"\n"+quote(strings.NewReplacer("“", "\"", "”", "\"").Replace(ourText)))
	}},
}

func encodingFor(charset string) string {
	switch charset {
	case "iso-2022-jp", "us-ascii":
		return "7bit"
	}
	return "quoted-printable"
}

// wrapped breaks a line as mail programs do, before the address.
func wrapped(line string) (first, rest string) {
	if i := strings.Index(line, " <"); i > 0 {
		return line[:i], line[i+1:]
	}
	if i := strings.Index(line, " ("); i > 0 {
		return line[:i], line[i+1:]
	}
	return line, ""
}

func encodeEntities(text string) string {
	var b strings.Builder
	for _, r := range text {
		if r < 0x80 {
			b.WriteRune(r)
		} else {
			fmt.Fprintf(&b, "&#%d;", r)
		}
	}
	return b.String()
}

func encodedSubject(text string) string { return mime.QEncoding.Encode("utf-8", text) }
