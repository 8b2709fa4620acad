package library

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"

	"github.com/signoffhq/signoff"
	"github.com/signoffhq/signoff/access"
	"github.com/signoffhq/signoff/bpmn"
	"github.com/signoffhq/signoff/process"
	"github.com/signoffhq/signoff/store"
)

// Deployed is what became of a deployment.
type Deployed struct {
	Workflow  Workflow
	Unchanged bool          // the default version is this very file; no version was made
	Warnings  bpmn.Problems // what is doubtful and runs all the same
}

// Deploy makes a BPMN file the newest version of its workflow, and the one new
// instances get. Running instances keep theirs.
//
// A file that cannot run is refused with every problem at once and nothing is
// stored. A new workflow needs the server right to deploy; a new version of one
// needs the right to administer it. Everyone may start a new workflow until its
// rights say otherwise, unless its category has rights: then those count. Whoever
// deployed it administers it.
func (l *Library) Deploy(ctx context.Context, by signoff.Caller, xml []byte) (Deployed, error) {
	def, warnings, err := parse(xml)
	if err != nil {
		return Deployed{}, err
	}
	isNew, err := l.mayDeploy(ctx, by, def.ID)
	if err != nil {
		return Deployed{}, err
	}
	if err := l.checkAccounts(ctx, by, def); err != nil {
		return Deployed{}, err
	}
	calls, err := l.checkCalls(ctx, by, def)
	if err != nil {
		return Deployed{}, err
	}
	called, err := l.checkCalled(ctx, by, def)
	if err != nil {
		return Deployed{}, err
	}
	calendars, err := l.checkCalendars(ctx, def)
	if err != nil {
		return Deployed{}, err
	}
	first, err := l.firstGrants(ctx, by, def.Category)
	if err != nil {
		return Deployed{}, err
	}
	starts, soon := l.startsOf(def)
	if err := soon.Err(); err != nil {
		return Deployed{}, err
	}
	sum := sha256.Sum256(xml)
	d := store.Deployment{Key: def.ID, Name: def.Name, Category: def.Category, Doc: def.Doc, XML: xml,
		Digest: hex.EncodeToString(sum[:]), At: l.now(), By: by.Principal, First: first, New: isNew, Starts: starts}
	v, made, err := l.store.Deploy(ctx, d)
	if err != nil {
		return Deployed{}, fmt.Errorf("deploy %s: %w", def.ID, err)
	}
	l.changed()
	w, err := l.Workflow(ctx, by, v.Workflow)
	return Deployed{Workflow: w, Unchanged: !made, Warnings: slices.Concat(warnings, calls, called, calendars, soon.Warnings())}, err
}

// MayDeploy refuses who may not deploy a workflow of that key.
func (l *Library) MayDeploy(ctx context.Context, by signoff.Caller, key string) error {
	_, err := l.mayDeploy(ctx, by, key)
	return err
}

// Check tells what Deploy would say of a file, without storing anything.
func Check(xml []byte) (*process.Definition, bpmn.Problems, error) { return parse(xml) }

func parse(xml []byte) (*process.Definition, bpmn.Problems, error) {
	doc, err := bpmn.Parse(xml)
	if err != nil {
		return nil, nil, err
	}
	def, problems := doc.Definition()
	if err := problems.Err(); err != nil {
		return nil, nil, err
	}
	return def, problems.Warnings(), nil
}

func (l *Library) firstGrants(ctx context.Context, by signoff.Caller, category string) ([]access.Grant, error) {
	c, err := l.current(ctx)
	if err != nil {
		return nil, err
	}
	var grants []access.Grant
	if len(c.on(category)) == 0 {
		grants = append(grants, access.Grant{Who: signoff.Everyone, Right: access.Start})
	}
	if by.Principal.IsUser() {
		grants = append(grants, access.Grant{Who: by.Principal, Right: access.Administer})
	}
	return grants, nil
}

// mayDeploy tells whether by may deploy a workflow of that key, and whether it
// has to be new.
func (l *Library) mayDeploy(ctx context.Context, by signoff.Caller, key string) (isNew bool, err error) {
	c, err := l.current(ctx)
	if err != nil {
		return false, err
	}
	if w := c.byKey[key]; w != nil && w.as(by).known() { // else they are not to learn that the key is taken
		return false, access.May(by, access.Administer, w.grants).Err()
	}
	return !access.May(by, access.Server, nil).OK, access.May(by, access.Deploy, nil).Err()
}
