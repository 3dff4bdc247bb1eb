package bench

import (
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"time"
)

// answerLimit bounds an answer: ten messages of 1 MiB, escaped.
const answerLimit = 64 << 20

// connection is one client's keep-alive connection.
type connection struct {
	route  *route
	net    net.Conn
	detach func() bool // lets the context of open go
	used   bool        // the server closes it after the answer that it gave
	data   []byte      // scratch
}

// answer is the server's answer to one request. Its body is good until the next request.
type answer struct {
	status int
	body   []byte
}

// open connects. When ctx ends, whatever the connection waits for ends as well.
func (c *connection) open(ctx context.Context) error {
	raw, err := (&net.Dialer{Timeout: 10 * time.Second}).DialContext(ctx, "tcp", c.route.address)
	if err != nil {
		return &Error{CodeUnreachable, fmt.Errorf("connect to %s: %w", c.route.URL, err)}
	}
	c.net = raw
	if c.route.secure {
		secure := tls.Client(raw, &tls.Config{ServerName: c.route.name, MinVersion: tls.VersionTLS12})
		if err := secure.HandshakeContext(ctx); err != nil {
			return &Error{CodeUnreachable, errors.Join(fmt.Errorf("connect to %s: %w", c.route.URL, err), raw.Close())}
		}
		c.net = secure
	}
	c.used = false
	c.detach = context.AfterFunc(ctx, func() { _ = raw.Close() }) // the request that is cut off reports it
	return nil
}

func (c *connection) close() {
	if c.net != nil {
		c.detach()
		_ = c.net.Close() // nothing is on its way
		c.net = nil
	}
}

// do sends a request and reads its answer.
func (c *connection) do(ctx context.Context, request []byte) (answer, error) {
	if c.used {
		c.close()
	}
	if c.net == nil {
		if err := c.open(ctx); err != nil {
			return answer{}, err
		}
	}
	if _, err := c.net.Write(request); err != nil {
		return answer{}, c.broken(ctx, err)
	}
	a, err := c.read()
	if err != nil {
		return answer{}, c.broken(ctx, err)
	}
	return a, nil
}

func (c *connection) broken(ctx context.Context, err error) error {
	c.close()
	if ctx.Err() != nil {
		return ctx.Err()
	}
	return &Error{CodeUnreachable, fmt.Errorf("the connection to %s broke during a request: %w", c.route.URL, err)}
}

func (c *connection) read() (answer, error) {
	c.data = c.data[:0]
	end := -1
	for end < 0 {
		searched := max(0, len(c.data)-len("\r\n\r"))
		if err := c.more(); err != nil {
			return answer{}, err
		}
		if i := bytes.Index(c.data[searched:], []byte("\r\n\r\n")); i >= 0 {
			end = searched + i
		}
	}
	h, err := parseHead(c.data[:end])
	if err != nil {
		return answer{}, err
	}
	c.used = h.closing
	begin := end + len("\r\n\r\n")
	switch {
	case h.chunked:
		return c.readChunks(h, begin)
	case h.length < 0:
		return answer{}, fmt.Errorf("%w: it does not tell its length", errHead)
	case h.length > answerLimit:
		return answer{}, fmt.Errorf("an answer of %d bytes is longer than any of SQS's", h.length)
	}
	for len(c.data) < begin+h.length {
		if err := c.more(); err != nil {
			return answer{}, err
		}
	}
	if len(c.data) > begin+h.length {
		return answer{}, errors.New("the server sent more than one answer to one request")
	}
	return answer{h.status, c.data[begin:]}, nil
}

func (c *connection) readChunks(h head, begin int) (answer, error) {
	for {
		body, used, err := dechunk(c.data[begin:])
		if err != nil {
			return answer{}, err
		}
		if used > 0 {
			return answer{h.status, body}, nil
		}
		if err := c.more(); err != nil {
			return answer{}, err
		}
	}
}

// more reads what there is.
func (c *connection) more() error {
	if len(c.data) == cap(c.data) {
		if len(c.data) > answerLimit {
			return errors.New("the answer does not end")
		}
		c.data = append(make([]byte, 0, max(4<<10, 2*cap(c.data))), c.data...)
	}
	n, err := c.net.Read(c.data[len(c.data):cap(c.data)])
	c.data = c.data[:len(c.data)+n]
	if n > 0 {
		return nil
	}
	if errors.Is(err, io.EOF) {
		err = io.ErrUnexpectedEOF
	}
	return fmt.Errorf("read the answer: %w", err)
}
