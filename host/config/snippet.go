package config

import (
	"fmt"
	"regexp"
	"strings"
)

// snippet shows a line with its neighbours and a caret under the column.
func snippet(lines []string, line, column int) string {
	if line < 1 || line > len(lines) {
		return ""
	}
	var b strings.Builder
	for n := max(1, line-1); n <= min(len(lines), line+1); n++ {
		mark := " "
		if n == line {
			mark = ">"
		}
		fmt.Fprintf(&b, "%s %4d | %s\n", mark, n, lines[n-1])
		if n == line {
			fmt.Fprintf(&b, "         %s^\n", indentation(lines[n-1], column))
		}
	}
	return strings.TrimSuffix(b.String(), "\n")
}

// indentation is as wide as the text before a column, tabs kept.
func indentation(line string, column int) string {
	var b strings.Builder
	for _, r := range []rune(line)[:min(max(0, column-1), len([]rune(line)))] {
		if r != '\t' {
			r = ' '
		}
		b.WriteRune(r)
	}
	return b.String()
}

var secretKey = regexp.MustCompile(`(secret_access_key|session_token|encryption_key)(["']?\s*:\s?)(\s*)("(?:[^"\\]|\\.)*"|'[^']*'|[^,}\s][^,}]*)?`)

// secretKeys is a key below which all values are secrets.
var (
	secretKeys = regexp.MustCompile(`(secrets["']?\s*:)(\s*)(.+)$`)
	quotedText = regexp.MustCompile(`"(?:[^"\\]|\\.)*"|'[^']*'`)
)

// masked returns the lines of a file with everything that may be a secret replaced.
// It works on the text, so that it holds for a file that is no YAML at all: it hides
// too much rather than too little. A secret that continues on the next lines is
// recognised by its indentation or by an open quote.
func masked(lines []string) []string {
	out := make([]string, len(lines))
	hideBelow, quote, braces := -1, byte(0), 0
	for i, line := range lines {
		indent := len(line) - len(strings.TrimLeft(line, " \t"))
		switch {
		case braces > 0: // in a mapping of secrets
			braces += openBraces(line)
			out[i] = redacted
			continue
		case quote != 0:
			end := strings.IndexByte(line, quote)
			if end < 0 {
				out[i] = redacted
				continue
			}
			quote = 0
			line = redacted + line[end+1:]
		case hideBelow >= 0 && strings.TrimSpace(line) == "":
			continue
		case hideBelow >= 0 && indent > hideBelow:
			out[i] = line[:indent] + redacted
			continue
		}
		hideBelow = -1
		if strings.TrimSpace(line) == "secrets:" {
			out[i], hideBelow = line, keyIndent(line)
			continue
		}
		if m := secretKeys.FindStringSubmatch(line); m != nil {
			hideBelow, braces = keyIndent(line), max(0, openBraces(m[3]))
			line = secretKeys.ReplaceAllString(line, "${1}${2}"+redacted)
		}
		for _, m := range secretKey.FindAllStringSubmatchIndex(line, -1) {
			hideBelow = keyIndent(line)
			if m[8] >= 0 {
				quote = openQuote(line[m[8]:m[9]])
			}
		}
		out[i] = secretKey.ReplaceAllString(line, "${1}${2}"+redacted)
		if quote != 0 {
			hideBelow = -1
		}
	}
	return out
}

// openBraces is how many braces a text opens and does not close.
func openBraces(text string) int {
	text = quotedText.ReplaceAllString(text, "")
	return strings.Count(text, "{") - strings.Count(text, "}")
}

// keyIndent is the column of the first key of a line, past the dash of a list item.
func keyIndent(line string) int {
	return len(line) - len(strings.TrimLeft(line, " \t-"))
}

// openQuote returns the quote that a value opens and does not close on its line.
func openQuote(value string) byte {
	if value == "" || (value[0] != '"' && value[0] != '\'') {
		return 0
	}
	if len(value) > 1 && value[len(value)-1] == value[0] {
		return 0
	}
	return value[0]
}
