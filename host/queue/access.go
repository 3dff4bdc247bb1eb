package queue

// open looks up the queue that an operation is about and decides whether the caller
// may do it.
func (s *Service) open(caller Caller, key Key, _ Action) (*Definition, error) {
	if key.Name == "" {
		return nil, missingParameter("QueueUrl")
	}
	// Whose policy grants nothing does not learn that the queue exists.
	if key.Account != caller.Account {
		return nil, queueDoesNotExist()
	}
	def, err := s.store.Queue(key)
	if err != nil {
		return nil, storeAnswer(err)
	}
	return def, nil
}
