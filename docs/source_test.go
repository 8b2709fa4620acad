package docs_test

import (
	"go/ast"
	"go/constant"
	"go/parser"
	"go/token"
	"go/types"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

// parsed reads a Go file, path relative to the root.
func parsed(t *testing.T, file string) *ast.File {
	t.Helper()
	f, err := parser.ParseFile(token.NewFileSet(), filepath.Join("..", filepath.FromSlash(file)), nil, parser.SkipObjectResolution)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// constants returns the constants of a file whose values can be worked out by
// themselves, strings unquoted.
func constants(t *testing.T, file string) map[string]string {
	t.Helper()
	out := map[string]string{}
	ast.Inspect(parsed(t, file), func(n ast.Node) bool {
		spec, ok := n.(*ast.ValueSpec)
		if !ok {
			return true
		}
		for i, name := range spec.Names {
			if i >= len(spec.Values) {
				continue
			}
			v, err := types.Eval(token.NewFileSet(), nil, token.NoPos, types.ExprString(spec.Values[i]))
			if err != nil || v.Value == nil {
				continue
			}
			if v.Value.Kind() == constant.String {
				out[name.Name] = constant.StringVal(v.Value)
			} else {
				out[name.Name] = v.Value.ExactString()
			}
		}
		return true
	})
	return out
}

// literals returns all text in the Go files and letter templates of folders,
// tests left out.
func literals(t *testing.T, folders ...string) []string {
	t.Helper()
	var out []string
	for _, folder := range folders {
		entries, err := os.ReadDir(filepath.Join("..", filepath.FromSlash(folder)))
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range entries {
			if !strings.HasSuffix(e.Name(), ".go") || strings.HasSuffix(e.Name(), "_test.go") {
				continue
			}
			ast.Inspect(parsed(t, folder+"/"+e.Name()), func(n ast.Node) bool {
				if lit, ok := n.(*ast.BasicLit); ok && lit.Kind == token.STRING {
					if s, err := strconv.Unquote(lit.Value); err == nil {
						out = append(out, s)
					}
				}
				return true
			})
		}
	}
	return out
}

// rows returns the cells of the table rows below a heading of a page, up to the
// next heading, header rows left out.
func rows(t *testing.T, page, title string) [][]string {
	t.Helper()
	_, after, found := strings.Cut(read(t, page), "\n"+title+"\n")
	if !found {
		t.Fatalf("%s has no heading %q", page, title)
	}
	var out [][]string
	for line := range strings.Lines(after) {
		if strings.HasPrefix(line, "#") {
			break
		}
		if !strings.HasPrefix(line, "|") {
			continue
		}
		cells := strings.Split(strings.ReplaceAll(strings.TrimSpace(line), `\|`, "\x00"), "|")
		cells = cells[1 : len(cells)-1]
		for i := range cells {
			cells[i] = strings.ReplaceAll(strings.TrimSpace(cells[i]), "\x00", "|")
		}
		if strings.Trim(cells[0], "-") == "" && len(out) > 0 {
			out = out[:len(out)-1] // that was the header
			continue
		}
		out = append(out, cells)
	}
	if len(out) == 0 {
		t.Fatalf("%s has no table below %q", page, title)
	}
	return out
}
