package graph

import (
	"context"
	"net/url"

	"github.com/signoffhq/signoff"
	"github.com/signoffhq/signoff/connector/exchange"
)

type replies struct {
	Status   string    `json:"status"`
	Audience string    `json:"externalAudience"`
	Internal string    `json:"internalReplyMessage"`
	External string    `json:"externalReplyMessage"`
	Start    *dateTime `json:"scheduledStartDateTime,omitempty"`
	End      *dateTime `json:"scheduledEndDateTime,omitempty"`
}

// AutoReply implements exchange.Settler.
func (b *box) AutoReply(ctx context.Context) (exchange.AutoReply, error) {
	var r replies
	err := b.do(ctx, request{doing: "Reading the automatic reply", method: "GET", path: "/mailboxSettings/automaticRepliesSetting", into: &r, need: settingsRead})
	out := exchange.AutoReply{Status: r.Status, Audience: r.Audience, Internal: r.Internal, External: r.External}
	if r.Status == "scheduled" {
		out.Start, out.End = r.Start.moment(), r.End.moment()
	}
	return out, err
}

// SetAutoReply implements exchange.Settler.
func (b *box) SetAutoReply(ctx context.Context, a exchange.AutoReply) error {
	r := replies{Status: a.Status, Audience: a.Audience, Internal: a.Internal, External: a.External}
	if a.Status == "scheduled" {
		r.Start, r.End = clock(a.Start, "", false), clock(a.End, "", false)
	}
	return b.do(ctx, request{doing: "Setting the automatic reply", method: "PATCH", path: "/mailboxSettings", body: map[string]any{"automaticRepliesSetting": r}, need: settingsWrite})
}

type category struct {
	ID    string `json:"id,omitempty"`
	Name  string `json:"displayName"`
	Color string `json:"color,omitempty"`
}

func (c category) category() exchange.Category { return exchange.Category(c) }

// Categories implements exchange.Settler.
func (b *box) Categories(ctx context.Context) ([]exchange.Category, error) {
	return all(ctx, b, request{doing: "Listing categories", method: "GET", path: "/outlook/masterCategories", need: settingsRead}, nil, category.category)
}

// CreateCategory implements exchange.Settler. One of that name that is there
// already is refused as a conflict.
func (b *box) CreateCategory(ctx context.Context, c exchange.Category) (exchange.Category, error) {
	var out category
	err := b.do(ctx, request{doing: "Making the category", method: "POST", path: "/outlook/masterCategories", body: category{Name: c.Name, Color: c.Color}, into: &out, need: settingsWrite, once: true})
	return out.category(), err
}

type place struct {
	Name     string `json:"displayName"`
	Address  string `json:"emailAddress"`
	Building string `json:"building"`
	Capacity int    `json:"capacity"`
}

// Rooms implements exchange.Settler.
func (b *box) Rooms(ctx context.Context, roomList string) ([]exchange.Room, error) {
	path := "//places/microsoft.graph.room"
	if roomList != "" {
		path = "//places/" + url.PathEscape(roomList) + "/microsoft.graph.roomlist/rooms"
	}
	return all(ctx, b, request{doing: "Listing rooms", method: "GET", path: path, need: placesRead}, nil,
		func(p place) exchange.Room { return exchange.Room(p) })
}

// RoomLists implements exchange.Settler.
func (b *box) RoomLists(ctx context.Context) ([]exchange.RoomList, error) {
	return all(ctx, b, request{doing: "Listing room lists", method: "GET", path: "//places/microsoft.graph.roomlist", need: placesRead}, nil,
		func(p place) exchange.RoomList { return exchange.RoomList{Name: p.Name, Address: p.Address} })
}

// TimeZones implements exchange.Settler. For an application by itself Graph lists
// none.
func (b *box) TimeZones(ctx context.Context) ([]exchange.TimeZone, error) {
	var out listOf[struct {
		Alias string `json:"alias"`
		Title string `json:"displayName"`
	}]
	err := b.do(ctx, request{doing: "Listing time zones", method: "GET", path: "/outlook/supportedTimeZones", into: &out, need: "User.Read"})
	zones := []exchange.TimeZone{}
	for _, z := range out.Value {
		zones = append(zones, exchange.TimeZone{Name: z.Alias, Title: z.Title})
	}
	if err == nil && len(zones) == 0 {
		err = &signoff.Error{Kind: signoff.Unavailable, Code: exchange.CodeNotExchange, Detail: "Listing time zones: the answer has none."}
	}
	return zones, err
}
