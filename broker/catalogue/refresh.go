package catalogue

import (
	"context"
	"encoding/json"
	"fmt"
	"regexp"
	"time"

	"github.com/signoffhq/signoff"
	"github.com/signoffhq/signoff/broker"
)

// Limits of what a service offers.
const (
	refreshWithin   = 2 * time.Minute
	maxObjects      = 2000
	maxMethods      = 300
	maxProperties   = 2000
	maxObjectsBytes = 16 << 20
)

// Ask says what a refresh is to do.
type Ask struct {
	Apply  bool // keep what the system offers now
	Anyway bool // although steps of workflows will fail
}

// Refresh asks a service what it offers and says what is different, with the
// steps of workflows that use what would break. With Apply it is kept; it is not
// when it breaks any of them ("service-in-use"), unless Anyway.
func (s *Service) Refresh(ctx context.Context, by signoff.Caller, name string, ask Ask) (Diff, error) {
	if _, _, err := s.changing(ctx, by, name); err != nil {
		return Diff{}, err
	}
	p, err := s.use(ctx, name)
	if err != nil {
		return Diff{}, err
	}
	defer s.release(p)
	now, text, err := p.generate(ctx)
	if err != nil {
		return Diff{}, err
	}
	uses, err := s.usesOf(ctx, name)
	if err != nil {
		return Diff{}, err
	}
	d := compare(p.objects, now, uses)
	if d.First = p.v.ObjectsAt.IsZero(); !ask.Apply {
		return d, nil
	}
	if broken := d.broken(); len(broken) > 0 && !ask.Anyway {
		return d, inUse("what it offers now breaks workflows", broken, "change these workflows, or apply it anyway: their steps will become incidents")
	}
	if !d.First && string(text) == string(p.v.Objects) {
		return d, nil
	}
	note := noteOf(by, name)
	note.Before, note.After = outline(p.objects), outline(now)
	d.Applied = true
	return d, s.o.Store.SaveObjects(ctx, name, p.v.ObjectsRev, text, note)
}

// generate asks the system what it offers.
func (p *opened) generate(ctx context.Context) ([]broker.Object, []byte, error) {
	ctx, cancel := context.WithTimeout(ctx, refreshWithin)
	defer cancel()
	objects, err := p.provider.Objects(ctx)
	if err != nil {
		return nil, nil, p.secrets.err(err)
	}
	if err := sound(objects); err != nil {
		return nil, nil, &signoff.Error{Kind: signoff.Unavailable, Code: "service-objects-unusable", Detail: "what " + p.v.Name + " offers cannot be used: " + p.secrets.text(err.Error()),
			Hint: "whoever looks after that system, or its description, has to put it right"}
	}
	for i := range objects {
		complete(&objects[i])
	}
	text, err := json.Marshal(objects)
	if err == nil && len(text) > maxObjectsBytes {
		err = &signoff.Error{Kind: signoff.TooLarge, Code: "service-objects-unusable", Detail: fmt.Sprintf("what %s offers takes more than %d MiB", p.v.Name, maxObjectsBytes>>20),
			Hint: "let it describe less: a part of the API, or some of the tables"}
	}
	return objects, text, err
}

// complete writes lists that are empty as such: whoever reads them elsewhere
// gets no null.
func complete(o *broker.Object) {
	if o.Properties == nil {
		o.Properties = []broker.Property{}
	}
	if o.Methods == nil {
		o.Methods = []broker.Method{}
	}
	for i := range o.Methods {
		if o.Methods[i].Inputs == nil {
			o.Methods[i].Inputs = []broker.Input{}
		}
		if o.Methods[i].Outputs == nil {
			o.Methods[i].Outputs = []string{}
		}
	}
}

var objectName = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9_]{0,99}$`)

var (
	types = map[broker.DataType]bool{broker.Text: true, broker.Number: true, broker.YesNo: true, broker.Moment: true, broker.Date: true, broker.File: true, broker.JSON: true}
	kinds = map[broker.Kind]bool{broker.Create: true, broker.Read: true, broker.Update: true, broker.Delete: true, broker.List: true, broker.Execute: true}
)

// sound refuses objects that nothing could be done with: without names, or with
// two of one name.
func sound(objects []broker.Object) error {
	if len(objects) > maxObjects {
		return fmt.Errorf("it has more than %d objects", maxObjects)
	}
	seen := map[string]bool{}
	for _, o := range objects {
		if !objectName.MatchString(o.Name) || seen[o.Name] {
			return fmt.Errorf("the object %q is there twice or has a name that cannot be used", short(o.Name))
		}
		seen[o.Name] = true
		if err := soundObject(o); err != nil {
			return fmt.Errorf("object %s: %w", o.Name, err)
		}
	}
	return nil
}

func soundObject(o broker.Object) error {
	if len(o.Properties) > maxProperties || len(o.Methods) > maxMethods {
		return fmt.Errorf("it has more than %d properties or %d methods", maxProperties, maxMethods)
	}
	has := map[string]bool{}
	for _, p := range o.Properties {
		if !objectName.MatchString(p.Name) || has[p.Name] || !types[p.Type] {
			return fmt.Errorf("the property %q is there twice, or its name or type cannot be used", short(p.Name))
		}
		has[p.Name] = true
	}
	methods := map[string]bool{}
	for _, m := range o.Methods {
		if !objectName.MatchString(m.Name) || methods[m.Name] || !kinds[m.Kind] {
			return fmt.Errorf("the method %q is there twice, or its name or kind cannot be used", short(m.Name))
		}
		methods[m.Name] = true
		if err := soundMethod(m, has); err != nil {
			return fmt.Errorf("method %s: %w", m.Name, err)
		}
	}
	return nil
}

func soundMethod(m broker.Method, has map[string]bool) error {
	if len(m.Inputs) > maxProperties || len(m.Outputs) > maxProperties {
		return fmt.Errorf("it has more than %d inputs or outputs", maxProperties)
	}
	taken := map[string]bool{}
	for _, in := range m.Inputs {
		if !objectName.MatchString(in.Name) || taken[in.Name] || in.Type != "" && !types[in.Type] || in.Type == "" && !has[in.Name] {
			return fmt.Errorf("the input %q is there twice, has no type, or a name that cannot be used", short(in.Name))
		}
		taken[in.Name] = true
	}
	given := map[string]bool{}
	for _, out := range m.Outputs {
		if !has[out] || given[out] {
			return fmt.Errorf("it gives %q twice, or that is no property", short(out))
		}
		given[out] = true
	}
	return nil
}

// outline is what the record says of objects: their methods by name.
func outline(objects []broker.Object) []byte {
	if objects == nil {
		return nil
	}
	const most = 200
	out := map[string][]string{}
	for _, o := range objects {
		if len(out) == most {
			break
		}
		out[o.Name] = []string{}
		for _, m := range o.Methods {
			out[o.Name] = append(out[o.Name], m.Name)
		}
	}
	text, err := json.Marshal(map[string]any{"objects": out})
	if err != nil {
		panic(err) // texts always encode
	}
	return text
}
