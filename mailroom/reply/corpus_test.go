package reply

import (
	"math/rand/v2"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// The secret and the Message-ID that the mails in testdata answer.
const (
	knownToken = "k7f3q2m9x4c8v1b6n5z0a2s4d6"
	knownID    = "<so.3f9a77@contoso.test>"
)

// meaningOfMail says in words what a mail means, applying the checks in the
// order package mailroom does. All of them answer Jane's mail.
func meaningOfMail(raw []byte) string {
	r := Read(raw, policy)
	d := r.Decide(actions)
	late, expired := slices.Contains(r.Tokens, lateToken), slices.Contains(r.Tokens, expiredToken)
	switch {
	case r.Automatic != "":
		return "automatic"
	case !slices.Contains(r.Tokens, knownToken) && !slices.Contains(r.Answers, knownID) && !late && !expired:
		return "no task"
	case !r.Proof.Genuine && r.Unreadable == "":
		return "not genuine"
	case r.From != "jane@contoso.test" && r.Unreadable == "":
		return "somebody else"
	case slices.ContainsFunc(r.Writers, func(w Writer) bool { return w.Ours }):
		return "handed in by another"
	case expired:
		return "expired"
	case r.Unreadable != "":
		return "unreadable"
	case d.Unclear != "":
		return "unclear"
	case d.Command != "":
		return strings.TrimSpace(string(d.Command) + " " + d.Argument)
	case late:
		return "late"
	case d.Comment != "":
		return d.Action + " | " + strings.ReplaceAll(d.Comment, "\n", "⏎")
	}
	return d.Action
}

// corpus reads the lists want.txt: mail by mail, what it means.
func corpus(t testing.TB) map[string]string {
	want := map[string]string{}
	for _, folder := range []string{"", "made/"} {
		text, err := os.ReadFile("testdata/" + folder + "want.txt")
		if err != nil {
			t.Fatal(err)
		}
		known := 0
		for line := range strings.Lines(string(text)) {
			if name, meaning, ok := strings.Cut(strings.TrimSpace(line), " "); ok && name != "#" {
				want[folder+name] = strings.TrimSpace(meaning)
				known++
			}
		}
		if files, _ := filepath.Glob("testdata/" + folder + "*.eml"); len(files) != known {
			t.Fatalf("testdata/%s: %d mails, %d of them in want.txt", folder, len(files), known)
		}
	}
	return want
}

func mailOf(t testing.TB, name string) []byte {
	raw, err := os.ReadFile(filepath.Join("testdata", name+".eml"))
	if err != nil {
		t.Fatal(err)
	}
	return raw
}

func TestEveryMailMeansWhatItsWriterMeant(t *testing.T) {
	for name, want := range corpus(t) {
		raw := mailOf(t, name)
		if got := meaningOfMail(raw); got != want {
			t.Errorf("%s\n got %s\nwant %s", name, got, want)
		}
		crlf := []byte(strings.ReplaceAll(string(raw), "\n", "\r\n"))
		if got := meaningOfMail(crlf); got != want {
			t.Errorf("%s with CRLF\n got %s\nwant %s", name, got, want)
		}
	}
}

// Of every mail that must not decide, twenty damaged copies are made, always
// the same ones. None may crash the reader and none may decide.
func TestDamagedHostileMailsDecideNothing(t *testing.T) {
	var names []string
	// Damage to the only sign that keeps these from deciding makes them mails
	// that a person might have written.
	oneSign := []string{"ooo-by-subject-only", "unknown-transfer-encoding", "noreply-robot", "rules-agent"}
	manySigns := regexp.MustCompile("^made/(away-exchange|receipt|forged-(unchecked|dmarc|spf|dkim|his-own|look-alike|sub-domain|exchange-marks|nameless|arc|display-name))")
	for name, want := range corpus(t) {
		if slices.Contains(oneSign, name) || strings.HasPrefix(name, "made/") && !manySigns.MatchString(name) {
			continue
		}
		switch want {
		case "automatic", "unreadable", "no task", "not genuine", "unclear":
			names = append(names, name)
		}
	}
	slices.Sort(names)
	rng := rand.New(rand.NewPCG(1, 2))
	count := 0
	for _, name := range names {
		raw := mailOf(t, name)
		for i := range 20 {
			damaged := damage(rng, raw)
			count++
			if got := meaningOfMail(damaged); strings.HasPrefix(got, "Approve") || strings.HasPrefix(got, "Reject") {
				t.Errorf("damaged copy %d of %s decides: %+q\n%+q", i, name, got, damaged)
			}
		}
	}
	if count < 500 {
		t.Fatalf("only %d mails", count)
	}
	t.Logf("%d damaged mails of %d kinds decided nothing", count, len(names))
}

// damage changes a copy of raw in one to four places.
func damage(rng *rand.Rand, raw []byte) []byte {
	b := slices.Clone(raw)
	for range 1 + rng.IntN(4) {
		if len(b) < 20 {
			break
		}
		at, n := rng.IntN(len(b)-10), 1+rng.IntN(9)
		switch rng.IntN(6) {
		case 0:
			b[at] ^= 1 << rng.IntN(8)
		case 1:
			b = slices.Delete(b, at, at+n)
		case 2:
			b = slices.Insert(b, at, b[at:at+n]...)
		case 3:
			b = slices.Insert(b, at, []byte{0, 0xff, '\r', 0x1b, 0xe2, 0x80, 0xae}...)
		case 4:
			b = b[:max(20, len(b)-n*20)]
		case 5:
			b = slices.Insert(b, at, []byte(strings.Repeat("\r\n ", n))...)
		}
	}
	return b
}
