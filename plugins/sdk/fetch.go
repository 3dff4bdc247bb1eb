package queuelet

import "github.com/queuelet/queuelet/plugins/abi"

// Fetch makes an HTTP request and returns the answer, whatever its status. It does without net/http, which makes a module
// four times as large.
func Fetch(request abi.FetchRequest, body []byte) (abi.FetchResponse, []byte, error) {
	var response abi.FetchResponse
	answer, err := Call(abi.OpHTTPFetch, request, body, &response)
	return response, answer, err
}
