package rewrite

import "fmt"

// Code sorts the reasons why a module is refused.
type Code string

// Values of Code.
const (
	Malformed   Code = "malformed"   // not WebAssembly
	Component   Code = "component"   // a component, not a core module
	Unsupported Code = "unsupported" // a part of WebAssembly that this package does not know
	TooBig      Code = "too_big"     // over a limit of this package
)

// Error is the error of this package.
type Error struct {
	Code   Code
	Detail string
}

func (e *Error) Error() string { return string(e.Code) + " module: " + e.Detail }

func malformed(format string, args ...any) *Error {
	return &Error{Code: Malformed, Detail: fmt.Sprintf(format, args...)}
}

func unsupported(format string, args ...any) *Error {
	return &Error{Code: Unsupported, Detail: fmt.Sprintf(format, args...)}
}

func tooBig(format string, args ...any) *Error {
	return &Error{Code: TooBig, Detail: fmt.Sprintf(format, args...)}
}
