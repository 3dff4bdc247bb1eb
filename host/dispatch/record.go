package dispatch

import (
	"bytes"
	"encoding/json"
	"fmt"
	"time"
)

// InvocationRecord tells a destination what became of one event: AWS Lambda's invocation record of an asynchronous
// invocation. Of mappings the event is that of one record.
//
// Source: https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-retain-records.html
type InvocationRecord struct {
	Version        string          `json:"version"`   // of its form
	Timestamp      string          `json:"timestamp"` // when it was written
	RequestContext RequestContext  `json:"requestContext"`
	RequestPayload json.RawMessage `json:"requestPayload"`
	// ResponseContext and ResponsePayload are nil where the function has not run.
	ResponseContext *ResponseContext `json:"responseContext,omitempty"`
	ResponsePayload json.RawMessage  `json:"responsePayload,omitempty"`
}

// RequestContext is about the last invocation.
type RequestContext struct {
	RequestID              string `json:"requestId"`
	FunctionARN            string `json:"functionArn"` // with a qualifier
	Condition              string `json:"condition"`   // why the destination is told
	ApproximateInvokeCount uint32 `json:"approximateInvokeCount"`
}

// ResponseContext is about the answer of the function.
type ResponseContext struct {
	StatusCode      int    `json:"statusCode"`
	ExecutedVersion string `json:"executedVersion"`
	FunctionError   string `json:"functionError,omitempty"` // FunctionError, or nothing
}

// StatusOK and FunctionError are what Lambda says of every invocation that ran, and of every error of a function.
const (
	StatusOK      = 200
	FunctionError = "Unhandled"
)

const (
	envelopeVersion  = "1.0"
	envelopeTime     = "2006-01-02T15:04:05.000Z07:00"
	envelopeOverhead = 600 // about what an invocation record takes besides its payloads
)

// Encode writes the record as destinations get it, with its version and the time that it is now.
func (r *InvocationRecord) Encode() ([]byte, error) {
	r.Version, r.Timestamp = envelopeVersion, time.Now().UTC().Format(envelopeTime)
	var out bytes.Buffer
	out.Grow(envelopeOverhead + len(r.RequestPayload) + len(r.ResponsePayload))
	writer := json.NewEncoder(&out)
	writer.SetEscapeHTML(false)
	if err := writer.Encode(r); err != nil {
		return nil, fmt.Errorf("write an invocation record: %w", err)
	}
	return bytes.TrimRight(out.Bytes(), "\n"), nil
}
