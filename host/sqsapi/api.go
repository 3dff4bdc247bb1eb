package sqsapi

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"runtime/debug"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/labstack/echo/v4"

	"github.com/queuelet/queuelet/host/body"
	"github.com/queuelet/queuelet/host/queue"
	"github.com/queuelet/queuelet/sigauth"
)

// Authenticator proves who sent a request. A [*sigauth.Error] is answered in the words
// it carries.
type Authenticator interface {
	Verify(r *http.Request, body []byte) (sigauth.Identity, error)
}

// Options are the settings of an API.
type Options struct {
	// PublicURL is what queue URLs in answers begin with, such as
	// "https://sqs.example.org". Empty means the scheme and host of each request.
	PublicURL string
	// CORSOrigins are the origins of web pages that may call the API from a browser;
	// "*" means any. Empty switches CORS off.
	CORSOrigins []string
	// Observe, if not nil, is called once per request with the operation ("" when it is
	// not known), the code of the error that was answered ("" on success,
	// "Disconnected" when the client did not wait for its answer), and the time that it
	// took, long polling included. It must not block.
	Observe func(operation, code string, took time.Duration)
	// Allow returns what an access key may do, nil for everything. Nil means that every key
	// may do everything.
	Allow func(accessKeyID string) *queue.AllowList
	// Log takes failures, and at debug level every request. Nil means slog.Default.
	Log *slog.Logger
}

// API serves the two wire protocols of SQS.
type API struct {
	queues    Queues
	auth      Authenticator
	table     map[string]*operation
	peekOp    *operation
	publicURL string
	cors      *cors
	observe   func(operation, code string, took time.Duration)
	allow     func(accessKeyID string) *queue.AllowList
	log       *slog.Logger
	bodies    *body.Budget
	exchanges sync.Pool // of *exchange
}

// New makes an API. It fails when the options make no sense.
func New(queues Queues, auth Authenticator, options Options) (*API, error) {
	if queues == nil || auth == nil {
		return nil, errors.New("sqsapi: queues and authenticator are required")
	}
	publicURL, err := checkPublicURL(options.PublicURL)
	if err != nil {
		return nil, fmt.Errorf("sqsapi: public URL %q: %w", options.PublicURL, err)
	}
	a := &API{
		queues: queues, auth: auth, publicURL: publicURL, cors: newCORS(options.CORSOrigins),
		observe: options.Observe, allow: options.Allow, log: options.Log, bodies: body.NewBudget(body.Large),
	}
	a.table, a.peekOp = a.operations(), a.peekOperation()
	if a.log == nil {
		a.log = slog.Default()
	}
	return a, nil
}

// Router is the part of [echo.Echo] and [echo.Group] that Register needs.
type Router interface {
	Add(method, path string, handler echo.HandlerFunc, middleware ...echo.MiddlewareFunc) *echo.Route
}

// Register adds the API to a router: its root, and every path below that no other route
// takes, because any of them may be the URL of a queue.
func (a *API) Register(router Router) {
	options := a.serve
	if a.cors != nil {
		options = a.cors.preflight
	}
	for _, path := range []string{"/", "/*"} {
		for _, method := range []string{
			http.MethodGet, http.MethodPost, http.MethodHead, http.MethodPut, http.MethodPatch, http.MethodDelete,
		} {
			router.Add(method, path, a.serve)
		}
		router.Add(http.MethodOptions, path, options)
	}
}

// serve answers one request. It never returns an error: every failure has its answer.
func (a *API) serve(c echo.Context) error {
	x := a.open(c.Request())
	w := c.Response()
	finished := false
	defer func() {
		if !finished {
			a.recovered(w, x, recover())
		}
		a.done(x)
		// A call that a hanging client or a panic cut short may have left parts of
		// the exchange behind in the domain: those are the garbage collector's.
		if finished && x.request.Context().Err() == nil {
			x.recycle()
		} else {
			x.body.Release(a.bodies)
		}
	}()
	a.cors.allow(w.Header(), x.request)
	a.respond(w, x, a.process(w, x))
	finished = true
	return nil
}

// process does what a request asks for and leaves the result in the exchange's writer.
func (a *API) process(w http.ResponseWriter, x *exchange) error {
	if method := x.request.Method; method != http.MethodGet && method != http.MethodPost {
		return errNoAction // no operation is called in another way
	}
	if err := x.readBody(x.request); err != nil {
		return err
	}
	// The server's deadline for reading a request would otherwise end long polls.
	if err := http.NewResponseController(w).SetReadDeadline(time.Time{}); err != nil && !errors.Is(err, http.ErrNotSupported) {
		return fmt.Errorf("clear the read deadline: %w", err)
	}
	if x.protocol == &x.queryProtocol && !x.peek && !x.mayHaveAction() {
		return errNoAction
	}
	identity, err := a.auth.Verify(x.request, x.body.Bytes())
	if err != nil {
		return fmt.Errorf("verify the signature: %w", err)
	}
	x.caller = queue.Caller{
		Account: identity.AccountID, AccessKeyID: identity.AccessKeyID, Principal: identity.Principal,
		SourceIP: sourceIP(x.request), Secure: x.request.TLS != nil,
	}
	if a.allow != nil {
		x.caller.Allow = a.allow(identity.AccessKeyID)
	}
	return a.call(x.request.Context(), x)
}

// call decodes an authenticated request and calls its operation.
func (a *API) call(ctx context.Context, x *exchange) error {
	op, err := a.find(x)
	if err != nil {
		return err
	}
	x.op = op
	if err := x.protocol.decode(op, x); err != nil {
		return err
	}
	if op.onQueue {
		if x.key, err = x.addressedQueue(); err != nil {
			return err
		}
	}
	x.writer.begin(x.out, op)
	return op.call(ctx, x)
}

// find returns the operation that a request asks for.
func (a *API) find(x *exchange) (*operation, error) {
	action, err := x.protocol.action(x)
	if x.peek {
		if action == a.peekOp.name || errors.Is(err, errNoAction) {
			return a.peekOp, nil
		}
		if err != nil {
			return nil, err
		}
		return nil, errPeekOnly
	}
	if err != nil {
		return nil, err
	}
	op := a.table[action]
	if op == nil || op.offQueue && x.protocol == &x.queryProtocol && queuePath(x.path) != "" {
		return nil, invalidAction(action)
	}
	return op, nil
}

// mayHaveAction tells cheaply whether a query request can name an action at all. One
// that cannot is answered before its signature is looked at, as AWS does: a browser on
// the URL of a queue has none.
func (x *exchange) mayHaveAction() bool {
	return strings.Contains(x.request.URL.RawQuery, "Action=") || bytes.Contains(x.body.Bytes(), []byte("Action="))
}

// Header names in the form in which net/http keeps them.
const (
	requestIDHeader  = "X-Amzn-Requestid"
	queryErrorHeader = "X-Amzn-Query-Error"
	errorTypeHeader  = "X-Amzn-Errortype"
)

// respond writes the answer: the result, or the error in the form of the protocol.
func (a *API) respond(w *echo.Response, x *exchange, err error) {
	status := http.StatusOK
	contentType := x.writer.contentType()
	switch {
	case err == nil:
		x.out = x.writer.end(x.requestID)
	case errors.Is(err, errNoAction):
		status = http.StatusNotFound
		x.code = codeInvalidAction
		contentType = xmlContentType
		x.out = append(x.out[:0], "<UnknownOperationException/>"...)
	default:
		f := faultOf(err)
		a.logFailure(x, f, err)
		status = f.status
		x.fail(w.Header(), f)
	}
	a.write(w, x, status, contentType)
}

// fail writes an error into the exchange's buffer and its headers.
func (x *exchange) fail(header http.Header, f fault) {
	x.code = f.code
	if x.protocol == &x.jsonProtocol {
		header[queryErrorHeader] = []string{string(f.code) + ";" + f.side()}
		header[errorTypeHeader] = []string{f.shape}
	} else if f.code == queue.CodeQueueDoesNotExist {
		f.message = "The specified queue does not exist for this wsdl version."
	}
	if f.status == http.StatusRequestEntityTooLarge {
		header[echo.HeaderConnection] = []string{"close"} // the rest of the body is not read
	}
	x.out = x.writer.fail(x.out, f, x.requestID)
}

// write sends the exchange's buffer in one piece.
func (a *API) write(w *echo.Response, x *exchange, status int, contentType []string) {
	header := w.Header()
	values := [2]string{x.requestID, strconv.Itoa(len(x.out))}
	header[requestIDHeader] = values[0:1:1]
	header[echo.HeaderContentLength] = values[1:2:2]
	header[echo.HeaderContentType] = contentType
	w.WriteHeader(status)
	if _, err := w.Write(x.out); err != nil {
		a.log.DebugContext(x.request.Context(), "client went away before its answer", "request_id", x.requestID, "error", err)
	}
}

// recovered answers a request whose handling panicked.
func (a *API) recovered(w *echo.Response, x *exchange, cause any) {
	a.log.ErrorContext(x.request.Context(), "panic while serving a request",
		"request_id", x.requestID, "panic", cause, "stack", string(debug.Stack()))
	x.out = nil // it may be anywhere
	x.code = queue.CodeInternalFailure
	if w.Committed {
		return
	}
	f := faultOf(nil)
	x.fail(w.Header(), f)
	a.write(w, x, f.status, x.writer.contentType())
}

// done reports a finished request.
func (a *API) done(x *exchange) {
	took := time.Since(x.started)
	ctx := x.request.Context()
	name := x.op.observed()
	if x.code == queue.CodeInternalFailure && ctx.Err() != nil {
		x.code = codeDisconnected
	}
	if a.observe != nil {
		a.observe(name, string(x.code), took)
	}
	if a.log.Enabled(ctx, slog.LevelDebug) {
		a.log.DebugContext(ctx, "request", "request_id", x.requestID, "operation", name, "code", string(x.code),
			"took", took, "client", x.request.RemoteAddr, "account", x.caller.Account)
	}
}

// logFailure logs what the operator of the service should know of: refused signatures,
// and failures that are the service's own.
func (a *API) logFailure(x *exchange, f fault, err error) {
	ctx := x.request.Context()
	if refused, ok := errors.AsType[*sigauth.Error](err); ok {
		a.log.WarnContext(ctx, "request refused: "+refused.OperatorLine(), "request_id", x.requestID,
			"cause", string(refused.Cause), "access_key_id", refused.AccessKeyID, "client", x.request.RemoteAddr)
		return
	}
	if !f.sender() && ctx.Err() == nil {
		a.log.ErrorContext(ctx, "request failed", "request_id", x.requestID, "code", string(f.code), "error", err,
			"cause", errors.Unwrap(err))
	}
}
