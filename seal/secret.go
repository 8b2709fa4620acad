// Package seal keeps secrets from being seen: in logs and messages through the
// Secret type, and at rest through keys derived from one master key.
//
// Start reading at Secret for values that people configure, and at LoadKey for
// the master key that everything at rest hangs on.
package seal

import (
	"fmt"
	"io"
	"log/slog"
)

// Secret is text that must not be shown. Printed with any verb, logged, or
// marshalled to JSON, YAML or XML it reads "[sealed]"; only Reveal gives it
// out. It is read from JSON and YAML like any string. (Not as the key of a map:
// encoding/json writes string keys as they are.)
type Secret string

// sealed is what is shown instead of a secret, an empty one included: whether
// there is one is told where it matters, not by accident.
const sealed = "[sealed]"

// Reveal returns the secret itself.
func (s Secret) Reveal() string { return string(s) }

// String returns "[sealed]".
func (Secret) String() string { return sealed }

// Format writes "[sealed]" for every verb, %x and %#v included.
func (Secret) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, sealed) }

// LogValue makes slog show "[sealed]".
func (Secret) LogValue() slog.Value { return slog.StringValue(sealed) }

// MarshalText makes JSON, XML and anything else that asks show "[sealed]".
func (Secret) MarshalText() ([]byte, error) { return []byte(sealed), nil }

// MarshalYAML makes YAML show "[sealed]".
func (Secret) MarshalYAML() (any, error) { return sealed, nil }
