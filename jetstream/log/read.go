package log

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"time"
)

const (
	apiPrefix = "$JS.API."

	// A read asks for this much at a time, so that neither side buffers a whole
	// backlog.
	readBatch    = 256
	readMaxBytes = 4 << 20

	headerStatus   = "Status"
	statusEnd      = "204"
	statusNotFound = "404"
)

// Append is one stored append.
type Append struct {
	Sequence uint64
	Data     []byte // owned by the receiver
}

// Read calls each for the stored appends from first to last, both included, in order.
// Purged ones are skipped. An error of each ends it.
func (s *Stream) Read(ctx context.Context, first, last uint64, each func(Append) error) error {
	first = max(first, 1) // a stream without any append says 0
	for first <= last {
		next, err := s.readSome(ctx, first, last, each)
		if errors.Is(err, context.DeadlineExceeded) && ctx.Err() == nil {
			continue // no answer within one attempt: the leader is changing
		}
		if err != nil {
			return err
		}
		if next == 0 {
			return nil
		}
		first = next
	}
	return nil
}

// readSome reads one batch and returns the sequence after it, or 0 when there is
// nothing left.
func (s *Stream) readSome(ctx context.Context, first, last uint64, each func(Append) error) (uint64, error) {
	// A subscription of its own keeps late answers of an attempt that was given up away.
	sub, err := s.nc.SubscribeSync(s.nc.NewInbox())
	if err != nil {
		return 0, fmt.Errorf("read %s: %w", s.name, err)
	}
	defer func() { _ = sub.Unsubscribe() }()
	if err := sub.SetPendingLimits(-1, -1); err != nil {
		return 0, fmt.Errorf("read %s: %w", s.name, err)
	}
	batch := min(readBatch, last-first+1)
	req := fmt.Appendf(nil, `{"seq":%d,"batch":%d,"max_bytes":%d}`, first, batch, readMaxBytes)
	if err := s.nc.PublishRequest(apiPrefix+"DIRECT.GET."+s.name, sub.Subject, req); err != nil {
		return 0, fmt.Errorf("read %s: %w", s.name, err)
	}
	next := uint64(0)
	for {
		attempt, cancel := context.WithTimeout(ctx, attemptTimeout)
		msg, err := sub.NextMsgWithContext(attempt)
		cancel()
		if err != nil {
			return 0, fmt.Errorf("read %s: %w", s.name, err)
		}
		switch status := msg.Header.Get(headerStatus); status {
		case "":
		case statusEnd, statusNotFound:
			return next, nil
		default:
			return 0, fmt.Errorf("read %s: status %s %s", s.name, status, msg.Header.Get("Description"))
		}
		seq, err := strconv.ParseUint(msg.Header.Get("Nats-Sequence"), 10, 64)
		if err != nil {
			return 0, fmt.Errorf("read %s: answer without a sequence: %w", s.name, err)
		}
		if seq > last {
			return 0, nil
		}
		if err := each(Append{Sequence: seq, Data: msg.Data}); err != nil {
			return 0, err
		}
		next = seq + 1
	}
}

// Get returns the append of exactly that sequence, or ErrNotFound.
func (s *Stream) Get(ctx context.Context, seq uint64) ([]byte, error) {
	ctx, cancel := context.WithTimeout(ctx, attemptTimeout+time.Second)
	defer cancel()
	msg, err := s.nc.RequestWithContext(ctx, apiPrefix+"DIRECT.GET."+s.name, fmt.Appendf(nil, `{"seq":%d}`, seq))
	if err != nil {
		return nil, fmt.Errorf("get %d of %s: %w", seq, s.name, err)
	}
	switch status := msg.Header.Get(headerStatus); status {
	case "":
	case statusNotFound:
		return nil, fmt.Errorf("get %d of %s: %w", seq, s.name, ErrNotFound)
	default:
		return nil, fmt.Errorf("get %d of %s: status %s %s", seq, s.name, status, msg.Header.Get("Description"))
	}
	if got := msg.Header.Get("Nats-Sequence"); got != strconv.FormatUint(seq, 10) {
		return nil, fmt.Errorf("get %d of %s: got %s: %w", seq, s.name, got, ErrNotFound)
	}
	return msg.Data, nil
}
