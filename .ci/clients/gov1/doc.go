// Package gov1 tries version 1 of the AWS SDK for Go, in its last version that speaks
// the query protocol with SQS, on the server that `run` started. The main module tests
// a later version 1, which speaks JSON.
package gov1
