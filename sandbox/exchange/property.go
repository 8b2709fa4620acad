package exchange

import (
	"fmt"
	"strconv"
	"strings"
)

// PropID names an extended property: by tag, or by a set and a name or number.
type PropID struct {
	Type string // "String", "Integer", "Boolean", "SystemTime", "Binary", "StringArray", …
	Tag  uint16 // below 0x8000
	Set  string // GUID, lower case
	Name string
	ID   uint32
}

// The property sets that clients name.
const (
	SetInternetHeaders = "00020386-0000-0000-c000-000000000046"
	SetPublicStrings   = "00020329-0000-0000-c000-000000000046"
	SetCommon          = "00062008-0000-0000-c000-000000000046"
	SetAppointment     = "00062002-0000-0000-c000-000000000046"
	SetMeeting         = "6ed8da90-450b-101b-98da-00aa003f1305"
	SetTask            = "00062003-0000-0000-c000-000000000046"
	SetAddress         = "00062004-0000-0000-c000-000000000046"
)

var propTypes = map[string]string{}

func init() {
	for _, t := range []string{"ApplicationTime", "Binary", "Boolean", "CLSID", "Currency", "Double", "Float", "Integer", "Long", "Short",
		"String", "SystemTime"} {
		propTypes[strings.ToLower(t)] = t
		propTypes[strings.ToLower(t)+"array"] = t + "Array"
	}
}

// Check tells whether the id is complete, and puts it into its one writing.
func (p PropID) Check() (PropID, error) {
	kind, known := propTypes[strings.ToLower(p.Type)]
	bad := Refuse("ErrorInvalidExtendedProperty", "Extended property attribute combination is invalid.")
	if !known {
		return p, Refuse("ErrorInvalidExtendedProperty", "The extended property's type %q is not known.", p.Type)
	}
	p.Type, p.Set = kind, strings.ToLower(strings.Trim(p.Set, "{}"))
	switch {
	case p.Set == "":
		if p.Tag == 0 || p.Tag >= 0x8000 || p.Name != "" || p.ID != 0 {
			return p, bad
		}
	case !isGUID(p.Set) || p.Tag != 0 || (p.Name == "") == (p.ID == 0) || len(p.Name) > 255:
		return p, bad
	}
	return p, nil
}

// String is the id as Graph writes it.
func (p PropID) String() string {
	switch {
	case p.Set == "":
		return fmt.Sprintf("%s 0x%x", p.Type, p.Tag)
	case p.Name != "":
		return fmt.Sprintf("%s {%s} Name %s", p.Type, p.Set, p.Name)
	}
	return fmt.Sprintf("%s {%s} Id 0x%x", p.Type, p.Set, p.ID)
}

// ParsePropID reads Graph's writing: "String {guid} Name x", "Integer {guid}
// Id 0x8001", "String 0x1042".
func ParsePropID(text string) (PropID, error) {
	bad := Refuse("ErrorInvalidExtendedProperty", "The extended property id %q is invalid.", text[:min(len(text), 100)])
	kind, rest, ok := strings.Cut(strings.TrimSpace(text), " ")
	if !ok || len(text) > 400 {
		return PropID{}, bad
	}
	p := PropID{Type: kind}
	rest = strings.TrimSpace(rest)
	if !strings.HasPrefix(rest, "{") {
		n, err := strconv.ParseUint(strings.TrimPrefix(strings.ToLower(rest), "0x"), 16, 16)
		if err != nil {
			return PropID{}, bad
		}
		p.Tag = uint16(n)
		return p.Check()
	}
	set, rest, ok := strings.Cut(rest, "} ")
	if !ok {
		return PropID{}, bad
	}
	p.Set = set[1:]
	word, value, _ := strings.Cut(strings.TrimSpace(rest), " ")
	switch strings.ToLower(word) {
	case "name":
		p.Name = strings.TrimSpace(value)
	case "id":
		n, err := strconv.ParseUint(strings.TrimSpace(value), 0, 32)
		if err != nil {
			return PropID{}, bad
		}
		p.ID = uint32(n)
	default:
		return PropID{}, bad
	}
	return p.Check()
}
