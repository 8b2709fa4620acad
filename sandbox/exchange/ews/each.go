package ews

import "errors"

// each answers an operation item by item, in the order of the request: done
// gives what an item's response message carries. empty is what stands in a
// refused one, as the schema wants.
func (c *call) each(op string, list []*node, empty func() []*node, done func(*node) ([]*node, error)) (*node, error) {
	if len(list) > maxIDs {
		return nil, &fault{code: "ErrorInvalidRequest", text: "There are too many items in the request."}
	}
	var out []*node
	for _, n := range list {
		var parts []*node
		var err error
		if f := c.struckItem(op); f != nil {
			err = f
		} else {
			parts, err = done(n)
		}
		var remark *warning
		switch {
		case err == nil:
			out = append(out, answer(op, parts...))
		case errors.As(err, &remark):
			out = append(out, warn(op, remark.fault, remark.says))
		case asFault(err).violation != "":
			return nil, err // the shape of the request, which concerns all of it
		case empty == nil:
			out = append(out, c.failed(op, err))
		default:
			out = append(out, c.failed(op, err, empty()...))
		}
	}
	return respond(op, out...), nil
}

// failed writes a refusal, and notes what is our own fault.
func (c *call) failed(op string, err error, parts ...*node) *node {
	f := asFault(err)
	if f.code == "ErrorInternalServerError" {
		c.srv.Log.Error("ews item", "operation", op, "err", err)
	}
	return failed(op, f, parts...)
}

func none(name string) func() []*node { return func() []*node { return []*node{el(name)} } }
