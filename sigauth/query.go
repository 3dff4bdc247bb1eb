package sigauth

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
)

// parameter is one name=value of a query string, both percent-encoded the canonical way: every byte but the unreserved
// ones as %XX in upper case.
type parameter struct{ name, value string }

// parseQuery reads a raw query string in order of appearance. A '+' is a blank, as whoever reads the form afterwards sees
// it: a signature over a literal plus must not cover a request that is understood as a blank.
func parseQuery(raw string) ([]parameter, *Error) {
	if raw == "" {
		return nil, nil
	}
	parameters := make([]parameter, 0, 1+strings.Count(raw, "&"))
	for raw != "" {
		var pair string
		pair, raw, _ = strings.Cut(raw, "&")
		if pair == "" {
			continue
		}
		rawName, rawValue, _ := strings.Cut(pair, "=")
		name, fault := canonicalComponent(rawName)
		if fault != nil {
			return nil, fault
		}
		value, fault := canonicalComponent(rawValue)
		if fault != nil {
			return nil, fault
		}
		parameters = append(parameters, parameter{name: name, value: value})
	}
	return parameters, nil
}

// canonicalComponent decodes a name or value and encodes it the canonical way. One that is canonical already, as those of
// the SDKs mostly are, is returned as it is.
func canonicalComponent(raw string) (string, *Error) {
	first := 0
	for first < len(raw) && unreserved(raw[first]) {
		first++
	}
	if first == len(raw) {
		return raw, nil
	}
	out := make([]byte, first, len(raw)+2*escapeWidth)
	copy(out, raw)
	for i := first; i < len(raw); i++ {
		switch char := raw[i]; char {
		case '+':
			out = appendEscaped(out, ' ')
		case '%':
			decoded, fault := unescape(raw[i:])
			if fault != nil {
				return "", fault
			}
			out = appendEscaped(out, decoded)
			i += escapeWidth - 1
		default:
			out = appendEscaped(out, char)
		}
	}
	return string(out), nil
}

// escapeWidth is the length of "%XX".
const escapeWidth = 3

// unescape decodes the escape sequence at the start of raw.
func unescape(raw string) (byte, *Error) {
	if len(raw) < escapeWidth {
		return 0, malformedQuery("Incomplete trailing escape % sequence")
	}
	high, okHigh := hexDigit(raw[1])
	low, okLow := hexDigit(raw[2])
	if !okHigh || !okLow {
		return 0, malformedQuery("Illegal hex character in escape % pattern: " + raw[:escapeWidth])
	}
	return high<<4 | low, nil
}

func malformedQuery(message string) *Error {
	return &Error{
		Code: CodeMalformedQueryString, Status: http.StatusBadRequest, Message: message, Cause: CauseMalformed,
		line: "the query string has a broken percent escape: the client or a proxy builds the URL without encoding it",
	}
}

func hexDigit(char byte) (byte, bool) {
	switch {
	case '0' <= char && char <= '9':
		return char - '0', true
	case 'a' <= char && char <= 'f':
		return char - 'a' + 10, true
	case 'A' <= char && char <= 'F':
		return char - 'A' + 10, true
	default:
		return 0, false
	}
}

// appendEscaped appends a byte as it is when it is unreserved, else as %XX.
func appendEscaped(dst []byte, char byte) []byte {
	if unreserved(char) {
		return append(dst, char)
	}
	const upperHex = "0123456789ABCDEF"
	return append(dst, '%', upperHex[char>>4], upperHex[char&0xf])
}

// unreserved reports the bytes that RFC 3986 §2.3 lets stand for themselves everywhere.
func unreserved(char byte) bool {
	return 'a' <= char && char <= 'z' || 'A' <= char && char <= 'Z' || '0' <= char && char <= '9' ||
		char == '-' || char == '.' || char == '_' || char == '~'
}

// firstParameter is the decoded value of the first parameter of that name: in the query AWS takes the first of several.
func firstParameter(parameters []parameter, name string) (string, bool) {
	for _, p := range parameters {
		if p.name != name {
			continue
		}
		value, err := url.PathUnescape(p.value)
		return value, err == nil // a canonical value always decodes
	}
	return "", false
}

// sortParameters puts parameters in canonical order, by encoded name and then by encoded value, and leaves out those of
// one name: the signature of a presigned request does not cover itself.
func sortParameters(parameters []parameter, without string) []parameter {
	parameters = slices.DeleteFunc(parameters, func(p parameter) bool { return without != "" && p.name == without })
	slices.SortFunc(parameters, func(a, b parameter) int {
		if order := strings.Compare(a.name, b.name); order != 0 {
			return order
		}
		return strings.Compare(a.value, b.value)
	})
	return parameters
}

// appendQuery appends the canonical query string.
func appendQuery(dst []byte, parameters []parameter) []byte {
	for i, p := range parameters {
		if i > 0 {
			dst = append(dst, '&')
		}
		dst = append(dst, p.name...)
		dst = append(dst, '=')
		dst = append(dst, p.value...)
	}
	return dst
}
