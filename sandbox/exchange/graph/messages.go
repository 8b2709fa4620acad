package graph

import (
	"encoding/base64"
	"net/http"
	"slices"
	"strings"

	"github.com/signoffhq/signoff/sandbox/exchange"
)

func (s *Server) routeMessages() {
	const user = "/users/{user}"
	for _, in := range []string{user + "/messages", user + "/mailFolders/{folder}/messages"} {
		s.list(in, readMail, listMessages)
		s.on("POST "+in, writeMail, createMessage)
	}
	s.on("GET "+user+"/mailFolders/{folder}/messages/delta", readMail, messageDelta)
	one := user + "/messages/{id}"
	s.on("GET "+one, readMail, getMessage)
	s.on("PATCH "+one, writeMail, changeMessage)
	s.on("DELETE "+one, writeMail, deleteMessage(false))
	s.on("POST "+one+"/permanentDelete", writeMail, deleteMessage(true))
	s.on("GET "+one+"/$value", readMail, getMIME)
	s.on("POST "+one+"/move", writeMail, moveMessage)
	s.on("POST "+one+"/copy", writeMail, copyMessage)
	s.on("POST "+one+"/send", sendMail, sendDraft)
	for name, verb := range map[string]exchange.Verb{"reply": exchange.Reply, "replyAll": exchange.ReplyAll, "forward": exchange.Forward} {
		s.on("POST "+one+"/"+name, sendMail, sendAnswer(verb))
		s.on("POST "+one+"/create"+strings.ToUpper(name[:1])+name[1:], writeMail, createAnswer(verb))
	}
	s.on("POST "+user+"/sendMail", sendMail, sendNew)
	s.on("POST "+user+"/translateExchangeIds", readMail, translate)
}

// messagesOf reads a folder's mails as objects, newest first.
func (c *call) messagesOf(folder string) ([]jsonObject, error) {
	items, err := c.mailbox.Items(folder)
	if err != nil {
		return nil, err
	}
	var list []jsonObject
	for _, it := range items {
		if it.Class != exchange.ClassMail {
			continue
		}
		o, err := c.messageObject(it)
		if exchange.IsGone(err) {
			continue // moved away in the meantime
		}
		if err != nil {
			return nil, err
		}
		list = append(list, o)
	}
	return list, nil
}

func listMessages(c *call) (answer, error) {
	q, err := c.readQuery("message", messageProperties)
	if err != nil {
		return answer{}, err
	}
	list, err := c.messagesOf(c.id("folder"))
	if err != nil {
		return answer{}, err
	}
	if q.search != "" {
		if list, err = searched(list, q.search); err != nil {
			return answer{}, err
		}
	}
	return c.page(q, "users('"+c.id("user")+"')/messages", list, c.show(q))
}

// searched leaves the mails that hold a text: anywhere, or in "property:text".
func searched(list []jsonObject, text string) ([]jsonObject, error) {
	in, what, named := strings.Cut(text, ":")
	if !named {
		in, what = "", text
	}
	places := map[string][]string{"": {"subject", "body/content", "from/emailAddress/address", "from/emailAddress/name"}, "subject": {"subject"},
		"body": {"body/content"}, "from": {"from/emailAddress/address", "from/emailAddress/name"}}[strings.ToLower(strings.TrimSpace(in))]
	if places == nil {
		return nil, badRequest("Syntax error: '%s' cannot be searched here.", in)
	}
	what = strings.ToLower(strings.Trim(strings.TrimSpace(what), `"\`))
	return slices.DeleteFunc(list, func(o jsonObject) bool {
		return !slices.ContainsFunc(places, func(p string) bool {
			v, _ := o.value(p)
			s, _ := v.(string)
			return strings.Contains(strings.ToLower(s), what)
		})
	}), nil
}

func getMessage(c *call) (answer, error) {
	q, err := c.readQuery("message", messageProperties)
	if err != nil {
		return answer{}, err
	}
	it, err := c.message()
	if err != nil {
		return answer{}, err
	}
	return c.oneMessage(http.StatusOK, q, it)
}

// message finds the mail that the path names.
func (c *call) message() (exchange.Item, error) {
	it, err := c.mailbox.Item(c.id("id"))
	if err == nil && it.Class != exchange.ClassMail {
		err = exchange.ErrItemNotFound
	}
	return it, err
}

func (c *call) oneMessage(status int, q query, it exchange.Item) (answer, error) {
	o, err := c.messageObject(it)
	if err != nil {
		return answer{}, err
	}
	out, err := c.show(q)(o)
	if err != nil {
		return answer{}, err
	}
	out["@odata.context"] = c.base() + "/$metadata#users('" + c.id("user") + "')/messages/$entity"
	return answer{status: status, body: out}, nil
}

// getMIME answers with the mail as it was sent over the wire.
func getMIME(c *call) (answer, error) {
	it, err := c.message()
	if err != nil {
		return answer{}, err
	}
	raw, err := it.MIME()
	return answer{status: http.StatusOK, body: raw, kind: "text/plain"}, err
}

// isMIME tells whether the request brings a mail as base64.
func (c *call) isMIME() bool {
	kind, _, _ := strings.Cut(c.r.Header.Get("Content-Type"), ";")
	return strings.EqualFold(strings.TrimSpace(kind), "text/plain")
}

func (c *call) readMIME() ([]byte, error) {
	text, err := c.raw(nil)
	if err != nil {
		return nil, err
	}
	raw, err := base64.StdEncoding.DecodeString(strings.Join(strings.Fields(string(text)), ""))
	if err != nil || len(raw) == 0 {
		return nil, refuse(http.StatusBadRequest, "ErrorMimeContentInvalidBase64String", "Invalid base64 string for MIME content.")
	}
	return raw, nil
}

func createMessage(c *call) (answer, error) {
	folder := c.id("folder")
	if folder == "" {
		folder = exchange.Drafts
	}
	var it exchange.Item
	if c.isMIME() {
		raw, err := c.readMIME()
		if err != nil {
			return answer{}, err
		}
		if it, err = c.mailbox.CreateFromMIME(folder, raw, nil); err != nil {
			return answer{}, err
		}
	} else {
		var err error
		if it, err = c.mailbox.Create(folder, c.fill(c.body, true)); err != nil {
			return answer{}, err
		}
	}
	out, err := c.oneMessage(http.StatusCreated, query{}, it)
	out.location = c.base() + "/users/" + c.id("user") + "/messages/" + it.ID(c.prefer.immutable).REST()
	return out, err
}

func changeMessage(c *call) (answer, error) {
	it, err := c.message()
	if err != nil {
		return answer{}, err
	}
	key, err := c.ifMatch()
	if err != nil {
		return answer{}, err
	}
	it, err = c.mailbox.Update(it.ID(true).REST(), key, c.fill(c.body, false))
	if key != "" && err != nil && asRefusal(err).code == "ErrorIrresolvableConflict" {
		return answer{}, refuse(http.StatusPreconditionFailed, "ErrorIrresolvableConflict", "%s", exchange.ErrStale.Message)
	}
	if err != nil {
		return answer{}, err
	}
	return c.oneMessage(http.StatusOK, query{}, it)
}

// ifMatch reads the change key that a write is meant for, "" when any will do.
func (c *call) ifMatch() (string, error) {
	tag := strings.TrimSpace(c.r.Header.Get("If-Match"))
	if tag == "" || tag == "*" {
		return "", nil
	}
	key, ok := strings.CutPrefix(tag, `W/"`)
	if !ok {
		key, ok = strings.CutPrefix(tag, `"`)
	}
	if !ok || !strings.HasSuffix(key, `"`) {
		return "", badRequest("The If-Match header is not an ETag.")
	}
	return strings.TrimSuffix(key, `"`), nil
}

func deleteMessage(forGood bool) handler {
	return func(c *call) (answer, error) {
		it, err := c.message()
		if err != nil {
			return answer{}, err
		}
		return answer{status: http.StatusNoContent}, c.mailbox.Delete(it.ID(true).REST(), forGood)
	}
}

func (c *call) destination() (string, error) {
	to, _ := c.body["destinationId"].(string)
	if to == "" {
		to, _ = c.body["DestinationId"].(string)
	}
	if to == "" {
		return "", refuse(http.StatusBadRequest, "ErrorInvalidRequest", "The destinationId is missing.")
	}
	return to, nil
}

func moveMessage(c *call) (answer, error) {
	return c.relocate(c.mailbox.Move)
}

func copyMessage(c *call) (answer, error) {
	return c.relocate(c.mailbox.Copy)
}

func (c *call) relocate(how func(id, to string) (exchange.Item, error)) (answer, error) {
	to, err := c.destination()
	if err != nil {
		return answer{}, err
	}
	it, err := c.message()
	if err != nil {
		return answer{}, err
	}
	if it, err = how(it.ID(true).REST(), to); err != nil {
		return answer{}, err
	}
	return c.oneMessage(http.StatusCreated, query{}, it)
}

func sendDraft(c *call) (answer, error) {
	it, err := c.message()
	if err != nil {
		return answer{}, err
	}
	return answer{status: http.StatusAccepted}, c.mailbox.Send(it.ID(true).REST(), exchange.SendOptions{})
}

func sendNew(c *call) (answer, error) {
	accepted := answer{status: http.StatusAccepted}
	if c.isMIME() {
		raw, err := c.readMIME()
		if err != nil {
			return answer{}, err
		}
		return accepted, c.mailbox.SendMIME(raw, nil, exchange.SendOptions{})
	}
	message, opts := map[string]any(nil), exchange.SendOptions{}
	for name, v := range c.body {
		switch strings.ToLower(name) {
		case "message":
			message, _ = v.(map[string]any)
		case "savetosentitems":
			save, ok := v.(bool)
			if s, isText := v.(string); isText { // the documentation's examples have it so
				save, ok = strings.EqualFold(s, "true"), true
			}
			if !ok {
				return answer{}, badRequest("SaveToSentItems must be a boolean.")
			}
			opts.NoCopy = !save
		default:
			return answer{}, badRequest("The parameter '%s' is not a valid parameter for the operation 'sendMail'.", name)
		}
	}
	if message == nil {
		return answer{}, badRequest("The parameter 'Message' is missing.")
	}
	return accepted, c.mailbox.SendNew(c.fill(message, true), opts)
}

// answerBody reads what an answer says: a comment, or a message of its own.
func (c *call) answerBody(verb exchange.Verb) (comment exchange.Body, fill func(*exchange.Edit) error, err error) {
	text, _ := c.body["comment"].(string)
	if t, ok := c.body["Comment"].(string); ok {
		text = t
	}
	message, _ := c.body["message"].(map[string]any)
	if m, ok := c.body["Message"].(map[string]any); ok {
		message = m
	}
	_, ownBody := message["body"]
	if text != "" && ownBody {
		return comment, nil, refuse(http.StatusBadRequest, "ErrorInvalidRequest", "Specify either a comment or the body property of the message parameter, and not both.")
	}
	message2 := map[string]any{}
	for k, v := range message {
		message2[k] = v
	}
	if to, ok := c.body["toRecipients"]; ok && verb == exchange.Forward {
		message2["toRecipients"] = to
	}
	for name := range c.body {
		if !slices.Contains([]string{"comment", "Comment", "message", "Message", "toRecipients"}, name) {
			return comment, nil, badRequest("The parameter '%s' is not known here.", name)
		}
	}
	return exchange.Body{Text: text}, c.fill(message2, true), nil
}

func sendAnswer(verb exchange.Verb) handler {
	return func(c *call) (answer, error) {
		comment, fill, err := c.answerBody(verb)
		if err != nil {
			return answer{}, err
		}
		it, err := c.message()
		if err != nil {
			return answer{}, err
		}
		return answer{status: http.StatusAccepted}, c.mailbox.SendAnswer(it.ID(true).REST(), verb, comment, fill, exchange.SendOptions{})
	}
}

func createAnswer(verb exchange.Verb) handler {
	return func(c *call) (answer, error) {
		comment, fill, err := c.answerBody(verb)
		if err != nil {
			return answer{}, err
		}
		it, err := c.message()
		if err != nil {
			return answer{}, err
		}
		draft, err := c.mailbox.Answer(it.ID(true).REST(), exchange.Drafts, verb, comment, fill)
		if err != nil {
			return answer{}, err
		}
		return c.oneMessage(http.StatusCreated, query{}, draft)
	}
}

// translate turns ids of one form into another.
func translate(c *call) (answer, error) {
	in, err := objectOf[struct {
		InputIDs     []string `json:"inputIds"`
		SourceIDType string   `json:"sourceIdType"`
		TargetIDType string   `json:"targetIdType"`
	}](c.body)
	if err != nil {
		return answer{}, err
	}
	types := []string{"entryid", "ewsid", "immutableentryid", "restid", "restimmutableentryid"}
	if len(in.InputIDs) == 0 || len(in.InputIDs) > maxTranslate || !slices.Contains(types, strings.ToLower(in.SourceIDType)) || !slices.Contains(types, strings.ToLower(in.TargetIDType)) {
		return answer{}, badRequest("translateExchangeIds takes 1 to %d inputIds, a sourceIdType and a targetIdType.", maxTranslate)
	}
	value := []map[string]any{}
	for _, text := range in.InputIDs {
		it, err := c.mailbox.Item(text)
		if err != nil {
			value = append(value, map[string]any{"sourceId": text, "errorDetails": map[string]any{"code": asRefusal(err).code, "message": asRefusal(err).message}})
			continue
		}
		value = append(value, map[string]any{"sourceId": text, "targetId": written(it, strings.ToLower(in.TargetIDType))})
	}
	return answer{status: http.StatusOK, body: map[string]any{"@odata.context": c.base() + "/$metadata#Collection(microsoft.graph.convertIdResult)", "value": value}}, nil
}

func written(it exchange.Item, form string) string {
	switch form {
	case "ewsid":
		return it.ID(false).EWS()
	case "restid":
		return it.ID(false).REST()
	case "entryid":
		return it.ID(false).Entry()
	case "immutableentryid":
		return it.ID(true).Entry()
	}
	return it.ID(true).REST()
}
