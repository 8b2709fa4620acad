package entra

import (
	"crypto/sha1"
	"crypto/x509"
	"encoding/hex"
	"errors"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/signoffhq/signoff/sandbox"
)

type registrar func(pattern string, permissions []string, h graphHandler)

// graphApplications are the paths of registrations.
func (s *Server) graphApplications(on registrar) {
	on("GET /applications", readApps, listApplications)
	on("POST /applications", writeApps, addApplication)
	on("GET /applications/{id}", readApps, getApplication)
	on("PATCH /applications/{id}", writeApps, changeApplication)
	on("DELETE /applications/{id}", writeApps, dropApplication)
	on("POST /applications/{id}/addPassword", writeApps, addPassword)
	on("POST /applications/{id}/removePassword", writeApps, removePassword)
	on("GET /applications/{id}/federatedIdentityCredentials", readApps, listFederated)
	on("POST /applications/{id}/federatedIdentityCredentials", writeApps, addFederated)
	on("GET /applications/{id}/federatedIdentityCredentials/{credential}", readApps, getFederated)
	on("PATCH /applications/{id}/federatedIdentityCredentials/{credential}", writeApps, changeFederated)
	on("DELETE /applications/{id}/federatedIdentityCredentials/{credential}", writeApps, dropFederated)
}

// show is a registration as Graph tells it: without what would let anybody in.
func (a *application) show() map[string]any {
	v := *a
	v.PasswordCredentials = slices.Clone(a.PasswordCredentials)
	for i := range v.PasswordCredentials {
		v.PasswordCredentials[i].Digest = ""
	}
	v.KeyCredentials = slices.Clone(a.KeyCredentials)
	for i := range v.KeyCredentials {
		v.KeyCredentials[i].Key = nil
	}
	return toMap(&v)
}

func listApplications(c *graphCall) (answer, *graphError) {
	return c.list("applications", look(c.s.dir, func(t *tables) []map[string]any {
		var list []map[string]any
		for _, a := range t.Apps {
			list = append(list, a.show())
		}
		return list
	}))
}

func (c *graphCall) application() (*application, *graphError) {
	if a := look(c.s.dir, func(t *tables) *application { return t.app(c.id("id")) }); a != nil {
		return a, nil
	}
	return nil, missing(c.id("id"))
}

func getApplication(c *graphCall) (answer, *graphError) {
	a, e := c.application()
	if e != nil {
		return answer{}, e
	}
	return c.one(http.StatusOK, "applications", a.show())
}

func addApplication(c *graphCall) (answer, *graphError) {
	a := &application{ID: newGUID(), AppID: newGUID(), CreatedDateTime: c.s.now(), PublisherDomain: sandbox.Domain}
	a.normalise()
	made, e := a.changed(c.body)
	if e != nil {
		return answer{}, e
	}
	if e := c.s.keepApplication(made, true); e != nil {
		return answer{}, e
	}
	return c.one(http.StatusCreated, "applications", made.show())
}

func changeApplication(c *graphCall) (answer, *graphError) {
	a, e := c.application()
	if e != nil {
		return answer{}, e
	}
	made, e := a.changed(c.body)
	if e != nil {
		return answer{}, e
	}
	if e := c.s.keepApplication(made, false); e != nil {
		return answer{}, e
	}
	return answer{status: http.StatusNoContent}, nil
}

// changed returns the registration with a change laid over it.
func (a *application) changed(change map[string]any) (*application, *graphError) {
	m := toMap(a)
	if e := merge(m, change); e != nil {
		return nil, e
	}
	n := &application{}
	if e := decode(m, n); e != nil {
		return nil, e
	}
	n.ID, n.AppID, n.CreatedDateTime, n.PublisherDomain, n.Federated = a.ID, a.AppID, a.CreatedDateTime, a.PublisherDomain, a.Federated
	n.normalise()
	for i := range n.PasswordCredentials {
		p := &n.PasswordCredentials[i]
		j := slices.IndexFunc(a.PasswordCredentials, func(o passwordCredential) bool { return o.KeyID == p.KeyID })
		if j < 0 {
			return nil, badRequest("New password credentials must be generated with addPassword.")
		}
		*p = a.PasswordCredentials[j]
	}
	for i := range n.KeyCredentials {
		if e := n.KeyCredentials[i].complete(a); e != nil {
			return nil, e
		}
	}
	return n, nil
}

// complete reads the certificate of a new credential, or finds that of one that
// was there: Graph shows no keys, so a script sends them back without.
func (k *keyCredential) complete(a *application) *graphError {
	if len(k.Key) == 0 {
		i := slices.IndexFunc(a.KeyCredentials, func(o keyCredential) bool { return o.KeyID == k.KeyID })
		if i < 0 {
			return badRequest("A key credential has no key.")
		}
		*k = a.KeyCredentials[i]
		return nil
	}
	cert, err := x509.ParseCertificate(k.Key)
	if err != nil {
		return badRequest("Key credential has an invalid key: it must be a certificate in DER.")
	}
	if k.KeyID == "" {
		k.KeyID = newGUID()
	}
	sum := sha1.Sum(cert.Raw)
	id := strings.ToUpper(hex.EncodeToString(sum[:]))
	k.Type, k.Usage, k.CustomKeyIdentifier = "AsymmetricX509Cert", "Verify", &id
	k.StartDateTime, k.EndDateTime = at(cert.NotBefore.UTC()), at(cert.NotAfter.UTC())
	if k.DisplayName == nil {
		name := cert.Subject.String()
		k.DisplayName = &name
	}
	return nil
}

// keepApplication puts a registration into the directory, if it may be there.
func (s *Server) keepApplication(a *application, isNew bool) *graphError {
	var e *graphError
	err := s.dir.change(func(t *tables) error {
		switch there := t.app(a.ID); {
		case isNew && len(t.Apps) >= maxApplications:
			e = refuseGraph(http.StatusBadRequest, "Directory_QuotaExceeded", "The directory holds %d applications already.", maxApplications)
		case !isNew && there == nil:
			e = missing(a.ID)
		default:
			if err := a.check(t.Apps); err != nil {
				e = badRequest("%s", err)
			}
		}
		if e != nil {
			return e
		}
		t.putApp(a)
		return nil
	})
	return graphFailure(e, err)
}

// graphFailure tells a refusal from a disk that is full.
func graphFailure(e *graphError, err error) *graphError {
	if e == nil && err != nil {
		var g *graphError
		if errors.As(err, &g) {
			return g
		}
		return refuseGraph(http.StatusInternalServerError, "InternalServerError", "%s", err)
	}
	return e
}

func dropApplication(c *graphCall) (answer, *graphError) {
	return answer{status: http.StatusNoContent}, c.s.dropApplication(c.id("id"))
}

// dropApplication deletes a registration and its enterprise application.
func (s *Server) dropApplication(id string) *graphError {
	return graphFailure(nil, s.dir.change(func(t *tables) error {
		a := t.app(id)
		if a == nil {
			return missing(id)
		}
		t.Apps = slices.DeleteFunc(slices.Clone(t.Apps), func(b *application) bool { return b.ID == id })
		if sp := t.spByAppID(a.AppID); sp != nil {
			t.dropSP(sp.ID)
		}
		return nil
	}))
}

func addPassword(c *graphCall) (answer, *graphError) {
	var in struct {
		PasswordCredential struct {
			DisplayName   *string    `json:"displayName"`
			StartDateTime *time.Time `json:"startDateTime"`
			EndDateTime   *time.Time `json:"endDateTime"`
		} `json:"passwordCredential"`
	}
	if e := decode(c.body, &in); e != nil {
		return answer{}, e
	}
	p, e := c.s.newSecret(c.id("id"), in.PasswordCredential.DisplayName, in.PasswordCredential.StartDateTime, in.PasswordCredential.EndDateTime)
	if e != nil {
		return answer{}, e
	}
	m := toMap(p)
	delete(m, "digest")
	return c.one(http.StatusOK, "microsoft.graph.passwordCredential", m)
}

// newSecret makes a secret of an application. This is the only time that its
// text is shown.
func (s *Server) newSecret(app string, name *string, start, end *time.Time) (passwordCredential, *graphError) {
	now := s.now()
	if start == nil {
		start = &now
	}
	if end == nil {
		end = at(start.AddDate(2, 0, 0))
	}
	text := "s" + newToken(3)[:3] + "~" + newToken(27)
	p := passwordCredential{KeyID: newGUID(), DisplayName: name, Hint: text[:3], StartDateTime: start, EndDateTime: end}
	err := s.dir.change(func(t *tables) error {
		a := t.app(app)
		if a == nil {
			return missing(app)
		}
		if len(a.PasswordCredentials) >= maxCredentials {
			return badRequest("At most %d secrets are possible.", maxCredentials)
		}
		n := *a
		kept := p
		kept.Digest = digest(text)
		n.PasswordCredentials = append(slices.Clone(a.PasswordCredentials), kept)
		t.putApp(&n)
		return nil
	})
	p.SecretText = &text
	return p, graphFailure(nil, err)
}

func removePassword(c *graphCall) (answer, *graphError) {
	key, _ := c.body["keyId"].(string)
	err := c.s.dir.change(func(t *tables) error {
		a := t.app(c.id("id"))
		if a == nil {
			return missing(c.id("id"))
		}
		n := *a
		n.PasswordCredentials = slices.DeleteFunc(slices.Clone(a.PasswordCredentials), func(p passwordCredential) bool { return p.KeyID == key })
		if len(n.PasswordCredentials) == len(a.PasswordCredentials) {
			return badRequest("No password credential found with keyId.")
		}
		t.putApp(&n)
		return nil
	})
	return answer{status: http.StatusNoContent}, graphFailure(nil, err)
}
