package queue

// Authorize tells whether the caller may do this to a queue, without doing it: nil, or the
// error that the operation would answer.
func (s *Service) Authorize(caller Caller, key Key, action Action) error {
	_, err := s.open(caller, key, action)
	return err
}
