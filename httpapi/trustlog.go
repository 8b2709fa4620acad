package httpapi

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"github.com/signoffhq/signoff/identity/trust"
)

// Why a token was refused is nobody's business but an administrator's: the
// caller hears a code and one sentence, the log gets the whole checklist under
// the request id that the caller was given, too.

// tokenLines bounds how many refusals a minute are written whole, for anybody
// can send tokens that are none.
const tokenLines = 60

// tokenLog counts what was written this minute.
type tokenLog struct {
	mu      sync.Mutex
	minute  time.Time
	written int
	left    int // refusals of this minute that were not written
}

// take tells whether one more may be written, and how many were left out
// before, once.
func (l *tokenLog) take(now time.Time) (may bool, leftOut int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if minute := now.Truncate(time.Minute); !minute.Equal(l.minute) {
		leftOut, l.left = l.left, 0
		l.minute, l.written = minute, 0
	}
	if l.written >= tokenLines {
		l.left++
		return false, leftOut
	}
	l.written++
	return true, leftOut
}

// logToken writes down why a token was refused.
func (s *Server) logToken(ctx context.Context, no *trust.Refusal) {
	may, leftOut := s.tokenLog.take(s.Now())
	if leftOut > 0 {
		s.Log.WarnContext(ctx, "refused tokens not written down", "count", leftOut)
	}
	if !may {
		return
	}
	list := []any{"request", requestOf(ctx).id, "code", no.Code.Code, "issuer", no.Issuer}
	for _, c := range no.Checks() {
		if c.Result == trust.Failed {
			list = append(list, slog.Group("check", "name", c.Name, "expected", c.Expected, "found", c.Found, "advice", c.Advice))
		}
	}
	s.Log.WarnContext(ctx, "token refused", append(list, "checks", checkWords(no.Checks()))...)
}

// checkWords is the checklist on one line, as far as it was gone through.
func checkWords(all []trust.Check) string {
	text := ""
	for _, c := range all {
		if c.Result == trust.NotReached {
			continue
		}
		if text != "" {
			text += "; "
		}
		text += c.Name + ": " + string(c.Result)
	}
	return text
}
