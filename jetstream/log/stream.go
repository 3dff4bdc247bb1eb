package log

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

// What an append or a read of a stream can answer.
var (
	// ErrFenced says that another owner has written to the stream.
	ErrFenced = errors.New("log is owned by another writer")
	// ErrFull says that the store may not take more bytes; nothing was stored, and
	// the append may be tried again when there is room.
	ErrFull = errors.New("log store is full")
	// ErrNoAnswer says that the store was silent. JetStream is when a write failed, and
	// gives the stream up until it is opened again.
	ErrNoAnswer = errors.New("log store does not answer")
	// ErrNotFound says that no append of that sequence is in the stream.
	ErrNotFound = errors.New("append is not in the log")
)

const (
	// attemptTimeout bounds one attempt of a request. While the leader of a stream
	// changes a request can get no answer at all: short attempts find the new leader
	// soonest.
	attemptTimeout = 2 * time.Second
	retryPause     = 50 * time.Millisecond

	// JetStream's own error codes (nats-server, server/errors.json).
	errInsufficientResources = 10023
	errStorageExceeded       = 10047
	errStoreFailed           = 10077
	errWrongLastSequence     = 10071
)

// Connect returns the JetStream that streams write to over a connection.
//
// Appends are published asynchronously although one waits for each: the answer of a plain
// request has to take the connection's lock, which the flusher holds until it gets to run
// again, and on busy cores that took longer than the append (0.5 ms).
func Connect(nc *nats.Conn) (jetstream.JetStream, error) {
	js, err := jetstream.New(nc, jetstream.WithPublishAsyncTimeout(attemptTimeout))
	if err != nil {
		return nil, fmt.Errorf("open JetStream: %w", err)
	}
	return js, nil
}

// Stream is one JetStream stream with a single subject and a single writer.
// Append must not be called concurrently.
type Stream struct {
	js      jetstream.JetStream
	nc      *nats.Conn
	name    string
	subject string
	last    uint64 // stream sequence of the last append
	trouble func(error)
	commit  *Committer // nil when nothing is synced
}

// Create makes the stream if it is not there yet and returns it ready to append.
func Create(ctx context.Context, js jetstream.JetStream, name, subject string, replicas int) (*Stream, error) {
	s, err := js.CreateOrUpdateStream(ctx, jetstream.StreamConfig{
		Name:        name,
		Subjects:    []string{subject},
		Replicas:    replicas,
		AllowDirect: true,
	})
	if err != nil {
		return nil, fmt.Errorf("create stream %s: %w", name, err)
	}
	return Open(js, name, subject, s.CachedInfo().State.LastSeq), nil
}

// Open returns a stream that exists, whose last sequence is known.
func Open(js jetstream.JetStream, name, subject string, last uint64) *Stream {
	return &Stream{js: js, nc: js.Conn(), name: name, subject: subject, last: last}
}

// Last is the stream sequence of the last append.
func (s *Stream) Last() uint64 { return s.last }

// Append stores data as one stream message and returns its sequence. It tries again
// until it has a definite answer or ctx ends; ErrFenced and ErrFull are definite.
func (s *Stream) Append(ctx context.Context, data []byte) (uint64, error) {
	msg := &nats.Msg{Subject: s.subject, Data: data, Header: nats.Header{
		nats.ExpectedLastSeqHdr: []string{strconv.FormatUint(s.last, 10)},
	}}
	for {
		seq, err := s.attempt(ctx, msg)
		switch {
		case err == nil:
			s.last = seq
			return seq, nil
		case errors.Is(err, ErrFenced):
			// Perhaps it is our own append whose answer was lost.
			seq, err = s.readBack(ctx, data)
			if err == nil {
				s.last = seq
			}
			return seq, err
		case errors.Is(err, ErrFull):
			return 0, err
		case s.trouble != nil:
			s.trouble(err)
		}
		if err := pause(ctx, retryPause); err != nil {
			return 0, fmt.Errorf("append to %s: %w", s.name, err)
		}
	}
}

func (s *Stream) attempt(ctx context.Context, msg *nats.Msg) (uint64, error) {
	future, err := s.js.PublishMsgAsync(msg, jetstream.WithRetryAttempts(0))
	if err != nil {
		return 0, fmt.Errorf("append to %s: %w", s.name, err)
	}
	select {
	case ack := <-future.Ok():
		return ack.Sequence, nil
	case err := <-future.Err():
		return 0, fmt.Errorf("append to %s: %w", s.name, refusal(err))
	case <-ctx.Done():
		return 0, fmt.Errorf("append to %s: %w", s.name, ctx.Err())
	}
}

// refusal turns what JetStream answers into errors of this package.
func refusal(err error) error {
	if errors.Is(err, jetstream.ErrAsyncPublishTimeout) {
		return ErrNoAnswer
	}
	var refused *jetstream.APIError
	if !errors.As(err, &refused) {
		return err
	}
	switch int(refused.ErrorCode) {
	case errWrongLastSequence:
		return fmt.Errorf("%s: %w", refused.Description, ErrFenced)
	case errInsufficientResources, errStorageExceeded, errStoreFailed:
		return fmt.Errorf("%s: %w", refused.Description, ErrFull)
	default:
		return err
	}
}

// readBack tells whether the append after the last known one is data itself.
func (s *Stream) readBack(ctx context.Context, data []byte) (uint64, error) {
	want := s.last + 1
	var same bool
	err := s.Read(ctx, want, want, func(a Append) error {
		same = a.Sequence == want && bytes.Equal(a.Data, data)
		return nil
	})
	if err != nil {
		return 0, err
	}
	if !same {
		return 0, fmt.Errorf("append %d to %s: %w", want, s.name, ErrFenced)
	}
	return want, nil
}

// Purge removes all appends before the given sequence.
func (s *Stream) Purge(ctx context.Context, before uint64) error {
	if s.commit != nil {
		// JetStream replaces blocks that were purged in part, and does not sync them.
		defer s.commit.Rewriting()()
	}
	ctx, cancel := context.WithTimeout(ctx, attemptTimeout)
	defer cancel()
	resp, err := s.nc.RequestWithContext(ctx, apiPrefix+"STREAM.PURGE."+s.name,
		fmt.Appendf(nil, `{"seq":%d}`, before))
	if err != nil {
		return fmt.Errorf("purge %s: %w", s.name, err)
	}
	var answer struct {
		Error *jetstream.APIError `json:"error"`
	}
	if err := json.Unmarshal(resp.Data, &answer); err != nil {
		return fmt.Errorf("purge %s: answer %q: %w", s.name, resp.Data, err)
	}
	if answer.Error != nil {
		return fmt.Errorf("purge %s: %w", s.name, answer.Error)
	}
	return nil
}

func pause(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
