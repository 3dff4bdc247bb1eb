package sqsapi

import (
	"encoding/base64"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/queuelet/queuelet/host/queue"
)

// jsonWriter writes answers in AWS JSON 1.0.
type jsonWriter struct {
	buf []byte
	op  *operation
}

var jsonContentType = []string{"application/x-amz-json-1.0"}

func (w *jsonWriter) contentType() []string { return jsonContentType }

func (w *jsonWriter) begin(buf []byte, op *operation) {
	w.buf, w.op = buf[:0], op
	if op.result {
		w.buf = append(w.buf, '{')
	}
}

func (w *jsonWriter) end(string) []byte {
	if w.op.result {
		w.buf = append(w.buf, '}')
	}
	return w.buf
}

func (w *jsonWriter) fail(buf []byte, f fault, _ string) []byte {
	w.buf = append(buf[:0], '{')
	w.name("__type")
	w.buf = appendJSONString(w.buf, []byte(f.shape))
	w.name("message")
	w.buf = appendJSONString(w.buf, []byte(f.message))
	w.buf = append(w.buf, '}')
	return w.buf
}

// separate writes a comma unless what follows is the first of its kind or has a name.
func (w *jsonWriter) separate() {
	switch w.buf[len(w.buf)-1] {
	case '{', '[', ':':
	default:
		w.buf = append(w.buf, ',')
	}
}

func (w *jsonWriter) name(name string) {
	w.separate()
	w.buf = appendJSONString(w.buf, []byte(name))
	w.buf = append(w.buf, ':')
}

func (w *jsonWriter) text(name, value string) {
	if value != "" {
		w.name(name)
		w.buf = appendJSONString(w.buf, []byte(value))
	}
}

func (w *jsonWriter) bytes(name string, value []byte) {
	if len(value) > 0 {
		w.name(name)
		w.buf = appendJSONString(w.buf, value)
	}
}

func (w *jsonWriter) number(name string, value int64) {
	w.name(name)
	w.buf = strconv.AppendInt(w.buf, value, 10)
}

func (w *jsonWriter) flag(name string, value bool) {
	w.name(name)
	w.buf = strconv.AppendBool(w.buf, value)
}

func (w *jsonWriter) list(l *list, n int) bool {
	if n == 0 && !l.always {
		return false
	}
	w.name(l.member)
	if l.keyed {
		w.buf = append(w.buf, '{')
	} else {
		w.buf = append(w.buf, '[')
	}
	return true
}

func (w *jsonWriter) endList(l *list) {
	if l.keyed {
		w.buf = append(w.buf, '}')
	} else {
		w.buf = append(w.buf, ']')
	}
}

func (w *jsonWriter) item(_ *list, value string) {
	w.separate()
	w.buf = appendJSONString(w.buf, []byte(value))
}

func (w *jsonWriter) open(*list) {
	w.separate()
	w.buf = append(w.buf, '{')
}

func (w *jsonWriter) close(*list) {
	w.buf = append(w.buf, '}')
}

func (w *jsonWriter) pair(_ *list, name string, value []byte) {
	w.name(name)
	w.buf = appendJSONString(w.buf, value)
}

func (w *jsonWriter) attribute(_ *list, value *queue.MessageAttribute) {
	w.name(value.Name)
	w.attributeValue(value)
}

func (w *jsonWriter) attributeValue(value *queue.MessageAttribute) {
	w.buf = append(w.buf, '{')
	if isBinary(value.DataType) {
		w.name("BinaryValue")
		w.buf = append(w.buf, '"')
		w.buf = base64.StdEncoding.AppendEncode(w.buf, value.Value)
		w.buf = append(w.buf, '"')
	} else {
		w.bytes("StringValue", value.Value)
	}
	w.text("DataType", value.DataType)
	w.buf = append(w.buf, '}')
}

func isBinary(dataType string) bool { return strings.HasPrefix(dataType, "Binary") }

const hexDigits = "0123456789abcdef"

// appendJSONString appends s as a JSON string. Bytes that are not UTF-8 become U+FFFD.
func appendJSONString(dst, s []byte) []byte {
	dst = append(dst, '"')
	start := 0
	for i := 0; i < len(s); {
		c := s[i]
		if plainJSON(c) {
			i++
			continue
		}
		if c >= utf8.RuneSelf {
			char, size := utf8.DecodeRune(s[i:])
			if char != utf8.RuneError || size > 1 {
				i += size
				continue
			}
		}
		dst = append(dst, s[start:i]...)
		switch c {
		case '"', '\\':
			dst = append(dst, '\\', c)
		case '\n':
			dst = append(dst, '\\', 'n')
		case '\r':
			dst = append(dst, '\\', 'r')
		case '\t':
			dst = append(dst, '\\', 't')
		default:
			if c < ' ' {
				dst = append(dst, '\\', 'u', '0', '0', hexDigits[c>>4], hexDigits[c&0xf])
			} else {
				dst = utf8.AppendRune(dst, utf8.RuneError)
			}
		}
		i++
		start = i
	}
	dst = append(dst, s[start:]...)
	return append(dst, '"')
}
