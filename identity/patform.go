package identity

import (
	"crypto/rand"
	"crypto/sha256"
	"hash/crc32"
	"math/big"
	"strings"

	"github.com/signoffhq/signoff/seal"
)

// A personal access token is sgn_, 32 random letters and digits, and six that
// are a checksum of those. The beginning and the checksum let programs that
// look for lost secrets know one when they see it, and a token that was not
// copied whole is refused without asking the database.
const (
	tokenPrefix  = "sgn_"
	tokenRandom  = 32
	tokenCheck   = 6
	tokenLen     = len(tokenPrefix) + tokenRandom + tokenCheck
	tokenLetters = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
	tokenEnding  = 4 // characters by which people tell their tokens apart
)

// newTokenText makes a token: about 190 bits that nobody can guess.
func newTokenText() seal.Secret {
	var b strings.Builder
	b.WriteString(tokenPrefix)
	for range tokenRandom {
		n, err := rand.Int(rand.Reader, big.NewInt(int64(len(tokenLetters))))
		if err != nil {
			panic(err) // crypto/rand never fails
		}
		b.WriteByte(tokenLetters[n.Int64()])
	}
	return seal.Secret(b.String() + checkOf(b.String()[len(tokenPrefix):]))
}

// checkOf is the CRC-32 of text in six letters and digits.
func checkOf(text string) string {
	sum := crc32.ChecksumIEEE([]byte(text))
	var out [tokenCheck]byte
	for i := tokenCheck - 1; i >= 0; i-- {
		out[i] = tokenLetters[sum%uint32(len(tokenLetters))]
		sum /= uint32(len(tokenLetters))
	}
	return string(out[:])
}

// IsAccessToken tells whether text begins as personal access tokens do. Nothing
// else that is sent as a bearer token does.
func IsAccessToken(text string) bool { return strings.HasPrefix(text, tokenPrefix) }

// wholeToken tells whether text is a token as newTokenText makes them.
func wholeToken(text string) bool {
	if len(text) != tokenLen || !IsAccessToken(text) {
		return false
	}
	random, check := text[len(tokenPrefix):tokenLen-tokenCheck], text[tokenLen-tokenCheck:]
	return checkOf(random) == check
}

// hashOfToken is what is kept of a token. It needs no salt and no time: what is
// hashed cannot be guessed.
func hashOfToken(text string) [sha256.Size]byte { return sha256.Sum256([]byte(text)) }
