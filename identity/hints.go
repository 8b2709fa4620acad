package identity

import (
	"encoding/json"
	"strconv"
	"strings"

	"github.com/signoffhq/signoff/store"
)

// What other servers on the same database change is heard of at once. Should
// the word get lost, it is seen when what is kept here has had its time.

// Heard takes in what another server says about people.
func (s *Service) Heard(h store.Hint) {
	what, rest, _ := strings.Cut(h.Payload, " ")
	switch {
	case h.Resync:
		s.drop()
		s.remembered.clear()
	case what == "absences":
		s.dropAbsences()
	case what == "users":
		s.drop(numbers(rest)...)
	case what == "guesses":
		var guesses []store.Guess
		if json.Unmarshal([]byte(rest), &guesses) == nil {
			s.throttle.load(guesses)
		}
	}
}

// usersChanged and guessesKept are what Heard understands.
func usersChanged(users []int64) string {
	text := "users"
	for _, id := range users {
		text += " " + strconv.FormatInt(id, 10)
	}
	return text
}

func guessesKept(guesses []store.Guess) string {
	text, err := json.Marshal(guesses)
	if err != nil {
		panic(err) // texts, numbers and times always encode
	}
	return "guesses " + string(text)
}

func numbers(text string) (out []int64) {
	for _, word := range strings.Fields(text) {
		if n, err := strconv.ParseInt(word, 10, 64); err == nil {
			out = append(out, n)
		}
	}
	return out
}
