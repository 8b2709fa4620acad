package openapi

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"
)

// Limits of a document.
const (
	maxDocumentBytes = 4 << 20
	maxDepth         = 100     // of values in values
	maxNodes         = 500_000 // values in all
	maxRefs          = 20      // from one reference to the next
)

// node is a value of a document. The zero node is one that is not there; all
// questions may be asked of it.
type node struct{ v any }

// at is a member of an object.
func (n node) at(name string) node {
	m, _ := n.v.(map[string]any)
	return node{m[name]}
}

func (n node) there() bool { return n.v != nil }

func (n node) text(name string) string {
	s, _ := n.at(name).v.(string)
	return s
}

func (n node) yes(name string) bool {
	b, _ := n.at(name).v.(bool)
	return b
}

// names are an object's members, sorted.
func (n node) names() []string {
	m, _ := n.v.(map[string]any)
	out := make([]string, 0, len(m))
	for name := range m {
		out = append(out, name)
	}
	slices.Sort(out)
	return out
}

func (n node) list(name string) []node {
	l, _ := n.at(name).v.([]any)
	out := make([]node, len(l))
	for i, v := range l {
		out[i] = node{v}
	}
	return out
}

func (n node) texts(name string) (out []string) {
	for _, one := range n.list(name) {
		if s, ok := one.v.(string); ok {
			out = append(out, s)
		}
	}
	return out
}

// parse reads a document in JSON or YAML. An error says in words that follow
// "the document" what it is not.
func parse(text []byte) (node, error) {
	if len(text) > maxDocumentBytes {
		return node{}, fmt.Errorf("is larger than %d MiB", maxDocumentBytes>>20)
	}
	text = bytes.TrimPrefix(text, []byte("\uFEFF"))
	var v any
	if trimmed := bytes.TrimSpace(text); len(trimmed) > 0 && trimmed[0] == '{' {
		d := json.NewDecoder(bytes.NewReader(trimmed))
		d.UseNumber()
		err := d.Decode(&v)
		if err == nil {
			if _, more := d.Token(); more != io.EOF {
				err = errors.New("something stands behind its end")
			}
		}
		if err != nil {
			return node{}, fmt.Errorf("is no JSON: %s", short(err.Error()))
		}
	} else if err := yaml.Unmarshal(text, &v); err != nil {
		return node{}, fmt.Errorf("is neither JSON nor YAML: %s", short(err.Error()))
	}
	left := maxNodes
	v, err := plain(v, maxDepth, &left)
	if err != nil {
		return node{}, err
	}
	if _, ok := v.(map[string]any); !ok {
		return node{}, errors.New("is no object, with openapi or swagger in it")
	}
	return node{v}, nil
}

// plain makes objects of YAML's maps, whose names may be anything, and bounds
// what aliases make of a short text.
func plain(v any, depth int, left *int) (any, error) {
	if *left--; *left < 0 || depth == 0 {
		return nil, fmt.Errorf("holds more than %d values, or values nested deeper than %d", maxNodes, maxDepth)
	}
	var err error
	switch x := v.(type) {
	case map[string]any:
		out := make(map[string]any, len(x))
		for k, one := range x {
			if out[k], err = plain(one, depth-1, left); err != nil {
				return nil, err
			}
		}
		return out, nil
	case map[any]any:
		out := make(map[string]any, len(x))
		for k, one := range x {
			if out[fmt.Sprint(k)], err = plain(one, depth-1, left); err != nil { // responses: {200: …}
				return nil, err
			}
		}
		return out, nil
	case []any:
		out := make([]any, len(x))
		for i, one := range x {
			if out[i], err = plain(one, depth-1, left); err != nil {
				return nil, err
			}
		}
		return out, nil
	}
	return v, nil
}

// follow goes where references within the document lead. Others, and those that
// lead in a circle, lead nowhere.
func (d *document) follow(n node) node {
	for range maxRefs {
		ref, ok := n.at("$ref").v.(string)
		if !ok {
			return n
		}
		path, inside := strings.CutPrefix(ref, "#/")
		if !inside {
			return node{}
		}
		n = d.root
		for _, part := range strings.Split(path, "/") {
			n = n.at(strings.NewReplacer("~1", "/", "~0", "~").Replace(unescape(part)))
		}
	}
	return node{}
}
