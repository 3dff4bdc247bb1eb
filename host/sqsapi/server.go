package sqsapi

import (
	"log/slog"
	"net/http"
	"time"
)

// The limits of a connection. The longest legal request is a long poll of 20 seconds
// with a short body and an answer of up to ten messages.
const (
	// headerTimeout is how long a client may take to send the head of a request.
	headerTimeout = 10 * time.Second
	// requestTimeout is how long it may take for head and body. The API lifts it once
	// it has the body.
	requestTimeout = 60 * time.Second
	// answerTimeout is how long a request may take from its head to the end of its
	// answer: a long poll, and a slow client that reads ten large messages.
	answerTimeout = 3 * time.Minute
	// idleTimeout is longer than that of the SDKs' connection pools, so that it is the
	// client that closes a connection and never sends a request into a closed one.
	idleTimeout = 3 * time.Minute
	// headerLimit leaves room for a presigned URL with a message in it.
	headerLimit = 128 << 10
	// streamLimit is how many requests, so how many long polls, may share one HTTP/2
	// connection.
	streamLimit = 1000
)

// NewServer makes a server for the handler that an API is registered with: HTTP/1.1
// with keep-alive, and HTTP/2 on TLS and without (h2c, by prior knowledge). Slow or
// silent clients are cut off, long polls are not. The caller gives it a listener.
func NewServer(handler http.Handler, log *slog.Logger) *http.Server {
	protocols := new(http.Protocols)
	protocols.SetHTTP1(true)
	protocols.SetHTTP2(true)
	protocols.SetUnencryptedHTTP2(true)
	return &http.Server{
		Handler:           handler,
		Protocols:         protocols,
		HTTP2:             &http.HTTP2Config{MaxConcurrentStreams: streamLimit},
		ReadHeaderTimeout: headerTimeout,
		ReadTimeout:       requestTimeout,
		WriteTimeout:      answerTimeout,
		IdleTimeout:       idleTimeout,
		MaxHeaderBytes:    headerLimit,
		ErrorLog:          slog.NewLogLogger(log.Handler(), slog.LevelDebug),
	}
}
