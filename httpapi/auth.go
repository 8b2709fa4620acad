package httpapi

import (
	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"

	"github.com/signoffhq/signoff/access"
	"github.com/signoffhq/signoff/identity"
)

// require lets only callers through who hold what an operation's line in the
// table asks for. It runs before anything of the request is looked at, so that
// a stranger does not learn what a right request would look like.
func (s *Server) require(o op) func(huma.Context, func(huma.Context)) {
	return func(hc huma.Context, next func(huma.Context)) {
		if o.right != anybody {
			by, err := identity.Who(hc.Context())
			if err == nil && o.right == admin {
				err = access.May(by, access.Server, nil).Err()
			}
			if err != nil {
				r, w := humago.Unwrap(hc)
				s.writeRefusal(w, r, err)
				return
			}
		}
		next(hc)
	}
}
