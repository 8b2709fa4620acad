package runner

import (
	"context"
	"time"

	"github.com/signoffhq/signoff"
	"github.com/signoffhq/signoff/engine"
	"github.com/signoffhq/signoff/store"
)

// storage is everything a runner asks of the store. Package store answers it,
// and says at each method what it does; in tests something else does, that
// fails at the worst moments.
type storage interface {
	NewInstance(ctx context.Context) (signoff.InstanceID, error)
	ReturnInstance(id signoff.InstanceID)
	Instance(ctx context.Context, id signoff.InstanceID) (store.Instance, error)
	Commit(ctx context.Context, st *store.Step) error
	Done(ctx context.Context, o store.Once) error
	ForgetOnce(ctx context.Context, before time.Time, limit int) (int64, error)

	TakeJobs(ctx context.Context, holder string, kind engine.CommandKind, now time.Time, lease time.Duration, limit int) ([]store.Job, error)
	NextJob(ctx context.Context, kind engine.CommandKind) (time.Time, error)
	Job(ctx context.Context, key string) (store.Job, error)
	DoneJobs(ctx context.Context, keys ...string) error // whoever holds them
	RetryJob(ctx context.Context, h store.Hold, due time.Time, cause string) error
	ReturnJob(ctx context.Context, h store.Hold, due time.Time) error
	ParkJob(ctx context.Context, h store.Hold) error
	DropJob(ctx context.Context, h store.Hold) error
	ParkFor(ctx context.Context, h store.Hold, w store.Want, now time.Time) error
	Unpark(ctx context.Context, want string, now time.Time, limit int) (map[engine.CommandKind]int, error)
	UnparkStep(ctx context.Context, step signoff.Serial, now time.Time) (map[engine.CommandKind]int, error)
	LookParked(ctx context.Context, after string, now time.Time, limit int) (string, map[engine.CommandKind]int, error)
	TakeParked(ctx context.Context, holder, prefix string, now time.Time, lease time.Duration, limit int) ([]store.Job, error)
	StepWants(ctx context.Context, step signoff.Serial) ([]store.Want, error)
	WantedOf(ctx context.Context, who signoff.Principal, after string, limit int) ([]store.Wanted, error)
	ReturnForgotten(ctx context.Context, holder string, until, now time.Time, has func(key string) bool) (int, error)

	DueTimers(ctx context.Context, now time.Time, limit int) ([]store.Timer, error)
	NextTimer(ctx context.Context) (time.Time, error)
	DeferTimer(ctx context.Context, n store.Timer, due time.Time) error
	DropTimer(ctx context.Context, n signoff.Serial) error

	// Membership. Where the store is not shared, a node need not renew.
	Shared() bool
	Join(ctx context.Context, n store.Node) error
	Renew(ctx context.Context, id string, now, until time.Time) (bool, error)
	Leave(ctx context.Context, id string, now time.Time) error
	Reap(ctx context.Context, now time.Time) ([]store.Node, error)
	ReleaseLost(ctx context.Context, now time.Time) (int64, error)

	// What nodes tell each other. None of it has to arrive.
	Others() bool
	Publish(topic store.Topic, payload string)
	Hints(ctx context.Context, topics ...store.Topic) <-chan store.Hint
}

// errandStore is what a runner asks of the store for what it does besides steps:
// messages, signals, calls of workflows and schedules. All of it may be asked on
// any node at any time; what a step takes in is settled with the step.
type errandStore interface {
	Errands(ctx context.Context) (store.Errands, error)

	PutMessage(ctx context.Context, m store.Message) (store.Message, bool, error)
	Message(ctx context.Context, id int64) (store.Message, error)
	TakeMessages(ctx context.Context, now time.Time, limit int) ([]store.Message, error)
	DeferMessage(ctx context.Context, m store.Message, due time.Time, cause string) error
	MissMessage(ctx context.Context, m store.Message, near string, now time.Time) error
	NudgeMessages(ctx context.Context, name, key string, now time.Time) (bool, error)
	SweepMessages(ctx context.Context, now time.Time) (int64, error)
	ForgetMessages(ctx context.Context, before time.Time, limit int) (int64, error)
	Awaiting(ctx context.Context, name, key string, except []signoff.WorkflowID, limit int) ([]store.Awaited, error)
	AwaitedBy(ctx context.Context, name string, limit int) ([]store.Awaited, error)
	WantedNames(ctx context.Context, limit int) ([]string, error)
	Begins(ctx context.Context, kind, name string) ([]store.Begin, error)

	TakeTargets(ctx context.Context, now time.Time, limit int) ([]store.SignalTo, error)
	DropTarget(ctx context.Context, to store.SignalTo) error
	DeferTarget(ctx context.Context, to store.SignalTo, due time.Time) error

	TakeOrphans(ctx context.Context, now time.Time, limit int) ([]store.Orphan, error)
	DropOrphan(ctx context.Context, id signoff.InstanceID) error
	DeferOrphan(ctx context.Context, o store.Orphan, due time.Time) error

	TakeSchedules(ctx context.Context, now time.Time, limit int) ([]store.Schedule, error)
	MoveSchedule(ctx context.Context, was, n store.Schedule) error
}

// orders is what a runner asks of the store to carry out orders for many
// incidents or instances; one whose storage does not know them carries none out.
type orders interface {
	Instance(ctx context.Context, id signoff.InstanceID) (store.Instance, error)
	InstancesWithIncidents(ctx context.Context, wf signoff.WorkflowID, before signoff.InstanceID, limit int) ([]store.Instance, error)
	CreateBulk(ctx context.Context, b store.Bulk, items []signoff.Serial, once store.Once) (store.Bulk, error)
	Bulk(ctx context.Context, id int64) (store.Bulk, error)
	OpenBulks(ctx context.Context, now time.Time, limit int) ([]store.Bulk, error)
	NextBulk(ctx context.Context) (time.Time, error)
	PutOffBulk(ctx context.Context, id int64, due time.Time, attempt int, cause string) error
	HaltBulk(ctx context.Context, id int64, cause string, now time.Time) error
	ForgetBulks(ctx context.Context, before, migrations time.Time, limit int) (int64, error)
	DueItems(ctx context.Context, id int64, now time.Time, limit int) ([]store.BulkItem, time.Time, error)
	BulkItems(ctx context.Context, id int64, state string, after, limit int) ([]store.BulkItem, error)
	SettleBulk(ctx context.Context, id int64, items []store.BulkItem, now time.Time) error
	CreateMigration(ctx context.Context, b store.Bulk, m store.Migration, items []signoff.InstanceID) (store.Bulk, error)
	Migration(ctx context.Context, bulk int64) (store.Migration, error)
	StageMigration(ctx context.Context, bulk int64, stage store.Stage, looked int) error
	ReturnBulk(ctx context.Context, id int64, items []store.BulkItem, now time.Time) error
	RunningOn(ctx context.Context, wf signoff.WorkflowID, v store.VersionID, after signoff.InstanceID, limit int) ([]store.Instance, error)
	Acquire(ctx context.Context, name, node string, now, until time.Time) (store.Lease, bool, error)
	Release(ctx context.Context, l store.Lease) error
}
