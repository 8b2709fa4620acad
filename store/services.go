package store

import (
	"context"
	"database/sql"
	"time"

	"github.com/signoffhq/signoff"
	"github.com/signoffhq/signoff/access"
	"github.com/signoffhq/signoff/engine"
)

// Service is a system that can be called, with its settings. Package catalogue
// decides what they mean.
type Service struct {
	Name     string
	Title    string
	Type     string
	Mode     string
	Resource string
	Audience string
	Body     []byte // JSON; secrets in it are locked
	Rev      int64  // of all above; 0: never saved
	At       time.Time
	By       signoff.Principal

	Objects    []byte // JSON: what it offers; empty: nothing generated yet
	ObjectsRev int64
	ObjectsAt  time.Time // zero: never generated
}

const (
	serviceColumns = `name, title, type, mode, resource, audience, body, rev, at, by_whom, objects_rev, objects_at`
	oneService     = `select ` + serviceColumns + `, objects from service where name = $1`
)

func (v *Service) scan(row interface{ Scan(...any) error }, more ...any) error {
	var at, objectsAt int64
	into := []any{&v.Name, &v.Title, &v.Type, &v.Mode, &v.Resource, &v.Audience, &v.Body, &v.Rev, &at, &v.By, &v.ObjectsRev, &objectsAt}
	err := row.Scan(append(into, more...)...)
	v.At, v.ObjectsAt = moment(at), moment(objectsAt)
	return err
}

// Services lists all services by name, without their objects.
func (s *Store) Services(ctx context.Context) ([]Service, error) {
	rows, err := s.query(ctx, `select `+serviceColumns+` from service order by name`)
	if err != nil {
		return nil, err
	}
	var list []Service
	err = eachRow(rows, func() error {
		var v Service
		err := v.scan(rows)
		list = append(list, v)
		return err
	})
	return list, s.explain(err)
}

// Service returns one with its objects; "service-not-found".
func (s *Store) Service(ctx context.Context, name string) (Service, error) {
	var v Service
	return v, s.explain(foundService(v.scan(s.row(ctx, oneService, name), &v.Objects)))
}

// ServiceRevs tells states of a service apart by ==, also those of one that was
// deleted from those of another that got its name.
type ServiceRevs struct{ rev, at, objects, objectsAt int64 }

// Revs are those of the service as it was read.
func (v Service) Revs() ServiceRevs {
	return ServiceRevs{v.Rev, micros(v.At), v.ObjectsRev, micros(v.ObjectsAt)}
}

// ServiceRevs returns those of a service as it is now: a cheap question before
// each call. False when there is none.
func (s *Store) ServiceRevs(ctx context.Context, name string) (r ServiceRevs, there bool, err error) {
	err = s.row(ctx, `select rev, at, objects_rev, objects_at from service where name = $1`, name).Scan(&r.rev, &r.at, &r.objects, &r.objectsAt)
	if isNoRows(err) {
		return r, false, nil
	}
	return r, err == nil, s.explain(err)
}

func foundService(err error) error {
	if isNoRows(err) {
		return errNoService
	}
	return err
}

var errNoService = &signoff.Error{Kind: signoff.NotFound, Code: "service-not-found", Detail: "there is no service of that name"}

// SaveService keeps a service instead of revision v.Rev; 0 makes a new one. What
// was generated stays. It refuses a name that is taken ("service-exists"), and
// with "service-changed" when somebody else saved meanwhile.
func (s *Store) SaveService(ctx context.Context, v Service, note Change) (Service, error) {
	now := s.Now()
	err := s.exclusively(ctx, func(t *tx) error {
		var is Service
		err := is.scan(t.row(oneService, v.Name), &is.Objects)
		switch {
		case err != nil && !isNoRows(err):
			return err
		case err == nil && v.Rev == 0:
			return &signoff.Error{Kind: signoff.Conflict, Code: "service-exists", Detail: "there is a service of that name"}
		case is.Rev != v.Rev:
			return serviceChanged(is)
		}
		if _, err := t.exec(`insert into service (name, title, type, mode, resource, audience, body, rev, at, by_whom, objects, objects_rev, objects_at)
			values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, 0, 0)
			on conflict (name) do update set title = excluded.title, type = excluded.type, mode = excluded.mode, resource = excluded.resource,
			audience = excluded.audience, body = excluded.body, rev = excluded.rev, at = excluded.at, by_whom = excluded.by_whom`,
			v.Name, v.Title, v.Type, v.Mode, v.Resource, v.Audience, v.Body, is.Rev+1, micros(now), string(v.By), []byte{}); err != nil {
			return err
		}
		return t.note(note, now)
	})
	if err != nil {
		return Service{}, err
	}
	return s.Service(ctx, v.Name)
}

func serviceChanged(is Service) error {
	if is.Rev == 0 {
		return errNoService
	}
	who := "the server itself"
	if is.By != "" {
		who = signoff.Mention(is.By)
	}
	return &signoff.Error{Kind: signoff.Conflict, Code: "service-changed",
		Detail: who + " saved this service " + signoff.At(is.At), Hint: "load it again, look at what is different, then save"}
}

// SaveObjects keeps what a service offers, if what is there is of revision was.
func (s *Store) SaveObjects(ctx context.Context, name string, was int64, objects []byte, note Change) error {
	now := s.Now()
	return s.exclusively(ctx, func(t *tx) error {
		n, err := t.exec(`update service set objects = $3, objects_rev = objects_rev + 1, objects_at = $4 where name = $1 and objects_rev = $2`,
			name, was, objects, micros(now))
		if err != nil {
			return err
		}
		if n == 0 {
			return &signoff.Error{Kind: signoff.Conflict, Code: "service-changed",
				Detail: "the objects of this service were refreshed meanwhile", Hint: "look at what is different now, then refresh again"}
		}
		return t.note(note, now)
	})
}

// DeleteService removes a service with what it offers and the rights on it, if
// it is of revision rev.
func (s *Store) DeleteService(ctx context.Context, name string, rev int64, note Change) error {
	now := s.Now()
	return s.exclusively(ctx, func(t *tx) error {
		var is Service
		if err := foundService(is.scan(t.row(oneService, name), &is.Objects)); err != nil {
			return err
		}
		if is.Rev != rev {
			return serviceChanged(is)
		}
		for _, query := range []string{`delete from service_right where service = $1`, `delete from service where name = $1`} {
			if _, err := t.exec(query, name); err != nil {
				return err
			}
		}
		return t.note(note, now)
	})
}

// ServiceGrants returns the rights on one service.
func (s *Store) ServiceGrants(ctx context.Context, name string) ([]access.Grant, error) {
	all, err := s.serviceGrants(s.query(ctx, `select service, principal, name from service_right where service = $1 order by principal, name`, name))
	return all[name], err
}

// AllServiceGrants returns the rights on all services, by name.
func (s *Store) AllServiceGrants(ctx context.Context) (map[string][]access.Grant, error) {
	return s.serviceGrants(s.query(ctx, `select service, principal, name from service_right order by service, principal, name`))
}

func (s *Store) serviceGrants(rows *sql.Rows, err error) (map[string][]access.Grant, error) {
	if err != nil {
		return nil, err
	}
	out := map[string][]access.Grant{}
	err = eachRow(rows, func() error {
		var name string
		var g access.Grant
		err := rows.Scan(&name, &g.Who, &g.Right)
		out[name] = append(out[name], g)
		return err
	})
	return out, s.explain(err)
}

// setServiceGrants replaces the rights on a service that is there.
func (t *tx) setServiceGrants(name string, after []access.Grant) error {
	var some int
	if err := foundService(t.row(`select 1 from service where name = $1`, name).Scan(&some)); err != nil {
		return err
	}
	if _, err := t.exec(`delete from service_right where service = $1`, name); err != nil {
		return err
	}
	for _, g := range after {
		if _, err := t.exec(`insert into service_right (service, principal, name) values ($1, $2, $3)`, name, string(g.Who), string(g.Right)); err != nil {
			return err
		}
	}
	return nil
}

// VersionRuns tells whether an instance of a version is running.
func (s *Store) VersionRuns(ctx context.Context, wf signoff.WorkflowID, v VersionID) (bool, error) {
	var some int
	err := s.row(ctx, `select 1 from instance where workflow = $1 and status = $2 and version = $3 limit 1`, int64(wf), statusNumber[engine.Running], int64(v)).Scan(&some)
	if isNoRows(err) {
		return false, nil
	}
	return err == nil, s.explain(err)
}
