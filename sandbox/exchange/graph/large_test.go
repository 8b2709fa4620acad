package graph

import (
	"bytes"
	"fmt"
	"os"
	"testing"
	"time"

	"github.com/signoffhq/signoff/sandbox/exchange"
)

// TestALargeAttachmentIsSentAndReadBack takes more than SMTP does; with
// SIGNOFF_LARGE set, all of Graph's 150 MB.
func TestALargeAttachmentIsSentAndReadBack(t *testing.T) {
	if testing.Short() {
		t.Skip("moves 40 MB about")
	}
	size := 40 << 20
	if os.Getenv("SIGNOFF_LARGE") != "" {
		size = 150 << 20
	}
	o := newCloud(t)
	o.x.SetLimits(exchange.Limits{Concurrent: -1, RequestsPer10Min: -1, MessagesPerMinute: -1})
	o.http.Timeout = 5 * time.Minute
	wf, jane := o.as("workflow"), o.as("jane")
	data := bytes.Repeat([]byte("signoff "), size/8)
	draft := wf.post("/me/messages", message("Large", "jane@contoso.test")).is(201).text("id")
	session := wf.post("/me/messages/"+draft+"/attachments/createUploadSession", m{"AttachmentItem": m{"attachmentType": "file", "name": "large.bin", "size": size}}).is(201)
	up := &caller{cloud: o}
	for from := 0; from < size; from += maxChunkBytes {
		to := min(from+maxChunkBytes, size)
		want := 200
		if to == size {
			want = 201
		}
		up.do("PUT", session.text("uploadUrl"), data[from:to], "Content-Range", fmt.Sprintf("bytes %d-%d/%d", from, to-1, size)).is(want)
	}
	wf.post("/me/messages/"+draft+"/send", nil).is(202)
	got := jane.get("/me/messages?$select=subject&$expand=attachments($select=id,size)").is(200).list()[0]
	file := jsonObject(got["attachments"].([]any)[0].(map[string]any))
	back := jane.get("/me/messages/" + got["id"].(string) + "/attachments/" + file["id"].(string) + "/$value").is(200)
	if file["size"] != float64(size) || back.raw != string(data) {
		t.Errorf("%v bytes, and %d came back", file["size"], len(back.raw))
	}
}

func TestUploadSessionsHaveAnEndAndABound(t *testing.T) {
	o := newCloud(t)
	wf := o.as("workflow")
	draft := wf.post("/me/messages", message("x", "jane@contoso.test")).is(201).text("id")
	begin := func(size int) reply {
		return wf.post("/me/messages/"+draft+"/attachments/createUploadSession", m{"AttachmentItem": m{"attachmentType": "file", "name": "a", "size": size}})
	}
	up := &caller{cloud: o}
	first := begin(100 << 20).is(201).text("uploadUrl")
	for range 3 {
		begin(100 << 20).is(201)
	}
	begin(100<<20).refused(429, "TooManyRequests")
	up.do("DELETE", first, nil).is(204)
	begin(100 << 20).is(201)
	up.get(first).refused(404, "ErrorItemNotFound")
	second := begin(10).is(201).text("uploadUrl")
	for content, status := range map[string]int{"": 400, "bytes 0-9": 400, "bytes 5-9/10": 416, "bytes 0-10/10": 416, "bytes 0-3/11": 416, "bytes 0-3/10": 400} {
		if r := up.do("PUT", second, []byte("0123456789"), "Content-Range", content); r.status != status {
			t.Errorf("%q: %d %s", content, r.status, r.raw)
		}
	}
	up.do("PUT", second, []byte("0123456789"), "Content-Range", "bytes 0-9/10").is(201)
	wf.post("/me/messages/"+draft+"/attachments/createUploadSession", m{"AttachmentItem": m{"attachmentType": "item", "name": "a", "size": 1}}).refused(400, "BadRequest")
	wf.post("/me/messages/"+draft+"/send", nil).is(202)
	begin(10).refused(400, "ErrorInvalidOperation")
}
