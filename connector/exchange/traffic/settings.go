package traffic

import (
	"net/http"
	"time"

	"github.com/signoffhq/signoff/connector/exchange"
)

const (
	usualTimeout = 60 * time.Second
	usualPage    = 100
	mostPage     = 500
)

// Usual fills in what settings leave open: how long a request may take, how long a
// page is, and how to ask and to pause.
func Usual(s exchange.Settings) exchange.Settings {
	if s.Timeout <= 0 {
		s.Timeout = usualTimeout
	}
	if s.PageSize <= 0 {
		s.PageSize = usualPage
	}
	s.PageSize = min(s.PageSize, mostPage)
	if s.Plain == nil {
		s.Plain = &http.Client{}
	}
	if s.Pause == nil {
		s.Pause = exchange.Sleep
	}
	return s
}
