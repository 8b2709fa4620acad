package store

import (
	"context"
	"fmt"
	"time"

	"github.com/signoffhq/signoff"
)

// Setting is something administrators set while the server runs: one of few,
// by name, taken and replaced as a whole.
type Setting struct {
	Name string
	Rev  int64 // 0: never saved
	At   time.Time
	By   signoff.Principal
	Body []byte // JSON; secrets in it are locked
}

// maxSettingBytes bounds a setting: every node reads it whole after every save.
const maxSettingBytes = 4 << 20

// Setting returns what was last saved under a name; one that never was has
// neither revision nor body.
func (s *Store) Setting(ctx context.Context, name string) (Setting, error) {
	out := Setting{Name: name}
	err := scanSetting(s.row(ctx, settingColumns, name), &out)
	return out, s.explain(err)
}

const settingColumns = `select rev, at, by_whom, body from setting where name = $1`

func scanSetting(row interface{ Scan(...any) error }, into *Setting) error {
	var at int64
	var by string
	err := row.Scan(&into.Rev, &at, &by, &into.Body)
	if isNoRows(err) {
		return nil
	}
	into.At, into.By = moment(at), signoff.Principal(by)
	return err
}

// SaveSetting keeps set.Body under set.Name instead of revision set.Rev (0 when
// there was none), notes the change, and tells the other nodes. It refuses with
// "setting-changed" when somebody else saved meanwhile, and says who and when.
func (s *Store) SaveSetting(ctx context.Context, set Setting, note Change) (Setting, error) {
	if len(set.Body) > maxSettingBytes {
		return Setting{}, &signoff.Error{Kind: signoff.Invalid, Code: "setting-too-large",
			Detail: fmt.Sprintf("a setting may have at most %d MiB", maxSettingBytes>>20)}
	}
	now := s.Now()
	err := s.exclusively(ctx, func(t *tx) error {
		is := Setting{Name: set.Name}
		if err := scanSetting(t.row(settingColumns, set.Name), &is); err != nil {
			return err
		}
		if is.Rev != set.Rev {
			return settingChanged(is)
		}
		if _, err := t.exec(`insert into setting (name, rev, at, by_whom, body) values ($1, $2, $3, $4, $5)
			on conflict (name) do update set rev = excluded.rev, at = excluded.at, by_whom = excluded.by_whom, body = excluded.body`,
			set.Name, is.Rev+1, micros(now), string(set.By), set.Body); err != nil {
			return err
		}
		return t.note(note, now)
	})
	if err != nil {
		return Setting{}, err
	}
	set.Rev, set.At = set.Rev+1, moment(micros(now)) // as it is read again
	s.Publish(TopicSettings, set.Name)
	return set, nil
}

// LastSaved says who saved a setting and when, to whoever wanted to replace it.
func (s Setting) LastSaved() string {
	who := "the server itself"
	if s.By != "" {
		who = signoff.Mention(s.By)
	}
	return who + " saved this setting " + signoff.At(s.At)
}

func settingChanged(is Setting) error {
	if is.Rev == 0 {
		return &signoff.Error{Kind: signoff.Conflict, Code: "setting-changed",
			Detail: "the setting was never saved, so there is no revision to replace", Hint: "load it again, then save"}
	}
	return &signoff.Error{Kind: signoff.Conflict, Code: "setting-changed",
		Detail: is.LastSaved(), Hint: "load it again, look at what is different, then save"}
}
