// Package queuelet lets a Go author write a queue consumer as one function.
//
// A handler takes the signatures that aws-lambda-go's lambda.Start takes, so a Lambda function for SQS becomes a queuelet
// function by changing one import:
//
//	package main
//
//	import (
//		"context"
//
//		"github.com/queuelet/queuelet/plugins/abi"
//		queuelet "github.com/queuelet/queuelet/plugins/sdk"
//	)
//
//	func handle(ctx context.Context, event abi.Event) (abi.Response, error) { ... }
//
//	func main() { queuelet.Start(handle) }
//
// Build it with
//
//	GOOS=wasip1 GOARCH=wasm go build -o handler.wasm .
//
// A handler can ask the host for what the function's configuration grants: [SendMessage], [SendMessageBatch],
// [ExtendVisibility], [Publish], [Request], [KV], [Fetch], [Config], [Secret] and [Count]. Their errors wrap an abi.Errno:
// errors.Is(err, abi.Denied) says that the grant is missing. A test gives the handler a context of [WithHost] with a [Stub].
//
// [HandleRecord] is the shorter way: it gives the handler one message at a time and reports those that failed.
package queuelet
