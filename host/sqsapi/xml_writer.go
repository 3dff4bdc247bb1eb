package sqsapi

import (
	"bytes"
	"encoding/base64"
	"strconv"
	"unicode/utf8"

	"github.com/queuelet/queuelet/host/queue"
)

// xmlWriter writes the answers of the query protocol, without white space between
// elements.
type xmlWriter struct {
	buf []byte
	op  *operation
}

const (
	xmlHeader = `<?xml version="1.0"?>`
	namespace = ` xmlns="http://queue.amazonaws.com/doc/2012-11-05/"`
)

var xmlContentType = []string{"text/xml"}

func (w *xmlWriter) contentType() []string { return xmlContentType }

func (w *xmlWriter) begin(buf []byte, op *operation) {
	w.op = op
	w.buf = append(append(buf[:0], xmlHeader+"<"...), op.name...)
	w.buf = append(w.buf, "Response"+namespace+">"...)
	if op.result {
		w.buf = append(append(w.buf, '<'), op.name...)
		w.buf = append(w.buf, "Result>"...)
	}
}

func (w *xmlWriter) end(requestID string) []byte {
	if w.op.result {
		w.closeResult()
	}
	w.buf = append(w.buf, "<ResponseMetadata>"...)
	w.text("RequestId", requestID)
	w.buf = append(append(w.buf, "</ResponseMetadata></"...), w.op.name...)
	w.buf = append(w.buf, "Response>"...)
	return w.buf
}

// closeResult ends the result element, as an empty element tag when it has no content.
func (w *xmlWriter) closeResult() {
	if bytes.HasSuffix(w.buf, []byte("Result>")) && bytes.HasSuffix(w.buf[:len(w.buf)-len("Result>")], []byte("<"+w.op.name)) {
		w.buf = append(w.buf[:len(w.buf)-1], "/>"...)
		return
	}
	w.buf = append(append(w.buf, "</"...), w.op.name...)
	w.buf = append(w.buf, "Result>"...)
}

func (w *xmlWriter) fail(buf []byte, f fault, requestID string) []byte {
	w.buf = append(buf[:0], xmlHeader+"<ErrorResponse"+namespace+"><Error>"...)
	w.text("Type", f.side())
	w.text("Code", string(f.code))
	w.text("Message", f.message)
	w.buf = append(w.buf, "<Detail/></Error>"...)
	w.text("RequestId", requestID)
	w.buf = append(w.buf, "</ErrorResponse>"...)
	return w.buf
}

func (w *xmlWriter) openTag(name string) {
	w.buf = append(w.buf, '<')
	w.buf = append(w.buf, name...)
	w.buf = append(w.buf, '>')
}

func (w *xmlWriter) closeTag(name string) {
	w.buf = append(w.buf, '<', '/')
	w.buf = append(w.buf, name...)
	w.buf = append(w.buf, '>')
}

func (w *xmlWriter) element(name string, value []byte) {
	w.openTag(name)
	w.buf = appendXMLText(w.buf, value)
	w.closeTag(name)
}

func (w *xmlWriter) text(name, value string) {
	if value != "" {
		w.element(name, []byte(value))
	}
}

func (w *xmlWriter) bytes(name string, value []byte) {
	if len(value) > 0 {
		w.element(name, value)
	}
}

func (w *xmlWriter) number(name string, value int64) {
	w.openTag(name)
	w.buf = strconv.AppendInt(w.buf, value, 10)
	w.closeTag(name)
}

func (w *xmlWriter) flag(name string, value bool) {
	w.openTag(name)
	w.buf = strconv.AppendBool(w.buf, value)
	w.closeTag(name)
}

// list has nothing to write: the query protocol flattens lists.
func (w *xmlWriter) list(_ *list, n int) bool { return n > 0 }

func (w *xmlWriter) endList(*list) {}

func (w *xmlWriter) item(l *list, value string) { w.element(l.element, []byte(value)) }

func (w *xmlWriter) open(l *list) { w.openTag(l.element) }

func (w *xmlWriter) close(l *list) { w.closeTag(l.element) }

func (w *xmlWriter) pair(l *list, name string, value []byte) {
	w.openTag(l.element)
	w.element(l.key, []byte(name))
	w.element("Value", value)
	w.closeTag(l.element)
}

func (w *xmlWriter) attribute(l *list, value *queue.MessageAttribute) {
	w.openTag(l.element)
	w.element(l.key, []byte(value.Name))
	w.openTag("Value")
	if isBinary(value.DataType) {
		w.openTag("BinaryValue")
		w.buf = base64.StdEncoding.AppendEncode(w.buf, value.Value)
		w.closeTag("BinaryValue")
	} else {
		w.element("StringValue", value.Value)
	}
	w.text("DataType", value.DataType)
	w.closeTag("Value")
	w.closeTag(l.element)
}

// plainXML tells whether a byte stands for itself in character data and is ASCII.
func plainXML(c byte) bool {
	switch c {
	case '&', '<', '>', '"':
		return false
	default:
		return c-' ' < utf8.RuneSelf-' '
	}
}

// appendXMLText appends s as character data. A carriage return is written as a
// reference, because XML parsers turn a bare one into a line feed, and the client would
// find the wrong MD5. Characters that XML does not have become U+FFFD.
func appendXMLText(dst, s []byte) []byte {
	start := 0
	for i := 0; i < len(s); {
		if plainXML(s[i]) {
			i++
			continue
		}
		char, size := utf8.DecodeRune(s[i:])
		reference := ""
		switch {
		case char == '&':
			reference = "&amp;"
		case char == '<':
			reference = "&lt;"
		case char == '>':
			reference = "&gt;"
		case char == '"':
			reference = "&quot;"
		case char == '\r':
			reference = "&#xD;"
		case char < ' ' && char != '\t' && char != '\n',
			char == utf8.RuneError && size == 1,
			char == '\ufffe', char == '\uffff':
			reference = "\ufffd"
		}
		if reference != "" {
			dst = append(dst, s[start:i]...)
			dst = append(dst, reference...)
			start = i + size
		}
		i += size
	}
	return append(dst, s[start:]...)
}
