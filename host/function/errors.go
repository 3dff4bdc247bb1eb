package function

import "fmt"

// Code says what kind of refusal an [Error] is. The wire has an exception for each.
type Code string

// The refusals.
const (
	CodeNotFound      Code = "not_found"
	CodeConflict      Code = "conflict"       // it exists, is changed by somebody else, or may not be changed here
	CodeInvalid       Code = "invalid"        // a parameter makes no sense
	CodeConstraint    Code = "constraint"     // a parameter is not within the bounds of the service model
	CodePrecondition  Code = "precondition"   // the revision or the code is not the one the caller has seen
	CodeStorage       Code = "storage"        // the account's code takes more room than it may
	CodeTooLarge      Code = "too_large"      // a package or a payload is larger than it may be
	CodeNotReady      Code = "not_ready"      // the function is not in service yet, or could not be put there
	CodeAccessDenied  Code = "access_denied"  // it belongs to another account
	CodeUnavailable   Code = "unavailable"    // the store cannot be reached now
	CodeTooManyEvents Code = "too_many_event" // too many asynchronous invocations wait
)

// Error is a refusal in words for the caller, those of AWS where they are known.
type Error struct {
	Code    Code
	Message string
	Err     error // the cause, for the log; may be nil
}

func (e *Error) Error() string {
	if e.Err != nil {
		return e.Message + ": " + e.Err.Error()
	}
	return e.Message
}

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Err }

// Is makes errors of the same code equal for errors.Is.
func (e *Error) Is(target error) bool {
	other, ok := target.(*Error)
	return ok && other.Code == e.Code && other.Message == ""
}

func refuse(code Code, format string, arguments ...any) *Error {
	return &Error{Code: code, Message: fmt.Sprintf(format, arguments...)}
}

func unavailable(operation string, err error) *Error {
	return &Error{Code: CodeUnavailable, Message: "The store could not " + operation + ". Try again.", Err: err}
}

// checkRange refuses a number that is not within the bounds of the service model.
func checkRange(member string, value, least, most int) error {
	const text = "1 validation error detected: Value '%d' at '%s' failed to satisfy constraint: Member must have value %s than or equal to %d"
	switch {
	case value < least:
		return refuse(CodeConstraint, text, value, member, "greater", least)
	case value > most:
		return refuse(CodeConstraint, text, value, member, "less", most)
	default:
		return nil
	}
}

// checkLength refuses a text that is longer than the service model has it.
func checkLength(member, value string, most int) error {
	if len(value) <= most {
		return nil
	}
	return refuse(CodeConstraint, "1 validation error detected: Value '%s' at '%s' failed to satisfy constraint: "+
		"Member must have length less than or equal to %d", excerpt(value), member, most)
}
