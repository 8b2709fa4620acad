package doctor

import (
	"encoding/base64"
	"strings"
)

func isCurl(text string) bool {
	word, _, _ := strings.Cut(strings.TrimPrefix(text, "$ "), " ")
	return strings.TrimSuffix(strings.ToLower(word), ".exe") == "curl"
}

// readCurl reads a curl command as a shell would cut it into words, and what
// its answer was if that follows (curl -v, curl -i).
func (p *Pasted) readCurl(text string) {
	command, rest := cutCommand(strings.TrimPrefix(text, "$ "))
	words := shellWords(command)
	r := &Request{Method: "GET"}
	for i := 1; i < len(words); i++ {
		option, value, joined := splitOption(words[i])
		take := func() string {
			if !joined && i+1 < len(words) {
				i++
				value = words[i]
			}
			return value
		}
		switch option {
		case "-H", "--header":
			if name, v, found := strings.Cut(take(), ":"); found {
				r.Header = append(r.Header, Field{strings.TrimSpace(name), strings.TrimSpace(v)})
			}
		case "-X", "--request":
			r.Method = take()
		case "-u", "--user":
			take() // the password is not kept
			r.Header = append(r.Header, Field{"Authorization", "Basic " + base64.StdEncoding.EncodeToString([]byte("…:…"))})
		case "--oauth2-bearer":
			r.Header = append(r.Header, Field{"Authorization", "Bearer " + take()})
		case "-d", "--data", "--data-raw", "--data-binary", "--data-urlencode", "--json", "-F", "--form":
			take()
			if r.Method == "GET" {
				r.Method = "POST"
			}
		case "-o", "--output", "-A", "--user-agent", "-b", "--cookie", "-e", "--referer", "-x", "--proxy", "--cacert", "-m", "--max-time",
			"--connect-timeout", "-w", "--write-out", "--resolve", "-T", "--upload-file", "-c", "--cookie-jar", "-E", "--cert", "--key":
			take()
		case "--url":
			r.URL = take()
		case "":
			r.URL = words[i]
		}
	}
	if strings.TrimSpace(rest) != "" {
		p.readHTTP(rest)
	}
	p.Request = r
	p.tokenOfRequest()
}

// splitOption takes "--header=x" and "-Hx" apart; "" is for what is no option.
func splitOption(word string) (option, value string, joined bool) {
	switch {
	case strings.HasPrefix(word, "--"):
		option, value, joined = strings.Cut(word, "=")
		return option, value, joined
	case len(word) > 2 && word[0] == '-' && strings.ContainsRune("HXud", rune(word[1])):
		return word[:2], word[2:], true
	case len(word) > 1 && word[0] == '-':
		return word, "", false
	}
	return "", "", false
}

// cutCommand divides a command, which may go on after a backslash, a caret or a
// backtick at the end of a line, from what follows it. A quotation mark that is
// still open goes on over lines as well.
func cutCommand(text string) (command, rest string) {
	var quote byte
	for i := 0; i < len(text); i++ {
		c := text[i]
		switch {
		case c == '\\' && quote != '\'':
			i++
		case quote != 0:
			if c == quote {
				quote = 0
			}
		case c == '\'' || c == '"':
			quote = c
		case c == '\n':
			line := strings.TrimRight(text[:i], " \t\r")
			if !strings.HasSuffix(line, "^") && !strings.HasSuffix(line, "`") {
				return text[:i], text[i:]
			}
		}
	}
	return text, ""
}

// maxWords bounds a command.
const maxWords = 200

// shellWords cuts a command into words: quotes of both kinds, backslashes, and
// lines continued.
func shellWords(text string) []string {
	var words []string
	var word strings.Builder
	open, quote := false, byte(0)
	end := func() {
		if open && len(words) < maxWords {
			words = append(words, word.String())
		}
		word.Reset()
		open = false
	}
	for i := 0; i < len(text); i++ {
		c := text[i]
		switch {
		case quote == '\'':
			if c == '\'' {
				quote = 0
			} else {
				word.WriteByte(c)
			}
		case c == '\\' && i+1 < len(text):
			i++
			if text[i] != '\n' {
				word.WriteByte(text[i])
				open = true
			}
		case quote == '"':
			if c == '"' {
				quote = 0
			} else {
				word.WriteByte(c)
			}
		case c == '\'' || c == '"':
			quote, open = c, true
		case c == ' ' || c == '\t' || c == '\n' || c == '\r':
			end()
		case (c == '^' || c == '`') && (i+1 == len(text) || text[i+1] == '\n'):
			// a line continued as cmd.exe and PowerShell do
		default:
			word.WriteByte(c)
			open = true
		}
	}
	end()
	return words
}
