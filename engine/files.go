package engine

import (
	"slices"

	"github.com/signoffhq/signoff"
)

// Files that people add to an instance, about one of its tasks or about the
// whole. The engine knows what they are called and how large they are; what is
// in them is kept beside it.

// AddFile adds a file, about Task when it is not 0. NewFile makes one.
type AddFile struct {
	Task   int
	Name   string
	Type   string // media type, as its name says
	Bytes  int
	Digest string // SHA-256 of what is in it, in hex
}

// RemoveFile takes a file away. That it was there stays in the history.
type RemoveFile struct {
	File   int // File.Seq
	Reason string
}

func (AddFile) event()    {}
func (RemoveFile) event() {}

// File is one that was added.
type File struct {
	Seq   int               `json:"seq"`
	Task  int               `json:"task,omitempty"` // 0: about the instance
	Name  string            `json:"name"`
	Bytes int               `json:"bytes,omitempty"`
	By    signoff.Principal `json:"by"` // who added it: the one who really did
}

// addFile takes a file in: on a task, open or closed, from whoever sees it. Who
// may add one to the instance, task 0, is for the server to say.
func (t *turn) addFile(e AddFile) error {
	if err := t.mayComment(e.Task); err != nil {
		return err
	}
	if len(t.st.Files) >= MaxFiles {
		return refuse(signoff.Conflict, CodeTooManyFiles, "an instance can have at most %d files", MaxFiles)
	}
	sum := e.Bytes
	for _, f := range t.st.Files {
		sum += f.Bytes
	}
	if sum > MaxFilesBytes {
		return refuse(signoff.TooLarge, CodeFileTooLarge, "with %q the files of this instance would have more than %d MB in all, which is the most there can be",
			e.Name, MaxFilesBytes>>20)
	}
	f := Fact{Kind: FileAdded, Subject: t.next(), Title: e.Name, Text: e.Type, Number: e.Bytes, Code: e.Digest}
	if task := t.st.task(e.Task); task != nil {
		f.Ref, f.Node = task.Seq, task.Node
	}
	t.emitBy(f)
	return nil
}

// removeFile takes a file away: who added it while the instance runs, and who
// administers the workflow at any time.
func (t *turn) removeFile(e RemoveFile) error {
	i := slices.IndexFunc(t.st.Files, func(f File) bool { return f.Seq == e.File })
	if i < 0 {
		return refuse(signoff.NotFound, CodeNoFile, "there is no such file")
	}
	f := t.st.Files[i]
	if who := t.in.By; !who.Admin {
		switch {
		case !who.Is(f.By) && who.Behind != f.By:
			return refuse(signoff.Forbidden, CodeAdminsOnly, "%s added this file; only they and who administers the workflow can remove it", signoff.Mention(f.By))
		case t.st.Status != Running:
			return instanceEnded(&t.st)
		}
	}
	why := clean(e.Reason)
	if err := tooLong("reason", why, MaxComment); err != nil {
		return err
	}
	fact := Fact{Kind: FileRemoved, Ref: f.Task, Subject: f.Seq, Title: f.Name, Text: why}
	if task := t.st.task(f.Task); task != nil {
		fact.Node = task.Node
	}
	t.emitBy(fact)
	return nil
}

// applyFile makes a FileAdded or a FileRemoved true.
func (st *State) applyFile(f *Fact) {
	st.Seq = max(st.Seq, f.Subject)
	if f.Kind == FileRemoved {
		st.Files = slices.DeleteFunc(slices.Clone(st.Files), func(x File) bool { return x.Seq == f.Subject })
		return
	}
	by := f.By
	if f.Behind != "" {
		by = f.Behind
	}
	st.Files = append(slices.Clip(st.Files), File{Seq: f.Subject, Task: f.Ref, Name: f.Title, Bytes: f.Number, By: by})
}

func (f *File) member(r *reader, key string) {
	switch key {
	case "seq":
		f.Seq = r.int()
	case "task":
		f.Task = r.int()
	case "name":
		f.Name = r.string()
	case "bytes":
		f.Bytes = r.int()
	case "by":
		f.By = signoff.Principal(r.string())
	default:
		r.skip()
	}
}

func appendFile(dst []byte, f *File) []byte {
	o := openObject(dst)
	o.num("seq", f.Seq)
	o.num("task", f.Task)
	o.str("name", f.Name)
	o.num("bytes", f.Bytes)
	o.str("by", string(f.By))
	return o.close()
}
