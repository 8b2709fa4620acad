package m365

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"regexp"
	"strings"
)

var holeForm = regexp.MustCompile(`\{\{([A-Za-z0-9._-]{1,200})\}\}`)

// Run sends the calls in order. done hears of each before it is sent; it may be
// nil. The values that were learnt are returned: client ids by "api.appId". It
// stops at the first refusal; calls may be run again from the start.
func Run(ctx context.Context, c *Client, calls []Call, done func(Call)) (map[string]string, error) {
	known := map[string]string{}
	for _, call := range calls {
		if call.Unless != "" && known[call.Unless] != "" || call.If != "" && known[call.If] == "" {
			continue
		}
		filled, err := fill(call, known)
		if err != nil {
			return known, err
		}
		if done != nil {
			done(filled)
		}
		var answer any
		if err := c.call(ctx, filled.Method, filled.Path, filled.Body, &answer); err != nil {
			return known, fmt.Errorf("%s (%s %s): %w", filled.About, filled.Method, filled.Path, err)
		}
		for _, s := range filled.Save {
			if v := s.find(answer); v != "" {
				known[s.As] = v
			}
		}
	}
	return known, nil
}

// fill puts in the values that are known.
func fill(c Call, known map[string]string) (Call, error) {
	about := c.About
	raw, err := json.Marshal(c)
	if err != nil {
		return c, err
	}
	missing := ""
	text := holeForm.ReplaceAllStringFunc(string(raw), func(h string) string {
		v := known[strings.Trim(h, "{}")]
		if v == "" {
			missing = h
		}
		quoted, _ := json.Marshal(v) // text always can be written
		return string(quoted[1 : len(quoted)-1])
	})
	if missing != "" {
		return c, fmt.Errorf("%s: %s is not known: an earlier call did not give it", about, missing)
	}
	var out Call
	return out, unmarshal(text, &out)
}

func unmarshal(text string, into *Call) error {
	if err := json.Unmarshal([]byte(text), into); err != nil {
		return fmt.Errorf("read a call again: %w", err)
	}
	return nil
}

// find takes the value out of an answer: an object, or a list below "value".
func (s Save) find(answer any) string {
	m, ok := answer.(map[string]any)
	if !ok {
		return ""
	}
	items := []any{m}
	if list, ok := m[cmp.Or(s.In, "value")].([]any); ok {
		items = list
	}
	for _, item := range items {
		if o, ok := item.(map[string]any); ok && s.fits(o) {
			text, _ := o[s.Prop].(string)
			return text
		}
	}
	return ""
}

func (s Save) fits(o map[string]any) bool {
	for name, want := range s.Where {
		if got, _ := o[name].(string); got != want {
			return false
		}
	}
	return true
}
