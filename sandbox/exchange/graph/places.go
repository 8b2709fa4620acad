package graph

import (
	"net/http"
	"slices"
	"strings"

	"github.com/signoffhq/signoff/sandbox/exchange"
)

func (s *Server) routePlaces() {
	s.on("GET /users/{user}/findRooms", readPlaces, findRooms)
	s.on("GET /users/{user}/findRoomLists", readPlaces, findRoomLists)
	s.on("GET /places/room", readPlaces, listPlaces)
	s.on("GET /places/roomList", readPlaces, listRoomLists)
	s.on("GET /places/{id}/rooms", readPlaces, listPlaces)
	s.on("GET /places/{id}/roomList/rooms", readPlaces, listPlaces)
	s.on("GET /places/{id}", readPlaces, getPlace)
}

func placeObject(r exchange.Room) jsonObject {
	return jsonObject{"@odata.type": "#microsoft.graph.room", "id": r.ID, "displayName": r.Name, "emailAddress": r.Address, "building": r.Building,
		"capacity": r.Capacity, "bookingType": "standard"}
}

func listPlaces(c *call) (answer, error) {
	q, err := c.readQuery("room", known{"id", "displayName", "emailAddress", "building", "capacity", "bookingType"})
	if err != nil {
		return answer{}, err
	}
	in := c.id("id") // a room list's address
	var list []jsonObject
	for _, r := range exchange.Rooms() {
		if in == "" || strings.EqualFold(exchange.RoomList(r.Building).Address, in) {
			list = append(list, placeObject(r))
		}
	}
	if len(list) == 0 {
		return answer{}, exchange.ErrItemNotFound
	}
	return c.page(q, "places/microsoft.graph.room", list, func(o jsonObject) (map[string]any, error) { return q.pick(o), nil })
}

func listRoomLists(c *call) (answer, error) {
	q, err := c.readQuery("roomList", known{"id", "displayName", "emailAddress"})
	if err != nil {
		return answer{}, err
	}
	var list []jsonObject
	for _, l := range roomLists() {
		list = append(list, jsonObject{"@odata.type": "#microsoft.graph.roomList", "id": l.Address, "displayName": l.Name, "emailAddress": l.Address})
	}
	return c.page(q, "places/microsoft.graph.roomList", list, func(o jsonObject) (map[string]any, error) { return q.pick(o), nil })
}

func roomLists() []exchange.Address {
	var list []exchange.Address
	for _, r := range exchange.Rooms() {
		if l := exchange.RoomList(r.Building); !slices.Contains(list, l) {
			list = append(list, l)
		}
	}
	return list
}

func getPlace(c *call) (answer, error) {
	for _, r := range exchange.Rooms() {
		if r.ID == c.id("id") || strings.EqualFold(r.Address, c.id("id")) {
			return answer{status: http.StatusOK, body: map[string]any(placeObject(r))}, nil
		}
	}
	return answer{}, exchange.ErrItemNotFound
}

func findRooms(c *call) (answer, error) {
	value := []map[string]any{}
	for _, r := range exchange.Rooms() {
		value = append(value, map[string]any{"name": r.Name, "address": r.Address})
	}
	return answer{status: http.StatusOK, body: map[string]any{"@odata.context": c.base() + "/$metadata#Collection(microsoft.graph.emailAddress)", "value": value}}, nil
}

func findRoomLists(c *call) (answer, error) {
	value := []map[string]any{}
	for _, l := range roomLists() {
		value = append(value, map[string]any{"name": l.Name, "address": l.Address})
	}
	return answer{status: http.StatusOK, body: map[string]any{"@odata.context": c.base() + "/$metadata#Collection(microsoft.graph.emailAddress)", "value": value}}, nil
}
