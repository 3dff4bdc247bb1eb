package bench

// Code says in one word why a measurement failed.
type Code string

// Why a measurement can fail.
const (
	// CodeUnreachable means that there is no server at the endpoint.
	CodeUnreachable Code = "unreachable"
	// CodeRefused means that the server answered a request with an error.
	CodeRefused Code = "refused"
	// CodeWrong means that the server did not do what it had answered.
	CodeWrong Code = "wrong"
	// CodeServer means that the server could not be started or ended early.
	CodeServer Code = "server"
	// CodeUsage means that the options make no sense together.
	CodeUsage Code = "usage"
)

// Error is why a measurement failed.
type Error struct {
	Code Code
	Err  error
}

func (e *Error) Error() string { return e.Err.Error() }

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Err }
