package bpmn

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
	"testing"
	"unicode/utf16"

	"github.com/signoffhq/signoff"
)

// wrap puts inner into a definitions element.
func wrap(inner string) string {
	return `<definitions xmlns="` + ModelSpace + `" xmlns:signoff="` + ExtensionSpace + `" targetNamespace="t">` + inner + `</definitions>`
}

func mustParse(t testing.TB, src string) *Document {
	t.Helper()
	d, err := Parse([]byte(src))
	if err != nil {
		t.Fatalf("Parse: %v", err)
	}
	return d
}

func written(t testing.TB, d *Document) string {
	t.Helper()
	var b bytes.Buffer
	if err := d.Write(&b); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// canonical tells everything Parse keeps of a document, lines aside.
func canonical(d *Document) string {
	var b strings.Builder
	fmt.Fprintf(&b, "standalone=%q\n", d.Standalone)
	var node func(n Node, depth int)
	node = func(n Node, depth int) {
		b.WriteString(strings.Repeat(" ", depth))
		switch n := n.(type) {
		case *Element:
			fmt.Fprintf(&b, "<%s {%s}", n.Name(), n.Space)
			for _, a := range n.Attrs {
				fmt.Fprintf(&b, " %s {%s} %q", a.Name(), a.Space, a.Value)
			}
			b.WriteByte('\n')
			for _, c := range n.Children {
				node(c, depth+1)
			}
		case *Text:
			fmt.Fprintf(&b, "text %t %q\n", n.CDATA, n.Data)
		case *Comment:
			fmt.Fprintf(&b, "comment %q\n", n.Data)
		case *Instruction:
			fmt.Fprintf(&b, "instruction %q %q\n", n.Target, n.Data)
		}
	}
	for _, n := range d.Before {
		node(n, 0)
	}
	node(d.Root, 0)
	for _, n := range d.After {
		node(n, 0)
	}
	return b.String()
}

func TestWhatIsReadIsWrittenBackWithNothingLost(t *testing.T) {
	for name, src := range map[string]string{
		"comments and instructions everywhere": "<?xml version='1.0' standalone='no'?><!-- before --><?pi  some data?>" +
			wrap("<!-- in --><?p?><process id='a'/>") + "<!-- after --><?q r?>",
		"cdata beside text":         wrap("<process id='a'>x<![CDATA[<&>]]y]]>z<![CDATA[]]></process>"),
		"references":                wrap("<process id='a' name='&lt;&amp;&quot;&apos;&gt;&#10;&#x9;&#13;&#x1F600;'>&#13;&lt;]]&gt;</process>"),
		"white space in values":     wrap("<process id='a' name='one\ntwo\tthree'/>"),
		"prefixes bound again":      wrap("<x:a xmlns:x='urn:1'><x:b xmlns:x='urn:2' x:c='d'/><x:e/></x:a><y xmlns=''/>"),
		"two prefixes, one meaning": `<b:definitions xmlns:b="` + ModelSpace + `" xmlns:c="` + ModelSpace + `"><c:process b:x="1"/></b:definitions>`,
		"xml:lang and xml:space":    wrap("<process id='a' xml:lang='de' xml:space='preserve'>  </process>"),
		"names beyond ASCII":        wrap("<prozeß größe='ü' xmlns:é='urn:é' é:à='œ'/>"),
		"line ends":                 "<?xml version=\"1.0\"?>\r\n" + wrap("<a>1\r\n2\r3\n</a>"),
	} {
		t.Run(name, func(t *testing.T) {
			d := mustParse(t, src)
			again := mustParse(t, written(t, d))
			if a, b := canonical(d), canonical(again); a != b {
				t.Errorf("read:\n%s\nread again:\n%s", a, b)
			}
		})
	}
}

func TestTextIsReadAsXMLSays(t *testing.T) {
	d := mustParse(t, wrap("<process id='a' name='one\r\ntwo&#10;three'>a\r\nb&#13;&#x41;&amp;<![CDATA[&amp;]]></process>"))
	p := d.Root.first(ModelSpace, "process")
	if got, want := p.Get("name"), "one two\nthree"; got != want {
		t.Errorf("attribute: got %q, want %q", got, want)
	}
	if got, want := p.Content(), "a\nb\rA&&amp;"; got != want {
		t.Errorf("text: got %q, want %q", got, want)
	}
}

func TestLinesAreCountedFromTheTopOfTheFile(t *testing.T) {
	d := mustParse(t, "<?xml version='1.0'?>\n<!--\n\n-->\n"+wrap("\n<process\n id='a'\n name='x'>\n<![CDATA[\n]]>\n<task\r\n/>\n</process>"))
	p := d.Root.first(ModelSpace, "process")
	name, _ := p.Find("", "name")
	task := p.first(ModelSpace, "task")
	if d.Root.Line != 5 || p.Line != 6 || name.Line != 8 || task.Line != 11 {
		t.Errorf("got root %d, process %d, name %d, task %d; want 5, 6, 8, 11", d.Root.Line, p.Line, name.Line, task.Line)
	}
}

func utf16Bytes(s string, order string, bom bool) []byte {
	var out []byte
	units := utf16.Encode([]rune(s))
	if bom {
		units = append([]uint16{0xfeff}, units...)
	}
	for _, u := range units {
		if order == "LE" {
			out = append(out, byte(u), byte(u>>8))
		} else {
			out = append(out, byte(u>>8), byte(u))
		}
	}
	return out
}

func TestDeclaredEncodingsAreRead(t *testing.T) {
	body := wrap("<process id='a' name='Größe €😀'/>")
	latin := wrap("<process id='a' name='Gr\xf6\xdfe \x80'/>")
	for name, c := range map[string]struct {
		data []byte
		want string
	}{
		"nothing declared":        {[]byte(body), "Größe €😀"},
		"UTF-8":                   {[]byte(`<?xml version="1.0" encoding="utf-8"?>` + body), "Größe €😀"},
		"UTF-8 with a mark":       {[]byte("\xef\xbb\xbf" + `<?xml version="1.0" encoding="UTF-8"?>` + body), "Größe €😀"},
		"a mark only":             {[]byte("\xef\xbb\xbf" + body), "Größe €😀"},
		"UTF-16 little endian":    {utf16Bytes(`<?xml version="1.0" encoding="UTF-16"?>`+body, "LE", true), "Größe €😀"},
		"UTF-16 big endian":       {utf16Bytes(`<?xml version="1.0" encoding="UTF-16"?>`+body, "BE", true), "Größe €😀"},
		"UTF-16 without a mark":   {utf16Bytes(`<?xml version="1.0" encoding="UTF-16LE"?>`+body, "LE", false), "Größe €😀"},
		"UTF-16 with a mark only": {utf16Bytes(body, "BE", true), "Größe €😀"},
		"ISO-8859-1":              {[]byte(`<?xml version='1.0' encoding='ISO-8859-1'?>` + latin), "Größe \u0080"},
		"windows-1252":            {[]byte(`<?xml version="1.0" encoding="Windows-1252" ?>` + latin), "Größe €"},
	} {
		t.Run(name, func(t *testing.T) {
			d, err := Parse(c.data)
			if err != nil {
				t.Fatal(err)
			}
			if got := d.processes()[0].Get("name"); got != c.want {
				t.Errorf("got %q, want %q", got, c.want)
			}
			if out := written(t, d); !strings.HasPrefix(out, `<?xml version="1.0" encoding="UTF-8"?>`) {
				t.Errorf("written as %.60q", out)
			}
		})
	}
}

func TestFilesThatCannotBeReadAreRefusedWithLineAndReason(t *testing.T) {
	for name, c := range map[string]struct {
		src  string
		line int
		part string // of the reason
	}{
		"empty":                    {"", 1, "no XML element"},
		"text":                     {"hello", 1, "outside"},
		"cut off":                  {strings.TrimSuffix(wrap("\n<process id='a'>"), "</definitions>"), 2, "ends"},
		"wrong end":                {wrap("\n<process>\n</task>"), 3, "</task> where </process> belongs"},
		"doctype":                  {"<!DOCTYPE x [<!ENTITY a 'b'>]>\n" + wrap(""), 1, "DOCTYPE"},
		"unknown entity":           {wrap("\n<a>\n&nbsp;</a>"), 3, "&nbsp;"},
		"entity without end":       {wrap("<a>a & b</a>"), 1, "reference"},
		"character 0":              {wrap("<a>&#0;</a>"), 1, "reference"},
		"control character":        {wrap("<a>\n\x01</a>"), 2, "U+0001"},
		"not UTF-8":                {wrap("<a>\n\xff</a>"), 2, "not UTF-8"},
		"double attribute":         {wrap("\n<a b='1' b='2'/>"), 2, "twice"},
		"double by namespace":      {wrap("<a xmlns:x='u' xmlns:y='u' x:b='1' y:b='2'/>"), 1, "twice"},
		"prefix not declared":      {wrap("<camunda:a/>"), 1, "not declared"},
		"attribute prefix":         {wrap("<a camunda:b='1'/>"), 1, "not declared"},
		"prefix out of scope":      {wrap("<x:a xmlns:x='u'/><x:a/>"), 1, "not declared"},
		"empty prefix":             {wrap("<a xmlns:x=''/>"), 1, "empty namespace"},
		"xml bound":                {wrap("<a xmlns:xml='u'/>"), 1, "reserved"},
		"xmlns bound":              {wrap("<a xmlns:xmlns='u'/>"), 1, "reserved"},
		"no quotes":                {wrap("<a b=c/>"), 1, "quotes"},
		"no value":                 {wrap("<a b/>"), 1, "no value"},
		"no space":                 {wrap("<a b='1'c='2'/>"), 1, "space"},
		"less than in a value":     {wrap("<a b='<'/>"), 1, "&lt;"},
		"value without end":        {wrap("<a b='"), 1, "does not end"},
		"comment without end":      {wrap("<!-- "), 1, "comment"},
		"dashes in a comment":      {wrap("<!-- a -- b -->"), 1, "--"},
		"cdata without end":        {wrap("<![CDATA[ "), 1, "CDATA"},
		"cdata end in text":        {wrap("<a>]]></a>"), 1, "]]>"},
		"second root":              {wrap("") + "\n" + wrap(""), 2, "second element"},
		"text behind the root":     {wrap("") + "x", 1, "outside"},
		"declaration not first":    {" <?xml version='1.0'?>" + wrap(""), 1, "instruction"},
		"no version":               {"<?xml encoding='UTF-8'?>" + wrap(""), 1, "declaration"},
		"version 1.1":              {"<?xml version='1.1'?>" + wrap(""), 1, "1.1"},
		"standalone":               {"<?xml version='1.0' standalone='maybe'?>" + wrap(""), 1, "standalone"},
		"instruction":              {wrap("<?1?>"), 1, "instruction"},
		"declaration inside":       {wrap("<!ELEMENT a>"), 1, "declaration"},
		"two colons":               {wrap("<a:b:c/>"), 1, "colon"},
		"no name":                  {wrap("< a/>"), 1, "name"},
		"unknown encoding":         {"<?xml version='1.0' encoding='EBCDIC'?>" + wrap(""), 1, "EBCDIC"},
		"contradicting encoding":   {"\xef\xbb\xbf<?xml version='1.0' encoding='ISO-8859-1'?>" + wrap(""), 1, "UTF-8"},
		"says UTF-16, is not":      {"<?xml version='1.0' encoding='UTF-16'?>" + wrap(""), 1, "UTF-16"},
		"half a UTF-16 pair":       {string(append(utf16Bytes("<a>\n", "LE", true), 0x00, 0xd8, 0x41, 0)), 2, "half"},
		"odd UTF-16":               {string(append(utf16Bytes("<a/>", "LE", true), 0)), 1, "odd"},
		"UTF-32":                   {"\xff\xfe\x00\x00<\x00\x00\x00", 1, "UTF-32"},
		"html":                     {"<html><body/></html>", 1, "not a BPMN file"},
		"DMN":                      {"<definitions xmlns='https://www.omg.org/spec/DMN/20191111/MODEL/'/>", 1, "namespace"},
		"BPMN without definitions": {"<process xmlns='" + ModelSpace + "'/>", 1, "root"},
	} {
		t.Run(name, func(t *testing.T) {
			d, err := Parse([]byte(c.src))
			e, ok := errors.AsType[*signoff.Error](err)
			if d != nil || !ok {
				t.Fatalf("got %v, %v", d, err)
			}
			if e.Kind != signoff.Invalid || e.Code != "bpmn-unreadable" || e.Hint == "" {
				t.Errorf("kind %v, code %s, hint %q", e.Kind, e.Code, e.Hint)
			}
			want := fmt.Sprintf("line %d", c.line)
			if len(e.Fields) != 1 || e.Fields[0].Field != want || !strings.Contains(e.Fields[0].Detail, c.part) {
				t.Errorf("got %+v, want %s: …%s…", e.Fields, want, c.part)
			}
		})
	}
}

func TestLimitsHoldAtTheirEdge(t *testing.T) {
	deep := func(n int) string { // n elements below definitions
		return wrap(strings.Repeat("<a>", n) + strings.Repeat("</a>", n))
	}
	attrs := func(n int) string {
		var b strings.Builder
		for i := range n {
			fmt.Fprintf(&b, " a%d='1'", i)
		}
		return wrap("<a" + b.String() + "/>")
	}
	padded := func(n int) string {
		return wrap("<!--" + strings.Repeat("x", n-len(wrap("<!---->"))) + "-->")
	}
	for name, c := range map[string]struct{ fits, over string }{
		"bytes":      {padded(maxBytes), padded(maxBytes + 1)},
		"depth":      {deep(maxDepth - 1), deep(maxDepth)},
		"elements":   {wrap(strings.Repeat("<a/>", maxElements-1)), wrap(strings.Repeat("<a/>", maxElements))},
		"attributes": {attrs(maxAttributes), attrs(maxAttributes + 1)},
	} {
		t.Run(name, func(t *testing.T) {
			if _, err := Parse([]byte(c.fits)); err != nil {
				t.Errorf("at the limit: %v", err)
			}
			_, err := Parse([]byte(c.over))
			if signoff.KindOf(err) != signoff.TooLarge || signoff.CodeOf(err) != "bpmn-too-large" {
				t.Errorf("over the limit: %v", err)
			}
		})
	}
	long := strings.Repeat("n", maxNameBytes)
	if _, err := Parse([]byte(wrap("<" + long + "/>"))); err != nil {
		t.Error(err)
	}
	if _, err := Parse([]byte(wrap("<" + long + "n/>"))); signoff.KindOf(err) != signoff.Invalid {
		t.Errorf("long name: %v", err)
	}
}

type brokenWriter struct{}

func (brokenWriter) Write([]byte) (int, error) { return 0, errors.New("disk full") }

func TestWriteReturnsTheWritersError(t *testing.T) {
	if err := mustParse(t, wrap("")).Write(brokenWriter{}); err == nil || err.Error() != "disk full" {
		t.Errorf("got %v", err)
	}
}
