package sqsapi

import (
	"errors"
	"fmt"
	"net/url"
	"strings"

	"github.com/queuelet/queuelet/host/queue"
)

// queueURL is the URL of a queue as the client of this request can use it.
func (x *exchange) queueURL(key queue.Key) string {
	endpoint := x.api.publicURL
	if endpoint == "" {
		scheme := "http://"
		if x.request.TLS != nil {
			scheme = "https://"
		}
		endpoint = scheme + x.request.Host
	}
	return endpoint + "/" + key.Account + "/" + key.Name
}

// queuePath returns the path of a request when it is that of a queue, and "" otherwise.
// Only its last two parts say which queue, so that a prefix does not matter.
func queuePath(path string) string {
	path = strings.Trim(path, "/")
	account, _, ok := strings.Cut(path, "/")
	if !ok || account == "" {
		return ""
	}
	return path
}

// addressedQueue is the queue that a request is about.
func (x *exchange) addressedQueue() (queue.Key, error) {
	if address := x.input.queueURL.String(); address != "" {
		return x.api.queues.ResolveURL(x.caller, address), nil
	}
	if path := queuePath(x.path); path != "" {
		return x.api.queues.ResolveURL(x.caller, path), nil
	}
	if x.peek {
		return queue.Key{}, &queue.Error{Code: queue.CodeQueueDoesNotExist, Message: "The specified queue does not exist."}
	}
	return queue.Key{}, missingParameter("QueueUrl")
}

// checkPublicURL makes sure that queue URLs can be made by appending to s.
func checkPublicURL(s string) (string, error) {
	s = strings.TrimRight(s, "/")
	if s == "" {
		return "", nil
	}
	u, err := url.Parse(s)
	if err != nil {
		return "", fmt.Errorf("not a URL: %w", err)
	}
	if u.Scheme != "http" && u.Scheme != "https" || u.Host == "" || u.RawQuery != "" || u.Fragment != "" {
		return "", errors.New("it must have the form http://host:port or https://host/path")
	}
	return s, nil
}
