package function

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"github.com/nats-io/nats.go/jetstream"
)

// readAll fills the memory with what the bucket has.
func (s *Service) readAll(ctx context.Context) error {
	for {
		select {
		case entry, open := <-s.watch.Updates():
			if entry == nil {
				if !open {
					return errors.New("read the functions: the watch ended")
				}
				return nil
			}
			if err := s.learn(entry); err != nil {
				return err
			}
		case <-ctx.Done():
			return fmt.Errorf("read the functions: %w", context.Cause(ctx))
		}
	}
}

// learn takes over what an entry of the bucket says.
func (s *Service) learn(entry jetstream.KeyValueEntry) error {
	deleted := entry.Operation() != jetstream.KeyValuePut
	if _, ok := strings.CutPrefix(entry.Key(), functionPrefix); ok {
		_, err := s.learnFunction(entry, deleted)
		return err
	}
	if name, ok := strings.CutPrefix(entry.Key(), mappingPrefix); ok {
		_, err := s.learnMapping(entry, name, deleted)
		return err
	}
	return nil
}

// isNews says whether an entry tells more about a document than the revision that is known, 0 for none. It does not when
// the document was removed here since: the watch lags behind. mu is held.
func (s *Service) isNews(entry jetstream.KeyValueEntry, known uint64, deleted bool) bool {
	last, removed := s.gone[entry.Key()]
	if removed && (deleted || entry.Revision() > last) {
		delete(s.gone, entry.Key())
	}
	if removed && !deleted && entry.Revision() <= last {
		return false
	}
	return known < entry.Revision() && (known != 0 || !deleted)
}

// learnFunction returns false when the entry tells nothing new.
func (s *Service) learnFunction(entry jetstream.KeyValueEntry, deleted bool) (fresh bool, err error) {
	account, name, _ := strings.Cut(strings.TrimPrefix(entry.Key(), functionPrefix), ".")
	key := Key{account, name}
	s.mu.Lock()
	defer s.mu.Unlock()
	known := uint64(0)
	if before := s.functions[key]; before != nil {
		known = before.revision
	}
	if !s.isNews(entry, known, deleted) {
		return false, nil
	}
	if deleted {
		delete(s.functions, key)
		return true, nil
	}
	f := &Function{}
	if err := json.Unmarshal(entry.Value(), f); err != nil {
		return false, fmt.Errorf("read function %s of account %s: %w", name, account, err)
	}
	f.Key, f.revision = key, entry.Revision()
	s.functions[key] = f
	return true, nil
}

func (s *Service) learnMapping(entry jetstream.KeyValueEntry, name string, deleted bool) (fresh bool, err error) {
	_, id, _ := strings.Cut(name, ".")
	s.mu.Lock()
	defer s.mu.Unlock()
	known := uint64(0)
	if before := s.mappings[id]; before != nil {
		known = before.revision
	}
	if !s.isNews(entry, known, deleted) {
		return false, nil
	}
	if deleted {
		delete(s.mappings, id)
		return true, nil
	}
	m := &Mapping{}
	if err := json.Unmarshal(entry.Value(), m); err != nil {
		return false, fmt.Errorf("read event source mapping %s: %w", name, err)
	}
	m.revision = entry.Revision()
	s.mappings[id] = m
	return true, nil
}

// follow takes over what another node has changed. Changes of this one are known already.
func (s *Service) follow(ctx context.Context, entry jetstream.KeyValueEntry) {
	deleted := entry.Operation() != jetstream.KeyValuePut
	var fresh bool
	var err error
	var changed Key
	switch {
	case strings.HasPrefix(entry.Key(), functionPrefix):
		changed.Account, changed.Name, _ = strings.Cut(strings.TrimPrefix(entry.Key(), functionPrefix), ".")
		end, turnErr := s.take(ctx, changed)
		if turnErr != nil {
			return
		}
		defer end()
		fresh, err = s.learnFunction(entry, deleted)
		if fresh {
			s.renew(ctx, changed)
		}
	case strings.HasPrefix(entry.Key(), mappingPrefix):
		fresh, err = s.learnMapping(entry, strings.TrimPrefix(entry.Key(), mappingPrefix), deleted)
	}
	if err != nil {
		s.options.Logger.ErrorContext(ctx, "a change of another node cannot be read", "key", entry.Key(), "error", err)
	}
	if fresh {
		s.options.Changed()
	}
}

// write stores a function in place of the revision that it was made from, and makes it known once it is durable.
func (s *Service) write(ctx context.Context, f *Function) error {
	text, err := json.Marshal(f)
	if err != nil {
		return fmt.Errorf("store function %q: %w", f.Name, err)
	}
	f.revision, err = s.put(ctx, functionKey(f.Key), text, f.revision)
	if err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.functions[f.Key] = f
	return nil
}

// put stores a document if its revision is the given one; 0 means that there must be none.
func (s *Service) put(ctx context.Context, key string, text []byte, revision uint64) (uint64, error) {
	var err error
	if revision == 0 {
		revision, err = s.records.Create(ctx, key, text)
	} else {
		revision, err = s.records.Update(ctx, key, text, revision)
	}
	switch {
	case errors.Is(err, jetstream.ErrKeyExists) || isConflict(err):
		return 0, refuse(CodeConflict, "The operation cannot be performed at this time. Another update is in progress.")
	case err != nil:
		return 0, unavailable("keep the change", err)
	}
	if err := s.options.Durable(); err != nil {
		return 0, unavailable("keep the change", err)
	}
	return revision, nil
}

// drop removes a document of a revision.
func (s *Service) drop(ctx context.Context, key string, revision uint64) error {
	s.mu.Lock()
	s.gone[key] = revision
	s.mu.Unlock()
	err := s.records.Purge(ctx, key, jetstream.LastRevision(revision))
	if err != nil {
		s.mu.Lock()
		delete(s.gone, key)
		s.mu.Unlock()
	}
	switch {
	case isConflict(err):
		return refuse(CodeConflict, "The operation cannot be performed at this time. Another update is in progress.")
	case err != nil:
		return unavailable("keep the change", err)
	}
	if err := s.options.Durable(); err != nil {
		return unavailable("keep the change", err)
	}
	return nil
}

// isConflict tells a lost race of compare-and-swap from other errors.
func isConflict(err error) bool {
	var api *jetstream.APIError
	return errors.As(err, &api) && api.ErrorCode == jetstream.JSErrCodeStreamWrongLastSequence
}
