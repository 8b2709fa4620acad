package graph

import (
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"time"

	"github.com/signoffhq/signoff/sandbox/exchange"
)

// answer is what a request gets. body nil: none.
type answer struct {
	status   int
	body     any // JSON, but for []byte
	kind     string
	location string
}

// refusal is an error as Graph words it.
type refusal struct {
	status   int
	code     string
	message  string
	wait     time.Duration // Retry-After
	location string
}

func (e *refusal) Error() string { return e.code + ": " + e.message }

func refuse(status int, code, format string, about ...any) *refusal {
	return &refusal{status: status, code: code, message: fmt.Sprintf(format, about...)}
}

func badRequest(format string, about ...any) *refusal {
	return refuse(http.StatusBadRequest, "BadRequest", format, about...)
}

var errAccessDenied = refuse(http.StatusForbidden, "ErrorAccessDenied", "Access is denied. Check credentials and try again.")

// statuses of the model's refusals; the others are 400.
var statuses = map[string]int{
	"ErrorItemNotFound": 404, "ErrorFolderNotFound": 404, "ErrorAttachmentNotFound": 404, "ErrorNonExistentMailbox": 404,
	"ErrorIrresolvableConflict": 409, "ErrorFolderExists": 409, "ErrorSendAsDenied": 403, "ErrorDeleteDistinguishedFolder": 403,
	"ErrorMoveDistinguishedFolder": 403, "ErrorMessageSizeExceeded": 413, "ErrorAttachmentSizeLimitExceeded": 413,
	"ErrorExceededMessageLimit": 429, "ErrorQuotaExceeded": 507,
}

// asRefusal turns whatever went wrong into Graph's words.
func asRefusal(err error) *refusal {
	if e, ok := errors.AsType[*refusal](err); ok {
		return e
	}
	e, ok := errors.AsType[*exchange.Error](err)
	switch {
	case !ok:
		return refuse(http.StatusInternalServerError, "ErrorInternalServerError", "An internal server error occurred. The operation failed.")
	case errors.Is(e, exchange.ErrSyncState):
		return refuse(http.StatusGone, "SyncStateNotFound", "The sync state generation is not found; reset needed.")
	case errors.Is(e, exchange.ErrTooManyMessages):
		return &refusal{status: http.StatusTooManyRequests, code: e.Code, message: e.Message, wait: time.Minute}
	}
	status := statuses[e.Code]
	if status == 0 {
		status = http.StatusBadRequest
	}
	return refuse(status, e.Code, "%s", e.Message)
}

func (e *refusal) write(w http.ResponseWriter, r *http.Request, now time.Time) {
	h := w.Header()
	if e.wait > 0 {
		h.Set("Retry-After", strconv.Itoa(int((e.wait+time.Second-1)/time.Second)))
	}
	if e.location != "" {
		h.Set("Location", e.location)
	}
	id := stampIDs(w, r)
	client := r.Header.Get("client-request-id")
	if !isGUID(client) {
		client = id
	}
	writeJSON(w, e.status, map[string]any{"error": map[string]any{"code": e.code, "message": e.message, "innerError": map[string]string{
		"date": now.Format("2006-01-02T15:04:05"), "request-id": id, "client-request-id": client}}})
}

// stampIDs gives an answer the ids that it is asked about by.
func stampIDs(w http.ResponseWriter, r *http.Request) string {
	id := w.Header().Get("request-id")
	if id == "" {
		id = newGUID()
		w.Header().Set("request-id", id)
	}
	if c := r.Header.Get("client-request-id"); isGUID(c) {
		w.Header().Set("client-request-id", c)
	}
	return id
}

func newGUID() string {
	b := make([]byte, 16)
	rand.Read(b)
	b[6], b[8] = b[6]&0x0f|0x40, b[8]&0x3f|0x80
	h := hex.EncodeToString(b)
	return h[:8] + "-" + h[8:12] + "-" + h[12:16] + "-" + h[16:20] + "-" + h[20:]
}

func isGUID(text string) bool {
	if len(text) != 36 {
		return false
	}
	for i, c := range []byte(text) {
		hexDigit := c >= '0' && c <= '9' || c >= 'a' && c <= 'f' || c >= 'A' && c <= 'F'
		if dash := i == 8 || i == 13 || i == 18 || i == 23; dash != (c == '-') || !dash && !hexDigit {
			return false
		}
	}
	return true
}

func writeJSON(w http.ResponseWriter, status int, v any) {
	text, err := json.Marshal(v)
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "application/json;odata.metadata=minimal;odata.streaming=true;IEEE754Compatible=false;charset=utf-8")
	w.WriteHeader(status)
	w.Write(text)
}

func (a answer) write(w http.ResponseWriter, r *http.Request) {
	stampIDs(w, r)
	if a.location != "" {
		w.Header().Set("Location", a.location)
	}
	switch body := a.body.(type) {
	case nil:
		w.WriteHeader(a.status)
	case []byte:
		w.Header().Set("Content-Type", a.kind)
		w.WriteHeader(a.status)
		w.Write(body)
	default:
		writeJSON(w, a.status, body)
	}
}
