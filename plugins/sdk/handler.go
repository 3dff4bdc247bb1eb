package queuelet

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"reflect"

	"github.com/queuelet/queuelet/plugins/abi"
)

// handler works on one event and returns the response.
type handler func(ctx context.Context, event []byte) ([]byte, error)

// Start serves events with a handler until the host has no more. It does not return before that. The handler has one of
// the signatures of lambda.Start:
//
//	func()
//	func() error
//	func(TIn)
//	func(TIn) error
//	func() (TOut, error)
//	func(TIn) (TOut, error)
//	func(context.Context)
//	func(context.Context) error
//	func(context.Context) (TOut, error)
//	func(context.Context, TIn)
//	func(context.Context, TIn) error
//	func(context.Context, TIn) (TOut, error)
//
// TIn is decoded with encoding/json, events.SQSEvent of aws-lambda-go for example; abi.Event is decoded faster. TOut is
// encoded likewise: abi.Response or events.SQSEventResponse to report single records. Start panics if the handler is
// anything else.
func Start(handle any) { serve(newHandler(handle)) }

// StartHandler is [Start] for a handler of events with its types given.
func StartHandler(handle func(context.Context, abi.Event) (abi.Response, error)) {
	serve(typedHandler(handle))
}

// HandleRecord serves events with a handler of single records. Each record whose handler returns an error is reported as
// failed and is tried again; the others are done.
func HandleRecord(handle func(context.Context, abi.Record) error) {
	serve(recordHandler(handle))
}

func typedHandler(handle func(context.Context, abi.Event) (abi.Response, error)) handler {
	return func(ctx context.Context, data []byte) ([]byte, error) {
		event, err := abi.ParseEvent(data)
		if err != nil {
			return nil, fmt.Errorf("decode the event: %w", err)
		}
		response, err := handle(ctx, event)
		if err != nil {
			return nil, err
		}
		return abi.AppendResponse(nil, &response), nil
	}
}

var (
	contextType = reflect.TypeFor[context.Context]()
	errorType   = reflect.TypeFor[error]()
	eventType   = reflect.TypeFor[abi.Event]()
)

// newHandler makes a handler of any function that Start takes.
func newHandler(handle any) handler {
	switch h := handle.(type) {
	case func(context.Context, abi.Event) (abi.Response, error):
		return typedHandler(h)
	case nil:
		panic("queuelet: the handler is nil")
	}
	f := reflect.ValueOf(handle)
	if err := checkSignature(f.Type()); err != nil {
		panic("queuelet: " + err.Error())
	}
	return func(ctx context.Context, event []byte) ([]byte, error) {
		arguments, err := arguments(ctx, f.Type(), event)
		if err != nil {
			return nil, err
		}
		return response(f.Call(arguments))
	}
}

// checkSignature says why a type is not one of Start's.
func checkSignature(t reflect.Type) error {
	switch {
	case t.Kind() != reflect.Func:
		return fmt.Errorf("the handler is a %v, not a function", t.Kind())
	case t.IsVariadic():
		return errors.New("the handler must not be variadic")
	case t.NumIn() > 2:
		return fmt.Errorf("the handler takes %d arguments; at most a context and an event are given", t.NumIn())
	case t.NumIn() == 2 && t.In(0) != contextType:
		return fmt.Errorf("the handler takes two arguments, but the first is a %v, not a context.Context", t.In(0))
	case t.NumOut() > 2:
		return fmt.Errorf("the handler returns %d values; at most a response and an error are expected", t.NumOut())
	case t.NumOut() > 0 && t.Out(t.NumOut()-1) != errorType:
		return fmt.Errorf("the handler's last result is a %v, not an error", t.Out(t.NumOut()-1))
	default:
		return nil
	}
}

// arguments decodes what the handler wants to have.
func arguments(ctx context.Context, t reflect.Type, event []byte) ([]reflect.Value, error) {
	var all []reflect.Value
	for n := range t.NumIn() {
		switch {
		case n == 0 && t.In(0) == contextType:
			all = append(all, reflect.ValueOf(ctx))
		case t.In(n) == eventType:
			decoded, err := abi.ParseEvent(event)
			if err != nil {
				return nil, fmt.Errorf("decode the event: %w", err)
			}
			all = append(all, reflect.ValueOf(decoded))
		default:
			decoded := reflect.New(t.In(n))
			if err := json.Unmarshal(event, decoded.Interface()); err != nil {
				return nil, fmt.Errorf("decode the event: %w", err)
			}
			all = append(all, decoded.Elem())
		}
	}
	return all, nil
}

// response encodes what the handler returned.
func response(results []reflect.Value) ([]byte, error) {
	if len(results) == 0 {
		return nil, nil
	}
	if err, ok := reflect.TypeAssert[error](results[len(results)-1]); ok && err != nil {
		return nil, err
	}
	if len(results) == 1 {
		return nil, nil
	}
	encoded, err := json.Marshal(results[0].Interface())
	if err != nil {
		return nil, fmt.Errorf("encode the response: %w", err)
	}
	return encoded, nil
}
