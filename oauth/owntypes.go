package oauth

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"

	"github.com/signoffhq/signoff"
	"github.com/signoffhq/signoff/store"
)

// TypesSetting is the name under which the store keeps resource types of one's own.
const TypesSetting = "oauth-types"

var errNoType = &signoff.Error{Kind: signoff.Invalid, Code: "bad-oauth-resource", Detail: "there is no resource type of that name",
	Fields: []signoff.FieldError{{Field: "type", Detail: "is none of the resource types"}}}

// Types returns the types there are, those that come with signoff first.
func (s *Service) Types(ctx context.Context) ([]Type, error) {
	s.mu.Lock()
	own, fresh := s.types, s.types != nil && s.now().Sub(s.typesAt) < knownFor
	s.mu.Unlock()
	if !fresh {
		kept, err := s.cfg.Store.Setting(ctx, TypesSetting)
		if err != nil {
			return nil, err
		}
		own = []Type{}
		if kept.Rev > 0 {
			if err := json.Unmarshal(kept.Body, &own); err != nil {
				return nil, fmt.Errorf("read the setting %s: %w", TypesSetting, err)
			}
		}
		s.mu.Lock()
		s.types, s.typesAt = own, s.now()
		s.mu.Unlock()
	}
	return slices.Concat(shipped, own), nil
}

func (s *Service) typeNamed(ctx context.Context, name string) (*Type, error) {
	types, err := s.Types(ctx)
	if err != nil {
		return nil, err
	}
	for i := range types {
		if types[i].Name == name {
			return &types[i], nil
		}
	}
	return nil, errNoType
}

// maxTypes is how many types of one's own there may be.
const maxTypes = 100

// SaveType keeps a type of one's own, instead of the one of that name if there
// is one; it takes the server right. It refuses what is not right
// ("bad-oauth-type"), the name of a type that comes with signoff, and another
// provider for a type that resources are of ("oauth-type-used"): their secrets
// and what people granted would go there.
func (s *Service) SaveType(ctx context.Context, by signoff.Caller, t Type) error {
	if err := notAllowed(by); err != nil {
		return err
	}
	t.Shipped = false
	if err := s.checkType(&t); err != nil {
		return err
	}
	used, err := s.resourceOf(ctx, t.Name)
	if err != nil {
		return err
	}
	return s.changeTypes(ctx, by, t.Name, func(own []Type) ([]Type, *Type, error) {
		i := slices.IndexFunc(own, func(o Type) bool { return o.Name == t.Name })
		if i >= 0 && used != "" && (own[i].Metadata != t.Metadata || own[i].Issuer != t.Issuer) {
			return nil, nil, &signoff.Error{Kind: signoff.Conflict, Code: "oauth-type-used", Detail: "the resource " + used + " is of this type, and its secrets would go to another provider",
				Hint: "make a type of another name, and give it to the resource"}
		}
		if i >= 0 {
			own[i] = t
			return own, &t, nil
		}
		if len(own) >= maxTypes {
			return nil, nil, &signoff.Error{Kind: signoff.Conflict, Code: "oauth-too-many", Detail: fmt.Sprintf("there are %d resource types already", maxTypes)}
		}
		return append(own, t), &t, nil
	})
}

// RemoveType forgets a type of one's own; it takes the server right. It refuses
// one that a resource is of ("oauth-type-used"), and one that is not there
// ("oauth-type-not-found").
func (s *Service) RemoveType(ctx context.Context, by signoff.Caller, name string) error {
	if err := notAllowed(by); err != nil {
		return err
	}
	used, err := s.resourceOf(ctx, name)
	if err != nil {
		return err
	}
	if used != "" {
		return &signoff.Error{Kind: signoff.Conflict, Code: "oauth-type-used", Detail: "the resource " + used + " is of this type", Hint: "remove the resource first, or give it another type"}
	}
	return s.changeTypes(ctx, by, name, func(own []Type) ([]Type, *Type, error) {
		i := slices.IndexFunc(own, func(o Type) bool { return o.Name == name })
		if i < 0 {
			return nil, nil, &signoff.Error{Kind: signoff.NotFound, Code: "oauth-type-not-found", Detail: "there is no resource type of your own of that name"}
		}
		return slices.Delete(own, i, i+1), nil, nil
	})
}

// resourceOf names a resource of a type, "" when there is none.
func (s *Service) resourceOf(ctx context.Context, name string) (string, error) {
	list, err := s.cfg.Store.OAuthResources(ctx)
	for _, kept := range list {
		if r, err := readResource(kept); err != nil || r.Type == name {
			return kept.Name, nil
		}
	}
	return "", err
}

func (s *Service) changeTypes(ctx context.Context, by signoff.Caller, name string, change func([]Type) ([]Type, *Type, error)) error {
	kept, err := s.cfg.Store.Setting(ctx, TypesSetting)
	if err != nil {
		return err
	}
	own := []Type{}
	if kept.Rev > 0 {
		if err := json.Unmarshal(kept.Body, &own); err != nil {
			return err
		}
	}
	note := store.Change{By: by.Principal, How: by.Recognised(), What: TypesSetting, Subject: name}
	for _, t := range own {
		if t.Name == name {
			note.Before = jsonOf(t)
		}
	}
	own, now, err := change(own)
	if err != nil {
		return err
	}
	if now != nil {
		note.After = jsonOf(*now)
	}
	_, err = s.cfg.Store.SaveSetting(ctx, store.Setting{Name: TypesSetting, Rev: kept.Rev, By: by.Principal, Body: jsonOf(own)}, note)
	s.Heard(store.Hint{Topic: store.TopicSettings, Payload: TypesSetting})
	return err
}

// jsonOf encodes what always can be: texts, numbers and moments.
func jsonOf(v any) []byte {
	text, err := json.Marshal(v)
	if err != nil {
		panic(err)
	}
	return text
}
