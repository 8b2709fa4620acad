package main

import (
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/knadh/koanf/parsers/yaml"
	"github.com/knadh/koanf/providers/confmap"
	"github.com/knadh/koanf/providers/env/v2"
	"github.com/knadh/koanf/providers/rawbytes"
	"github.com/knadh/koanf/v2"
	yamlv3 "go.yaml.in/yaml/v3"

	"github.com/signoffhq/signoff"
)

const maxConfigBytes = 1 << 20

// setting is one leaf of Config.
type setting struct {
	key     string // "mail.smtp.address"
	def     string
	choices []string
	doc     string
	typ     reflect.Type
}

// envName returns SIGNOFF_MAIL_SMTP_ADDRESS for mail.smtp.address.
func (s setting) envName() string {
	return "SIGNOFF_" + strings.ToUpper(strings.ReplaceAll(s.key, ".", "_"))
}

// settings lists every leaf of Config in the order it is written there.
func settings() []setting {
	var all []setting
	walkConfig(reflect.TypeFor[Config](), "", func(f reflect.StructField, key string) {
		if f.Type.Kind() == reflect.Struct {
			return
		}
		s := setting{key: key, def: f.Tag.Get("default"), doc: f.Tag.Get("doc"), typ: f.Type}
		if c := f.Tag.Get("choices"); c != "" {
			s.choices = strings.Split(c, ",")
		}
		all = append(all, s)
	})
	return all
}

// walkConfig calls visit for every field, a section before its members.
func walkConfig(t reflect.Type, prefix string, visit func(f reflect.StructField, key string)) {
	for f := range t.Fields() {
		key := prefix + f.Tag.Get("koanf")
		visit(f, key)
		if f.Type.Kind() == reflect.Struct {
			walkConfig(f.Type, key+".", visit)
		}
	}
}

// Environment variables that are not settings of the server: those of commands
// and tests, and what Kubernetes gives every container when a service is called
// signoff (https://kubernetes.io/docs/concepts/services-networking/service/#environment-variables).
var (
	otherEnv = []string{"SIGNOFF_KEY", "SIGNOFF_KEY_FILE", "SIGNOFF_KEY_NEW", "SIGNOFF_KEY_NEW_FILE", "SIGNOFF_CONFIG", "SIGNOFF_SERVER", "SIGNOFF_USER", "SIGNOFF_PASSWORD", "SIGNOFF_TOKEN",
		"SIGNOFF_PROFILE", profilesVariable, "SIGNOFF_CA", "SIGNOFF_GRAPH_TOKEN", "SIGNOFF_BIN", "SIGNOFF_PORT"}
	otherEnvBegins = []string{"SIGNOFF_ENTRA_", "SIGNOFF_LIVE_", "SIGNOFF_TEST_", "SIGNOFF_SERVICE_", "SIGNOFF_PORT_"}
)

// loadConfig reads the file (none when path is ""), then the environment, then
// set, which holds flags by key. Every unknown key and impossible value is
// reported at once, with its line where it has one.
func loadConfig(path string, environ []string, set map[string]any) (Config, error) {
	k := koanf.New(".")
	all := settings()
	if path != "" {
		if err := loadFile(k, path, all); err != nil {
			return Config{}, err
		}
	}
	if err := loadEnv(k, environ, all); err != nil {
		return Config{}, err
	}
	if err := k.Load(confmap.Provider(set, "."), nil); err != nil {
		return Config{}, err
	}
	// Nothing is no value: a variable that a container file passes on without
	// having it must not switch a thing off, or listen on every address.
	for _, s := range all {
		if s.def != "" && k.String(s.key) == "" {
			k.Set(s.key, s.def)
		}
	}
	var c Config
	if problems := badValues(k, all); len(problems) > 0 {
		return c, badConfig("the configuration has values that cannot be", problems)
	}
	if err := k.Unmarshal("", &c); err != nil {
		return c, fmt.Errorf("read configuration: %w", err)
	}
	return c, nil
}

func badConfig(detail string, fields []signoff.FieldError) error {
	return &signoff.Error{Kind: signoff.Invalid, Code: "bad-config", Detail: detail,
		Hint: "`signoff config describe` lists every key with its meaning", Fields: fields}
}

func loadFile(k *koanf.Koanf, path string, all []setting) error {
	info, err := os.Stat(path)
	if errors.Is(err, fs.ErrNotExist) {
		return badConfig("there is no configuration file "+path, nil)
	}
	if err == nil && info.Size() > maxConfigBytes {
		return badConfig(fmt.Sprintf("%s is larger than a configuration file may be (%d bytes)", path, maxConfigBytes), nil)
	}
	text, err := os.ReadFile(path)
	if err != nil {
		return &signoff.Error{Kind: signoff.Invalid, Code: "bad-config", Detail: "the configuration file cannot be read", Err: err}
	}
	if problems, err := unknownKeys(path, text, all); err != nil || len(problems) > 0 {
		return errors.Join(err, unlessNone("the configuration file has keys that do not exist", problems))
	}
	if err := k.Load(rawbytes.Provider(text), yaml.Parser()); err != nil {
		return badConfig(fmt.Sprintf("%s is not YAML: %v", path, err), nil)
	}
	return nil
}

func unlessNone(detail string, problems []signoff.FieldError) error {
	if len(problems) == 0 {
		return nil
	}
	return badConfig(detail, problems)
}

// unknownKeys names each key of the file that Config does not have, with its
// line and the nearest key there is.
func unknownKeys(path string, text []byte, all []setting) ([]signoff.FieldError, error) {
	var doc yamlv3.Node
	if err := yamlv3.Unmarshal(text, &doc); err != nil {
		return nil, badConfig(fmt.Sprintf("%s is not YAML: %v", path, err), nil)
	}
	if len(doc.Content) == 0 {
		return nil, nil
	}
	known := map[string]bool{}
	for _, s := range all {
		for key := s.key; ; {
			known[key] = true
			i := strings.LastIndexByte(key, '.')
			if i < 0 {
				break
			}
			key = key[:i]
		}
	}
	var problems []signoff.FieldError
	var walk func(n *yamlv3.Node, prefix string)
	walk = func(n *yamlv3.Node, prefix string) {
		for i := 0; i+1 < len(n.Content) && n.Kind == yamlv3.MappingNode; i += 2 {
			key := prefix + n.Content[i].Value
			if !known[key] {
				problems = append(problems, signoff.FieldError{
					Field:  fmt.Sprintf("%s line %d", path, n.Content[i].Line),
					Detail: "there is no setting " + key,
					Advice: didYouMean(key, known)})
				continue
			}
			walk(n.Content[i+1], key+".")
		}
	}
	walk(doc.Content[0], "")
	return problems, nil
}

func loadEnv(k *koanf.Koanf, environ []string, all []setting) error {
	byEnv := map[string]string{}
	names := map[string]bool{}
	for _, s := range all {
		byEnv[s.envName()] = s.key
		names[s.envName()] = true
	}
	environ, problems := withSecretFiles(environ, all)
	if len(problems) > 0 {
		return badConfig("a file with a secret cannot be used", problems)
	}
	for _, pair := range environ {
		name, _, _ := strings.Cut(pair, "=")
		if !strings.HasPrefix(name, "SIGNOFF_") || byEnv[name] != "" || isOtherEnv(name) {
			continue
		}
		problems = append(problems, signoff.FieldError{Field: name, Detail: "there is no such setting",
			Advice: didYouMean(name, names)})
	}
	if len(problems) > 0 {
		return badConfig("the environment has settings that do not exist", problems)
	}
	return k.Load(env.Provider(".", env.Opt{
		Prefix:        "SIGNOFF_",
		EnvironFunc:   func() []string { return environ },
		TransformFunc: func(name, v string) (string, any) { return byEnv[name], v },
	}), nil)
}

func isOtherEnv(name string) bool {
	return slices.Contains(otherEnv, name) || slices.ContainsFunc(otherEnvBegins, func(begin string) bool { return strings.HasPrefix(name, begin) })
}

// badValues checks what can be checked before the values are used: choices,
// durations, numbers and switches.
func badValues(k *koanf.Koanf, all []setting) []signoff.FieldError {
	var problems []signoff.FieldError
	for _, s := range all {
		if detail := badValue(s, k.String(s.key)); detail != "" {
			problems = append(problems, signoff.FieldError{Field: s.key, Detail: detail})
		}
	}
	return problems
}

func badValue(s setting, v string) string {
	switch {
	case v == "":
		return ""
	case len(s.choices) > 0 && !slices.Contains(s.choices, v):
		return "must be one of " + strings.Join(s.choices, ", ")
	case s.typ == reflect.TypeFor[time.Duration]():
		d, err := time.ParseDuration(v)
		if mayBeNone := s.def == "0s"; err != nil || d < 0 || d == 0 && !mayBeNone {
			return "must be a time such as 30s, 5m or 2h"
		}
	case s.typ.Kind() == reflect.Int:
		if n, err := strconv.Atoi(v); err != nil || n < 1 {
			return "must be a whole number from 1"
		}
	case s.typ.Kind() == reflect.Bool:
		if _, err := strconv.ParseBool(v); err != nil {
			return "must be true or false"
		}
	}
	return ""
}

func didYouMean(word string, known map[string]bool) string {
	if n := signoff.Nearest(word, slices.Sorted(maps.Keys(known))); n != "" {
		return "did you mean " + n + "?"
	}
	return ""
}
