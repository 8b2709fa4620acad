package httpapi

import (
	"encoding/base64"
	"strings"

	"github.com/signoffhq/signoff"
)

// cut takes one page out of a list that is in memory anyway. place gives each
// item a key; the list stands in the order of the keys, and a page goes on
// behind the key its cursor holds, whatever came or went in between.
func cut[T any](all []T, p Page, place func(T) string) (some []T, next string, err error) {
	behind, err := readCursor(p.Cursor)
	if err != nil {
		return nil, "", err
	}
	for _, item := range all {
		if p.Cursor != "" && place(item) <= behind {
			continue
		}
		if len(some) == p.Limit {
			return some, writeCursor(place(some[len(some)-1])), nil
		}
		some = append(some, item)
	}
	return some, "", nil
}

func writeCursor(place string) string { return base64.RawURLEncoding.EncodeToString([]byte(place)) }

func readCursor(cursor string) (string, error) {
	place, err := base64.RawURLEncoding.DecodeString(cursor)
	if err != nil {
		return "", errBadCursor
	}
	return string(place), nil
}

var errBadCursor = &signoff.Error{Kind: signoff.Invalid, Code: "bad-cursor",
	Detail: "the list cannot go on from there", Hint: "ask for the first page again"}

// contains tells whether q is part of one of the texts, in any letter case.
func contains(q string, texts ...string) bool {
	q = strings.ToLower(strings.TrimSpace(q))
	for _, t := range texts {
		if strings.Contains(strings.ToLower(t), q) {
			return true
		}
	}
	return false
}
