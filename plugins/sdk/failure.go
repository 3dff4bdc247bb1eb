package queuelet

import (
	"errors"
	"fmt"
	"os"
	"reflect"
	"runtime/debug"
)

// failure is Lambda's error object.
type failure struct {
	ErrorType    string `json:"errorType"`
	ErrorMessage string `json:"errorMessage"`
}

// describeError names an error by its type, as aws-lambda-go does.
func describeError(err error) failure {
	inner := err
	for next := errors.Unwrap(inner); next != nil; next = errors.Unwrap(inner) {
		inner = next
	}
	return failure{ErrorType: typeName(inner), ErrorMessage: err.Error()}
}

func typeName(value any) string {
	t := reflect.TypeOf(value)
	if t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	return t.Name()
}

// describePanic logs a panic with its stack, and describes it.
func describePanic(cause any) failure {
	fmt.Fprintf(os.Stderr, "panic: %v\n%s", cause, debug.Stack())
	return failure{ErrorType: "panic", ErrorMessage: fmt.Sprintf("panic: %v", cause)}
}
