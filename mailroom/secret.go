package mailroom

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base32"
	"encoding/hex"
	"strings"
)

// Secrets follow from the key of the mail they stand in, so that composing the
// same mail again gives the same ones. 26 letters of base32 are 130 bits.

const secretLetters = 26

func (r *Room) secret(purpose, key string) string {
	mac := hmac.New(sha256.New, r.Secret)
	mac.Write([]byte("signoff mail " + purpose + "\x00" + key))
	return strings.ToLower(base32.StdEncoding.EncodeToString(mac.Sum(nil)))[:secretLetters]
}

// messageID is the Message-ID of the mail with this key, angle brackets included.
func (r *Room) messageID(key string) string {
	return "<so." + r.secret("message-id", key) + "@" + r.domain + ">"
}

// replyToken is the secret part of the address that a reply to it goes to.
func (r *Room) replyToken(key string) string { return r.secret("reply-address", key) }

// tagged puts a tag after the plus sign of the service address.
func (r *Room) tagged(tag string) string {
	local, domain, _ := strings.Cut(r.ReplyTo, "@")
	return local + "+" + tag + "@" + domain
}

// copyTag marks the address of our own copies. It is no secret: what counts is
// the Message-ID of what arrives there.
const copyTag = "sent"

func (r *Room) copyAddress() string {
	if r.NoCopies || r.In == nil {
		return ""
	}
	return r.tagged(copyTag)
}

// hashOf is how a reply token is stored.
func hashOf(token string) string {
	sum := sha256.Sum256([]byte(token))
	return hex.EncodeToString(sum[:])
}
