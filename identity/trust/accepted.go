package trust

import (
	"cmp"
	"time"
)

// Accepted is who a token speaks for. It is shared by everybody who verifies
// the same token: do not change it.
type Accepted struct {
	Issuer  string  // the trust entry, by name
	Profile Profile // of the entry
	URL     string  // iss
	Version string  // of an Entra token

	// Who it is: (Tenant, Object) in Entra, (URL, Subject) elsewhere. Nothing
	// else may be used to find a person again.
	Tenant  string
	Object  string // oid: of the person, or of the application's service principal
	Subject string // sub

	App         bool   // an application by itself, without a person
	Client      string // the application that got the token
	Certificate bool   // it proved itself with a certificate, not a secret

	Scopes  []string
	Roles   []string
	Groups  []string // ids in Entra
	Overage bool     // there are more groups than the token holds: ask Graph
	Person  Person   // zero for an App

	ID       string // of the token, for audit: uti or jti
	Session  string // sid
	Contexts []string
	IssuedAt time.Time // zero: not said
	Expires  time.Time

	until time.Time // when clocks may differ
	key   *Key
	keys  *keySet
}

// Person is what a token says of the person. All of it but Guest is what the
// directory lets somebody write: for showing and for a first proposal, never
// for rights.
type Person struct {
	Named       string // value of the entry's person claim
	Name        string // as people write it
	Login       string // upn or preferred_username
	Email       string
	EmailProven bool // the issuer says that the address is theirs
	Guest       bool
}

// Key names the person or application for ever: what an account is linked to.
func (a *Accepted) Key() string {
	if a.Profile == Entra {
		return "entra:" + a.Tenant + ":" + a.Object
	}
	return a.URL + " " + a.Subject
}

// accepted reads what a token that passed every check says.
func (x *exam) accepted() *Accepted {
	s := x.body.str
	a := &Accepted{Issuer: x.entry.Name, Profile: x.entry.Profile, URL: s("iss"), Version: x.version, Tenant: x.tenant,
		Object: s("oid"), Subject: s("sub"), App: x.app, Client: x.client, Scopes: x.scopes, Roles: x.roles,
		ID: cmp.Or(s("uti"), s("jti")), Session: s("sid"), IssuedAt: x.iat, Expires: x.exp,
		until: x.exp.Add(x.entry.skew()), key: x.key, keys: x.source.keys}
	if x.entry.Profile == Entra {
		a.Certificate = x.clientAuth() == "2"
		a.Overage = x.overage()
	}
	a.Groups = x.list(cmp.Or(x.entry.GroupsClaim, "groups"))
	a.Contexts = x.list("acrs")
	if !x.app {
		a.Person = x.person()
	}
	return a
}

func (x *exam) list(name string) []string {
	v, there := x.body.get(name)
	if !there {
		return nil
	}
	all, _ := v.strings()
	return all
}

// overage tells whether Entra left the groups out because there are too many.
// Where it says to look for them is not believed.
func (x *exam) overage() bool {
	if v, there := x.body.get("hasgroups"); there && v.text == "true" {
		return true
	}
	names, there := x.body.get("_claim_names")
	if !there {
		return false
	}
	_, left := names.get("groups")
	return left
}

func (x *exam) person() Person {
	s := func(names ...string) string {
		for _, n := range names {
			if t := x.body.str(n); t != "" {
				return t
			}
		}
		return ""
	}
	p := Person{Name: s("name"), Login: s("preferred_username", "upn", "unique_name"), Email: s("email")}
	if claim := x.entry.personClaim(); claim != "" {
		p.Named = s(claim)
	} else {
		p.Named = p.Login
	}
	proof := "email_verified"
	if x.entry.Profile == Entra {
		proof = "xms_edov"
		p.Guest, _ = x.guest()
	}
	if v, there := x.body.get(proof); there {
		p.EmailProven = p.Email != "" && (v.text == "true" || v.text == "1")
	}
	return p
}
