package plugins

import (
	"encoding/json"
	"net/http"
	"strings"

	"github.com/tetratelabs/wazero/api"

	"github.com/queuelet/queuelet/plugins/abi"
)

// extismHTTPRequest sends a request and returns the body of its response. An import of Extism has no way to fail but a
// trap, so a request that was not sent is answered as a gateway does: with a status, and the reason as the body.
func extismHTTPRequest(i *instance, _ api.Module, stack []uint64) {
	k := i.kernel
	k.status, k.headers = 0, nil
	var body []byte
	if stack[1] != 0 {
		body = i.block(stack[1], k.length(stack[1]))
	}
	response, err := i.fetch(k.text(stack[0]), body)
	if err != nil {
		errno := errnoOf(err)
		k.status = gatewayStatus(errno)
		response = []byte("the request was not sent: " + errno.Error())
	}
	stack[0] = k.put(response)
}

// fetch sends a request of Extism's JSON and keeps status and headers of the response.
func (i *instance) fetch(request, body []byte) ([]byte, error) {
	var asked struct {
		Method  string            `json:"method"`
		URL     string            `json:"url"`
		Headers map[string]string `json:"headers"`
	}
	if json.Unmarshal(request, &asked) != nil || asked.URL == "" {
		return nil, abi.Invalid
	}
	send := abi.FetchRequest{Method: strings.ToUpper(asked.Method), URL: asked.URL, Headers: map[string][]string{}}
	for name, value := range asked.Headers {
		send.Headers[name] = []string{value}
	}
	header, err := json.Marshal(send)
	if err != nil {
		return nil, abi.Invalid
	}
	frame, err := i.perform(abi.OpHTTPFetch, abi.AppendFrame(nil, header, body))
	if err != nil {
		return nil, err
	}
	var got abi.FetchResponse
	header, content, err := abi.SplitFrame(frame)
	if err != nil || json.Unmarshal(header, &got) != nil {
		return nil, abi.Failed
	}
	lower := make(map[string]string, len(got.Headers))
	for name, values := range got.Headers {
		lower[strings.ToLower(name)] = strings.Join(values, ",")
	}
	i.kernel.status = got.Status
	i.kernel.headers, err = json.Marshal(lower)
	return content, err //nolint:wrapcheck // strings do not fail
}

// gatewayStatus is the status that a gateway would give for a request it did not forward.
func gatewayStatus(errno abi.Errno) int {
	switch errno {
	case abi.Denied, abi.Unknown:
		return http.StatusForbidden
	case abi.Invalid:
		return http.StatusBadRequest
	case abi.TooBig:
		return http.StatusRequestEntityTooLarge
	case abi.TimedOut:
		return http.StatusGatewayTimeout
	case abi.Limit:
		return http.StatusTooManyRequests
	case abi.OK, abi.End, abi.NotFound, abi.Failed, abi.Conflict:
		return http.StatusBadGateway
	default:
		return http.StatusBadGateway
	}
}
