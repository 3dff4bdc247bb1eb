// Package ceiling serves SQS over a store that keeps nothing.
//
// What it can do is what the way through the server costs without storage: HTTP, both
// wire protocols, signatures, and the domain's checks are the real ones. Sends are
// acknowledged at once, every receive is full, and every delete succeeds.
package ceiling
