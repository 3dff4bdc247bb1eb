package abi

import (
	"encoding/base64"
	"slices"
	"strconv"
	"unicode/utf8"
)

// AppendEvent appends the JSON of an event to dst. Members of the attribute maps come in the order of their names, and
// bytes that are not UTF-8 become U+FFFD, as encoding/json has it.
func AppendEvent(dst []byte, event *Event) []byte {
	dst = append(dst, `{"Records":[`...)
	for i := range event.Records {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = appendRecord(dst, &event.Records[i])
	}
	return append(dst, "]}"...)
}

func appendRecord(dst []byte, r *Record) []byte {
	dst = appendString(append(dst, `{"messageId":`...), r.MessageID)
	dst = appendString(append(dst, `,"receiptHandle":`...), r.ReceiptHandle)
	dst = appendString(append(dst, `,"body":`...), r.Body)
	dst = append(dst, `,"attributes":{`...)
	var room [16]string
	for i, name := range names(room[:0], r.Attributes) {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = append(appendString(dst, name), ':')
		dst = appendString(dst, r.Attributes[name])
	}
	dst = append(dst, `},"messageAttributes":{`...)
	for i, name := range names(room[:0], r.MessageAttributes) {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = append(appendString(dst, name), ':')
		attribute := r.MessageAttributes[name]
		dst = appendAttribute(dst, &attribute)
	}
	dst = appendString(append(dst, `},"md5OfBody":`...), r.MD5OfBody)
	if r.MD5OfMessageAttributes != "" {
		dst = appendString(append(dst, `,"md5OfMessageAttributes":`...), r.MD5OfMessageAttributes)
	}
	dst = appendString(append(dst, `,"eventSource":`...), r.EventSource)
	dst = appendString(append(dst, `,"eventSourceARN":`...), r.EventSourceARN)
	dst = appendString(append(dst, `,"awsRegion":`...), r.AWSRegion)
	return append(dst, '}')
}

func appendAttribute(dst []byte, a *MessageAttribute) []byte {
	dst = append(dst, '{')
	if a.StringValue != nil {
		dst = append(appendString(append(dst, `"stringValue":`...), *a.StringValue), ',')
	}
	if len(a.BinaryValue) > 0 {
		dst = append(appendBase64(append(dst, `"binaryValue":`...), a.BinaryValue), ',')
	}
	dst = append(dst, `"stringListValues":[`...)
	for i, value := range a.StringListValues {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = appendString(dst, value)
	}
	dst = append(dst, `],"binaryListValues":[`...)
	for i, value := range a.BinaryListValues {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = appendBase64(dst, value)
	}
	return append(appendString(append(dst, `],"dataType":`...), a.DataType), '}')
}

// names appends the keys of a map in order to dst.
func names[V any](dst []string, m map[string]V) []string {
	for name := range m {
		dst = append(dst, name)
	}
	slices.Sort(dst)
	return dst
}

func appendBase64(dst, value []byte) []byte {
	dst = base64.StdEncoding.AppendEncode(append(dst, '"'), value)
	return append(dst, '"')
}

// plain marks the bytes that stand for themselves in a JSON string.
var plain = func() (table [utf8.RuneSelf]bool) {
	for c := byte(' '); c < utf8.RuneSelf; c++ {
		table[c] = c != '"' && c != '\\'
	}
	return table
}()

const hexDigits = "0123456789abcdef"

func appendString(dst []byte, s string) []byte {
	dst = append(dst, '"')
	done := 0 // s[:done] is written
	for i := 0; i < len(s); {
		c := s[i]
		if c < utf8.RuneSelf {
			if !plain[c] {
				dst = appendEscaped(append(dst, s[done:i]...), c)
				done = i + 1
			}
			i++
			continue
		}
		r, size := utf8.DecodeRuneInString(s[i:])
		if r == utf8.RuneError && size == 1 {
			dst = append(append(dst, s[done:i]...), "\uFFFD"...)
			done = i + 1
		}
		i += size
	}
	return append(append(dst, s[done:]...), '"')
}

func appendEscaped(dst []byte, c byte) []byte {
	switch c {
	case '"', '\\':
		return append(dst, '\\', c)
	case '\n':
		return append(dst, '\\', 'n')
	case '\r':
		return append(dst, '\\', 'r')
	case '\t':
		return append(dst, '\\', 't')
	default:
		return append(dst, '\\', 'u', '0', '0', hexDigits[c>>4], hexDigits[c&0xf])
	}
}

// AppendInvocation appends the JSON of an invocation to dst.
func AppendInvocation(dst []byte, v *Invocation) []byte {
	dst = appendString(append(dst, `{"requestId":`...), v.RequestID)
	dst = strconv.AppendInt(append(dst, `,"deadlineMs":`...), v.DeadlineMs, 10)
	dst = appendString(append(dst, `,"functionName":`...), v.FunctionName)
	dst = appendString(append(dst, `,"functionArn":`...), v.FunctionARN)
	dst = strconv.AppendInt(append(dst, `,"memoryLimitMb":`...), int64(v.MemoryLimitMB), 10)
	dst = strconv.AppendInt(append(dst, `,"attempt":`...), int64(v.Attempt), 10)
	return append(dst, '}')
}

// AppendResponse appends the JSON of a response to dst.
func AppendResponse(dst []byte, response *Response) []byte {
	dst = append(dst, `{"batchItemFailures":[`...)
	for i, failure := range response.BatchItemFailures {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = appendString(append(dst, `{"itemIdentifier":`...), failure.ItemIdentifier)
		if failure.DelaySeconds != nil {
			dst = strconv.AppendInt(append(dst, `,"delaySeconds":`...), int64(*failure.DelaySeconds), 10)
		}
		if failure.DeadLetter {
			dst = append(dst, `,"deadLetter":true`...)
		}
		dst = append(dst, '}')
	}
	return append(dst, "]}"...)
}
