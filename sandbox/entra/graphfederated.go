package entra

import (
	"net/http"
	"slices"
	"strings"
)

func listFederated(c *graphCall) (answer, *graphError) {
	a, e := c.application()
	if e != nil {
		return answer{}, e
	}
	var list []map[string]any
	for _, f := range a.Federated {
		list = append(list, toMap(f))
	}
	return c.list("federatedIdentityCredentials", list)
}

// federatedAt finds a credential by id or by name.
func (a *application) federatedAt(key string) int {
	return slices.IndexFunc(a.Federated, func(f federatedCredential) bool { return f.ID == key || f.Name == key })
}

func getFederated(c *graphCall) (answer, *graphError) {
	a, e := c.application()
	if e != nil {
		return answer{}, e
	}
	i := a.federatedAt(c.id("credential"))
	if i < 0 {
		return answer{}, missing(c.id("credential"))
	}
	return c.one(http.StatusOK, "federatedIdentityCredentials", toMap(a.Federated[i]))
}

func addFederated(c *graphCall) (answer, *graphError) {
	f := federatedCredential{ID: newGUID()}
	e := c.putFederated(&f, -1)
	if e != nil {
		return answer{}, e
	}
	return c.one(http.StatusCreated, "federatedIdentityCredentials", toMap(f))
}

func changeFederated(c *graphCall) (answer, *graphError) {
	a, e := c.application()
	if e != nil {
		return answer{}, e
	}
	i := a.federatedAt(c.id("credential"))
	if i < 0 {
		return answer{}, missing(c.id("credential"))
	}
	f := a.Federated[i]
	return answer{status: http.StatusNoContent}, c.putFederated(&f, i)
}

// putFederated lays the request over a credential and keeps it at i, or at the
// end.
func (c *graphCall) putFederated(f *federatedCredential, i int) *graphError {
	m, id := toMap(f), f.ID
	if e := merge(m, c.body); e != nil {
		return e
	}
	*f = federatedCredential{}
	if e := decode(m, f); e != nil {
		return e
	}
	f.ID = id
	if f.Audiences == nil {
		f.Audiences = []string{"api://AzureADTokenExchange"}
	}
	if f.Name == "" || f.Subject == "" || len(f.Audiences) != 1 || !strings.HasPrefix(f.Issuer, "https://") || len(f.Issuer)+len(f.Subject) > 1200 {
		return badRequest("A federated identity credential needs a name, a subject, one audience and an https issuer.")
	}
	err := c.s.dir.change(func(t *tables) error {
		a := t.app(c.id("id"))
		if a == nil {
			return missing(c.id("id"))
		}
		for j, o := range a.Federated {
			if j != i && (o.Name == f.Name || o.Issuer == f.Issuer && o.Subject == f.Subject) {
				return refuseGraph(http.StatusConflict, "Request_MultipleObjectsWithSameKeyValue",
					"FederatedIdentityCredential with name %s already exists, or one with the same issuer and subject.", f.Name)
			}
		}
		n := *a
		n.Federated = slices.Clone(a.Federated)
		switch {
		case i >= 0 && i < len(n.Federated):
			n.Federated[i] = *f
		case len(n.Federated) >= maxFederated:
			return badRequest("At most %d federated identity credentials are possible.", maxFederated)
		default:
			n.Federated = append(n.Federated, *f)
		}
		t.putApp(&n)
		return nil
	})
	return graphFailure(nil, err)
}

func dropFederated(c *graphCall) (answer, *graphError) {
	err := c.s.dir.change(func(t *tables) error {
		a := t.app(c.id("id"))
		if a == nil {
			return missing(c.id("id"))
		}
		i := a.federatedAt(c.id("credential"))
		if i < 0 {
			return missing(c.id("credential"))
		}
		n := *a
		n.Federated = slices.Delete(slices.Clone(a.Federated), i, i+1)
		t.putApp(&n)
		return nil
	})
	return answer{status: http.StatusNoContent}, graphFailure(nil, err)
}
