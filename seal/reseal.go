package seal

import "regexp"

// lockedText finds what Lock makes, wherever it stands: in JSON it is as it is.
// The shortest has a nonce, a tag and one byte.
var lockedText = regexp.MustCompile(lockVersion + `[A-Za-z0-9+/]{38,}={0,2}`)

// Resealed counts locked texts that were locked anew, and those that the old key
// does not open for any of the purposes.
type Resealed struct{ Moved, Dead int }

// Reseal locks everything in text that from locked for one of the purposes with
// to instead, for the same purpose. The rest of text stays byte for byte: what
// from does not open, too, for nobody can.
func Reseal(from, to Key, purposes []string, text []byte) (out []byte, n Resealed) {
	out = lockedText.ReplaceAllFunc(text, func(locked []byte) []byte {
		for _, p := range purposes {
			if secret, err := from.Unlock(p, string(locked)); err == nil {
				n.Moved++
				return []byte(to.Lock(p, secret))
			}
		}
		n.Dead++
		return locked
	})
	return out, n
}
