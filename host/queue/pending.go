package queue

import "context"

var errPending = &Error{Code: CodeUnsupportedOperation}

// AddPermission is pending.
func (s *Service) AddPermission(ctx context.Context, caller Caller, key Key, in AddPermissionInput) error {
	return errPending
}

// RemovePermission is pending.
func (s *Service) RemovePermission(ctx context.Context, caller Caller, key Key, label string) error {
	return errPending
}
