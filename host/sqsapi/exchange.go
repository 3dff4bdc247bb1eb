package sqsapi

import (
	"net"
	"net/http"
	"time"

	"github.com/queuelet/queuelet/host/body"
	"github.com/queuelet/queuelet/host/queue"
)

// exchange is the state of one request and its answer. Exchanges are used again, with
// their buffers; everything that a call hands to the domain as bytes lies in them.
type exchange struct {
	api       *API
	request   *http.Request
	started   time.Time
	requestID string

	body   body.Buffer
	input  input
	caller queue.Caller
	key    queue.Key // of the addressed queue, for operations on queues
	op     *operation
	// peek says that the request goes to the peek endpoint; path is that of the request
	// or what follows the endpoint's.
	peek bool
	path string

	protocol protocol
	writer   resultWriter
	code     queue.Code // of the fault that was answered, if any

	// What follows is memory to be used again.
	out           []byte
	scratch       []byte
	send          queue.SendMessageInput
	sends         []queue.SendMessageInput
	receive       queue.ReceiveMessageInput
	jsonProtocol  jsonProtocol
	queryProtocol queryProtocol
	jsonWriter    jsonWriter
	xmlWriter     xmlWriter
	treeWriter    treeWriter
	peekWriter    peekWriter
}

// keepSlice is the capacity up to which slices are kept for the next request.
const keepSlice = 64

// open takes an exchange for a request.
func (a *API) open(r *http.Request) *exchange {
	x, ok := a.exchanges.Get().(*exchange)
	if !ok {
		x = &exchange{api: a}
	}
	x.request = r
	x.started = time.Now()
	x.requestID = newRequestID()
	x.path = r.URL.Path
	if path, ok := isPeek(x.path); ok {
		x.peek, x.path = true, path
	}
	x.choose(r)
	return x
}

// recycle gives the exchange back. It must not be called while the domain may still
// hold a part of it.
func (x *exchange) recycle() {
	x.body.Release(x.api.bodies)
	messages, receipts, sends, fields := x.input.messages, x.input.receipts, x.sends, x.queryProtocol.fields
	clear(messages)
	clear(receipts)
	clear(sends)
	clear(fields)
	x.input = input{messages: keep(messages), receipts: keep(receipts)}
	x.sends = keep(sends)
	x.queryProtocol = queryProtocol{fields: keep(fields)}
	x.jsonProtocol = jsonProtocol{}
	x.send, x.receive = queue.SendMessageInput{}, queue.ReceiveMessageInput{}
	x.request, x.op, x.protocol, x.writer = nil, nil, nil, nil
	x.requestID, x.caller, x.key, x.code = "", queue.Caller{}, queue.Key{}, ""
	x.path, x.peek = "", false
	x.jsonWriter, x.xmlWriter, x.treeWriter, x.peekWriter = jsonWriter{}, xmlWriter{}, treeWriter{}, peekWriter{}
	if cap(x.out) > body.Small {
		x.out = nil
	}
	x.api.exchanges.Put(x)
}

// keep empties s, and drops its memory when it is large.
func keep[T any](s []T) []T {
	if cap(s) > keepSlice {
		return nil
	}
	return s[:0]
}

// sourceIP is the address of the client without its port.
func sourceIP(r *http.Request) string {
	host, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil {
		return r.RemoteAddr
	}
	return host
}
