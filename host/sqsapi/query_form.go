package sqsapi

import (
	"bytes"
	"unicode/utf8"

	"github.com/queuelet/queuelet/host/queue"
)

// maxFields bounds how many parameters a query request may hold. The largest legal
// request, ten messages of ten attributes each, has fewer than 500.
const maxFields = 8192

// field is one name and value of a form, unescaped: parts of the request's buffer.
type field struct {
	name, value []byte
}

// appendFields splits an application/x-www-form-urlencoded text into its fields. The
// text is unescaped in place. Bytes that are not UTF-8 become a character that SQS
// accepts nowhere.
func appendFields(fields []field, form []byte) ([]field, error) {
	for len(form) > 0 {
		var pair []byte
		pair, form, _ = bytes.Cut(form, []byte{'&'})
		if len(pair) == 0 {
			continue
		}
		if len(fields) == maxFields {
			return fields, errTooManyElements
		}
		name, value, _ := bytes.Cut(pair, []byte{'='})
		name, err := unescapeForm(name)
		if err != nil {
			return fields, err
		}
		value, err = unescapeForm(value)
		if err != nil {
			return fields, err
		}
		fields = append(fields, field{name: name, value: value})
	}
	return fields, nil
}

// unescapeForm unescapes s in place.
func unescapeForm(s []byte) ([]byte, error) {
	start := bytes.IndexAny(s, "%+")
	if start < 0 {
		return validText(s), nil
	}
	end := start
	for i := start; i < len(s); i++ {
		switch s[i] {
		case '+':
			s[end] = ' '
		case '%':
			if i+2 >= len(s) {
				return nil, malformedQuery("Incomplete trailing escape % sequence")
			}
			high, okHigh := hexDigit(s[i+1])
			low, okLow := hexDigit(s[i+2])
			if !okHigh || !okLow {
				return nil, malformedQuery("Illegal hex character in escape % pattern: " + string(validText(s[i:i+3])))
			}
			s[end] = high<<4 | low
			i += 2
		default:
			s[end] = s[i]
		}
		end++
	}
	return validText(s[:end:end]), nil
}

func validText(s []byte) []byte {
	if utf8.Valid(s) {
		return s
	}
	return bytes.ToValidUTF8(s, utf8.AppendRune(nil, noCharacter))
}

func malformedQuery(message string) error {
	return &queue.Error{Code: codeMalformedQueryString, Message: message}
}
