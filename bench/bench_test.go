package bench

import (
	"errors"
	"os"
	"sync"
	"testing"

	"github.com/signoffhq/signoff"
	"github.com/signoffhq/signoff/store/pgserver"
)

func TestMain(m *testing.M) {
	code := m.Run()
	if server.Server != nil {
		server.Stop()
	}
	os.Exit(code)
}

// server is one for all tests of the package.
var server struct {
	*pgserver.Server
	once sync.Once
	err  error
}

// postgres returns an empty database, or skips the test.
func postgres(t *testing.T) string {
	t.Helper()
	server.once.Do(func() { server.Server, server.err = pgserver.Start(pgserver.Settings{NoSync: true}) })
	if errors.Is(server.err, pgserver.ErrAbsent) {
		t.Skip("PostgreSQL is not installed here: measuring on it is not tested")
	}
	must(t, server.err)
	address, err := server.Create(t.Context())
	must(t, err)
	return address
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func TestWhatCannotBeMeasuredIsRefused(t *testing.T) {
	for _, o := range []Options{{Only: []string{"W9"}}, {Clients: []int{0}}, {Rounds: -1}, {Tasks: []int{0}}, {Stores: []string{"mysql://x"}}, {Waiting: 1 << 40}} {
		if _, err := Run(t.Context(), o); signoff.CodeOf(err) != "bad-bench" {
			t.Errorf("%+v: %v", o, err)
		}
	}
}

func TestADatabaseWithDataInItIsNotMeasuredOn(t *testing.T) {
	address := postgres(t)
	must(t, pgserver.Exec(t.Context(), address, `create table theirs (id int)`))
	_, err := Run(t.Context(), Options{Stores: []string{address}})
	if signoff.CodeOf(err) != "data-not-empty" {
		t.Fatal(err)
	}
}
