package config

import (
	"fmt"
	"regexp"
	"strings"
)

// placeholder matches ${NAME} and ${NAME:-default}, and the escape $${ with them.
var (
	placeholder = regexp.MustCompile(`\$\{[^{}\n]*\}`)
	shielded    = regexp.MustCompile("\\$?\\$\uE000[^\uE001]*\uE001")
)

// shield replaces the braces of placeholders by characters that mean nothing in
// YAML, one for one. So ${NAME} may stand unquoted inside a flow mapping, every
// column stays as it was, and no value of a variable is ever parsed as YAML.
func shield(source string) string {
	return placeholder.ReplaceAllStringFunc(source, func(s string) string {
		return "$\uE000" + s[2:len(s)-1] + "\uE001"
	})
}

// unshield gives a text the braces back that [shield] took.
func unshield(text string) string {
	return shielded.ReplaceAllStringFunc(text, func(s string) string {
		return strings.NewReplacer("\uE000", "{", "\uE001", "}").Replace(s)
	})
}

// expand replaces the placeholders of a shielded text by what lookup knows.
func expand(text string, lookup func(string) (string, bool)) (string, error) {
	var failed error
	expanded := shielded.ReplaceAllStringFunc(text, func(s string) string {
		if strings.HasPrefix(s, "$$") {
			return unshield(s)[1:]
		}
		inner := strings.TrimSuffix(strings.TrimPrefix(s, "$\uE000"), "\uE001")
		name, fallback, hasFallback := strings.Cut(inner, ":-")
		value, ok := lookup(name)
		switch {
		case !environmentPattern.MatchString(name):
			// Its text is not repeated: it may be a secret that merely looks like one.
			failed = complain("has a placeholder without a proper name",
				"write ${NAME}, ${NAME:-default}, or $${ for a plain ${")
		case hasFallback && value == "":
			return fallback
		case !ok:
			failed = complain(fmt.Sprintf("needs the environment variable %s, which is not set", name),
				fmt.Sprintf("set %s, or write ${%s:-default}", name, name))
		}
		return value
	})
	return expanded, failed
}
