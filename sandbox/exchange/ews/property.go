package ews

import (
	"encoding/json"
	"strconv"
	"strings"

	"github.com/signoffhq/signoff/sandbox/exchange"
)

// property is the value of an extended property, or nil.
func (v *itemView) property(id exchange.PropID) any {
	if text, ok := v.Prop(id); ok {
		return typed(id.Type, text)
	}
	if id.Set == "" && id.Tag == 0x0e07 { // PidTagMessageFlags
		return btoi(v.Read()) | btoi(v.Draft())<<3 | btoi(len(v.Files) > 0)<<4 | btoi(v.fromMe())<<5
	}
	return nil
}

// typed reads a property's text as what its type says.
func typed(kind, text string) any {
	switch kind {
	case "Integer", "Short", "Long":
		if n, err := strconv.Atoi(text); err == nil {
			return n
		}
	case "Boolean":
		return text == "true" || text == "1"
	case "SystemTime", "ApplicationTime":
		if t, ok := readTime(text); ok {
			return t
		}
	}
	if strings.HasSuffix(kind, "Array") {
		var list []string
		if json.Unmarshal([]byte(text), &list) == nil {
			return list
		}
	}
	return text
}

// property writes an extended property, or nothing where there is no value.
func property(id exchange.PropID, value any) *node {
	if value == nil {
		return nil
	}
	n := el("t:ExtendedProperty", extended(id))
	if list, ok := value.([]string); ok {
		values := el("t:Values")
		for _, v := range list {
			values.kids = append(values.kids, el("t:Value", v))
		}
		n.kids = append(n.kids, values)
	} else {
		n.kids = append(n.kids, el("t:Value", textOf(value)))
	}
	return n
}

// readProperty reads an ExtendedProperty as it is to be set: its value fits its
// type, a list is JSON.
func readProperty(n *node) (exchange.PropID, string, *fault) {
	p, f := readExtendedOf(n)
	if f != nil {
		return p, "", f
	}
	value, list := n.kid("t:Value"), n.kid("t:Values")
	if strings.HasSuffix(p.Type, "Array") != (list != nil) {
		return p, "", refuse("ErrorInvalidExtendedPropertyValue")
	}
	one := strings.TrimSuffix(p.Type, "Array")
	if list == nil {
		if !fitsType(one, value.text) {
			return p, "", refuse("ErrorInvalidExtendedPropertyValue")
		}
		return p, value.text, nil
	}
	var all []string
	for _, v := range list.kids {
		if !fitsType(one, v.text) {
			return p, "", refuse("ErrorInvalidExtendedPropertyValue")
		}
		all = append(all, v.text)
	}
	text, err := json.Marshal(all)
	if err != nil {
		panic(err) // strings only
	}
	return p, string(text), nil
}

func readExtendedOf(n *node) (exchange.PropID, *fault) {
	p, f := readExtended(n.kids[0])
	return p.ext, f
}

func fitsType(kind, text string) bool {
	switch text = strings.TrimSpace(text); kind {
	case "Integer":
		_, err := strconv.ParseInt(text, 10, 64)
		return err == nil
	case "Long", "Short", "Currency":
		_, err := strconv.ParseInt(text, 10, 64)
		return err == nil
	case "Double", "Float":
		_, err := strconv.ParseFloat(text, 64)
		return err == nil
	case "Boolean":
		return wrongValue(text, "bool") == ""
	case "SystemTime", "ApplicationTime":
		_, ok := readTime(text)
		return ok
	case "Binary":
		_, err := decodeBase64(text)
		return err == nil
	}
	return true
}
