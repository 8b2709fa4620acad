package directory

import (
	"context"

	"github.com/signoffhq/signoff"
)

// SyncNow begins a sync and waits until it is over.
func (d *Directories) SyncNow(ctx context.Context, by signoff.Caller, name string, ask Ask) (Run, error) {
	d.mu.Lock()
	d.running = ctx
	d.mu.Unlock()
	_, err := d.Begin(ctx, by, name, ask)
	if err != nil {
		return Run{}, err
	}
	d.runs.Wait()
	list, err := d.Runs(context.WithoutCancel(ctx), by, name, 1)
	if err != nil || len(list) == 0 {
		return Run{}, err
	}
	return list[0], nil
}

// GraphPage makes Graph's pages small.
func (d *Directories) GraphPage(n int) { d.graphPage = n }

// ForeseeTogether bounds how much a preview takes together.
func (s *Service) ForeseeTogether(n int) { s.together = n }
