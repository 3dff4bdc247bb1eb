package sqsapi

import "github.com/queuelet/queuelet/host/queue"

// treeWriter writes the answers of the query protocol as JSON, to those who accept
// only that. The tree is that of the XML, except that lists are lists, and that what is
// absent is null, as AWS has it.
type treeWriter struct {
	jsonWriter
}

var treeContentType = []string{"application/json"}

func (w *treeWriter) contentType() []string { return treeContentType }

func (w *treeWriter) begin(buf []byte, op *operation) {
	w.op = op
	w.buf = append(buf[:0], '{')
	w.object(op.name + "Response")
	if op.result {
		w.object(op.name + "Result")
	}
}

func (w *treeWriter) end(requestID string) []byte {
	if w.op.result {
		w.buf = append(w.buf, '}')
	}
	w.object("ResponseMetadata")
	w.text("RequestId", requestID)
	w.buf = append(w.buf, "}}}"...)
	return w.buf
}

func (w *treeWriter) fail(buf []byte, f fault, requestID string) []byte {
	w.buf = append(buf[:0], '{')
	w.object("Error")
	w.text("Type", f.side())
	w.text("Code", string(f.code))
	w.text("Message", f.message)
	w.null("Detail")
	w.buf = append(w.buf, '}')
	w.text("RequestId", requestID)
	w.buf = append(w.buf, '}')
	return w.buf
}

func (w *treeWriter) object(name string) {
	w.name(name)
	w.buf = append(w.buf, '{')
}

func (w *treeWriter) null(name string) {
	w.name(name)
	w.buf = append(w.buf, "null"...)
}

func (w *treeWriter) text(name, value string) {
	if value == "" {
		w.null(name)
		return
	}
	w.jsonWriter.text(name, value)
}

func (w *treeWriter) bytes(name string, value []byte) {
	if len(value) == 0 {
		w.null(name)
		return
	}
	w.jsonWriter.bytes(name, value)
}

func (w *treeWriter) list(l *list, n int) bool {
	if n == 0 {
		w.null(l.tree)
		return false
	}
	w.name(l.tree)
	w.buf = append(w.buf, '[')
	return true
}

func (w *treeWriter) endList(*list) { w.buf = append(w.buf, ']') }

func (w *treeWriter) pair(l *list, name string, value []byte) {
	w.open(l)
	w.name(l.key)
	w.buf = appendJSONString(w.buf, []byte(name))
	w.name("Value")
	w.buf = appendJSONString(w.buf, value)
	w.close(l)
}

func (w *treeWriter) attribute(l *list, value *queue.MessageAttribute) {
	w.open(l)
	w.jsonWriter.text(l.key, value.Name)
	w.name("Value")
	w.attributeValue(value)
	w.close(l)
}
