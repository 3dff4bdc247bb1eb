package config

import (
	"fmt"
	"strconv"
	"strings"
)

// Code says which kind of mistake an [Error] is.
type Code string

// The kinds of mistakes.
const (
	CodeFile      Code = "file"      // a file cannot be read
	CodeSyntax    Code = "syntax"    // the file is not YAML
	CodeUnknown   Code = "unknown"   // no such key or variable
	CodeDuplicate Code = "duplicate" // given twice
	CodeMissing   Code = "missing"   // a required key or variable is not there
	CodeType      Code = "type"      // a list where a text should be, and the like
	CodeValue     Code = "value"     // not a value this key can have
	CodeConflict  Code = "conflict"  // two values do not go together
)

// Error is one mistake in the configuration.
type Error struct {
	Code Code
	// File, Line and Column say where; Line is 0 when the value came from elsewhere.
	// Columns count characters from 1.
	File         string
	Line, Column int
	// Origin names the flag or environment variable the value came from, "" for the file.
	Origin string
	Key    string // as in sqs.listen or queues[0].name
	Value  string // as given; never a secret
	Reason string // continues the sentence that begins with key and value
	Hint   string // what to do instead, "" when the reason says it
	// Snippet is the line of the file with its neighbours and a caret, secrets masked.
	Snippet string
}

// Error is the mistake in one line.
func (e *Error) Error() string {
	var b strings.Builder
	switch {
	case e.Line > 0:
		fmt.Fprintf(&b, "%s:%d:%d: ", e.File, e.Line, e.Column)
	case e.Origin != "":
		b.WriteString(e.Origin + ": ")
	case e.File != "":
		b.WriteString(e.File + ": ")
	}
	if e.Key != "" {
		b.WriteString(e.Key + ": ")
	}
	if e.Value != "" {
		b.WriteString(strconv.Quote(e.Value) + " ")
	}
	b.WriteString(e.Reason)
	return b.String()
}

// Explain is the mistake with its snippet and hint, for a person at a terminal. It
// ends without a newline.
func (e *Error) Explain() string {
	text := e.Error()
	if e.Snippet != "" {
		text += "\n" + e.Snippet
	}
	if e.Hint != "" {
		text += "\nTry: " + e.Hint
	}
	return text
}

// Errors are all mistakes of a configuration, in the order of the file.
type Errors []*Error

func (e Errors) Error() string {
	lines := make([]string, len(e))
	for i, err := range e {
		lines[i] = err.Error()
	}
	return strings.Join(lines, "\n")
}

// Unwrap lets errors.As find each [Error].
func (e Errors) Unwrap() []error {
	all := make([]error, len(e))
	for i, err := range e {
		all[i] = err
	}
	return all
}

// Explain is every mistake with its snippet and hint, separated by empty lines.
func (e Errors) Explain() string {
	blocks := make([]string, len(e))
	for i, err := range e {
		blocks[i] = err.Explain()
	}
	return strings.Join(blocks, "\n\n")
}
