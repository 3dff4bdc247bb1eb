package abi

import (
	"strconv"
	"unicode/utf8"
)

// Response is what a function answers an Event with: AWS Lambda's partial batch response.
//
// Source: https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-errorhandling.html
type Response struct {
	BatchItemFailures []BatchItemFailure `json:"batchItemFailures"`
}

// MaxDelaySeconds is the longest DelaySeconds: SQS's longest visibility timeout.
const MaxDelaySeconds = 43200

// BatchItemFailure names one record that is to be tried again.
type BatchItemFailure struct {
	// ItemIdentifier is the record's MessageID.
	ItemIdentifier string `json:"itemIdentifier"`
	// DelaySeconds is when the record becomes visible again, 0 to MaxDelaySeconds from now; nil leaves the
	// queue's visibility timeout to run. Lambda does not know it and ignores it.
	DelaySeconds *int `json:"delaySeconds,omitempty"`
	// DeadLetter moves the record to the dead-letter queue now. Lambda does not know it and ignores it.
	DeadLetter bool `json:"deadLetter,omitempty"`
}

// ErrorObject is how Lambda shows the error of a function, and what event_fail takes.
//
// Source: https://docs.aws.amazon.com/lambda/latest/dg/golang-exceptions.html
type ErrorObject struct {
	ErrorType    string `json:"errorType"`
	ErrorMessage string `json:"errorMessage"`
}

// ResponseError says why a response fails its whole batch.
type ResponseError struct {
	Reason string
	Err    error // a *SyntaxError, if the response is not JSON of the right shape
}

func (e *ResponseError) Error() string {
	if e.Err != nil {
		return "bad response: " + e.Reason + ": " + e.Err.Error()
	}
	return "bad response: " + e.Reason
}

// Unwrap returns the cause.
func (e *ResponseError) Unwrap() error { return e.Err }

// ParseResponse says which records of a batch failed by what its function replied. ids are the records' message ids.
//
// As Lambda has it, the batch succeeded completely if the reply is empty, null, an object without batchItemFailures or one
// in which that is null or empty. It failed completely, and the error is a *ResponseError, if the reply is not JSON in
// UTF-8, or names a record by an itemIdentifier that is empty, null, missing or no string. Lambda's documentation leaves
// two cases open: an id that is not in the batch fails the batch, so that nothing is lost, and one that comes twice
// counts once. A delaySeconds or deadLetter that makes no sense fails the batch too.
func ParseResponse(reply []byte, ids []string) ([]BatchItemFailure, error) {
	s := scanner{b: reply}
	if s.peek() == 0 && s.i == len(reply) {
		return nil, nil
	}
	if !utf8.Valid(reply) {
		return nil, &ResponseError{Reason: "not UTF-8"}
	}
	p := responseParser{scanner: s}
	if !p.literal("null") && !p.literal(`""`) {
		p.object(func(name []byte) {
			if string(name) == "batchItemFailures" {
				p.failures()
			} else {
				p.skip()
			}
		})
	}
	p.end()
	if p.err != nil {
		return nil, &ResponseError{Reason: "not a batch response", Err: p.err}
	}
	if p.reason != "" {
		return nil, &ResponseError{Reason: p.reason}
	}
	return match(p.found, ids)
}

type responseParser struct {
	scanner

	found  []BatchItemFailure
	reason string // the first thing that was wrong besides syntax
}

func (p *responseParser) wrong(reason string) {
	if p.reason == "" {
		p.reason = reason
	}
}

func (p *responseParser) failures() {
	if p.literal("null") {
		return
	}
	p.array(func() {
		var failure BatchItemFailure
		p.object(func(name []byte) {
			switch string(name) {
			case "itemIdentifier":
				failure.ItemIdentifier = p.string()
			case "delaySeconds":
				failure.DelaySeconds = p.delay()
			case "deadLetter":
				failure.DeadLetter = p.flag()
			default:
				p.skip()
			}
		})
		if failure.ItemIdentifier == "" {
			p.wrong("a batch item failure has no itemIdentifier")
		}
		p.found = append(p.found, failure)
	})
}

func (p *responseParser) delay() *int {
	if p.literal("null") {
		return nil
	}
	seconds, err := strconv.Atoi(string(p.number()))
	if err != nil || seconds < 0 || seconds > MaxDelaySeconds {
		p.wrong("delaySeconds is not a whole number from 0 to " + strconv.Itoa(MaxDelaySeconds))
	}
	return &seconds
}

func (p *responseParser) flag() bool {
	if p.literal("true") {
		return true
	}
	if !p.literal("false") && !p.literal("null") {
		p.fail("true or false")
	}
	return false
}

// match keeps one failure for each record, and refuses one that is for no record of the batch.
func match(found []BatchItemFailure, ids []string) ([]BatchItemFailure, error) {
	if len(found) == 0 {
		return nil, nil
	}
	open := make(map[string]bool, len(ids))
	for _, id := range ids {
		open[id] = true
	}
	kept := found[:0]
	for _, failure := range found {
		first, known := open[failure.ItemIdentifier]
		if !known {
			return nil, &ResponseError{Reason: "no record " + strconv.Quote(failure.ItemIdentifier) + " in the batch"}
		}
		if first {
			open[failure.ItemIdentifier] = false
			kept = append(kept, failure)
		}
	}
	return kept, nil
}
