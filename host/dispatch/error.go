package dispatch

// Code says what kind of mistake a request to a Dispatcher was.
type Code string

// The mistakes that a request can be.
const (
	CodeInvalid   Code = "invalid"   // a mapping makes no sense
	CodeDuplicate Code = "duplicate" // two mappings have one ID
	CodeUnknown   Code = "unknown"   // there is no mapping of that ID
	CodeStopped   Code = "stopped"   // the dispatcher runs no more, or runs already
)

// Error says what is wrong with a request to a Dispatcher.
type Error struct {
	Code    Code
	Mapping string // ID, "" where it is about none
	Problem string // one sentence without an end
	Err     error
}

func (e *Error) Error() string {
	message := e.Problem
	if e.Err != nil {
		message += ": " + e.Err.Error()
	}
	if e.Mapping == "" {
		return message
	}
	return "mapping " + e.Mapping + ": " + message
}

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Err }

// Is makes errors of the same code equal for errors.Is.
func (e *Error) Is(target error) bool {
	other, ok := target.(*Error)
	return ok && other.Code == e.Code && other.Problem == ""
}
