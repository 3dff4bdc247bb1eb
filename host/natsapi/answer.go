package natsapi

import (
	"encoding/hex"
	"encoding/json"
	"fmt"

	"github.com/nats-io/nats.go"

	"github.com/queuelet/queuelet/host/queue"
)

// Headers in which NATS services report errors (NATS ADR-32).
const (
	headerErrorCode = "Nats-Service-Error-Code"
	headerError     = "Nats-Service-Error"
)

// sendAnswer is the answer of SendMessage in AWS JSON.
type sendAnswer struct {
	MessageID           string `json:"MessageId"`
	BodyMD5             string `json:"MD5OfMessageBody"`
	AttributesMD5       string `json:"MD5OfMessageAttributes,omitempty"`
	SystemAttributesMD5 string `json:"MD5OfMessageSystemAttributes,omitempty"`
	SequenceNumber      string `json:"SequenceNumber,omitempty"`
}

func answer(sent *queue.SendMessageResult) *nats.Msg {
	a := sendAnswer{MessageID: sent.ID.String(), BodyMD5: hex.EncodeToString(sent.BodyMD5[:])}
	if sent.HasAttributes {
		a.AttributesMD5 = hex.EncodeToString(sent.AttributesMD5[:])
	}
	if sent.HasSystemAttributes {
		a.SystemAttributesMD5 = hex.EncodeToString(sent.SystemAttributesMD5[:])
	}
	if sent.Sequence != 0 {
		a.SequenceNumber = fmt.Sprintf("%020d", sent.Sequence)
	}
	return message(a)
}

type errorAnswer struct {
	Error errorDetail `json:"error"`
}

type errorDetail struct {
	Code    queue.Code `json:"code"`
	Message string     `json:"message"`
}

func refusal(err error) *nats.Msg {
	e := domainError(err)
	m := message(errorAnswer{errorDetail{e.Code, e.Message}})
	m.Header = nats.Header{headerErrorCode: {string(e.Code)}, headerError: {e.Message}}
	return m
}

// message makes a message of a value that can be written as JSON.
func message(v any) *nats.Msg {
	text, err := json.Marshal(v)
	if err != nil {
		text = []byte(`{"error":{"code":"InternalFailure","message":""}}`) // strings can be marshalled
	}
	return &nats.Msg{Data: text}
}
