package ews

import (
	"encoding/base64"
	"encoding/xml"
	"slices"
	"strconv"
	"strings"

	"github.com/signoffhq/signoff/sandbox/exchange"
)

// The only configuration that is kept here is a mailbox's list of categories,
// in its calendar, in the form that Outlook writes (MS-OXOCFG §2.2.5).
const categoryList = "CategoryList"

const (
	maxCategoryBytes = 64 << 10
	maxCategoryName  = 255
	maxColor         = 24
)

type categoriesXML struct {
	XMLName    xml.Name      `xml:"CategoryList.xsd categories"`
	Default    string        `xml:"default,attr"`
	Session    int           `xml:"lastSavedSession,attr"`
	Saved      string        `xml:"lastSavedTime,attr"`
	Categories []categoryXML `xml:"category"`
}

type categoryXML struct {
	Name     string `xml:"name,attr"`
	Color    int    `xml:"color,attr"` // -1 is none
	Shortcut int    `xml:"keyboardShortcut,attr"`
	Used     string `xml:"lastTimeUsed,attr,omitempty"`
	Session  int    `xml:"lastSessionUsed,attr"`
	GUID     string `xml:"guid,attr"`
}

// configured finds the mailbox whose list a UserConfigurationName means.
func (c *call) configured(name *node) (*exchange.Mailbox, exchange.Folder, error) {
	box, folder, err := c.folder(name.first())
	if err == nil && (name.attr("Name") != categoryList || folder.WellKnown != exchange.Calendar) {
		err = refuse("ErrorItemNotFound")
	}
	return box, folder, err
}

func getUserConfiguration(c *call, op *node) (*node, error) {
	return c.each("GetUserConfiguration", []*node{op}, nil, func(*node) ([]*node, error) {
		box, folder, err := c.configured(op.kid("m:UserConfigurationName"))
		if err != nil {
			return nil, err
		}
		want := strings.Fields(op.val("m:UserConfigurationProperties"))
		n := el("m:UserConfiguration", el("t:UserConfigurationName", attr{"Name", categoryList},
			el("t:FolderId", attr{"Id", folder.ID().EWS()}, attr{"ChangeKey", folder.ChangeKey()})))
		if slices.Contains(want, "XmlData") || slices.Contains(want, "All") {
			text, err := writeCategories(box.Settings().Categories)
			if err != nil {
				return nil, err
			}
			n.kids = append(n.kids, el("t:XmlData", base64.StdEncoding.EncodeToString(text)))
		}
		return []*node{n}, nil
	})
}

func updateUserConfiguration(c *call, op *node) (*node, error) {
	return c.each("UpdateUserConfiguration", []*node{op}, nil, func(*node) ([]*node, error) {
		n := op.kid("m:UserConfiguration")
		box, _, err := c.configured(n.kid("t:UserConfigurationName"))
		if err != nil {
			return nil, err
		}
		data := n.kid("t:XmlData")
		if data == nil {
			return nil, nil // what is not given stays
		}
		raw, err := decodeBase64(data.text)
		if err != nil {
			return nil, refuse("ErrorInvalidArgument")
		}
		list, f := readCategories(raw)
		if f != nil {
			return nil, f
		}
		_, err = box.ChangeSettings(func(s *exchange.Settings) error {
			s.Categories = list
			return nil
		})
		return nil, err
	})
}

func writeCategories(list []exchange.Category) ([]byte, error) {
	out := categoriesXML{Default: "Red category", Session: 1, Saved: "2026-01-01T00:00:00.000"}
	for _, k := range list {
		color, err := strconv.Atoi(strings.TrimPrefix(k.Color, "preset"))
		if err != nil {
			color = -1
		}
		out.Categories = append(out.Categories, categoryXML{Name: k.Name, Color: color, GUID: "{" + strings.ToUpper(k.ID) + "}"})
	}
	text, err := xml.Marshal(out)
	return append([]byte(xml.Header), text...), err
}

// readCategories takes what Outlook or a program wrote. A category without an
// id gets one; two of one name are refused.
func readCategories(raw []byte) ([]exchange.Category, *fault) {
	refused := &fault{code: "ErrorInvalidArgument", text: "The category list cannot be read."}
	var in categoriesXML
	if len(raw) > maxCategoryBytes || xml.Unmarshal(raw, &in) != nil {
		return nil, refused
	}
	var list []exchange.Category
	for _, k := range in.Categories {
		same := func(o exchange.Category) bool { return strings.EqualFold(o.Name, k.Name) }
		if name := strings.TrimSpace(k.Name); name == "" || len(name) > maxCategoryName || k.Color < -1 || k.Color > maxColor || slices.ContainsFunc(list, same) {
			return nil, refused
		}
		one := exchange.Category{ID: strings.ToLower(strings.Trim(k.GUID, "{}")), Name: k.Name, Color: "none"}
		if k.Color >= 0 {
			one.Color = "preset" + strconv.Itoa(k.Color)
		}
		if one.ID == "" {
			one.ID = newGUID()
		}
		list = append(list, one)
	}
	return list, nil
}
