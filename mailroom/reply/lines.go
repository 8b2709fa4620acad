package reply

import (
	"regexp"
	"strings"

	"golang.org/x/net/html"
)

// Where the quoted mail begins, in the words of the mail programs people use.
// The decision is the first line and stands above; a form that is missing here
// can spoil a comment, never a decision.
var (
	attribution = regexp.MustCompile(`(?i)^(on .*wrote|am .*schrieb.*|le .*a écrit|el .*escribió|em .*escreveu|il .*ha scritto|op .*schreef.*|den .*skrev.*|w dniu .*(napisał|pisze).*|wiadomość napisana przez .*|op .*geschreven|dne .*napsal.*|.*\d.*(skrev|napisał(\(a\))?|napsal(\(a\))?|kirjoitti|odesílatel.*|a écrit|пише|писала?|написала?)( .*)?|.*(пише|писал|написал)[а-я()]*|.*\d.*(写道|のメール)|.*\d.*<[^<>\s]+@[^<>\s]+>( \S+)?) ?[:：]$`)
	openingOf   = regexp.MustCompile(`(?i)^(on|am|le|el|em|il giorno|op|den|w dniu|dne|\S{2,4}[.,]|\S{1,3} \d{1,2}\.|\d{4}年).*\d`)
	mark        = regexp.MustCompile(`^-{2,} ?\S[^-]*[^- ] ?-{2,}$|---\d{1,4}[./-]\d.*---`) // "-----Original Message-----", "-------- Mensagem original --------"; Notes: "Jane ---23.11.2026 10:02:11---Subject"
	outlookFrom = regexp.MustCompile(`(?i)^\**(from|von|de|da|van|från|fra|od|lähettäjä|от|feladó|差出人|发件人|寄件者) ?[:：]\**\s`)
	outlookSent = regexp.MustCompile(`(?i)^\**(sent|date|gesendet|datum|envoyé|enviado|enviada|fecha|inviato|data|verzonden|skickat|sendt|dato|wysłano|odesláno|lähetetty|päivämäärä|отправлено|дата|elküldve|送信日時|日付|发送时间|日期|to|an|à|para|a|aan|till|til|do|komu|vastaanottaja|кому|宛先|收件人) ?[:：]\**\s`)
	ruler       = regexp.MustCompile(`^[_=]{10,}$`)
	phone       = regexp.MustCompile(`(?i)^(sent from (my |outlook|yahoo|mail|proton|samsung)|sent (via|with) |get outlook for |von mein\S* .* gesendet|gesendet (von|mit) |envoyé (de |depuis )|télécharger outlook|obtenez outlook|enviado (desde|de|do) |obtener outlook|obter o outlook|inviato da|scarica outlook|ottieni outlook|verstuurd vanaf|verzonden vanaf|outlook voor |outlook für |holen sie sich outlook|wysłane z |wysłano z |pobierz |skickat från |skaff\S* (deg )?outlook|hämta outlook|sendt fra |hent outlook|odesláno z |získat outlook|stáhnout outlook|lähetetty \S+|(ios|android) 版 ?outlook|\S+から送信|发自我的|获取 ?outlook|从我的.*发送)`)
)

// plainLines returns what the writer typed in a plain text: no quoted mail, no
// signature, no blank lines at either end.
func plainLines(text string) []string {
	all := strings.Split(strings.ReplaceAll(strings.ReplaceAll(text, "\r\n", "\n"), "\r", "\n"), "\n")
	var kept []string
	for i := 0; i < len(all); i++ {
		line := strings.TrimRight(all[i], " \t\u00a0")
		trimmed := strings.TrimSpace(line)
		switch {
		case strings.HasPrefix(trimmed, ">"):
			continue
		case line == "--", all[i] == "-- ", phone.MatchString(trimmed), mark.MatchString(trimmed), ruler.MatchString(trimmed), outlookBlock(all, i):
			return trimBlank(kept)
		}
		if n := attributionAt(all, i); n > 0 {
			if i += n - 1; !quotedNext(all[i+1:]) {
				return trimBlank(kept)
			}
			continue
		}
		kept = append(kept, trimmed)
	}
	return trimBlank(kept)
}

// quotedNext tells whether the next line with text on it is quoted with ">". If
// not, the mail program quotes without marks and everything below is the old mail.
func quotedNext(lines []string) bool {
	for _, l := range lines {
		if l = strings.TrimSpace(l); l != "" {
			return strings.HasPrefix(l, ">")
		}
	}
	return false
}

// outlookBlock tells whether the header block of a quoted mail begins at i:
// a From line with a Sent or To line close behind.
func outlookBlock(all []string, i int) bool {
	if !outlookFrom.MatchString(strings.TrimSpace(all[i]) + " ") {
		return false
	}
	for _, next := range all[i+1 : min(i+4, len(all))] {
		if outlookSent.MatchString(strings.TrimSpace(next) + " ") {
			return true
		}
	}
	return false
}

// attributionAt returns over how many lines an attribution ("On … wrote:")
// runs that begins at i, 0 for none. Mail programs wrap it.
func attributionAt(all []string, i int) int {
	joined := strings.TrimSpace(all[i])
	if attribution.MatchString(joined) {
		return 1
	}
	addressNext := i+1 < len(all) && strings.HasPrefix(strings.TrimSpace(all[i+1]), "<") && joined != ""
	if !openingOf.MatchString(joined) && !addressNext {
		return 0
	}
	for n := 2; n <= 3 && i+n <= len(all); n++ {
		joined += " " + strings.TrimSpace(all[i+n-1])
		if attribution.MatchString(joined) {
			return n
		}
	}
	return 0
}

func trimBlank(lines []string) []string {
	for len(lines) > 0 && normalise(lines[0]) == "" {
		lines = lines[1:]
	}
	for len(lines) > 0 && normalise(lines[len(lines)-1]) == "" {
		lines = lines[:len(lines)-1]
	}
	return lines
}

// htmlLines does the same for HTML. Elements a reader would not see are
// dropped, and so is everything behind the marks that open a quoted mail.
func htmlLines(text string) []string {
	root, err := html.Parse(strings.NewReader(text))
	if err != nil {
		return nil
	}
	var b strings.Builder
	collect(&b, root)
	return plainLines(b.String())
}

// collect writes the visible text below n, a line for each block, and reports
// whether to go on: false once the quoted mail begins.
func collect(b *strings.Builder, n *html.Node) bool {
	switch {
	case n.Type == html.TextNode:
		b.WriteString(oneLine(n.Data))
		return true
	case n.Type == html.ElementNode && opensQuote(n):
		return false
	case n.Type == html.ElementNode && hidden(n):
		return true
	}
	block := n.Type == html.ElementNode && breaksLine[n.Data]
	if block {
		b.WriteByte('\n')
	}
	for c := n.FirstChild; c != nil; c = c.NextSibling {
		if !collect(b, c) {
			return false
		}
	}
	if block && n.FirstChild != nil {
		b.WriteByte('\n')
	}
	return true
}

var breaksLine = set("br p div tr li ul ol table h1 h2 h3 h4 h5 h6 hr pre section article header footer")

func set(names string) map[string]bool {
	m := map[string]bool{}
	for _, n := range strings.Fields(names) {
		m[n] = true
	}
	return m
}

// oneLine turns the line breaks of HTML source into spaces, as a browser does.
func oneLine(s string) string {
	if strings.TrimSpace(s) == "" {
		return " "
	}
	return strings.NewReplacer("\r", " ", "\n", " ").Replace(s)
}

// quoteIDs are those of Outlook: the mail below, and the signature above it.
// Read again in a longer thread they have an x_ before them.
var quoteIDs = []string{"divRplyFwdMsg", "appendonsend", "stopSpelling", "mail-editor-reference-message-container", "Signature", "ms-outlook-mobile-signature"}

// opensQuote knows the marks mail programs put before the mail they quote.
func opensQuote(n *html.Node) bool {
	class, id, kind := attr(n, "class"), attr(n, "id"), attr(n, "type")
	switch {
	case n.Data == "blockquote" && strings.EqualFold(kind, "cite"):
		return true
	case contains(quoteIDs, strings.TrimPrefix(id, "x_")):
		return true
	}
	for _, c := range strings.Fields(class) {
		switch c {
		case "gmail_quote", "gmail_quote_container", "gmail_attr", "yahoo_quoted", "moz-cite-prefix", "gmail_signature", "moz-signature", "gmail_signature_prefix", "protonmail_quote", "protonmail_signature_block", "k9mail-signature", "tutanota_quote":
			return true
		}
	}
	return false
}

// invisible matches styles, without spaces and in lower case, that keep text
// from being seen.
var invisible = regexp.MustCompile(`(^|;)(display:none|visibility:(hidden|collapse)|mso-hide:all|(font-size|opacity|max-height|max-width):0(\.0*)?(px|pt|em|rem|%)?(;|!|$))`)

// hidden tells whether a browser would not show the element.
func hidden(n *html.Node) bool {
	switch n.Data {
	case "head", "style", "script", "title", "noscript", "template", "object", "svg", "blockquote":
		return true
	}
	for _, a := range n.Attr {
		if a.Key == "hidden" || a.Key == "aria-hidden" && a.Val == "true" {
			return true
		}
	}
	style := strings.ToLower(strings.Join(strings.Fields(attr(n, "style")), ""))
	return invisible.MatchString(style)
}

func attr(n *html.Node, name string) string {
	for _, a := range n.Attr {
		if a.Key == name {
			return a.Val
		}
	}
	return ""
}
