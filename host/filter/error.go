package filter

// Code says what kind of mistake a pattern has.
type Code string

// The mistakes a pattern can have.
const (
	CodeTooLong Code = "too_long" // more than MaxPattern bytes
	CodeNotJSON Code = "not_json" // cannot be parsed
	CodeSyntax  Code = "syntax"   // JSON, but not a pattern
)

// Error says what is wrong with a pattern.
type Error struct {
	Code    Code
	Path    string // where, as in body.price; "" for the pattern as a whole
	Problem string // one sentence without an end
}

func (e *Error) Error() string {
	if e.Path == "" {
		return "filter pattern: " + e.Problem
	}
	return "filter pattern at " + e.Path + ": " + e.Problem
}

// Is makes errors of the same code equal for errors.Is.
func (e *Error) Is(target error) bool {
	other, ok := target.(*Error)
	return ok && other.Code == e.Code && other.Problem == ""
}
