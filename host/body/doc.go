// Package body reads the bodies of requests from strangers into memory that is bounded.
//
// A body is read before its signature can be verified, so that anybody can send one. Each may have a little memory, and
// all that are larger share a [Budget], whatever the number of connections.
package body
