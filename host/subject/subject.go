package subject

import (
	"errors"
	"strings"
)

// MaxLength is how long a subject to publish on may be, in bytes.
const MaxLength = 256

var (
	// ErrInvalid says that a text is no subject: tokens with dots between them.
	ErrInvalid = errors.New("no NATS subject")
	// ErrReserved says that a subject is for NATS or queuelet themselves.
	ErrReserved = errors.New("a subject of NATS or queuelet itself")
)

// Check says whether users may have a message published on a subject. Its error is ErrInvalid or ErrReserved.
func Check(subject string) error {
	if len(subject) > MaxLength {
		return ErrInvalid
	}
	return check(strings.Split(subject, "."), false)
}

// CheckPattern says whether users may be granted the subjects that match a pattern, in which the token * stands for one
// token and > for all that follow. A pattern that begins with a wildcard is none of a reserved subject: what matches it is
// checked by itself. Its error is ErrInvalid or ErrReserved.
func CheckPattern(pattern string) error { return check(strings.Split(pattern, "."), true) }

func check(tokens []string, wildcards bool) error {
	for i, token := range tokens {
		wildcard := wildcards && (token == "*" || token == ">" && i == len(tokens)-1)
		if !wildcard && !validToken(token) {
			return ErrInvalid
		}
	}
	if first := tokens[0]; first[0] == '$' || first[0] == '_' || first == "sqs" || first == "ql" {
		return ErrReserved
	}
	return nil
}

// validToken says whether a text is a token of a subject without wildcards.
func validToken(token string) bool {
	return token != "" && !strings.ContainsFunc(token, func(r rune) bool {
		return r <= ' ' || r == '*' || r == '>' || r == 0x7f || r == '\uFFFD'
	})
}

// Match says whether a subject matches a pattern, both of which have passed their check.
func Match(pattern, subject string) bool {
	tokens := strings.Split(subject, ".")
	wanted := strings.Split(pattern, ".")
	for i, want := range wanted {
		switch {
		case i >= len(tokens):
			return false
		case want == ">":
			return true
		case want != "*" && want != tokens[i]:
			return false
		}
	}
	return len(wanted) == len(tokens)
}
