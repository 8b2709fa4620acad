package identity

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"encoding/base64"
	"fmt"
	"strings"
	"sync/atomic"
	"unicode/utf8"

	"golang.org/x/crypto/argon2"
	"golang.org/x/text/unicode/norm"

	"github.com/signoffhq/signoff"
	"github.com/signoffhq/signoff/seal"
)

// cost is how dear one guess is made.
type cost struct {
	memoryKiB uint32
	passes    uint32
	lanes     uint8
}

// usualCost is the second of the settings OWASP lists as equal: about 40 ms and
// 19 MiB a hash. Passwords hashed at another cost are hashed again at the next
// sign-in.
var usualCost = cost{memoryKiB: 19 * 1024, passes: 2, lanes: 1}

const (
	saltBytes = 16
	hashBytes = 32
)

// A hashed password is stored with its cost and salt, in the form argon2 tools
// share: $argon2id$v=19$m=19456,t=2,p=1$salt$hash.
type hashed struct {
	cost cost
	salt []byte
	hash []byte
}

func (h hashed) String() string {
	b64 := base64.RawStdEncoding
	return fmt.Sprintf("$argon2id$v=%d$m=%d,t=%d,p=%d$%s$%s", argon2.Version,
		h.cost.memoryKiB, h.cost.passes, h.cost.lanes, b64.EncodeToString(h.salt), b64.EncodeToString(h.hash))
}

// parseHashed reads a stored password. Costs that would stall the server are
// refused: they were not written by it.
func parseHashed(text string) (hashed, error) {
	parts := strings.Split(text, "$")
	if len(parts) != 6 || parts[0] != "" || parts[1] != "argon2id" || parts[2] != fmt.Sprintf("v=%d", argon2.Version) {
		return hashed{}, fmt.Errorf("stored password: unknown form")
	}
	var h hashed
	c := &h.cost
	if _, err := fmt.Sscanf(parts[3], "m=%d,t=%d,p=%d", &c.memoryKiB, &c.passes, &c.lanes); err != nil {
		return hashed{}, fmt.Errorf("stored password: cost: %w", err)
	}
	if c.memoryKiB < 8 || c.memoryKiB > 1<<20 || c.passes < 1 || c.passes > 16 || c.lanes < 1 || c.lanes > 16 {
		return hashed{}, fmt.Errorf("stored password: cost out of bounds")
	}
	var err error
	if h.salt, err = base64.RawStdEncoding.DecodeString(parts[4]); err != nil || len(h.salt) < 8 || len(h.salt) > 64 {
		return hashed{}, fmt.Errorf("stored password: bad salt")
	}
	if h.hash, err = base64.RawStdEncoding.DecodeString(parts[5]); err != nil || len(h.hash) < 16 || len(h.hash) > 64 {
		return hashed{}, fmt.Errorf("stored password: bad hash")
	}
	return h, nil
}

// hashing does the dear work of password hashing, a few at a time. Whoever finds
// the queue full is turned away at once: a flood of sign-ins must not take the
// processors and the memory from everybody else.
type hashing struct {
	slots   chan struct{}
	waiting atomic.Int64
	queue   int64
	dummy   hashed
	derive  func(password, salt []byte, c cost, size int) []byte // argon2id; tests count it
}

func newHashing(atOnce, queue int) *hashing {
	salt := make([]byte, saltBytes)
	rand.Read(salt)
	return &hashing{
		slots: make(chan struct{}, atOnce),
		queue: int64(queue),
		// No password has a hash of zeros, whatever it is.
		dummy: hashed{usualCost, salt, make([]byte, hashBytes)},
		derive: func(password, salt []byte, c cost, size int) []byte {
			return argon2.IDKey(password, salt, c.passes, c.memoryKiB, c.lanes, uint32(size))
		},
	}
}

// new hashes a password for keeping.
func (h *hashing) new(ctx context.Context, password seal.Secret) (hashed, error) {
	salt := make([]byte, saltBytes)
	rand.Read(salt)
	out := hashed{cost: usualCost, salt: salt}
	var err error
	out.hash, err = h.run(ctx, password, out.cost, salt, hashBytes)
	return out, err
}

// matches tells whether password is the one kept. It costs the same when there
// is none kept ("").
func (h *hashing) matches(ctx context.Context, password seal.Secret, kept string) (ok, outdated bool, err error) {
	want := h.dummy
	if kept != "" {
		if want, err = parseHashed(kept); err != nil {
			return false, false, err
		}
	}
	got, err := h.run(ctx, password, want.cost, want.salt, len(want.hash))
	if err != nil {
		return false, false, err
	}
	ok = subtle.ConstantTimeCompare(got, want.hash) == 1 && kept != ""
	return ok, ok && want.cost != usualCost, nil
}

func (h *hashing) run(ctx context.Context, password seal.Secret, c cost, salt []byte, size int) ([]byte, error) {
	if err := h.enter(ctx); err != nil {
		return nil, err
	}
	defer func() { <-h.slots }()
	return h.derive([]byte(norm.NFC.String(password.Reveal())), salt, c, size), nil
}

// enter waits for a slot.
func (h *hashing) enter(ctx context.Context) error {
	select {
	case h.slots <- struct{}{}:
		return nil
	default:
	}
	if h.waiting.Add(1) > h.queue {
		h.waiting.Add(-1)
		return &signoff.Error{Kind: signoff.Unavailable, Code: "sign-in-busy",
			Detail: "too many people are signing in at this moment", Hint: "try again in a few seconds"}
	}
	defer h.waiting.Add(-1)
	select {
	case h.slots <- struct{}{}:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// checkPassword says what is wrong with a password somebody chose.
func checkPassword(password seal.Secret, login string) error {
	p := password.Reveal()
	detail := ""
	switch {
	case !utf8.ValidString(p):
		detail = "a password is text"
	case utf8.RuneCountInString(p) < 8:
		detail = "a password has at least 8 characters"
	case len(p) > maxPasswordBytes:
		detail = fmt.Sprintf("a password has at most %d bytes", maxPasswordBytes)
	case strings.EqualFold(p, login):
		detail = "a password is not the login"
	default:
		return nil
	}
	return &signoff.Error{Kind: signoff.Invalid, Code: "bad-password", Detail: detail,
		Fields: []signoff.FieldError{{Field: "password", Detail: detail}}}
}

// NewPassword makes a password for people to type once: 25 letters and digits,
// 125 bits, without those that look alike.
func NewPassword() seal.Secret {
	const alphabet = "abcdefghijkmnpqrstuvwxyz23456789" // 32 of them: no l, o, 0, 1
	b := make([]byte, 25)
	rand.Read(b)
	var text strings.Builder
	for i, c := range b {
		if i > 0 && i%5 == 0 {
			text.WriteByte('-')
		}
		text.WriteByte(alphabet[c%32])
	}
	return seal.Secret(text.String())
}
