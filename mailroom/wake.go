package mailroom

import "github.com/signoffhq/signoff/store"

// Wake makes the room look at its queue now, on whichever node that is worked
// off. Without it, a mail that was put back into the queue elsewhere goes out at
// the next look, half a minute later at most.
func (r *Room) Wake() {
	ring(r.wakeOut)
	r.Store.Publish(store.TopicMail, "")
}
