package httpapi

import (
	"context"
	"fmt"
	"mime"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"github.com/signoffhq/signoff"
	"github.com/signoffhq/signoff/api"
	"github.com/signoffhq/signoff/engine"
	"github.com/signoffhq/signoff/store"
)

// fileRoutes are those of files that people add to tasks and instances. Who sees
// the instance sees its files.
func (s *Server) fileRoutes() {
	route(s, op{"list-instance-files", "GET /instances/{id}/files", "Files", "The files of an instance and of its tasks", signedIn, 0}, s.instanceFiles)
	route(s, op{"add-instance-file", "POST /instances/{id}/files", "Files", "Add a file to an instance: the body is the file", signedIn, http.StatusCreated}, s.addInstanceFile, takesAttachment)
	route(s, op{"get-instance-file", "GET /instances/{id}/files/{number}", "Files", "What is in a file, for saving", signedIn, 0}, s.instanceFile, givesAttachment)
	route(s, op{"remove-instance-file", "DELETE /instances/{id}/files/{number}", "Files", "Remove a file: whoever added it, and administrators of the workflow. That it was there stays in the history", signedIn, 0}, s.removeInstanceFile)
	route(s, op{"list-task-files", "GET /tasks/{serial}/files", "Files", "The files of a task, and those of its instance as a whole", signedIn, 0}, s.taskFiles)
	route(s, op{"add-task-file", "POST /tasks/{serial}/files", "Files", "Add a file to a task: the body is the file", signedIn, http.StatusCreated}, s.addTaskFile, takesAttachment)
}

// takesAttachment lets a body be as large as a file may be.
func takesAttachment(_ *Server, h *huma.Operation) {
	h.MaxBodyBytes, h.BodyReadTimeout = engine.MaxFileBytes+1, fileWithin
}

func givesAttachment(_ *Server, h *huma.Operation) {
	h.Responses["200"] = &huma.Response{Description: "The file, for saving: browsers do not show it", Content: map[string]*huma.MediaType{
		"application/octet-stream": {Schema: &huma.Schema{Type: huma.TypeString, Format: "binary"}}}}
}

func (s *Server) instanceFiles(ctx context.Context, by signoff.Caller, in *ByInstance) (*body[api.List[api.File]], error) {
	if _, err := s.visible(ctx, by, in.ID); err != nil {
		return nil, err
	}
	list, err := s.filesOf(ctx, in.ID, func(*store.Attachment) bool { return true })
	return &body[api.List[api.File]]{api.List[api.File]{Items: list}}, err
}

func (s *Server) taskFiles(ctx context.Context, by signoff.Caller, in *BySerial) (*body[api.List[api.File]], error) {
	if _, err := s.Worklist.Task(ctx, by, in.Serial); err != nil {
		return nil, HideMissing(err)
	}
	list, err := s.filesOn(ctx, in.Serial)
	return &body[api.List[api.File]]{api.List[api.File]{Items: list}}, err
}

// filesOn lists the files of a task and of its instance as a whole, for somebody
// who may see the task.
func (s *Server) filesOn(ctx context.Context, task signoff.Serial) ([]api.File, error) {
	return s.filesOf(ctx, task.Instance, func(a *store.Attachment) bool { return a.Task == 0 || a.Task == task.Seq })
}

func (s *Server) filesOf(ctx context.Context, id signoff.InstanceID, wanted func(*store.Attachment) bool) ([]api.File, error) {
	list, err := s.Worklist.Store.Attachments(ctx, id)
	if err != nil {
		return nil, err
	}
	list = slices.DeleteFunc(list, func(a store.Attachment) bool { return !wanted(&a) })
	var who []signoff.Principal
	for i := range list {
		who = append(who, list[i].By, list[i].For)
	}
	known, err := s.named(ctx, who...)
	if err != nil {
		return nil, err
	}
	out := make([]api.File, len(list))
	for i := range list {
		out[i] = fileOf(id, &list[i], known)
	}
	return out, nil
}

func fileOf(id signoff.InstanceID, a *store.Attachment, known names) api.File {
	return api.File{Number: a.Seq, Name: a.Name, Type: a.Type, Bytes: a.Bytes, SHA256: a.Digest, At: a.At, By: known.person(a.By), For: known.personPtr(a.For),
		Task: serialOf(id, a.Task), URL: fileURL(id, a.Seq)}
}

func fileURL(id signoff.InstanceID, seq int) string {
	return fmt.Sprintf("%s/instances/%d/files/%d", base, id, seq)
}

// FileBody is a file that is added.
type FileBody struct {
	Name    string `query:"name" maxLength:"500" required:"true" example:"quote.pdf" doc:"what the file is called, such as quote.pdf"`
	RawBody []byte `contentType:"application/octet-stream"`
}

type addInstanceFileInput struct {
	ByInstance
	Once
	FileBody
}

type addedFile struct {
	Location string `header:"Location"`
	Body     api.File
}

func (s *Server) addInstanceFile(ctx context.Context, by signoff.Caller, in *addInstanceFileInput) (*addedFile, error) {
	return s.addFile(ctx, by, signoff.Serial{Instance: in.ID}, in.FileBody, in.Key)
}

type addTaskFileInput struct {
	BySerial
	Once
	FileBody
}

func (s *Server) addTaskFile(ctx context.Context, by signoff.Caller, in *addTaskFileInput) (*addedFile, error) {
	out, err := s.addFile(ctx, by, in.Serial, in.FileBody, in.Key)
	return out, HideMissing(err)
}

func (s *Server) addFile(ctx context.Context, by signoff.Caller, to signoff.Serial, f FileBody, key string) (*addedFile, error) {
	seq, err := s.Runner.AddFile(ctx, by, to, f.Name, slices.Clone(f.RawBody), key) // huma takes its buffer back
	if err != nil {
		return nil, err
	}
	list, err := s.filesOf(ctx, to.Instance, func(a *store.Attachment) bool { return a.Seq == seq })
	if err != nil {
		return nil, err
	}
	if len(list) == 0 {
		return nil, &signoff.Error{Kind: signoff.NotFound, Code: store.CodeNoFile, Detail: "the file was added, and has been removed since"}
	}
	return &addedFile{fileURL(to.Instance, seq), list[0]}, nil
}

type fileInput struct {
	ByInstance
	Number int `path:"number" minimum:"1" maximum:"1000000000" doc:"the file's"`
	IfNoneMatch
}

// fileOutput is a file that a browser saves and does not look into, whatever it
// holds.
type fileOutput struct {
	ContentType string `header:"Content-Type"`
	Disposition string `header:"Content-Disposition"`
	Policy      string `header:"Content-Security-Policy"`
	Resource    string `header:"Cross-Origin-Resource-Policy"`
	ETag        string `header:"ETag"`
	Cache       string `header:"Cache-Control"`
	Body        []byte
}

func (s *Server) instanceFile(ctx context.Context, by signoff.Caller, in *fileInput) (*fileOutput, error) {
	if _, err := s.visible(ctx, by, in.ID); err != nil {
		return nil, err
	}
	a, content, err := s.Worklist.Store.Attachment(ctx, in.ID, in.Number)
	if err != nil {
		return nil, err
	}
	etag := `"` + a.Digest[:min(32, len(a.Digest))] + `"`
	if anyTagMatches(in.Tags, etag) {
		return nil, notModified(etag)
	}
	return &fileOutput{ContentType: a.Type, Disposition: disposition(a.Name), Policy: "sandbox; " + apiPolicy, Resource: "same-origin",
		ETag: etag, Cache: "private, no-cache", Body: content}, nil
}

// disposition says that a file is to be saved, and under which name (RFC 6266):
// once as every browser reads it, once as it is.
func disposition(name string) string {
	plain := strings.Map(func(r rune) rune {
		if r < ' ' || r > '~' || r == '"' || r == '\\' || r == '%' {
			return '_'
		}
		return r
	}, name)
	said := mime.FormatMediaType("attachment", map[string]string{"filename": plain})
	if plain != name {
		said += "; filename*=UTF-8''" + url.PathEscape(name)
	}
	return said
}

type removeFileInput struct {
	ByInstance
	Once
	Number int    `path:"number" minimum:"1" maximum:"1000000000" doc:"the file's"`
	Reason string `query:"reason" maxLength:"4000" doc:"for the history"`
}

func (s *Server) removeInstanceFile(ctx context.Context, by signoff.Caller, in *removeFileInput) (*nothing, error) {
	_, err := s.Runner.Do(ctx, by, in.ID, engine.RemoveFile{File: in.Number, Reason: in.Reason}, in.Key)
	return nil, err
}
