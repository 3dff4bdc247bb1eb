package bench

import (
	"bytes"
	"errors"
	"fmt"
	"strconv"
)

// head is what counts of the head of an HTTP/1.1 response.
type head struct {
	status  int
	length  int // of the body, -1 when it is not told
	chunked bool
	closing bool // the server closes the connection afterwards
}

var errHead = errors.New("the answer is not HTTP/1.1")

// parseHead reads a response's head, without the empty line that ends it.
func parseHead(text []byte) (head, error) {
	if bytes.Count(text, []byte("\n")) != bytes.Count(text, []byte("\r\n")) {
		return head{}, fmt.Errorf("%w: its lines end without a carriage return", errHead)
	}
	h := head{length: -1}
	line, rest, _ := bytes.Cut(text, []byte("\r\n"))
	version, after, _ := bytes.Cut(line, []byte(" "))
	code, _, _ := bytes.Cut(after, []byte(" "))
	status, err := strconv.ParseUint(string(code), 10, 16)
	if err != nil || len(code) != 3 || !bytes.HasPrefix(version, []byte("HTTP/1.")) {
		return head{}, fmt.Errorf("%w: it begins with %.80q", errHead, line)
	}
	h.status = int(status)
	h.closing = string(version) == "HTTP/1.0"
	for len(rest) > 0 {
		line, rest, _ = bytes.Cut(rest, []byte("\r\n"))
		name, value, found := bytes.Cut(line, []byte(":"))
		if !found {
			return head{}, fmt.Errorf("%w: %.80q is no header", errHead, line)
		}
		if err := h.header(name, bytes.TrimSpace(value)); err != nil {
			return head{}, err
		}
	}
	return h, nil
}

func (h *head) header(name, value []byte) error {
	switch len(name) { // cheaper than comparing all names
	case len("Content-Length"):
		if !bytes.EqualFold(name, []byte("Content-Length")) {
			return nil
		}
		length, err := strconv.ParseUint(string(value), 10, 31)
		if err != nil {
			return fmt.Errorf("%w: a length of %.80q", errHead, value)
		}
		h.length = int(length)
	case len("Transfer-Encoding"):
		if bytes.EqualFold(name, []byte("Transfer-Encoding")) {
			h.chunked = bytes.EqualFold(value, []byte("chunked"))
		}
	case len("Connection"):
		if bytes.EqualFold(name, []byte("Connection")) && bytes.EqualFold(value, []byte("close")) {
			h.closing = true
		}
	}
	return nil
}

// dechunk reads a body in chunks. Until it is complete, used is 0.
func dechunk(data []byte) (body []byte, used int, err error) {
	for rest := data; ; {
		line, after, found := bytes.Cut(rest, []byte("\r\n"))
		if !found {
			return nil, 0, nil
		}
		digits, _, _ := bytes.Cut(line, []byte(";"))
		size, err := strconv.ParseUint(string(bytes.TrimSpace(digits)), 16, 31)
		if err != nil {
			return nil, 0, fmt.Errorf("%w: a chunk of size %.80q", errHead, line)
		}
		if size == 0 {
			end, ok := trailerEnd(after)
			if !ok {
				return nil, 0, nil
			}
			return body, len(data) - len(after) + end, nil
		}
		if uint64(len(after)) < size+2 {
			return nil, 0, nil
		}
		if string(after[size:size+2]) != "\r\n" {
			return nil, 0, fmt.Errorf("%w: a chunk is longer than it says", errHead)
		}
		body = append(body, after[:size]...)
		rest = after[size+2:]
	}
}

// trailerEnd finds the end of the headers after the last chunk.
func trailerEnd(data []byte) (int, bool) {
	if bytes.HasPrefix(data, []byte("\r\n")) {
		return 2, true
	}
	if i := bytes.Index(data, []byte("\r\n\r\n")); i >= 0 {
		return i + 4, true
	}
	return 0, false
}
