package graph

import (
	"net/http"
	"strings"

	"github.com/signoffhq/signoff/sandbox/exchange"
)

func (s *Server) routeSettings() {
	in := "/users/{user}/mailboxSettings"
	s.on("GET "+in, readSettings, getSettings)
	s.on("PATCH "+in, writeSettings, changeSettings)
	s.on("GET "+in+"/{name}", readSettings, getSetting)
}

func settingsObject(s exchange.Settings) map[string]any {
	o := s.OutOfOffice
	return map[string]any{
		"archiveFolder": nil, "timeZone": s.TimeZone, "delegateMeetingMessageDeliveryOptions": "sendToDelegateOnly", "dateFormat": s.DateFormat,
		"timeFormat": s.TimeFormat, "userPurpose": "user",
		"automaticRepliesSetting": map[string]any{"status": o.Status, "externalAudience": o.Audience, "internalReplyMessage": o.Internal,
			"externalReplyMessage": o.External, "scheduledStartDateTime": dateTime(o.Start, "UTC"), "scheduledEndDateTime": dateTime(o.End, "UTC")},
		"language": map[string]any{"locale": s.Language, "displayName": s.Language},
		"workingHours": map[string]any{"daysOfWeek": nonNil(s.WorkingHours.Days), "startTime": s.WorkingHours.Start + ".0000000",
			"endTime": s.WorkingHours.End + ".0000000", "timeZone": map[string]any{"name": s.WorkingHours.TimeZone}},
	}
}

func getSettings(c *call) (answer, error) {
	o := settingsObject(c.mailbox.Settings())
	if archive, err := c.mailbox.Folder(exchange.Archive); err == nil {
		o["archiveFolder"] = archive.ID().REST()
	}
	o["@odata.context"] = c.base() + "/$metadata#users('" + c.id("user") + "')/mailboxSettings"
	return answer{status: http.StatusOK, body: o}, nil
}

func getSetting(c *call) (answer, error) {
	v, ok := settingsObject(c.mailbox.Settings())[c.id("name")]
	if !ok {
		return answer{}, refuse(http.StatusBadRequest, "BadRequest", "Resource not found for the segment '%s'.", c.id("name"))
	}
	o, isObject := v.(map[string]any)
	if !isObject {
		o = map[string]any{"value": v}
	}
	o["@odata.context"] = c.base() + "/$metadata#users('" + c.id("user") + "')/mailboxSettings/" + c.id("name")
	return answer{status: http.StatusOK, body: o}, nil
}

type repliesIn struct {
	Status, ExternalAudience                     *string
	InternalReplyMessage, ExternalReplyMessage   *string
	ScheduledStartDateTime, ScheduledEndDateTime *dateTimeZone
}

func changeSettings(c *call) (answer, error) {
	_, err := c.mailbox.ChangeSettings(func(s *exchange.Settings) error {
		for name, v := range c.body {
			if strings.HasPrefix(name, "@") {
				continue
			}
			if err := changeSetting(s, name, v); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return answer{}, err
	}
	return getSettings(c)
}

func changeSetting(s *exchange.Settings, name string, v any) error {
	switch name {
	case "automaticRepliesSetting":
		in, err := objectOf[repliesIn](v)
		if err != nil {
			return err
		}
		return in.lay(&s.OutOfOffice)
	case "timeZone":
		text, _ := v.(string)
		if _, err := zone(text); err != nil || text == "" {
			return refuse(http.StatusBadRequest, "ErrorInvalidTimeZone", "The time zone '%s' is not known.", text)
		}
		s.TimeZone = text
		return nil
	case "dateFormat", "timeFormat":
		text, _ := v.(string)
		if text == "" || len(text) > 40 {
			return badRequest("The %s is not valid.", name)
		}
		if name == "dateFormat" {
			s.DateFormat = text
		} else {
			s.TimeFormat = text
		}
		return nil
	case "language":
		in, err := objectOf[struct{ Locale string }](v)
		if err != nil || in.Locale == "" || len(in.Locale) > 20 {
			return badRequest("The language is not valid.")
		}
		s.Language = in.Locale
		return nil
	case "workingHours":
		return changeHours(&s.WorkingHours, v)
	}
	return refuse(http.StatusBadRequest, "RequestBodyRead", "The property '%s' does not exist on type 'microsoft.graph.mailboxSettings', or cannot be changed.", name)
}

func changeHours(h *exchange.WorkingHours, v any) error {
	in, err := objectOf[struct {
		DaysOfWeek         []string
		StartTime, EndTime string
		TimeZone           *struct{ Name string }
	}](v)
	if err != nil {
		return err
	}
	if in.DaysOfWeek != nil {
		if len(in.DaysOfWeek) > 7 {
			return badRequest("A week has seven days.")
		}
		h.Days = in.DaysOfWeek
	}
	for _, t := range []struct {
		in string
		to *string
	}{{in.StartTime, &h.Start}, {in.EndTime, &h.End}} {
		if t.in == "" {
			continue
		}
		clock, _, _ := strings.Cut(t.in, ".")
		if len(clock) != len("08:00:00") {
			return badRequest("'%s' is not a time of day.", t.in)
		}
		*t.to = clock
	}
	if in.TimeZone != nil {
		if _, err := zone(in.TimeZone.Name); err != nil {
			return err
		}
		h.TimeZone = in.TimeZone.Name
	}
	return nil
}

func (in repliesIn) lay(o *exchange.OutOfOffice) error {
	for _, t := range []struct{ from, to *string }{{in.Status, &o.Status}, {in.ExternalAudience, &o.Audience}, {in.InternalReplyMessage, &o.Internal}, {in.ExternalReplyMessage, &o.External}} {
		if t.from != nil {
			*t.to = *t.from
		}
	}
	if in.Status != nil {
		o.Status = lowerFirst(o.Status)
	}
	if in.ScheduledStartDateTime != nil {
		t, err := in.ScheduledStartDateTime.time()
		if err != nil {
			return err
		}
		o.Start = t
	}
	if in.ScheduledEndDateTime != nil {
		t, err := in.ScheduledEndDateTime.time()
		if err != nil {
			return err
		}
		o.End = t
	}
	return nil
}

func lowerFirst(text string) string {
	if text == "" {
		return text
	}
	return strings.ToLower(text[:1]) + text[1:]
}
