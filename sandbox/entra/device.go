package entra

import (
	"crypto/rand"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/signoffhq/signoff/sandbox"
)

// deviceCode is a sign-in that one machine asks for and a person finishes on
// another (RFC 8628).
type deviceCode struct {
	userCode string
	client   string
	shared   string
	asked    scopeRequest
	claims   claimsRequest
	at       time.Time
	user     string // set when the person has finished
	signIn   signIn
	declined bool
	redeemed bool
}

func (s *Server) deviceCode(version int) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		values, e := form(w, r)
		if r.Method == http.MethodGet && version == 1 { // v1.0 takes both
			values, e = once(r.URL.Query())
		} else if r.Method != http.MethodPost {
			e = aad(900561, r.Method)
		}
		q := &tokenRequest{version: version, form: values, correlation: correlation(w, r, values)}
		if e == nil {
			q.shared, e = tenant(r.PathValue("tenant"))
		}
		if e == nil && version == 2 && values.Has("resource") {
			e = aad(901002)
		}
		if e == nil {
			e = s.knownClient(q, grantDevice)
		}
		var d *deviceCode
		if e == nil {
			d, e = s.newDevice(q)
		}
		s.note(SignIn{CorrelationID: q.correlation, Endpoint: "devicecode", App: values.Get("client_id")}, e)
		if e != nil {
			s.writeError(w, e, q.correlation)
			return
		}
		s.writeDevice(w, version, d)
	}
}

func (s *Server) newDevice(q *tokenRequest) (*deviceCode, *oauthError) {
	if e := s.faults.strike(atDevice, q.client.AppID, nil, nil); e != nil {
		return nil, e
	}
	if q.version == 2 && q.form.Get("scope") == "" {
		return nil, aad(900144, "scope")
	}
	req, e := q.wanted(scopeRequest{})
	if e != nil {
		return nil, e
	}
	claims, e := parseClaims(q.form.Get("claims"))
	if e != nil {
		return nil, e
	}
	if e := look(s.dir, func(t *tables) *oauthError { _, e := t.resolve(q.client, req.list); return e }); e != nil {
		return nil, e
	}
	return &deviceCode{userCode: newUserCode(), client: q.client.AppID, shared: q.shared, asked: req, claims: claims, at: s.now()}, nil
}

// newUserCode is nine letters and digits that nobody confuses.
func newUserCode() string {
	const letters = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789" // 32 of them
	var b [9]byte
	rand.Read(b[:])
	for i := range b {
		b[i] = letters[b[i]%32]
	}
	return string(b[:])
}

func (s *Server) writeDevice(w http.ResponseWriter, version int, d *deviceCode) {
	id := "D" + newToken(48)
	s.mem.devices.put(id, d, s.now())
	uri := s.base + "/devicelogin"
	body := map[string]any{"user_code": d.userCode, "device_code": id, "verification_uri": uri, "expires_in": int(deviceLife / time.Second),
		"interval": int(devicePace / time.Second), "message": fmt.Sprintf("To sign in, open %s in a browser and enter the code %s.", uri, d.userCode)}
	if version == 1 {
		body["verification_url"] = uri
		delete(body, "verification_uri")
		body["expires_in"], body["interval"] = fmt.Sprint(body["expires_in"]), fmt.Sprint(body["interval"])
	}
	writeJSON(w, http.StatusOK, body)
}

func (s *Server) byDevice(r *http.Request, q *tokenRequest) (issued, *oauthError) {
	id := q.form.Get("device_code")
	if id == "" && q.version == 1 {
		id = q.form.Get("code")
	}
	if id == "" {
		return issued{}, aad(900144, "device_code")
	}
	if e := s.faults.strike(atDevice, q.client.AppID, nil, nil); e != nil {
		return issued{}, e
	}
	if e := s.authenticate(q, !q.client.fallbackPublic()); e != nil {
		return issued{}, e
	}
	var d deviceCode
	if !s.mem.devices.with(id, func(kept *deviceCode) {
		d = *kept
		kept.redeemed = kept.redeemed || kept.user != ""
	}) || d.redeemed || d.client != q.client.AppID {
		return issued{}, aad(70018)
	}
	switch {
	case s.now().Sub(d.at) > deviceLife:
		return issued{}, aad(70019)
	case d.declined:
		return issued{}, aad(65004).as("authorization_declined")
	case d.user == "":
		return issued{}, aad(70016)
	}
	u := look(s.dir, func(t *tables) *user { return t.person(d.user) })
	if u == nil {
		return issued{}, aad(50034, d.user, sandbox.Domain)
	}
	var refresh *refreshToken
	if d.asked.offline || q.version == 1 {
		refresh = &refreshToken{Client: q.client.AppID, User: u.ID, Issued: s.now(), Public: q.acr == "0", SignIn: d.signIn, Asked: keepAsked(d.asked)}
	}
	return s.hand(q, q.grantee(u, d.signIn, d.claims), d.asked, "", refresh)
}

func (s *Server) devicePage(w http.ResponseWriter, r *http.Request) {
	s.pages.show(w, r, http.StatusOK, "device", view{"Code": r.URL.Query().Get("otc")})
}

// devicePost takes the code that a person types and lets them sign in for it.
func (s *Server) devicePost(w http.ResponseWriter, r *http.Request) {
	values, e := form(w, r)
	if e != nil || !sameOrigin(r) {
		s.pages.show(w, r, http.StatusBadRequest, "device", view{"Problem": "The form could not be read."})
		return
	}
	typed := strings.ToUpper(strings.ReplaceAll(strings.TrimSpace(values.Get("code")), "-", ""))
	var d deviceCode
	found := s.mem.devices.find(func(kept *deviceCode) bool {
		if kept.userCode != typed || kept.user != "" || kept.declined || s.now().Sub(kept.at) > deviceLife {
			return false
		}
		d = *kept
		return true
	})
	if !found {
		s.pages.show(w, r, http.StatusOK, "device", view{"Code": typed, "Problem": "That code did not work. Check it and try again, or ask the device for a new one."})
		return
	}
	f := &flow{kind: forDevice, device: d.userCode, q: authRequest{version: 2, shared: d.shared, clientID: d.client, asked: d.asked, claims: d.claims, prompt: "select_account"}}
	if e := s.flowClient(f); e != nil {
		s.refuse(w, r, f, e)
		return
	}
	s.begin(w, r, f)
}

// finishDevice tells the waiting device how it ended.
func (s *Server) finishDevice(w http.ResponseWriter, r *http.Request, f *flow, e *oauthError) {
	s.mem.devices.find(func(kept *deviceCode) bool {
		if kept.userCode != f.device {
			return false
		}
		if e != nil {
			kept.declined = true
			return true
		}
		kept.user, kept.signIn = f.user, f.signIn
		return true
	})
	if e != nil {
		s.pages.show(w, r, http.StatusOK, "done", view{"Title": "Not signed in", "Text": e.text})
		return
	}
	s.pages.show(w, r, http.StatusOK, "done", view{"Title": "You have signed in", "Text": "Go back to " + f.client.DisplayName + " on your device. You can close this page."})
}

func query(pairs ...string) string {
	v := url.Values{}
	for i := 0; i+1 < len(pairs); i += 2 {
		if pairs[i+1] != "" {
			v.Set(pairs[i], pairs[i+1])
		}
	}
	return v.Encode()
}
