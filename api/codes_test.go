package api_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/signoffhq/signoff/api"
)

// Codes no request is answered with: the server does not start, or what goes
// wrong is told as "internal".
var neverAnswered = regexp.MustCompile(`^(data-.*|backup-.*|bad-public-url|key-.*|engine-panic)$`)

func TestEveryCodeInTheProgramIsListed(t *testing.T) {
	found := 0
	err := filepath.WalkDir("..", func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() {
			switch d.Name() {
			case "sandbox", "web", "testdata", "scenario", "bench", ".git", "client", "trust":
				return filepath.SkipDir // no part of what serves requests
			}
			return nil
		}
		if !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
			return nil
		}
		if strings.HasPrefix(path, "../cmd/") && !strings.HasSuffix(path, "/wiring.go") {
			return nil // what commands say where they are typed; wiring.go has handlers of commands
		}
		for code, where := range codesIn(t, path) {
			found++
			if _, ok := api.CodeByName(code); !ok && !neverAnswered.MatchString(code) {
				t.Errorf("%s: code %q is not in api.Codes", where, code)
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if found < 120 {
		t.Errorf("only %d codes found in the program: is this test looking in the right place?", found)
	}
}

// codesIn finds what stands after "Code:" in composite literals and the values of
// constants called Code…, code… and Incident…. A doctor's findings have codes of
// their own: they are what was asked for, not a refusal.
func codesIn(t *testing.T, path string) map[string]token.Position {
	t.Helper()
	files := token.NewFileSet()
	file, err := parser.ParseFile(files, path, nil, 0)
	if err != nil {
		return nil // somebody is writing it right now; the compiler will say so
	}
	out := map[string]token.Position{}
	add := func(e ast.Expr) {
		if lit, ok := e.(*ast.BasicLit); ok && lit.Kind == token.STRING {
			if code, err := strconv.Unquote(lit.Value); err == nil && kebab.MatchString(code) {
				out[code] = files.Position(lit.Pos())
			}
		}
	}
	ast.Inspect(file, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.CompositeLit:
			return !isFinding(n.Type)
		case *ast.KeyValueExpr:
			if key, ok := n.Key.(*ast.Ident); ok && key.Name == "Code" {
				add(n.Value)
			}
		case *ast.ValueSpec:
			for i, name := range n.Names {
				if codeName.MatchString(name.Name) && i < len(n.Values) {
					add(n.Values[i])
				}
			}
		}
		return true
	})
	return out
}

// isFinding says whether a literal is a Finding, a *Finding is, or a list of them.
func isFinding(e ast.Expr) bool {
	switch e := e.(type) {
	case *ast.Ident:
		return e.Name == "Finding"
	case *ast.SelectorExpr:
		return e.Sel.Name == "Finding"
	case *ast.ArrayType:
		return isFinding(e.Elt)
	}
	return false
}

var codeName = regexp.MustCompile(`^(Code|code|Incident)[A-Z]`)

var kebab = regexp.MustCompile(`^[a-z][a-z0-9]*(-[a-z0-9]+)*$`)

func TestCodesAreWellFormed(t *testing.T) {
	seen := map[string]bool{}
	for _, c := range api.Codes {
		if seen[c.Code] {
			t.Errorf("%s is listed twice", c.Code)
		}
		seen[c.Code] = true
		if !kebab.MatchString(c.Code) {
			t.Errorf("%q is not in kebab case", c.Code)
		}
		if c.Status != 0 && (c.Status < 400 || c.Status > 599) || c.Title == "" || c.Meaning == "" || strings.HasSuffix(c.Title, ".") || !strings.HasSuffix(c.Meaning, ".") {
			t.Errorf("%s: %+v", c.Code, c)
		}
	}
}
