package operation

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/queuelet/queuelet/plugins/abi"
)

// operation is one thing that a guest may ask for.
type operation struct {
	name string
	// grant is where the grant for it stands in the configuration, granted whether there is one.
	grant   string
	granted func(*grants) bool

	maxHeader int           // bytes
	maxBody   int           // bytes
	maxCalls  int           // in one invocation
	timeout   time.Duration // of one call
	atStart   bool          // may be asked for while a guest gets ready for its first invocation

	run func(ctx context.Context, c *call) (response, error)
}

// call is an operation under way.
type call struct {
	*grants

	invocation *invocation // nil only if the operation is one of those atStart
	header     []byte
	body       []byte
}

// response is what a guest gets. The header is written as JSON; nil is an empty one.
type response struct {
	header any
	body   []byte
}

// newCall holds a request to the limits of the operation.
func (op *operation) newCall(g *grants, inv *invocation, request []byte) (*call, error) {
	switch {
	case !op.granted(g):
		return nil, denied(op.grant, op.name)
	case inv == nil && !op.atStart:
		return nil, refuse(abi.Invalid, "%s is possible only while an event is worked on", op.name)
	case inv != nil && !inv.count(op.name, op.maxCalls):
		return nil, refuse(abi.Limit, "more than %d calls in one invocation", op.maxCalls)
	}
	header, body, err := abi.SplitFrame(request)
	switch {
	case err != nil:
		return nil, &Error{Errno: abi.Invalid, Reason: "the request is no frame: the length of its header is not that of a part of it"}
	case len(header) > op.maxHeader:
		return nil, refuse(abi.TooBig, "a header of %d bytes; at most %d are possible", len(header), op.maxHeader)
	case len(body) > op.maxBody:
		return nil, refuse(abi.TooBig, "a body of %d bytes; at most %d are possible", len(body), op.maxBody)
	}
	return &call{grants: g, invocation: inv, header: header, body: body}, nil
}

// decode reads the header. A field that is not known is a misspelling and refused.
func (c *call) decode(into any) error {
	if len(c.header) == 0 {
		return nil
	}
	d := json.NewDecoder(bytes.NewReader(c.header))
	d.DisallowUnknownFields()
	if err := d.Decode(into); err != nil {
		return &Error{Errno: abi.Invalid, Reason: "the header cannot be read", Err: err}
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return refuse(abi.Invalid, "there is more behind the header's JSON")
	}
	return nil
}

// encode makes the response's frame.
func (r *response) encode() ([]byte, error) {
	if r.header == nil {
		return abi.AppendFrame(nil, nil, r.body), nil
	}
	header, err := json.Marshal(r.header)
	if err != nil {
		return nil, fmt.Errorf("encode the response: %w", err)
	}
	return abi.AppendFrame(make([]byte, 0, 4+len(header)+len(r.body)), header, r.body), nil
}
