package graph

import (
	"maps"
	"net/http"
	"slices"
	"strings"

	"github.com/signoffhq/signoff/sandbox/exchange"
)

func (s *Server) routeOutlook() {
	in := "/users/{user}/outlook/masterCategories"
	s.list(in, readSettings, listCategories)
	s.on("POST "+in, writeSettings, addCategory)
	s.on("GET "+in+"/{id}", readSettings, getCategory)
	s.on("PATCH "+in+"/{id}", writeSettings, changeCategory)
	s.on("DELETE "+in+"/{id}", writeSettings, deleteCategory)
	s.on("GET /users/{user}/outlook/supportedTimeZones", readSettings, timeZones)
	s.on("GET /users/{user}/outlook/supportedLanguages", readSettings, languages)
}

var categoryProperties = known{"id", "displayName", "color"}

func categoryObject(k exchange.Category) jsonObject {
	return jsonObject{"id": k.ID, "displayName": k.Name, "color": k.Color}
}

func listCategories(c *call) (answer, error) {
	q, err := c.readQuery("outlookCategory", categoryProperties)
	if err != nil {
		return answer{}, err
	}
	var list []jsonObject
	for _, k := range c.mailbox.Settings().Categories {
		list = append(list, categoryObject(k))
	}
	if !c.r.URL.Query().Has("$top") {
		q.top = maxPage
	}
	return c.page(q, "users('"+c.id("user")+"')/outlook/masterCategories", list, func(o jsonObject) (map[string]any, error) { return q.pick(o), nil })
}

// color reads one of Outlook's 25 colours, or none.
func (c *call) color() (string, error) {
	color, _ := c.body["color"].(string)
	if color == "" || strings.EqualFold(color, "none") {
		return "none", nil
	}
	n, ok := strings.CutPrefix(strings.ToLower(color), "preset")
	if !ok || len(n) == 0 || len(n) > 2 || n > "24" && len(n) == 2 || strings.Trim(n, "0123456789") != "" {
		return "", badRequest("The value '%s' of color is not valid.", color)
	}
	return "preset" + n, nil
}

func addCategory(c *call) (answer, error) {
	name, err := c.displayName()
	if err != nil {
		return answer{}, err
	}
	color, err := c.color()
	if err != nil {
		return answer{}, err
	}
	made := exchange.Category{ID: newGUID(), Name: name, Color: color}
	_, err = c.mailbox.ChangeSettings(func(s *exchange.Settings) error {
		if slices.ContainsFunc(s.Categories, func(k exchange.Category) bool { return strings.EqualFold(k.Name, name) }) {
			return refuse(http.StatusConflict, "CategoryNameDuplicate", "A category of this name exists already.")
		}
		s.Categories = append(s.Categories, made)
		return nil
	})
	return answer{status: http.StatusCreated, body: map[string]any(categoryObject(made))}, err
}

// category does something with the one that the path names.
func (c *call) category(do func(list []exchange.Category, i int) []exchange.Category) error {
	_, err := c.mailbox.ChangeSettings(func(s *exchange.Settings) error {
		i := slices.IndexFunc(s.Categories, func(k exchange.Category) bool { return strings.EqualFold(k.ID, c.id("id")) })
		if i < 0 {
			return exchange.ErrItemNotFound
		}
		s.Categories = do(s.Categories, i)
		return nil
	})
	return err
}

func getCategory(c *call) (answer, error) {
	for _, k := range c.mailbox.Settings().Categories {
		if strings.EqualFold(k.ID, c.id("id")) {
			return answer{status: http.StatusOK, body: map[string]any(categoryObject(k))}, nil
		}
	}
	return answer{}, exchange.ErrItemNotFound
}

func changeCategory(c *call) (answer, error) {
	for name := range c.body {
		if name != "color" && !strings.Contains(name, "@") && name != "id" {
			return answer{}, badRequest("Of a category only the color can be changed.")
		}
	}
	color, err := c.color()
	if err != nil {
		return answer{}, err
	}
	var changed exchange.Category
	err = c.category(func(list []exchange.Category, i int) []exchange.Category {
		list[i].Color = color
		changed = list[i]
		return list
	})
	return answer{status: http.StatusOK, body: map[string]any(categoryObject(changed))}, err
}

func deleteCategory(c *call) (answer, error) {
	return answer{status: http.StatusNoContent}, c.category(func(list []exchange.Category, i int) []exchange.Category { return slices.Delete(list, i, i+1) })
}

func timeZones(c *call) (answer, error) {
	value := []map[string]any{}
	for _, name := range slices.Sorted(maps.Keys(windowsZones)) {
		value = append(value, map[string]any{"alias": name, "displayName": name})
	}
	return answer{status: http.StatusOK, body: map[string]any{"@odata.context": c.base() + "/$metadata#Collection(microsoft.graph.timeZoneInformation)", "value": value}}, nil
}

func languages(c *call) (answer, error) {
	value := []map[string]any{}
	for _, l := range [][2]string{{"de-DE", "German (Germany)"}, {"en-GB", "English (United Kingdom)"}, {"en-US", "English (United States)"}, {"es-ES", "Spanish (Spain)"}, {"fr-FR", "French (France)"}, {"pt-PT", "Portuguese (Portugal)"}} {
		value = append(value, map[string]any{"locale": l[0], "displayName": l[1]})
	}
	return answer{status: http.StatusOK, body: map[string]any{"@odata.context": c.base() + "/$metadata#Collection(microsoft.graph.localeInfo)", "value": value}}, nil
}
