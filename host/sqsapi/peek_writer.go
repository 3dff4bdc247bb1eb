package sqsapi

// peekWriter writes the JSON form of the peek endpoint, which is that of LocalStack:
// the XML element by element, where a list of one is no list and what is absent is not
// there.
type peekWriter struct {
	treeWriter

	single []bool // of each list that is being written, whether it has one element
}

func (w *peekWriter) fail(buf []byte, f fault, requestID string) []byte {
	w.buf = append(buf[:0], '{')
	w.object("ErrorResponse")
	w.object("Error")
	w.text("Type", f.side())
	w.text("Code", string(f.code))
	w.text("Message", f.message)
	w.null("Detail")
	w.buf = append(w.buf, '}')
	w.text("RequestId", requestID)
	w.buf = append(w.buf, "}}"...)
	return w.buf
}

func (w *peekWriter) text(name, value string) { w.jsonWriter.text(name, value) }

func (w *peekWriter) bytes(name string, value []byte) { w.jsonWriter.bytes(name, value) }

func (w *peekWriter) list(l *list, n int) bool {
	if n == 0 {
		return false
	}
	w.name(l.element)
	w.single = append(w.single, n == 1)
	if n > 1 {
		w.buf = append(w.buf, '[')
	}
	return true
}

func (w *peekWriter) endList(*list) {
	last := len(w.single) - 1
	if !w.single[last] {
		w.buf = append(w.buf, ']')
	}
	w.single = w.single[:last]
}
