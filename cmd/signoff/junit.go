package main

import (
	"encoding/xml"
	"fmt"
	"io"
	"os"
	"strings"
	"unicode"
)

// The XML that build servers read as the results of JUnit. There is no standard;
// these are the parts that all of them know.
type (
	junitSuite struct {
		XMLName  xml.Name    `xml:"testsuite"`
		Name     string      `xml:"name,attr"`
		Tests    int         `xml:"tests,attr"`
		Failures int         `xml:"failures,attr"`
		Errors   int         `xml:"errors,attr"`
		Cases    []junitCase `xml:"testcase"`
	}
	junitCase struct {
		Name    string      `xml:"name,attr"`
		Class   string      `xml:"classname,attr"`
		File    string      `xml:"file,attr"`
		Failure *junitFault `xml:"failure"`
		Error   *junitFault `xml:"error"`
	}
	junitFault struct {
		Message string `xml:"message,attr"`
		Text    string `xml:",chardata"`
	}
)

// writeJUnit writes the results where --junit says.
func (t *testRun) writeJUnit(stdout io.Writer, all []ran) error {
	if t.junit == "" {
		return nil
	}
	suite := junitSuite{Name: t.dir, Tests: len(all)}
	for _, r := range all {
		c := junitCase{Name: r.File, Class: strings.TrimSuffix(r.File, ".scenario"), File: r.File}
		if r.Title != "" {
			c.Name = plain(r.Title)
		}
		switch {
		case r.Error != "":
			suite.Errors++
			c.Error = &junitFault{plain(r.Error), plain(r.Error)}
		case !r.OK:
			suite.Failures++
			c.Failure = &junitFault{fmt.Sprintf("line %d: something else happened", r.Line), plain(r.Diff)}
		}
		suite.Cases = append(suite.Cases, c)
	}
	text, err := xml.MarshalIndent(suite, "", "  ")
	if err != nil {
		return err
	}
	text = append([]byte(xml.Header), append(text, '\n')...)
	if t.junit == "-" {
		_, err = stdout.Write(text)
		return err
	}
	return os.WriteFile(t.junit, text, 0o644)
}

// plain leaves out what XML cannot hold.
func plain(s string) string {
	return strings.Map(func(r rune) rune {
		if r != '\n' && r != '\t' && unicode.IsControl(r) {
			return -1
		}
		return r
	}, s)
}
