package httpapi

import (
	"context"
	"strconv"

	"github.com/signoffhq/signoff/api"
	"github.com/signoffhq/signoff/store"
)

// settingOutput is how a setting is answered, when it is read and when it was
// saved. Its tag stands for the revision.
type settingOutput[T any] struct {
	ETag string `header:"ETag"`
	Body T
}

func settingAnswer[T any](rev int64, out T) (*settingOutput[T], error) {
	tag, err := versionTag(settingVersion(rev), out)
	return &settingOutput[T]{tag, out}, err
}

func settingVersion(rev int64) string { return strconv.FormatInt(rev, 10) }

// savedBy says who saved a setting last, and when; nil: nobody did.
func (s *Server) savedBy(ctx context.Context, is store.Setting) (*api.Saved, error) {
	if is.Rev == 0 {
		return nil, nil
	}
	known, err := s.named(ctx, is.By)
	if err != nil {
		return nil, err
	}
	return &api.Saved{At: is.At, By: known.personPtr(is.By)}, nil
}

// IfSaved is the condition of saving a setting.
type IfSaved struct {
	IfMatch string `header:"If-Match" maxLength:"1000" doc:"the ETag the setting was read with: it is saved only if nobody has saved it since"`
}

// still refuses to replace a setting that is not the one that was seen.
func (c IfSaved) still(is store.Setting) error {
	if c.IfMatch == "" || anyVersionMatches(c.IfMatch, settingVersion(is.Rev)) {
		return nil
	}
	e := *errStale
	if is.Rev > 0 {
		e.Detail = is.LastSaved()
	}
	return &e
}
