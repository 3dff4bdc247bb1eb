//go:build !wasip1

package queuelet

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"sync"

	"github.com/queuelet/queuelet/plugins/abi"
)

// Stub is a [Host] for tests of a handler. It carries out operations in memory, and remembers them:
//
//	stub := &queuelet.Stub{Configuration: map[string]string{"RATE": "5"}}
//	response, err := handle(queuelet.WithHost(t.Context(), stub), event)
//
// What its fields do not provide for is refused as if it were not granted. It may be used by many goroutines; its fields
// are for before and after.
type Stub struct {
	// Configuration and Secrets are the values that Config and Secret find.
	Configuration, Secrets map[string]string
	// OnFetch and OnRequest answer Fetch and Request; nil refuses them.
	OnFetch   func(request abi.FetchRequest, body []byte) (abi.FetchResponse, []byte, error)
	OnRequest func(subject string, payload []byte) (Reply, error)

	Sent      []Message        // in order, those of batches too
	Extended  map[string]int   // seconds by receipt handle
	Published []Publication    // in order
	Keys      map[string]Value // of the bucket
	Counters  map[string]float64
	revision  uint64
	mu        sync.Mutex
}

// Publication is what a handler has published.
type Publication struct {
	Subject string
	Headers map[string][]string
	Payload []byte
}

// Call implements [Host].
func (s *Stub) Call(_ context.Context, operation string, request []byte) ([]byte, error) {
	header, body, err := abi.SplitFrame(request)
	if err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	run, known := map[string]func(header, body []byte) (any, []byte, error){
		abi.OpQueueSend: s.send, abi.OpQueueSendBatch: s.sendBatch, abi.OpQueueExtend: s.extend,
		abi.OpNATSPublish: s.publish, abi.OpNATSRequest: s.request, abi.OpHTTPFetch: s.fetch,
		abi.OpKVGet: s.get, abi.OpKVPut: s.put, abi.OpKVCreate: s.create, abi.OpKVUpdate: s.update,
		abi.OpKVDelete: s.remove, abi.OpKVKeys: s.keys, abi.OpMetricsAdd: s.count,
		abi.OpConfigGet: func(header, _ []byte) (any, []byte, error) { return lookUp(s.Configuration, header) },
		abi.OpSecretGet: func(header, _ []byte) (any, []byte, error) { return lookUp(s.Secrets, header) },
	}[operation]
	if !known {
		return nil, abi.Unknown
	}
	answer, content, err := run(header, body)
	if err != nil {
		return nil, err
	}
	text, err := json.Marshal(answer)
	if err != nil {
		return nil, fmt.Errorf("encode the response: %w", err)
	}
	return abi.AppendFrame(nil, text, content), nil
}

// read decodes a header.
func read[T any](header []byte) (T, error) {
	var in T
	if json.Unmarshal(header, &in) != nil {
		return in, abi.Invalid
	}
	return in, nil
}

func lookUp(values map[string]string, header []byte) (any, []byte, error) {
	in, err := read[abi.NameRequest](header)
	value, ok := values[in.Name]
	if err == nil && !ok {
		err = abi.NotFound
	}
	return struct{}{}, []byte(value), err
}

func (s *Stub) send(header, body []byte) (any, []byte, error) {
	in, err := read[abi.SendRequest](header)
	s.Sent = append(s.Sent, Message{Queue: in.Queue, Body: body, SendOptions: in.SendOptions})
	return abi.SendResponse{SendResult: s.sent()}, nil, err
}

// sent makes the result of the message that was sent last.
func (s *Stub) sent() abi.SendResult {
	return abi.SendResult{MessageID: fmt.Sprintf("00000000-0000-4000-8000-%012d", len(s.Sent))}
}

func (s *Stub) sendBatch(header, body []byte) (any, []byte, error) {
	in, err := read[abi.SendBatchRequest](header)
	var answer abi.SendBatchResponse
	for _, e := range in.Entries {
		if e.Size < 0 || e.Size > len(body) {
			return nil, nil, abi.Invalid
		}
		s.Sent = append(s.Sent, Message{Queue: in.Queue, Body: body[:e.Size:e.Size], SendOptions: e.SendOptions})
		answer.Successful = append(answer.Successful, abi.SendSuccess{ID: e.ID, SendResult: s.sent()})
		body = body[e.Size:]
	}
	return answer, nil, err
}

func (s *Stub) extend(header, _ []byte) (any, []byte, error) {
	in, err := read[abi.ExtendRequest](header)
	if err != nil || in.VisibilityTimeout == nil {
		return nil, nil, abi.Invalid
	}
	if s.Extended == nil {
		s.Extended = map[string]int{}
	}
	s.Extended[in.ReceiptHandle] = *in.VisibilityTimeout
	return abi.ExtendResponse{}, nil, nil
}

func (s *Stub) publish(header, body []byte) (any, []byte, error) {
	in, err := read[abi.PublishRequest](header)
	s.Published = append(s.Published, Publication{Subject: in.Subject, Headers: in.Headers, Payload: body})
	return struct{}{}, nil, err
}

func (s *Stub) request(header, body []byte) (any, []byte, error) {
	in, err := read[abi.PublishRequest](header)
	if err != nil || s.OnRequest == nil {
		return nil, nil, abi.Denied
	}
	reply, err := s.OnRequest(in.Subject, body)
	return abi.ReplyResponse{Headers: reply.Headers}, reply.Payload, err
}

func (s *Stub) fetch(header, body []byte) (any, []byte, error) {
	in, err := read[abi.FetchRequest](header)
	if err != nil || s.OnFetch == nil {
		return nil, nil, abi.Denied
	}
	return s.OnFetch(in, body)
}

func (s *Stub) get(header, _ []byte) (any, []byte, error) {
	in, err := read[abi.KeyRequest](header)
	value, ok := s.Keys[in.Key]
	if err == nil && !ok {
		err = abi.NotFound
	}
	return abi.RevisionResponse{Revision: value.Revision}, value.Data, err
}

func (s *Stub) put(header, body []byte) (any, []byte, error) {
	return s.write(header, body, func(abi.KeyRequest, Value, bool) bool { return true })
}

func (s *Stub) create(header, body []byte) (any, []byte, error) {
	return s.write(header, body, func(_ abi.KeyRequest, _ Value, there bool) bool { return !there })
}

func (s *Stub) update(header, body []byte) (any, []byte, error) {
	return s.write(header, body, func(in abi.KeyRequest, v Value, there bool) bool { return there && v.Revision == in.Revision })
}

// write sets a key if may says so.
func (s *Stub) write(header, body []byte, may func(abi.KeyRequest, Value, bool) bool) (any, []byte, error) {
	in, err := read[abi.KeyRequest](header)
	if err != nil {
		return nil, nil, err
	}
	if value, there := s.Keys[in.Key]; !may(in, value, there) {
		return nil, nil, abi.Conflict
	}
	if s.Keys == nil {
		s.Keys = map[string]Value{}
	}
	s.revision++
	s.Keys[in.Key] = Value{Data: body, Revision: s.revision}
	return abi.RevisionResponse{Revision: s.revision}, nil, nil
}

func (s *Stub) remove(header, _ []byte) (any, []byte, error) {
	in, err := read[abi.KeyRequest](header)
	if value, there := s.Keys[in.Key]; there && in.Revision != 0 && value.Revision != in.Revision {
		return nil, nil, abi.Conflict
	}
	delete(s.Keys, in.Key)
	return struct{}{}, nil, err
}

func (s *Stub) keys(header, _ []byte) (any, []byte, error) {
	in, err := read[abi.KeysRequest](header)
	var found []string
	for key := range s.Keys {
		if in.Prefix == "" || strings.HasPrefix(key, in.Prefix+".") {
			found = append(found, key)
		}
	}
	slices.Sort(found)
	return abi.KeysResponse{Keys: found}, nil, err
}

func (s *Stub) count(header, _ []byte) (any, []byte, error) {
	in, err := read[abi.MetricRequest](header)
	if s.Counters == nil {
		s.Counters = map[string]float64{}
	}
	s.Counters[in.Name] += in.Value
	return struct{}{}, nil, err
}
