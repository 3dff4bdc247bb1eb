package lambdaapi

import (
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"runtime/debug"
	"strconv"
	"time"

	"github.com/google/uuid"
	"github.com/labstack/echo/v4"

	"github.com/queuelet/queuelet/host/body"
	"github.com/queuelet/queuelet/host/function"
	"github.com/queuelet/queuelet/sigauth"
)

// Authenticator proves who sent a request. A [*sigauth.Error] is answered in the words it carries.
type Authenticator interface {
	VerifyService(r *http.Request, body []byte, service string) (sigauth.Identity, error)
}

// signingName is Lambda's name in the scope of a signature.
const signingName = "lambda"

// Options are the settings of an API.
type Options struct {
	// PublicURL is what the locations of packages begin with; the scheme and host of each request when it is empty.
	PublicURL string
	// Observe, if not nil, is called once per request with the operation ("" when it is not known), the exception that was
	// answered ("" on success) and the time that it took.
	Observe func(operation, code string, took time.Duration)
	// Allow says whether an access key may use the API.
	Allow func(accessKeyID string) bool
	// Processing returns what the last invocation by a mapping came to, for people; "" when there was none.
	Processing func(m *function.Mapping) string
	// Log takes failures, and at debug level every request. Nil means slog.Default.
	Log *slog.Logger
}

// API serves the REST API of Lambda.
type API struct {
	functions *function.Service
	invoker   Invoker
	auth      Authenticator
	options   Options
	table     []*operation
	bodies    *body.Budget
	secret    [32]byte // signs the locations of packages
}

// New makes an API. It fails when a part is missing.
func New(functions *function.Service, invoker Invoker, auth Authenticator, options Options) (*API, error) {
	if functions == nil || invoker == nil || auth == nil || options.Allow == nil || options.Processing == nil {
		return nil, errors.New("lambdaapi: functions, an invoker, an authenticator, what keys are allowed and the state of mappings are required")
	}
	a := &API{functions: functions, invoker: invoker, auth: auth, options: options, bodies: body.NewBudget(body.Large)}
	a.table = a.operations()
	if a.options.Log == nil {
		a.options.Log = slog.Default()
	}
	if _, err := rand.Read(a.secret[:]); err != nil {
		return nil, fmt.Errorf("make a secret for locations: %w", err)
	}
	return a, nil
}

// Router is the part of [echo.Echo] and [echo.Group] that Register needs.
type Router interface {
	Add(method, path string, handler echo.HandlerFunc, middleware ...echo.MiddlewareFunc) *echo.Route
}

// Register adds the API to a router: every path that begins with a version of it.
func (a *API) Register(router Router) {
	for _, version := range versions {
		for _, method := range []string{http.MethodGet, http.MethodPost, http.MethodPut, http.MethodDelete} {
			router.Add(method, "/"+version+"/*", a.serve)
		}
	}
	router.Add(http.MethodGet, locationPath+"/*", a.download)
}

// exchange is one request on its way through the API.
type exchange struct {
	request   *http.Request
	response  *echo.Response
	requestID string
	started   time.Time
	op        *operation // nil while it is not known
	parameter []string   // in the path
	query     url.Values
	body      []byte
	scope     function.Scope
	status    int // of a success
	code      string
}

// serve answers one request. It never returns an error: every failure has its answer.
func (a *API) serve(c echo.Context) error {
	x := &exchange{request: c.Request(), response: c.Response(), requestID: uuid.NewString(), started: time.Now()}
	defer a.done(x)
	defer func() {
		if cause := recover(); cause != nil {
			a.options.Log.ErrorContext(x.request.Context(), "panic while serving a request",
				"request_id", x.requestID, "panic", cause, "stack", string(debug.Stack()))
			if !x.response.Committed {
				a.fail(x, errors.New("panic"))
			}
		}
	}()
	release, result, err := a.process(x)
	defer release()
	if err != nil {
		a.fail(x, err)
		return nil
	}
	if !x.response.Committed {
		a.answer(x, x.status, result)
	}
	return nil
}

// process does what a request asks for and returns the result. The body is given back with release.
func (a *API) process(x *exchange) (release func(), result any, err error) {
	release = func() {}
	var known bool
	x.op, x.parameter, known = route(a.table, x.request.Method, x.request.URL.EscapedPath())
	if x.op == nil {
		if known {
			return release, nil, failure(codeUnknownOperation, "The method %s is not possible for this path.", x.request.Method)
		}
		return release, nil, failure(codeUnknownOperation, "There is no operation for this path.")
	}
	x.status = x.op.status
	if x.body, release, err = a.readBody(x.response, x.request, x.op.body); err != nil {
		return release, nil, err
	}
	if err := x.extend(); err != nil {
		return release, nil, err
	}
	identity, err := a.auth.VerifyService(x.request, x.body, signingName)
	if err != nil {
		return release, nil, fmt.Errorf("verify the signature: %w", err)
	}
	if !a.options.Allow(identity.AccessKeyID) {
		return release, nil, failure(codeAccessDenied, "User: arn:aws:iam::%s:user/%s is not authorized to perform: lambda:%s",
			identity.AccountID, identity.Principal, x.op.name)
	}
	x.scope = function.Scope{Region: a.functions.Region(), Account: identity.AccountID}
	x.query = x.request.URL.Query()
	result, err = x.op.call(x.request.Context(), x)
	return release, result, err
}

// longestAnswer is more than the longest invocation takes, with the wait for room before it.
const longestAnswer = 35 * time.Minute

// extend lifts the server's limits on connections: those are for queues, and a function may run for minutes.
func (x *exchange) extend() error {
	controller := http.NewResponseController(x.response)
	err := errors.Join(controller.SetReadDeadline(time.Time{}), controller.SetWriteDeadline(time.Now().Add(longestAnswer)))
	if err != nil && !errors.Is(err, http.ErrNotSupported) {
		return fmt.Errorf("set the deadlines of a request: %w", err)
	}
	return nil
}

// Header names in the form in which net/http keeps them.
const (
	requestIDHeader = "X-Amzn-Requestid"
	errorTypeHeader = "X-Amzn-Errortype"
)

// raw is a result that is written as it is: what a function replies need not even be JSON.
type raw []byte

// answer writes a result as JSON; nil is no body.
func (a *API) answer(x *exchange, status int, result any) {
	body, isRaw := result.(raw)
	if result != nil && !isRaw {
		var err error
		if body, err = json.Marshal(result); err != nil {
			a.fail(x, fmt.Errorf("encode the answer: %w", err))
			return
		}
	}
	a.write(x, status, body)
}

func (a *API) write(x *exchange, status int, body []byte) {
	header := x.response.Header()
	header.Set(requestIDHeader, x.requestID)
	if status != http.StatusNoContent {
		header.Set(echo.HeaderContentType, "application/json")
		header.Set(echo.HeaderContentLength, strconv.Itoa(len(body)))
	}
	x.response.WriteHeader(status)
	if _, err := x.response.Write(body); err != nil && status != http.StatusNoContent {
		a.options.Log.DebugContext(x.request.Context(), "client went away before its answer", "request_id", x.requestID, "error", err)
	}
}

// fail answers an error.
func (a *API) fail(x *exchange, err error) {
	ctx := x.request.Context()
	e := answerOf(err)
	x.code = e.Code
	if refused, ok := errors.AsType[*sigauth.Error](err); ok {
		a.options.Log.WarnContext(ctx, "request refused: "+refused.OperatorLine(), "request_id", x.requestID,
			"cause", string(refused.Cause), "access_key_id", refused.AccessKeyID, "client", x.request.RemoteAddr)
	} else if e.Status >= http.StatusInternalServerError && ctx.Err() == nil {
		a.options.Log.ErrorContext(ctx, "request failed", "request_id", x.requestID, "operation", x.name(), "code", e.Code, "error", err)
	}
	header := x.response.Header()
	header.Set(errorTypeHeader, e.Code)
	if e.Status == http.StatusRequestEntityTooLarge {
		header.Set(echo.HeaderConnection, "close") // the rest of the body is not read
	}
	text, err := json.Marshal(e.body())
	if err != nil {
		text = []byte("{}") // texts can always be encoded
	}
	a.write(x, e.Status, text)
}

func (x *exchange) name() string {
	if x.op == nil {
		return ""
	}
	return x.op.name
}

// done reports a finished request.
func (a *API) done(x *exchange) {
	took := time.Since(x.started)
	if a.options.Observe != nil {
		a.options.Observe(x.name(), x.code, took)
	}
	ctx := x.request.Context()
	if a.options.Log.Enabled(ctx, slog.LevelDebug) {
		a.options.Log.DebugContext(ctx, "request", "request_id", x.requestID, "operation", x.name(), "code", x.code,
			"took", took, "client", x.request.RemoteAddr, "account", x.scope.Account)
	}
}

// decode reads the body of a request.
func (x *exchange) decode(into any) error {
	if len(x.body) == 0 {
		return nil
	}
	err := json.Unmarshal(x.body, into)
	var wrongType *json.UnmarshalTypeError
	switch {
	case err == nil:
		return nil
	case errors.As(err, &wrongType):
		return failure(codeSerialization, "The value of %s is not of the type that it has to be.", wrongType.Field)
	default:
		return failure(codeInvalidContent, "Could not parse request body into json: %v", err)
	}
}

// reference reads the function in the path and the qualifier in the query.
func (x *exchange) reference() (function.Reference, error) {
	r, err := x.scope.ParseReference(x.parameter[0])
	if err != nil {
		return r, err
	}
	return r.Qualify(x.query.Get("Qualifier"))
}

// key reads the function in the path of an operation that is about all of its versions.
func (x *exchange) key() (function.Key, error) {
	r, err := x.scope.ParseReference(x.parameter[0])
	if err == nil && r.Qualifier != "" && r.Qualifier != function.Latest {
		err = failure(codeInvalidParameter, "This operation is permitted on Lambda functions only. Aliases and versions do not support "+
			"this operation. Please specify either a function name or an unqualified function ARN.")
	}
	return r.Key, err
}
