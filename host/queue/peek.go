package queue

import "context"

// maxPeek bounds one look.
const maxPeek = 1000

// PeekMessages reads messages of a queue and changes nothing: no receive count, no
// visibility. It is not an operation of SQS.
func (s *Service) PeekMessages(ctx context.Context, caller Caller, key Key, req PeekRequest) ([]Peeked, error) {
	def, err := s.open(caller, key, ActionPeekMessages)
	if err != nil {
		return nil, err
	}
	if req.Max < 1 || req.Max > maxPeek {
		req.Max = maxPeek
	}
	peeked, err := s.store.Peek(ctx, def, req)
	if err != nil {
		return nil, storeAnswer(err)
	}
	return peeked, nil
}
