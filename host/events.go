package host

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/queuelet/queuelet/host/dispatch"
	"github.com/queuelet/queuelet/host/function"
	"github.com/queuelet/queuelet/host/queue"
	"github.com/queuelet/queuelet/plugins"
	"github.com/queuelet/queuelet/plugins/abi"
)

// startEvents runs asynchronous invocations.
func (h *Host) startEvents(ctx context.Context) (stopFunc, error) {
	events, err := function.OpenEvents(ctx, h.store.Conn(), function.EventOptions{
		Durable: h.store.Durable, Config: h.eventConfig, Run: h.runEvent, Tell: h.tellOfEvent,
		Logger: h.log.With("component", "lambda"),
	})
	if err != nil {
		return nil, err
	}
	h.events = events
	taking, stopTaking := context.WithCancel(context.WithoutCancel(ctx))
	finishing, abandon := context.WithCancel(context.WithoutCancel(ctx))
	h.onDrain(stopTaking)
	ended := h.background("asynchronous invocations", func() error { return events.Run(taking, finishing) })
	return func(ctx context.Context) error {
		defer abandon()
		stopTaking()
		stop := context.AfterFunc(ctx, abandon)
		defer stop()
		return <-ended
	}, nil
}

// eventConfig is how the events of a function are treated, with its dead-letter queue.
func (h *Host) eventConfig(r function.Reference) *function.EventConfig {
	c, err := h.deployments.EventConfig(r)
	if err != nil {
		c = &function.EventConfig{} // there is none
	}
	if _, v, err := h.deployments.Version(r); err == nil {
		c.DeadLetter = v.Config.DeadLetter
	}
	return c
}

// runEvent runs an asynchronous invocation once.
func (h *Host) runEvent(ctx context.Context, e function.Event) (function.EventResult, error) {
	target, err := h.deployments.Resolve(e.Reference())
	if err != nil {
		return function.EventResult{}, err
	}
	if target.Throttled {
		return function.EventResult{}, function.ErrNoConcurrency
	}
	if !target.Ready {
		if err := h.deployments.Ensure(ctx, e.Reference()); err != nil {
			return function.EventResult{}, err
		}
	}
	answer, _, err := h.invoker.call(ctx, &target, e.RequestID, e.Payload, e.Attempt)
	result := function.EventResult{Version: target.Version, Response: answer.Response}
	switch kind := plugins.KindOf(err); {
	case kind == plugins.KindThrottled || kind == plugins.KindNotFound || kind == plugins.KindCanceled:
		return function.EventResult{}, fmt.Errorf("run an event: %w", err) // it has not run, or was given up
	case err != nil:
		result.Response = nil
		result.ErrorType, result.ErrorMessage = plugins.LambdaError(err, e.RequestID)
	}
	return result, nil
}

// tellOfEvent tells a destination what became of an asynchronous invocation.
func (h *Host) tellOfEvent(ctx context.Context, e function.Event, end function.EventEnd) error {
	to, err := eventDestination(end.Destination, e.Account)
	if err != nil {
		return err
	}
	message := queue.SendMessageInput{Body: e.Payload, BodySet: true, Depth: 1}
	if end.DeadLetter {
		message.Attributes = deadLetterAttributes(&e, &end)
	} else if message.Body, err = h.eventRecord(&e, &end); err != nil {
		return err
	}
	if strings.HasSuffix(to.Name, ".fifo") {
		message.GroupID, message.GroupIDSet = e.Function, true
		message.DedupID, message.DedupIDSet = e.RequestID+"-"+string(end.Condition), true
	}
	_, err = h.queues.SendMessage(ctx, h.eventCaller(e.Reference()), to, &message)
	return refusedDestination(end.Destination, err)
}

// deadLetterAttributes say beside an event why it was given up (AWS Lambda developer guide, "Adding a dead-letter queue").
func deadLetterAttributes(e *function.Event, end *function.EventEnd) []queue.AttributeInput {
	const maxMessage, throttled = 1 << 10, "429"
	status, reason := strconv.Itoa(dispatch.StatusOK), end.ErrorMessage
	if end.Version == "" {
		status, reason = throttled, string(end.Condition)
	}
	attribute := func(name, kind, value string) queue.AttributeInput {
		return queue.AttributeInput{Name: name, DataType: kind, StringValue: []byte(value), StringSet: true}
	}
	attributes := []queue.AttributeInput{attribute("RequestID", "String", e.RequestID), attribute("ErrorCode", "Number", status)}
	if reason = strings.ToValidUTF8(reason[:min(len(reason), maxMessage)], ""); reason != "" {
		attributes = append(attributes, attribute("ErrorMessage", "String", reason))
	}
	return attributes
}

// eventRecord makes the invocation record of an event. A response for which there is no room is left out.
func (h *Host) eventRecord(e *function.Event, end *function.EventEnd) ([]byte, error) {
	of := e.Reference()
	of.Qualifier = cmp.Or(of.Qualifier, function.Latest)
	record := dispatch.InvocationRecord{
		RequestContext: dispatch.RequestContext{
			RequestID: e.RequestID, FunctionARN: function.ARN(h.deployments.Region(), of), Condition: string(end.Condition),
			ApproximateInvokeCount: uint32(end.Attempts),
		},
		RequestPayload: e.Payload,
	}
	if end.Version != "" {
		record.ResponseContext = &dispatch.ResponseContext{StatusCode: dispatch.StatusOK, ExecutedVersion: end.Version}
		record.ResponsePayload = eventResponse(&end.EventResult)
		if end.ErrorType != "" {
			record.ResponseContext.FunctionError = dispatch.FunctionError
		}
	}
	text, err := record.Encode()
	if err == nil && len(text) > queue.MaxSendSize && record.ResponsePayload != nil {
		record.ResponsePayload = json.RawMessage("null")
		return record.Encode()
	}
	return text, err
}

// eventResponse is what a function has answered, as JSON.
func eventResponse(r *function.EventResult) json.RawMessage {
	var answer any
	switch {
	case r.ErrorType != "":
		answer = abi.ErrorObject{ErrorType: r.ErrorType, ErrorMessage: r.ErrorMessage}
	case json.Valid(r.Response):
		return r.Response
	case len(r.Response) > 0:
		answer = string(r.Response)
	}
	text, err := json.Marshal(answer)
	if err != nil {
		return json.RawMessage("null") // cannot happen: texts can be written
	}
	return text
}

// checkEventDestination says why what becomes of a function's events cannot be sent to a destination.
func (h *Host) checkEventDestination(_ context.Context, of function.Reference, destination string) error {
	to, err := eventDestination(destination, of.Account)
	if err != nil {
		return err
	}
	return refusedDestination(destination, h.queues.Authorize(h.eventCaller(of), to, queue.ActionSendMessage))
}

// eventDestination reads the ARN of a queue.
func eventDestination(text, account string) (queue.Key, error) {
	to, err := dispatch.ParseDestination(text, account)
	if err != nil || to.Queue.Name == "" || !strings.HasPrefix(text, "arn:") {
		return queue.Key{}, &function.Error{
			Code: function.CodeInvalid, Err: err,
			Message: "The provided destination config is invalid: a destination has to be the ARN of a queue, arn:aws:sqs:region:account:name.",
		}
	}
	return to.Queue, nil
}

// refusedDestination turns what the queues refuse into what functions refuse. Other errors may pass.
func refusedDestination(destination string, err error) error {
	if refused, ok := errors.AsType[*queue.Error](err); ok {
		return &function.Error{
			Code: function.CodeInvalid, Err: err,
			Message: fmt.Sprintf("The destination %s cannot be sent to: %s", destination, refused.Message),
		}
	}
	return err
}

// eventCaller is who sends to destinations: the function's account, on behalf of the function.
func (h *Host) eventCaller(of function.Reference) queue.Caller {
	return queue.Caller{
		Account: of.Account, Principal: of.Key.ID(), SourceARN: function.ARN(h.deployments.Region(), of), Secure: true,
	}
}
