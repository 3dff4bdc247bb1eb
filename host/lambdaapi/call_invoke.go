package lambdaapi

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"net/http"

	"github.com/labstack/echo/v4"

	"github.com/queuelet/queuelet/host/function"
)

// Call is an invocation that a client asks for.
type Call struct {
	RequestID string
	Reference function.Reference
	Target    function.Target
	Payload   []byte // JSON
	Attempt   int    // 1 the first time
}

// Result is what came of a call.
type Result struct {
	Response []byte // what the function replied, unless it failed
	// ErrorType and ErrorMessage say how it failed, as Lambda shows it; both are empty when it did not.
	ErrorType, ErrorMessage string
	Throttled               bool   // there was no room; nothing has run
	Log                     []byte // the end of what it logged, at most 4 KiB
}

// Invoker runs functions.
type Invoker interface {
	// Call runs a function once and waits for its result.
	Call(ctx context.Context, c Call) Result
	// Enqueue keeps a call until it has run or is given up.
	Enqueue(ctx context.Context, c Call) error
	// Invocations returns the last invocations of a function as JSON, the newest first.
	Invocations(key function.Key, limit int) any
}

const (
	functionErrorHeader = "X-Amz-Function-Error"
	logResultHeader     = "X-Amz-Log-Result"
	executedHeader      = "X-Amz-Executed-Version"

	// eventBody is how many bytes the payload of an asynchronous invocation may have.
	eventBody = 1 << 20
)

func (a *API) invoke(ctx context.Context, x *exchange) (any, error) {
	c, err := a.newCall(x)
	if err != nil {
		return nil, err
	}
	switch kind := x.request.Header.Get("X-Amz-Invocation-Type"); kind {
	case "", "RequestResponse":
		return a.callAndWait(ctx, x, c)
	case "Event":
		x.status = http.StatusAccepted
		return nil, a.enqueue(ctx, x, c)
	case "DryRun":
		x.status = http.StatusNoContent
		x.response.Header().Set(executedHeader, c.Target.Version)
		return nil, nil //nolint:nilnil // the answer has no body
	default:
		return nil, failure(codeValidation, "1 validation error detected: Value '%s' at 'invocationType' failed to satisfy "+
			"constraint: Member must satisfy enum value set: [Event, RequestResponse, DryRun]", kind)
	}
}

// invokeAsync is the operation that Event invocations have replaced.
func (a *API) invokeAsync(ctx context.Context, x *exchange) (any, error) {
	c, err := a.newCall(x)
	if err != nil {
		return nil, err
	}
	return nil, a.enqueue(ctx, x, c)
}

// newCall finds the function of an invocation and checks its payload.
func (a *API) newCall(x *exchange) (Call, error) {
	r, err := x.reference()
	if err != nil {
		return Call{}, err
	}
	t, err := a.functions.Resolve(r)
	if err != nil {
		return Call{}, err
	}
	payload := x.body
	if len(payload) == 0 {
		payload = []byte("{}")
	}
	if !json.Valid(payload) {
		return Call{}, failure(codeInvalidContent, "Could not parse request body into json: it is not valid.")
	}
	return Call{RequestID: x.requestID, Reference: r, Target: t, Payload: payload, Attempt: 1}, nil
}

func (a *API) callAndWait(ctx context.Context, x *exchange, c Call) (any, error) {
	if c.Target.Throttled {
		return nil, throttled("ReservedFunctionConcurrentInvocationLimitExceeded")
	}
	if !c.Target.Ready {
		if err := a.functions.Ensure(ctx, c.Reference); err != nil {
			return nil, err
		}
	}
	result := a.invoker.Call(ctx, c)
	if result.Throttled {
		return nil, throttled("ConcurrentInvocationLimitExceeded")
	}
	header := x.response.Header()
	header.Set(executedHeader, c.Target.Version)
	if x.request.Header.Get("X-Amz-Log-Type") == "Tail" {
		header.Set(logResultHeader, base64.StdEncoding.EncodeToString(result.Log))
	}
	payload := raw(result.Response)
	if result.ErrorType != "" {
		header.Set(functionErrorHeader, "Unhandled")
		return functionError{result.ErrorType, result.ErrorMessage}, nil
	}
	if len(payload) == 0 {
		payload = raw("null")
	}
	return payload, nil
}

// functionError is the payload of an invocation that failed.
type functionError struct {
	ErrorType    string `json:"errorType"`
	ErrorMessage string `json:"errorMessage"`
}

func throttled(reason string) error {
	e := failure(codeTooManyRequests, "Rate Exceeded.")
	e.Reason = reason
	return e
}

func (a *API) enqueue(ctx context.Context, x *exchange, c Call) error {
	if len(c.Payload) > eventBody {
		return tooLarge(eventBody)
	}
	if err := a.invoker.Enqueue(ctx, c); err != nil {
		return err
	}
	x.response.Header().Set(echo.HeaderContentLength, "0")
	return nil
}

// listedInvocations is how many invocations are shown at the most.
const listedInvocations = 100

func (a *API) listInvocations(_ context.Context, _ *exchange, key function.Key) (any, error) {
	if _, err := a.functions.Function(key); err != nil {
		return nil, err
	}
	return map[string]any{"Invocations": a.invoker.Invocations(key, listedInvocations)}, nil
}
