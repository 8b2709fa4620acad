package runner

import (
	"database/sql"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/signoffhq/signoff/engine"
	"github.com/signoffhq/signoff/store/pgtest"
)

// writtenByANewer makes the state of an instance one that a newer program wrote.
func writtenByANewer(t *testing.T, path string, id int64) {
	t.Helper()
	if dsn := pgtest.Choose(t, path); strings.HasPrefix(dsn, "postgres://") {
		pgtest.Exec(t, dsn, `update instance set state = convert_to(replace(convert_from(state, 'UTF8'), '"form":1', '"form":99'), 'UTF8') where id = 1`)
		return
	}
	db, err := sql.Open("sqlite", path)
	must(t, err)
	defer db.Close()
	_, err = db.Exec(`update instance set state = cast(replace(cast(state as text), '"form":1', '"form":99') as blob) where id = ?`, id)
	must(t, err)
}

func TestAnInstanceThatANewerServerWroteIsLeftAloneAndTheOthersGoOn(t *testing.T) {
	path := filepath.Join(t.TempDir(), "signoff.db")
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, path)
		w.deploy(t, approval)
		first, second := w.start(t), w.start(t)
		must(t, w.Store.Close())
		writtenByANewer(t, path, int64(first))

		w = newWorld(t, path)
		stop := w.run(t)
		defer func() { stop(); must(t, w.Store.Close()) }()
		_, err := w.Do(t.Context(), bob, first, engine.Act{Task: 2, Action: "Approve"}, "")
		wantCode(t, err, engine.CodeNewer)
		time.Sleep(4 * 24 * time.Hour) // both deadlines have passed
		synctest.Wait()
		if st := w.state(t, second); st.Status != engine.Completed {
			t.Errorf("the other one is %s", st.Status)
		}
		_, err = w.Store.Instance(t.Context(), first)
		wantCode(t, err, engine.CodeNewer)
		list, err := w.Store.InstancesOfStarter(t.Context(), ana.Principal, engine.Running, 100, 10)
		if err != nil || len(list) != 1 || list[0].ID != first || list[0].State.Folio == "" {
			t.Errorf("it is not listed: %+v, %v", list, err)
		}
		next, err := w.Store.NextTimer(t.Context())
		if err != nil || !next.After(time.Now()) {
			t.Errorf("its timer is tried without a pause: %v, %v", next, err)
		}
	})
}
