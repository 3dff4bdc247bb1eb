package client

import "fmt"

// Code says what kind of failure an [Error] is.
type Code string

// The failures that commands tell apart.
const (
	CodeUnreachable Code = "unreachable" // no server answered
	CodeNotFound    Code = "not_found"
	CodeRefused     Code = "refused" // by the server, for another reason
)

// Error is a call that failed.
type Error struct {
	Code      Code
	Exception string // that the server answered, such as ResourceConflictException; "" if none did
	Message   string
	Err       error
}

func (e *Error) Error() string {
	switch {
	case e.Err != nil:
		return fmt.Sprintf("%s: %v", e.Message, e.Err)
	case e.Exception != "":
		return fmt.Sprintf("%s (%s)", e.Message, e.Exception)
	default:
		return e.Message
	}
}

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Err }

// Is makes errors of the same code equal for errors.Is.
func (e *Error) Is(target error) bool {
	other, ok := target.(*Error)
	return ok && other.Code == e.Code && other.Message == ""
}
