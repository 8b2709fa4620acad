package access

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/signoffhq/signoff"
)

// Categories are named as workflows name them, one within another by a slash:
// rights on "HR" hold for workflows of "HR", "HR/Leave" and so on. Letter case
// makes no difference.

const (
	maxCategoryBytes = 200
	maxCategoryDepth = 10
)

// CleanCategory returns a category as it is shown: without spaces around its
// parts and without empty parts. It refuses what can be none ("bad-category").
func CleanCategory(text string) (string, error) {
	name := tidy(text)
	if name == "" || len(name) > maxCategoryBytes || strings.Count(name, "/") >= maxCategoryDepth ||
		!utf8.ValidString(name) || strings.ContainsFunc(name, unicode.IsControl) {
		return "", &signoff.Error{Kind: signoff.Invalid, Code: "bad-category",
			Detail: "a category is named by at most 200 characters on one line; up to 10 parts, one within another, are separated by /"}
	}
	return name, nil
}

func tidy(text string) string {
	var parts []string
	for part := range strings.SplitSeq(text, "/") {
		if part = strings.Join(strings.Fields(part), " "); part != "" {
			parts = append(parts, part)
		}
	}
	return strings.Join(parts, "/")
}

// CategoryKey is what all spellings of a category have in common, "" for none.
func CategoryKey(text string) string { return strings.ToLower(tidy(text)) }

// CategoryKeys returns the keys of a workflow's category and of those it lies
// in, the nearest first: "HR/Leave" gives "hr/leave" and "hr". A name that
// CleanCategory refuses gives none: it can have no rights either.
func CategoryKeys(text string) []string {
	name, err := CleanCategory(text)
	if err != nil {
		return nil
	}
	var keys []string
	for key := strings.ToLower(name); key != ""; {
		keys = append(keys, key)
		i := strings.LastIndexByte(key, '/')
		key = key[:max(i, 0)]
	}
	return keys
}
