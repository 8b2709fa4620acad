package odata

import (
	"cmp"
	"mime"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/signoffhq/signoff"
)

// format is how an answer is to look (JSON Format 4.0, 3).
type format struct {
	level string // of metadata: "none", "minimal" or "full"
	texts bool   // decimals are texts, for clients whose numbers are doubles
	xml   bool   // of $metadata
}

// contentType names the format of an answer in JSON.
func (f format) contentType() string {
	kind := "application/json;odata.metadata=" + f.level
	if f.texts {
		kind += ";IEEE754Compatible=true"
	}
	return kind + ";charset=utf-8"
}

// formatOf finds what the client takes: $format comes before Accept, and what it
// likes best first. A client that takes nothing there is is refused ("not-acceptable").
func formatOf(r *http.Request, asked, name string) (format, error) {
	if asked == "" {
		if asked = strings.Join(r.Header.Values("Accept"), ","); strings.TrimSpace(asked) == "" {
			asked = "*/*"
		}
	} else if kind, ok := shortFormats[asked]; ok {
		asked = kind
	}
	describes := name == "$metadata"
	for _, one := range byLiking(asked) {
		if f, ok := one.format(describes); ok && (f.xml || !describes || newest(r) != "4.0") {
			return f, nil
		}
	}
	hint := "ask for application/json, with odata.metadata=none, minimal or full if you like"
	if describes {
		hint = "ask for application/xml, or for application/json, which is of version 4.01"
	}
	return format{}, &signoff.Error{Kind: signoff.Invalid, Code: "not-acceptable", Detail: "there is no answer as " + short(asked), Hint: hint}
}

var shortFormats = map[string]string{"json": "application/json", "xml": "application/xml"}

// newest is the newest version that the client takes, as it writes it.
func newest(r *http.Request) string { return strings.TrimSpace(r.Header.Get("OData-MaxVersion")) }

// mediaRange is one of the kinds of answers that a client takes.
type mediaRange struct {
	kind   string
	params map[string]string
	liking float64
}

const maxRanges = 50

// byLiking reads a list of kinds, those the client likes best first. What cannot
// be read is left out, and what it wants by no means (q=0).
func byLiking(list string) (out []mediaRange) {
	for _, text := range strings.SplitN(list, ",", maxRanges) {
		kind, params, err := mime.ParseMediaType(text)
		if err != nil {
			continue
		}
		one := mediaRange{kind, params, 1}
		if q, ok := params["q"]; ok {
			if one.liking, err = strconv.ParseFloat(q, 64); err != nil {
				continue
			}
		}
		if one.liking > 0 {
			out = append(out, one)
		}
	}
	slices.SortStableFunc(out, func(a, b mediaRange) int { return cmp.Compare(b.liking, a.liking) })
	return out
}

// format is what answers look like to somebody who takes these; false when there
// are none such.
func (m mediaRange) format(describes bool) (format, bool) {
	f := format{level: "minimal"}
	switch m.kind {
	case "*/*", "application/*":
		f.xml = describes
		return f, true
	case "application/xml":
		f.xml = true
		return f, describes
	case "application/json":
	default:
		return f, false
	}
	for key, value := range m.params {
		value = strings.ToLower(value)
		ok := value == "true" || value == "false"
		switch key {
		case "q":
			ok = true
		case "odata.metadata", "metadata":
			f.level, ok = value, value == "none" || value == "minimal" || value == "full"
		case "ieee754compatible":
			f.texts = value == "true"
		case "odata.streaming", "streaming", "exponentialdecimals":
		case "charset":
			ok = value == "utf-8"
		default:
			ok = false // as 4.0 wants it (Protocol, 8.2.1)
		}
		if !ok {
			return f, false
		}
	}
	return f, true
}
