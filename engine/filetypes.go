package engine

import (
	"bytes"
	"crypto/sha256"
	"fmt"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/signoffhq/signoff"
)

// fileType is what a file may be, by the end of its name. Where begins is set,
// what is in the file begins with one of these; else it is text, or anything
// that is no program.
type fileType struct {
	media  string
	begins []string
}

const (
	zipped  = "PK"
	old     = "\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" // of Microsoft Office before 2007
	office  = "application/vnd.openxmlformats-officedocument."
	openDoc = "application/vnd.oasis.opendocument."
)

// fileTypes are the files people may add: documents, pictures, tables, mails.
// Programs, scripts and pages that a browser would carry out are not among them.
var fileTypes = map[string]fileType{
	"pdf":  {"application/pdf", []string{"%PDF-"}},
	"png":  {"image/png", []string{"\x89PNG\r\n\x1a\n"}},
	"jpg":  {"image/jpeg", []string{"\xff\xd8\xff"}},
	"jpeg": {"image/jpeg", []string{"\xff\xd8\xff"}},
	"gif":  {"image/gif", []string{"GIF87a", "GIF89a"}},
	"webp": {"image/webp", []string{"RIFF"}},
	"tif":  {"image/tiff", []string{"II*\x00", "MM\x00*"}},
	"tiff": {"image/tiff", []string{"II*\x00", "MM\x00*"}},
	"heic": {"image/heic", nil},
	"docx": {office + "wordprocessingml.document", []string{zipped}},
	"xlsx": {office + "spreadsheetml.sheet", []string{zipped}},
	"pptx": {office + "presentationml.presentation", []string{zipped}},
	"doc":  {"application/msword", []string{old}},
	"xls":  {"application/vnd.ms-excel", []string{old}},
	"ppt":  {"application/vnd.ms-powerpoint", []string{old}},
	"msg":  {"application/vnd.ms-outlook", []string{old}},
	"odt":  {openDoc + "text", []string{zipped}},
	"ods":  {openDoc + "spreadsheet", []string{zipped}},
	"odp":  {openDoc + "presentation", []string{zipped}},
	"zip":  {"application/zip", []string{zipped}},
	"rtf":  {"application/rtf", []string{"{\\rtf"}},
	"eml":  {"message/rfc822", nil},
	"ics":  {"text/calendar", nil},
	"vcf":  {"text/vcard", nil},
	"txt":  {"text/plain", nil},
	"csv":  {"text/csv", nil},
	"md":   {"text/markdown", nil},
	"log":  {"text/plain", nil},
	"json": {"application/json", nil},
	"xml":  {"application/xml", nil},
}

// FileEndings lists how the names of files may end, in order.
func FileEndings() []string {
	var out []string
	for end := range fileTypes {
		out = append(out, end)
	}
	slices.Sort(out)
	return out
}

// programs is how files begin that a computer would carry out.
var programs = []string{"MZ", "\x7fELF", "\xfe\xed\xfa\xce", "\xfe\xed\xfa\xcf", "\xce\xfa\xed\xfe", "\xcf\xfa\xed\xfe", "\xca\xfe\xba\xbe", "#!"}

// NewFile makes an event of a file, or says why it cannot be added: its name,
// its size, or what is in it.
func NewFile(task int, name string, content []byte) (AddFile, error) {
	name = fileName(name)
	if name == "" {
		return AddFile{}, badFile("name", "say what the file is called, such as quote.pdf")
	}
	switch {
	case len(content) == 0:
		return AddFile{}, badFile("file", fmt.Sprintf("%q is empty", name))
	case len(content) > MaxFileBytes:
		return AddFile{}, refuse(signoff.TooLarge, CodeFileTooLarge, "%q has more than %d MB, which is the most a file can have", name, MaxFileBytes>>20)
	}
	dot := strings.LastIndexByte(name, '.')
	kind, known := fileTypes[strings.ToLower(name[dot+1:])]
	if dot < 1 || !known {
		e := refuse(signoff.Invalid, CodeFileType, "%q is not a file that can be added", name)
		e.Fields = []signoff.FieldError{{Field: "name", Detail: "files of this kind are not taken", Advice: "one of " + strings.Join(FileEndings(), ", ")}}
		return AddFile{}, e
	}
	if !kind.fits(content) {
		e := refuse(signoff.Invalid, CodeFileType, "%q is not what its name says", name)
		e.Hint = "save it anew with the program it comes from, and add it under its own name"
		return AddFile{}, e
	}
	sum := sha256.Sum256(content)
	return AddFile{Task: task, Name: name, Type: kind.media, Bytes: len(content), Digest: fmt.Sprintf("%x", sum)}, nil
}

func badFile(field, why string) error {
	e := refuse(signoff.Invalid, CodeBadFile, "%s", why)
	e.Fields = []signoff.FieldError{{Field: field, Detail: why}}
	return e
}

func (k fileType) fits(content []byte) bool {
	begins := func(s string) bool { return bytes.HasPrefix(content, []byte(s)) }
	if k.begins != nil {
		return slices.ContainsFunc(k.begins, begins)
	}
	return !slices.ContainsFunc(programs, begins)
}

// MaxFileName is how many characters the name of a file may have.
const MaxFileName = 150

// fileName is the last part of a path, without what would mislead: characters
// that are not seen, or that turn the rest of the name round. What is too long
// loses its middle, not its end.
func fileName(name string) string {
	name = strings.ToValidUTF8(name, "\uFFFD")
	if i := strings.LastIndexAny(name, `/\`); i >= 0 {
		name = name[i+1:]
	}
	name = strings.Map(func(r rune) rune {
		switch {
		case unicode.IsControl(r), unicode.In(r, unicode.Cf, unicode.Zl, unicode.Zp):
			return -1
		case unicode.IsSpace(r):
			return ' '
		case strings.ContainsRune(`:*?"<>|`, r):
			return '_' // no system would save it under that name
		}
		return r
	}, name)
	name = strings.Trim(name, " .")
	if n := utf8.RuneCountInString(name); n > MaxFileName {
		runes := []rune(name)
		const end = 20
		name = string(runes[:MaxFileName-end-1]) + "…" + string(runes[n-end:])
	}
	return name
}

// Specimen is something of a size that could be in a file of that name; for
// scenarios and tests, where only that counts.
func Specimen(name string, size int) []byte {
	out := bytes.Repeat([]byte("x"), size)
	kind := fileTypes[strings.ToLower(name[strings.LastIndexByte(name, '.')+1:])]
	if len(kind.begins) > 0 {
		copy(out, kind.begins[0])
	}
	return out
}
