package main

import (
	"io"
	"os"
	"reflect"
	"strings"

	"github.com/signoffhq/signoff"
	"github.com/signoffhq/signoff/seal"
)

// A secret may be given as the name of a file that holds it, in a variable that
// ends with _FILE: SIGNOFF_STORE_FILE for SIGNOFF_STORE. Containers and systemd
// hand secrets over as files.
const inFile = "_FILE"

const maxSecretBytes = 64 << 10

// withSecretFiles replaces each variable that names a file with a secret by the
// secret itself.
func withSecretFiles(environ []string, all []setting) ([]string, []signoff.FieldError) {
	secret := map[string]bool{}
	for _, s := range all {
		if s.typ == reflect.TypeFor[seal.Secret]() {
			secret[s.envName()] = true
		}
	}
	var out []string
	var problems []signoff.FieldError
	for _, pair := range environ {
		name, _, _ := strings.Cut(pair, "=")
		base, file := strings.CutSuffix(name, inFile)
		if !file || !secret[base] {
			out = append(out, pair)
			continue
		}
		v, problem := secretIn(base, environ)
		if problem != "" {
			problems = append(problems, signoff.FieldError{Field: name, Detail: problem})
		} else if v != "" {
			out = append(out, base+"="+v.Reveal())
		}
	}
	return out, problems
}

// secretIn returns the secret in a variable, or in the file that the variable
// with _FILE behind its name names, or else what is wrong. Line ends behind it
// are not part of it.
func secretIn(name string, environ []string) (secret seal.Secret, problem string) {
	value, path := valueOf(name, environ), valueOf(name+inFile, environ)
	switch {
	case path == "":
		return seal.Secret(value), ""
	case value != "":
		return "", name + " is set, too; choose one of them"
	}
	f, err := os.Open(path)
	if err != nil {
		return "", "the file " + path + " cannot be read"
	}
	defer f.Close()
	text, err := io.ReadAll(io.LimitReader(f, maxSecretBytes+1))
	line := strings.TrimRight(string(text), "\r\n")
	switch {
	case err != nil:
		return "", "the file " + path + " cannot be read"
	case len(text) > maxSecretBytes:
		return "", "the file " + path + " is too large to be a secret"
	case line == "":
		return "", "the file " + path + " is empty"
	}
	return seal.Secret(line), ""
}

// valueOf is what an environment says last about a name.
func valueOf(name string, environ []string) (value string) {
	for _, pair := range environ {
		if n, v, _ := strings.Cut(pair, "="); n == name {
			value = v
		}
	}
	return value
}
