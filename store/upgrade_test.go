package store

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/signoffhq/signoff"
	"github.com/signoffhq/signoff/store/pgtest"
)

// A node that runs while a newer one updates the tables goes on if that one left
// word that it can, and says that it is not ready if not. It cannot begin anew.
func TestANodeWhoseTablesAreUpdatedUnderItSaysWhetherItGoesOn(t *testing.T) {
	dsn := pgtest.Empty(t)
	s := openAt(t, dsn)
	must(t, s.Ping(t.Context()))
	pgtest.Exec(t, dsn, `insert into goose_db_version (version_id, is_applied) values (9999, true)`)
	must(t, s.Ping(t.Context())) // the word of this version is there
	say := func(word string) {
		pgtest.Exec(t, dsn, `comment on table goose_db_version is '`+word+`'`)
	}
	for _, word := range []string{fmt.Sprint(wordSince, newest()+1), "", "something else"} {
		say(word)
		e, ok := errors.AsType[*signoff.Error](s.Ping(t.Context()))
		if !ok || e.Code != "data-newer" || e.Kind != signoff.Unavailable || !strings.Contains(e.Hint, "start this server again") {
			t.Errorf("with the word %q: %v", word, e)
		}
	}
	say(fmt.Sprint(wordSince, newest()))
	must(t, s.Ping(t.Context()))
	scratch(t, s)
	must(t, s.write(t.Context(), put(1)))
	refusedWith(t, dsn, "data-newer", "newer")
}

// Whoever updates the tables may die before it has left word: the next one does.
func TestWordThatWasNotLeftIsLeftAtTheNextStart(t *testing.T) {
	dsn := pgtest.Empty(t)
	must(t, openAt(t, dsn).Close())
	pgtest.Exec(t, dsn, `comment on table goose_db_version is null`)
	s := openAt(t, dsn)
	pgtest.Exec(t, dsn, `insert into goose_db_version (version_id, is_applied) values (9999, true)`)
	must(t, s.Ping(t.Context()))
}

func TestTheWordIsAboutAVersionThatThereIs(t *testing.T) {
	if worksSince > newest() {
		t.Fatalf("programs from %d on can work on tables of %d: then this one cannot", worksSince, newest())
	}
}
