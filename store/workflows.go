package store

import (
	"context"
	"database/sql"
	"fmt"
	"time"

	"github.com/signoffhq/signoff"
	"github.com/signoffhq/signoff/access"
)

// VersionID numbers one deployed version of a workflow.
type VersionID int64

// Workflow is one workflow as it is kept: what its default version says of it.
type Workflow struct {
	ID       signoff.WorkflowID
	Key      string // the BPMN process id
	Name     string
	Category string
	Doc      string
	Default  Version
}

// Version is one deployment of a workflow.
type Version struct {
	ID         VersionID
	Workflow   signoff.WorkflowID
	Number     int
	Digest     string
	DeployedAt time.Time
	DeployedBy signoff.Principal
}

// Deployment is a new version to be stored.
type Deployment struct {
	Key, Name, Category, Doc string
	XML                      []byte
	Digest                   string
	At                       time.Time
	By                       signoff.Principal
	First                    []access.Grant // given when the workflow is new
	New                      bool           // By may make a workflow, and not a version of one that is there
	Starts                   Starts         // what begins it besides people
}

// Deploy stores d as the newest version of its workflow and makes it the one
// new instances get. When the default version has the same digest nothing is
// stored and made is false. It refuses a version of a workflow that is there when
// d.New asks for a new one ("not-allowed").
func (s *Store) Deploy(ctx context.Context, d Deployment) (v Version, made bool, err error) {
	err = s.exclusively(ctx, func(t *tx) error {
		v, made = Version{}, false
		var digest string
		err := t.row(`select w.id, v.id, v.number, v.digest, v.deployed, v.deployed_by
			from workflow w join workflow_version v on v.workflow = w.id and v.number = w.version where w.key = $1`, d.Key).
			Scan(&v.Workflow, &v.ID, &v.Number, &digest, (*stored)(&v.DeployedAt), &v.DeployedBy)
		if err == nil && d.New {
			return &signoff.Error{Kind: signoff.Forbidden, Code: "not-allowed", Detail: "there is a workflow of that key, and you do not hold the right to administer it"}
		}
		if err == nil && digest == d.Digest {
			v.Digest = digest
			return nil
		}
		if err != nil && !isNoRows(err) {
			return err
		}
		made = true
		if v, err = d.put(t, v.Workflow); err != nil {
			return err
		}
		return d.Starts.put(t, v.Workflow, v.ID, d.At)
	})
	return v, made, err
}

func (d Deployment) put(t *tx, wf signoff.WorkflowID) (Version, error) {
	v := Version{Workflow: wf, Digest: d.Digest, DeployedAt: moment(micros(d.At)), DeployedBy: d.By}
	if wf == 0 {
		err := t.row(`insert into workflow (key, name, category, doc, version, created) values ($1, $2, $3, $4, 0, $5) returning id`,
			d.Key, d.Name, d.Category, d.Doc, micros(d.At)).Scan(&v.Workflow)
		if err != nil {
			return v, err
		}
		for _, g := range d.First {
			if err := t.grant(v.Workflow, g); err != nil {
				return v, err
			}
		}
	}
	err := t.row(`insert into workflow_version (workflow, number, digest, deployed, deployed_by, xml)
		values ($1, (select coalesce(max(number), 0) + 1 from workflow_version where workflow = $1), $2, $3, $4, $5)
		returning id, number`, int64(v.Workflow), d.Digest, micros(d.At), string(d.By), d.XML).Scan(&v.ID, &v.Number)
	if err != nil {
		return v, err
	}
	_, err = t.exec(`update workflow set name = $1, category = $2, doc = $3, version = $4 where id = $5`,
		d.Name, d.Category, d.Doc, v.Number, int64(v.Workflow))
	return v, err
}

// SetDefault makes version number the one new instances get. name, category
// and doc are what that version says of the workflow, starts what begins it. note
// says who did it; the rest of it is filled in here.
func (s *Store) SetDefault(ctx context.Context, wf signoff.WorkflowID, number int, name, category, doc string, starts Starts, note Change, now time.Time) error {
	return s.exclusively(ctx, func(t *tx) error {
		var was int
		if err := t.row(`select key, version from workflow where id = $1`, int64(wf)).Scan(&note.Subject, &was); err != nil && !isNoRows(err) {
			return err
		}
		n, err := t.exec(`update workflow set version = $1, name = $2, category = $3, doc = $4
			where id = $5 and exists (select 1 from workflow_version where workflow = $5 and number = $1)`,
			number, name, category, doc, int64(wf))
		if err == nil && n == 0 {
			return noVersion()
		}
		if err != nil {
			return err
		}
		var v VersionID
		if err := t.row(`select id from workflow_version where workflow = $1 and number = $2`, int64(wf), number).Scan(&v); err != nil {
			return err
		}
		if err := starts.put(t, wf, v, now); err != nil || was == number {
			return err
		}
		note.What = "default-version"
		note.Before, note.After = fmt.Appendf(nil, `{"version":%d}`, was), fmt.Appendf(nil, `{"version":%d}`, number)
		return t.note(note, now)
	})
}

func noVersion() error {
	return &signoff.Error{Kind: signoff.NotFound, Code: "version-not-found", Detail: "this workflow has no such version"}
}

const selectWorkflow = `select w.id, w.key, w.name, w.category, w.doc, v.id, v.number, v.digest, v.deployed, v.deployed_by
	from workflow w join workflow_version v on v.workflow = w.id and v.number = w.version `

// Workflows lists all workflows by name. There are as many as people have
// drawn, so the list is not paged.
func (s *Store) Workflows(ctx context.Context) (out []Workflow, err error) {
	rows, err := s.query(ctx, selectWorkflow+`order by w.name, w.id`)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for rows.Next() {
		w, err := scanWorkflow(rows)
		if err != nil {
			return nil, s.explain(err)
		}
		out = append(out, w)
	}
	return out, s.explain(rows.Err())
}

// Workflow returns one workflow by its number.
func (s *Store) Workflow(ctx context.Context, id signoff.WorkflowID) (Workflow, error) {
	return s.foundWorkflow(scanWorkflow(s.row(ctx, selectWorkflow+`where w.id = $1`, int64(id))))
}

// WorkflowByKey returns one workflow by its BPMN process id.
func (s *Store) WorkflowByKey(ctx context.Context, key string) (Workflow, error) {
	return s.foundWorkflow(scanWorkflow(s.row(ctx, selectWorkflow+`where w.key = $1`, key)))
}

func (s *Store) foundWorkflow(w Workflow, err error) (Workflow, error) {
	if isNoRows(err) {
		return w, &signoff.Error{Kind: signoff.NotFound, Code: "workflow-not-found", Detail: "there is no such workflow"}
	}
	return w, s.explain(err)
}

func scanWorkflow(row interface{ Scan(...any) error }) (w Workflow, err error) {
	v := &w.Default
	err = row.Scan(&w.ID, &w.Key, &w.Name, &w.Category, &w.Doc, &v.ID, &v.Number, &v.Digest, (*stored)(&v.DeployedAt), &v.DeployedBy)
	v.Workflow = w.ID
	return w, err
}

const selectVersion = `select id, workflow, number, digest, deployed, deployed_by from workflow_version `

// Versions lists a workflow's versions, newest first, 200 at most.
func (s *Store) Versions(ctx context.Context, wf signoff.WorkflowID) (out []Version, err error) {
	rows, err := s.query(ctx, selectVersion+`where workflow = $1 order by number desc limit 200`, int64(wf))
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for rows.Next() {
		v, err := scanVersion(rows)
		if err != nil {
			return nil, s.explain(err)
		}
		out = append(out, v)
	}
	return out, s.explain(rows.Err())
}

// VersionByNumber returns one version of a workflow.
func (s *Store) VersionByNumber(ctx context.Context, wf signoff.WorkflowID, number int) (Version, error) {
	v, err := scanVersion(s.row(ctx, selectVersion+`where workflow = $1 and number = $2`, int64(wf), number))
	if isNoRows(err) {
		return v, noVersion()
	}
	return v, s.explain(err)
}

// VersionXML returns a version and the file it was deployed from.
func (s *Store) VersionXML(ctx context.Context, id VersionID) (v Version, xml []byte, err error) {
	err = s.row(ctx, `select id, workflow, number, digest, deployed, deployed_by, xml from workflow_version where id = $1`, int64(id)).
		Scan(&v.ID, &v.Workflow, &v.Number, &v.Digest, (*stored)(&v.DeployedAt), &v.DeployedBy, &xml)
	if isNoRows(err) {
		return v, nil, noVersion()
	}
	return v, xml, s.explain(err)
}

func scanVersion(row interface{ Scan(...any) error }) (v Version, err error) {
	err = row.Scan(&v.ID, &v.Workflow, &v.Number, &v.Digest, (*stored)(&v.DeployedAt), &v.DeployedBy)
	return v, err
}

// stored scans a moment.
type stored time.Time

func (m *stored) Scan(v any) error {
	var us sql.NullInt64
	err := us.Scan(v)
	*m = stored(moment(us.Int64))
	return err
}
