package mailroom

import (
	"slices"
	"testing"

	"github.com/signoffhq/signoff/engine"
	"github.com/signoffhq/signoff/runner"
)

func TestAnAuthorsOwnWordsStandForTheInstructions(t *testing.T) {
	r := &Room{}
	for _, c := range []struct{ body, instructions, want string }{
		{"Dear Jane, please decide.", "Look at the days.", "Dear Jane, please decide."},
		{"", "Look at the days.", "Look at the days."},
	} {
		p := r.taskPage(runner.Job{Instance: 7}, &engine.Notify{Title: "Approve", Body: c.body, Instructions: c.instructions})
		if !slices.Equal(p.Paragraphs, []string{c.want}) {
			t.Errorf("%+v: the mail says %q", c, p.Paragraphs)
		}
	}
}
