package queuelet

import (
	"context"

	"github.com/queuelet/queuelet/plugins/abi"
)

// Fetch makes an HTTP request, when the function was granted the host and port, and returns the response with its body. It
// waits until ctx ends, at most 30 seconds. Package fetch, below this one, offers the same to net/http, which makes a module
// larger by some megabytes.
func Fetch(ctx context.Context, request abi.FetchRequest, body []byte) (abi.FetchResponse, []byte, error) {
	if request.TimeoutMs == 0 {
		request.TimeoutMs = millisecondsLeft(ctx)
	}
	var answer abi.FetchResponse
	content, err := Call(ctx, abi.OpHTTPFetch, request, body, &answer)
	return answer, content, err
}
