package k2

import (
	"slices"

	"github.com/signoffhq/signoff"
	"github.com/signoffhq/signoff/access"
	"github.com/signoffhq/signoff/engine"
	"github.com/signoffhq/signoff/process"
	"github.com/signoffhq/signoff/store"
)

// A server event is a service step that waits for another system. Who may finish
// such steps of the workflow may read and finish it: K2's right "Server Event".

var errNoEvent = &signoff.Error{Kind: signoff.NotFound, Code: engine.CodeEffectNotFound,
	Detail: "Server event could not be retrieved. Either access denied or not found."}

// serverEvent finds the waiting step a path names. Whatever is wrong, the answer
// is the same.
func (s *Server) serverEvent(c *call) (store.Instance, *process.Definition, *process.Node, error) {
	none := func(err error) (store.Instance, *process.Definition, *process.Node, error) {
		if err == nil || signoff.KindOf(err) == signoff.NotFound || signoff.KindOf(err) == signoff.Invalid {
			err = errNoEvent
		}
		return store.Instance{}, nil, nil, err
	}
	n, err := c.serial()
	if err != nil {
		return none(err)
	}
	in, err := s.HTTP.Worklist.Store.Instance(c.ctx, n.Instance)
	if err != nil {
		return none(err)
	}
	may, err := s.HTTP.Library.May(c.ctx, c.by, access.Finish, in.Workflow)
	if err != nil || !may.OK {
		return none(err)
	}
	i := slices.IndexFunc(in.State.Effects, func(e engine.Effect) bool { return e.Seq == n.Seq && e.Kind == "external" })
	if i < 0 {
		return none(nil)
	}
	def, err := s.HTTP.Library.Definition(c.ctx, in.Version)
	if err != nil {
		return none(err)
	}
	j := slices.IndexFunc(def.Nodes, func(x process.Node) bool { return x.ID == in.State.Effects[i].Node })
	if j < 0 {
		return none(nil)
	}
	return in, def, &def.Nodes[j], nil
}

func (s *Server) getServerEvent(c *call) (any, error) {
	in, def, node, err := s.serverEvent(c)
	if err != nil {
		return nil, err
	}
	return ServerEventDataResponse{
		SerialNumber: c.params["serialNumber"],
		EventInstance: EventInstanceWrapper{
			EventName: node.Name, ActivityName: node.Name, WorkflowID: int64(in.Workflow),
			WorkflowName: systemName(def.Category, def.ID), WorkflowDisplayName: def.Name,
			WorkflowInstanceID: int64(in.ID), WorkflowInstanceFolio: in.State.Folio, Originator: user(in.State.Starter),
			WorkflowInstanceDataFields: instanceFields(def, in.State.Vars),
		},
	}, nil
}

func (s *Server) finishServerEvent(c *call) (any, error) {
	in, def, _, err := s.serverEvent(c)
	if err != nil {
		return nil, err
	}
	vars, err := fieldValues(def, c.body)
	if err != nil {
		return nil, err
	}
	n, err := c.serial()
	if err != nil {
		return nil, err
	}
	_, err = s.HTTP.Runner.Do(c.ctx, c.by, in.ID, engine.FinishExternal{Effect: n.Seq, Vars: vars}, c.once)
	return nil, err
}
