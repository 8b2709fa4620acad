package httpapi

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"net/http"
	"strings"

	"github.com/signoffhq/signoff"
)

// A tag of a task or instance is "{version}.{hash}": the hash is over the very
// bytes that are sent, so the tag is strong (RFC 9110 section 8.8.1). The
// version stands for what matters, so that If-Match can be checked without
// writing the whole answer again, and does not fail because somebody changed
// their name.

func shortHash(content []byte) string {
	sum := sha256.Sum256(content)
	return base64.RawURLEncoding.EncodeToString(sum[:12])
}

// strongTag is the tag of exactly these bytes.
func strongTag(content []byte) string { return `"` + shortHash(content) + `"` }

// versionTag is the tag of an answer whose subject has a version.
func versionTag(version string, answer any) (string, error) {
	content, err := json.Marshal(answer)
	if err != nil {
		return "", err
	}
	return `"` + version + "." + shortHash(content) + `"`, nil
}

// anyTagMatches compares weakly, as If-None-Match does (RFC 9110 section 13.1.2).
func anyTagMatches(header, etag string) bool {
	for tag := range strings.SplitSeq(header, ",") {
		tag = strings.TrimPrefix(strings.TrimSpace(tag), "W/")
		if tag == "*" || tag == strings.TrimPrefix(etag, "W/") {
			return header != ""
		}
	}
	return false
}

// anyVersionMatches tells whether If-Match names this version. Weak tags never
// match (RFC 9110 section 13.1.1).
func anyVersionMatches(header, version string) bool {
	for tag := range strings.SplitSeq(header, ",") {
		tag = strings.TrimSpace(tag)
		if tag == "*" {
			return true
		}
		given, _, found := strings.Cut(strings.TrimPrefix(tag, `"`), ".")
		if found && strings.HasPrefix(tag, `"`) && given == version {
			return true
		}
	}
	return false
}

// notModified is huma's way to answer 304: an error without a body.
func notModified(etag string) error {
	r := &refusal{}
	r.Status = http.StatusNotModified
	r.setHeader("ETag", etag)
	return r
}

var errStale = &signoff.Error{Kind: signoff.Conflict, Code: "stale",
	Detail: "it has changed since you read it",
	Hint:   "read it again, then decide"}
