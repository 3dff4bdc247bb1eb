package sqsapi

import (
	"net/http"
	"strings"
)

// protocol is one of the two wire protocols, as it reads requests. Answers are the
// business of a [resultWriter].
type protocol interface {
	// action returns the name of the operation that the request asks for. It is
	// called once, after the request's signature was verified, and may change the
	// body.
	action(x *exchange) (string, error)
	// decode fills the input of the exchange.
	decode(op *operation, x *exchange) error
}

const (
	targetHeader = "X-Amz-Target"
	targetPrefix = "AmazonSQS."
)

// choose selects the protocol that a request speaks, and the form of its answer. AWS
// JSON is known by its header; everything else is the query protocol, which answers in
// XML, or as JSON to those who accept nothing else.
func (x *exchange) choose(r *http.Request) {
	accept := r.Header.Get("Accept")
	acceptsJSON := strings.Contains(accept, "application/json") && !strings.Contains(accept, "xml")
	x.protocol = &x.queryProtocol
	switch {
	case len(r.Header[targetHeader]) > 0:
		x.protocol, x.writer = &x.jsonProtocol, &x.jsonWriter
	case acceptsJSON && x.peek:
		x.writer = &x.peekWriter
	case acceptsJSON:
		x.writer = &x.treeWriter
	default:
		x.writer = &x.xmlWriter
	}
}

// jsonProtocol is AWS JSON 1.0.
type jsonProtocol struct {
	decoder jsonDecoder
}

func (p *jsonProtocol) action(x *exchange) (string, error) {
	name := x.request.Header.Get(targetHeader)
	action, ok := strings.CutPrefix(name, targetPrefix)
	if !ok {
		return "", invalidAction(name)
	}
	return action, nil
}

func (p *jsonProtocol) decode(op *operation, x *exchange) error {
	return p.decoder.decode(op, x.body.Bytes(), &x.input)
}
