package connections_test

import (
	"path/filepath"
	"slices"
	"testing"

	"github.com/signoffhq/signoff/store/pgtest"
)

func TestWhatSignsInWithAResourceIsNamed(t *testing.T) {
	d := openDesk(t, pgtest.Choose(t, filepath.Join(t.TempDir(), "x.db")), nil)
	sells, off := connection("sells", "sells@contoso.test"), connection("off", "off@contoso.test")
	sells.Resource, off.Resource, off.Off = "m365", "m365", true
	d.save(sells, nil)
	d.save(off, nil)
	d.save(connection("own", "own@contoso.test"), nil)
	got, err := d.UsersOf(t.Context(), "m365")
	must(t, err)
	if want := []string{"the mail connection sells@contoso.test", "the mail connection off@contoso.test"}; !slices.Equal(got, want) {
		t.Errorf("%q", got)
	}
	if got, err := d.UsersOf(t.Context(), "another"); len(got) != 0 || err != nil {
		t.Errorf("%q %v", got, err)
	}
}
