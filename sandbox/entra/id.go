package entra

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"strings"
)

// The tenant and its directory have the same ids in every sandbox, so that a
// script can name them.
const (
	// TenantID is the id of the sandbox's tenant.
	TenantID = "c0ca5a00-7e57-4000-8000-000000000001"

	personalTenant = "9188040d-6c67-4c5b-b112-36a304b66dad" // Microsoft's, for personal accounts

	graphAppID    = "00000003-0000-0000-c000-000000000000" // as in every real tenant
	exchangeAppID = "00000002-0000-0ff1-ce00-000000000000"
	azureCLIAppID = "04b07795-8ddb-461a-bbee-02f9e1bf7b46"

	globalAdminRole = "62e90394-69f5-4237-9190-012177145e10" // its template id, in wids
	ordinaryUser    = "b79fbf4d-3ef9-4689-8143-76b194e85509"
)

func seedID(kind, n int) string {
	return fmt.Sprintf("c0ca5a%02x-7e57-4000-8000-%012d", kind, n)
}

func newGUID() string {
	var b [16]byte
	rand.Read(b[:]) // never fails
	b[6], b[8] = b[6]&0x0f|0x40, b[8]&0x3f|0x80
	return formatGUID(b)
}

func formatGUID(b [16]byte) string {
	return fmt.Sprintf("%x-%x-%x-%x-%x", b[:4], b[4:6], b[6:8], b[8:10], b[10:])
}

func isGUID(s string) bool {
	if len(s) != 36 || s[8] != '-' || s[13] != '-' || s[18] != '-' || s[23] != '-' {
		return false
	}
	_, err := hex.DecodeString(strings.ReplaceAll(s, "-", ""))
	return err == nil
}

// newToken returns n random bytes as text that can stand in a URL.
func newToken(n int) string {
	b := make([]byte, n)
	rand.Read(b)
	return base64.RawURLEncoding.EncodeToString(b)
}

// pairwise is the subject under which one application knows a person: the same
// each time, and of no use to compare notes with another application.
func pairwise(oid, appID string) string {
	mac := hmac.New(sha256.New, []byte("sandbox pairwise "+TenantID))
	mac.Write([]byte(oid + " " + appID))
	return base64.RawURLEncoding.EncodeToString(mac.Sum(nil))
}

func digest(secret string) string {
	sum := sha256.Sum256([]byte(secret))
	return hex.EncodeToString(sum[:])
}
