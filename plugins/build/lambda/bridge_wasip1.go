// Package lambda lets a program that calls lambda.Start of aws-lambda-go run in queuelet as it is. Its one file is
// compiled into that program's main package.
//
// lambda.Start asks the Lambda runtime API for events over HTTP. The file answers it inside of the program, on a
// connection that never leaves it, with what the host gives.
//
// Source: https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html
package lambda

import (
	"bufio"
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"io"
	"net"
	"net/http"
	"os"
	"strconv"
	"strings"
	"unsafe"

	"github.com/aws/aws-lambda-go/lambdacontext"
)

// The names are long because they share a package with those of the program.

//go:wasmimport queuelet_v1 event_next
func queueletEventNext() int32

//go:wasmimport queuelet_v1 event_read
func queueletEventRead(dst unsafe.Pointer, size uint32) int32

//go:wasmimport queuelet_v1 event_reply
func queueletEventReply(src unsafe.Pointer, size uint32) int32

//go:wasmimport queuelet_v1 event_fail
func queueletEventFail(src unsafe.Pointer, size uint32)

//go:wasmimport queuelet_v1 event_context
func queueletEventContext(dst unsafe.Pointer, size uint32) int32

// queueletRuntimeAPI is the host name of the runtime API.
const queueletRuntimeAPI = "runtime.queuelet.invalid"

// init points lambda.Start at a runtime API that only exists on the connections of http.DefaultTransport, of which it
// makes its own.
func init() {
	os.Setenv("AWS_LAMBDA_RUNTIME_API", queueletRuntimeAPI)
	transport := http.DefaultTransport.(*http.Transport)
	dial := transport.DialContext
	transport.DialContext = func(ctx context.Context, network, address string) (net.Conn, error) {
		if address != queueletRuntimeAPI+":80" {
			return dial(ctx, network, address)
		}
		near, far := net.Pipe()
		go queueletServe(far)
		return near, nil
	}
}

// queueletServe answers the requests on one connection.
func queueletServe(conn net.Conn) {
	defer conn.Close()
	reader, writer := bufio.NewReader(conn), bufio.NewWriter(conn)
	for {
		request, err := http.ReadRequest(reader)
		if err != nil {
			return
		}
		body, err := io.ReadAll(request.Body)
		if err != nil {
			return
		}
		response := &http.Response{ProtoMajor: 1, ProtoMinor: 1, StatusCode: http.StatusAccepted, Body: http.NoBody}
		switch path := request.URL.Path; {
		case strings.HasSuffix(path, "/invocation/next"):
			response = queueletNext()
		case strings.HasSuffix(path, "/response"):
			queueletRespond(body, request.Trailer)
		case strings.HasSuffix(path, "/error"):
			queueletTellPanic(body)
			queueletFail(body)
		default:
			response.StatusCode = http.StatusNotFound
		}
		if response.Write(writer) != nil || writer.Flush() != nil {
			return
		}
	}
}

// queueletNext waits for an event. When there are no more it ends the program, which lambda.Start does not.
func queueletNext() *http.Response {
	size := queueletEventNext()
	if size < 0 {
		os.Exit(0)
	}
	event := make([]byte, size)
	queueletEventRead(unsafe.Pointer(unsafe.SliceData(event)), uint32(size))
	var about struct {
		RequestID     string `json:"requestId"`
		DeadlineMs    int64  `json:"deadlineMs"`
		FunctionName  string `json:"functionName"`
		FunctionARN   string `json:"functionArn"`
		MemoryLimitMB int    `json:"memoryLimitMb"`
	}
	text := make([]byte, 1024)
	if size := queueletEventContext(unsafe.Pointer(unsafe.SliceData(text)), uint32(len(text))); int(size) > len(text) {
		text = make([]byte, size)
		queueletEventContext(unsafe.Pointer(unsafe.SliceData(text)), uint32(size))
	} else {
		text = text[:max(0, size)]
	}
	if err := json.Unmarshal(text, &about); err != nil {
		queueletFail([]byte("read the invocation's context: " + err.Error()))
	}
	// On Lambda these come from the environment.
	lambdacontext.FunctionName, lambdacontext.FunctionVersion = about.FunctionName, "$LATEST"
	lambdacontext.MemoryLimitInMB = about.MemoryLimitMB
	return &http.Response{
		ProtoMajor: 1, ProtoMinor: 1, StatusCode: http.StatusOK,
		Header: http.Header{
			"Content-Type":                        {"application/json"},
			"Lambda-Runtime-Aws-Request-Id":       {about.RequestID},
			"Lambda-Runtime-Deadline-Ms":          {strconv.FormatInt(about.DeadlineMs, 10)},
			"Lambda-Runtime-Invoked-Function-Arn": {about.FunctionARN},
		},
		Body: io.NopCloser(bytes.NewReader(event)), ContentLength: int64(size),
	}
}

// queueletRespond hands on a response, unless its trailer says that it broke off in an error.
func queueletRespond(body []byte, trailer http.Header) {
	if trailer.Get("Lambda-Runtime-Function-Error-Type") != "" {
		text, err := base64.StdEncoding.DecodeString(trailer.Get("Lambda-Runtime-Function-Error-Body"))
		if err != nil {
			text = []byte(trailer.Get("Lambda-Runtime-Function-Error-Type"))
		}
		queueletFail(text)
		return
	}
	if errno := queueletEventReply(unsafe.Pointer(unsafe.SliceData(body)), uint32(len(body))); errno != 0 {
		queueletFail([]byte("the response was refused with error number " + strconv.Itoa(int(errno))))
	}
}

func queueletFail(text []byte) {
	queueletEventFail(unsafe.Pointer(unsafe.SliceData(text)), uint32(len(text)))
}

// queueletTellPanic says so if an error was a panic, after which lambda.Start ends the program without a word on its cause.
func queueletTellPanic(text []byte) {
	var failure struct {
		ErrorMessage string            `json:"errorMessage"`
		StackTrace   []json.RawMessage `json:"stackTrace"`
	}
	if json.Unmarshal(text, &failure) == nil && len(failure.StackTrace) > 0 {
		os.Stderr.WriteString("panic: " + failure.ErrorMessage + "\n")
	}
}
