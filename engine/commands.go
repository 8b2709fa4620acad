package engine

import (
	"slices"
	"strconv"
)

// command asks the world for something, under the key of its thing.
func (t *turn) command(c Command) {
	key := make([]byte, 0, 40)
	key = strconv.AppendInt(key, int64(t.st.Instance), 10)
	key = append(key, '_')
	key = strconv.AppendInt(key, int64(c.Ref), 10)
	key = append(key, '/')
	key = append(key, c.Kind...)
	c.Key = string(key)
	t.commands = append(t.commands, c)
	t.written += c.bytes()
}

// bytes is about what a command takes up.
func (c *Command) bytes() int {
	switch {
	case c.Message != nil:
		return len(c.Message.Name) + len(c.Message.Key) + len(c.Message.Vars)
	case c.Workflow != nil:
		return len(c.Workflow.Key) + len(c.Workflow.Vars)
	case c.Notify != nil:
		return len(c.Notify.Body) + len(c.Notify.Instructions) + rowBytes*len(c.Notify.To)
	case c.Email != nil:
		return len(c.Email.Body) + rowBytes*(len(c.Email.To)+len(c.Email.Cc))
	case c.Call != nil:
		n := len(c.Call.URL) + len(c.Call.Body) + len(c.Call.Inputs)
		for name, value := range c.Call.Header {
			n += len(name) + len(value)
		}
		return n
	}
	return 0
}

// retract takes back what this very step asked for a thing that is no more.
// What earlier steps asked is the outbox's to drop.
func (t *turn) retract(ref int) {
	t.commands = slices.DeleteFunc(t.commands, func(c Command) bool { return c.Ref == ref })
}

// again is command for a thing that commanded before and means something new:
// the number of the fact it follows makes the key its own.
func (t *turn) again(c Command) {
	t.command(c)
	last := &t.commands[len(t.commands)-1]
	last.Key += "/" + strconv.Itoa(t.st.Facts)
}
