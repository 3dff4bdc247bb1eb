// Package client calls the Lambda API of a server, for the commands.
//
// It signs requests itself: the AWS SDKs, which would do it, are larger than all the rest of the program.
package client
