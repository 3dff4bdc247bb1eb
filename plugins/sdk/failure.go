package queuelet

import (
	"errors"
	"fmt"
	"os"
	"reflect"
	"runtime/debug"

	"github.com/queuelet/queuelet/plugins/abi"
)

// describeError names an error by its type, as aws-lambda-go does.
func describeError(err error) abi.ErrorObject {
	inner := err
	for next := errors.Unwrap(inner); next != nil; next = errors.Unwrap(inner) {
		inner = next
	}
	return abi.ErrorObject{ErrorType: typeName(inner), ErrorMessage: err.Error()}
}

func typeName(value any) string {
	t := reflect.TypeOf(value)
	if t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	return t.Name()
}

// describePanic logs a panic with its stack, and describes it.
func describePanic(cause any) abi.ErrorObject {
	fmt.Fprintf(os.Stderr, "panic: %v\n%s", cause, debug.Stack())
	return abi.ErrorObject{ErrorType: "panic", ErrorMessage: fmt.Sprintf("panic: %v", cause)}
}
