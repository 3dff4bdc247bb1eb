package broker

import "fmt"

// Error is why the server could not start. Hint says what to do next.
type Error struct {
	Op   string
	Path string
	Err  error
	Hint string
}

func (e *Error) Error() string { return fmt.Sprintf("%s %s: %v", e.Op, e.Path, e.Err) }

func (e *Error) Unwrap() error { return e.Err }
