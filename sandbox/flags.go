package sandbox

import (
	"strings"

	"github.com/emersion/go-imap/v2"
)

// flagSet is the flags of a mail that are kept. Keywords are not: PERMANENTFLAGS
// says so, and a client that sets one is told it did not stay (RFC 3501 §7.1).
type flagSet uint8

var knownFlags = []struct {
	flag   imap.Flag
	letter byte
}{
	{imap.FlagSeen, 'S'}, {imap.FlagAnswered, 'A'}, {imap.FlagFlagged, 'F'}, {imap.FlagDeleted, 'D'}, {imap.FlagDraft, 'T'},
}

const (
	seen     flagSet = 1 << 0 // places in knownFlags
	answered flagSet = 1 << 1
	deleted  flagSet = 1 << 3
)

func toFlags(flags []imap.Flag) flagSet {
	var set flagSet
	for _, f := range flags {
		for i, known := range knownFlags {
			if strings.EqualFold(string(f), string(known.flag)) {
				set |= 1 << i
			}
		}
	}
	return set
}

func (s flagSet) imap() []imap.Flag {
	list := []imap.Flag{} // not nil: "no flags" is an answer
	for i, known := range knownFlags {
		if s&(1<<i) != 0 {
			list = append(list, known.flag)
		}
	}
	return list
}

func (s flagSet) letters() string {
	var b strings.Builder
	for i, known := range knownFlags {
		if s&(1<<i) != 0 {
			b.WriteByte(known.letter)
		}
	}
	return b.String()
}

func parseFlagLetters(letters string) flagSet {
	var set flagSet
	for i, known := range knownFlags {
		if strings.IndexByte(letters, known.letter) >= 0 {
			set |= 1 << i
		}
	}
	return set
}
