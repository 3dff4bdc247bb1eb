// Package sqsapi translates the two wire protocols of Amazon SQS, AWS JSON 1.0 and
// AWS query with XML, to and from calls of the queue domain.
//
// A request passes these files in order:
//
//	api.go         routes, and the life of one request from first byte to answer
//	body.go        reads the body, bounded while it is read
//	protocol.go    tells which of the two protocols a request speaks
//	operation.go   the table of operations
//	parameter.go   where each parameter of each operation goes
//	json_*.go      AWS JSON: tokenizer, decoder, writer
//	query_*.go     AWS query: form parser, decoder; xml_writer.go and tree_writer.go answer it
//	call_*.go      one function per operation: call the domain, write the result
//	errors.go      the catalogue of errors: query code to shape and HTTP status
//
// Beside that path lie server.go, the limits of connections; cors.go; and call_peek.go
// with peek_writer.go, the endpoint that shows messages without receiving them.
//
// Nothing here decides what a queue does. What is decided here is what AWS decides in
// its front end: which operation is meant, whether it is signed, whether the values
// have the types of the service model, and how answers and errors look.
package sqsapi
