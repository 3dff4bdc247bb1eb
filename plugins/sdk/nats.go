package queuelet

import (
	"time"

	"github.com/queuelet/queuelet/plugins/abi"
)

// Publish publishes a message on NATS. Headers may be nil.
func Publish(subject string, headers map[string][]string, payload []byte) error {
	_, err := Call(abi.OpNATSPublish, abi.PublishRequest{Subject: subject, Headers: headers}, payload, nil)
	return err
}

// Request sends a request on NATS and returns the reply. Headers may be nil.
func Request(subject string, headers map[string][]string, payload []byte, timeout time.Duration) (abi.ReplyResponse, []byte, error) {
	request := abi.PublishRequest{Subject: subject, Headers: headers, TimeoutMs: int(timeout.Milliseconds())}
	var response abi.ReplyResponse
	reply, err := Call(abi.OpNATSRequest, request, payload, &response)
	return response, reply, err
}
