package jetstream

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/queuelet/queuelet/host/queue"
)

const (
	// tapReadMessages and tapReadBytes bound what a reader is handed at a time.
	tapReadMessages = 100
	tapReadBytes    = 4 << 20
	// tapPoll is how often a tap stream is looked at without a sign that it has more: what
	// was behind catches up without one.
	tapPoll = 5 * time.Second
)

// ErrNoTapStream says that a queue does not keep its messages in a tap stream.
var ErrNoTapStream = errors.New("the queue keeps no tap stream")

// OpenTap opens the tap stream of a queue for a reader of that name. follow hands take every
// message that is stored in the queue, in order, until ctx ends. A new reader begins with the
// oldest message that the stream has. One that comes again goes on where it was, also after a
// restart; what take took shortly before a crash it may get again. Attributes for which a tap
// has no room are missing.
//
// It reads the stream message by message and keeps the reader's place itself: a consumer
// would hand out later messages while an earlier one waits to be delivered again.
func (s *Store) OpenTap(ctx context.Context, key queue.Key, reader string) (
	follow func(ctx context.Context, take func(context.Context, []queue.Message) error) error, err error,
) {
	r, err := s.openTapReader(ctx, key, reader)
	if err != nil {
		return nil, err
	}
	return r.follow, nil
}

func (r *tapReader) follow(ctx context.Context, take func(context.Context, []queue.Message) error) error {
	more := make(chan struct{}, 1)
	subscription, err := r.store.nc.Subscribe(TapSubject(r.queue), func(*nats.Msg) {
		select {
		case more <- struct{}{}:
		default: // it is told already
		}
	})
	if err != nil {
		return fmt.Errorf("listen to the tap of %s: %w", r.queue.Name, err)
	}
	defer func() { _ = subscription.Unsubscribe() }() // the connection may be closed
	for ctx.Err() == nil {
		moved, err := r.step(ctx, take)
		if err != nil || moved {
			if ctx.Err() == nil && err != nil {
				return err
			}
			continue
		}
		timer := time.NewTimer(tapPoll)
		select {
		case <-more:
		case <-timer.C:
		case <-ctx.Done():
		}
		timer.Stop()
	}
	return nil
}

// tapReader reads a tap stream.
type tapReader struct {
	store    *Store
	queue    queue.Key
	stream   jetstream.Stream
	subject  string
	key      string // of its place
	position uint64 // in the stream, of the last message that was taken
}

func (s *Store) openTapReader(ctx context.Context, key queue.Key, reader string) (*tapReader, error) {
	def, err := s.Queue(key)
	if err != nil {
		return nil, err
	}
	if def.Tap != queue.TapStream || s.taps == nil {
		return nil, ErrNoTapStream
	}
	js, err := s.taps.of(key.Account)
	if err != nil {
		return nil, err
	}
	stream, err := js.Stream(ctx, TapStream(key.Name))
	if err != nil {
		return nil, fmt.Errorf("look up tap stream of %s: %w", key.Name, err)
	}
	r := &tapReader{
		store: s, queue: key, stream: stream, subject: ClientTapSubject(key.Name), key: tapPositionKey(def.ID, reader),
	}
	entry, err := s.kv.Get(ctx, r.key)
	switch {
	case errors.Is(err, jetstream.ErrKeyNotFound):
		return r, nil
	case err != nil:
		return nil, fmt.Errorf("read the place of a tap reader: %w", err)
	}
	if r.position, err = strconv.ParseUint(string(entry.Value()), 10, 64); err != nil {
		return nil, fmt.Errorf("read the place of a tap reader: %w", errCorrupt)
	}
	return r, nil
}

// step hands on the next messages. It returns false when there are none.
func (r *tapReader) step(ctx context.Context, take func(context.Context, []queue.Message) error) (moved bool, err error) {
	var messages []queue.Message
	at, size := r.position, 0
	for len(messages) < tapReadMessages && size < tapReadBytes {
		raw, err := r.stream.GetMsg(ctx, at+1, jetstream.WithGetMsgSubject(r.subject))
		if errors.Is(err, jetstream.ErrMsgNotFound) {
			break
		}
		if err != nil {
			return false, fmt.Errorf("read tap stream: %w", err)
		}
		m, err := untapped(raw.Header, raw.Data)
		if err != nil {
			return false, err
		}
		messages = append(messages, m)
		at, size = raw.Sequence, size+len(raw.Data)
	}
	if len(messages) == 0 {
		return false, nil
	}
	// What is begun is finished, so that a stop does not make it come again.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), tapTimeout)
	defer cancel()
	if err := take(ctx, messages); err != nil {
		return false, err
	}
	r.position = at
	if _, err := r.store.kv.Put(ctx, r.key, strconv.AppendUint(nil, at, 10)); err != nil {
		return false, fmt.Errorf("keep the place of a tap reader: %w", err)
	}
	return true, nil
}

// untapped is the inverse of tapMessage.
func untapped(h nats.Header, body []byte) (queue.Message, error) {
	m := queue.Message{
		Body: body, Group: h.Get(TapGroup), DedupID: h.Get(TapDedupID), TraceHeader: h.Get(TapTrace), SenderID: h.Get(TapSender),
	}
	if err := m.ID.UnmarshalText([]byte(h.Get(TapMessageID))); err != nil {
		return m, fmt.Errorf("read tap stream: %w: %w", errCorrupt, err)
	}
	sent, err := strconv.ParseInt(h.Get(TapSent), 10, 64)
	if err != nil {
		return m, fmt.Errorf("read tap stream: %w: %w", errCorrupt, err)
	}
	m.Sent = time.UnixMilli(sent)
	if depth := h.Get(TapDepth); depth != "" {
		n, err := strconv.ParseUint(depth, 10, 32)
		if err != nil {
			return m, fmt.Errorf("read tap stream: %w: %w", errCorrupt, err)
		}
		m.Depth = uint32(n)
	}
	for name, values := range h {
		escaped, isAttribute := strings.CutPrefix(name, TapAttribute)
		if !isAttribute || len(values) == 0 {
			continue
		}
		a, err := untappedAttribute(h, escaped, values[0])
		if err != nil {
			return m, err
		}
		m.Attributes = append(m.Attributes, a)
	}
	slices.SortFunc(m.Attributes, func(a, b queue.MessageAttribute) int { return strings.Compare(a.Name, b.Name) })
	return m, nil
}

func untappedAttribute(h nats.Header, escaped, value string) (queue.MessageAttribute, error) {
	a := queue.MessageAttribute{DataType: "String", Value: []byte(value)}
	var err error
	if a.Name, err = url.PathUnescape(escaped); err != nil {
		return a, fmt.Errorf("read tap stream: %w: %w", errCorrupt, err)
	}
	if given := h[TapType+escaped]; len(given) > 0 {
		a.DataType = given[0]
	}
	if len(h[TapEncoding+escaped]) > 0 {
		if a.Value, err = base64.StdEncoding.DecodeString(value); err != nil {
			return a, fmt.Errorf("read tap stream: %w: %w", errCorrupt, err)
		}
	}
	return a, nil
}
