// Package sample reads sample events of a function from files, and holds what came of one against what its file expects.
//
// A file is an event as Lambda gives it, which has to succeed, or an object with one of these:
//
//	"bodies":  [...]  messages of a queue by their bodies: text, or JSON that stands for its text
//	"records": [...]  messages of a queue as Lambda's records, of which everything but the body may be left out
//	"event":   ...    any other event
//
// and with "expect", an object in which each of these may be left out:
//
//	"failed":     [...]  message ids of the records that are to come again, or go to the dead-letter queue
//	"deadLetter": [...]  those among them that go to the dead-letter queue at once
//	"response":   ...    the whole response, as JSON
//	"error":      "..."  a part of the error: the invocation has to fail as a whole
//	"log":        "..."  a part of what it logs, or a list of such
//	"sent":       [...]  all messages that it sends, as {"queue": ..., "body": ...}
//
// A record without a message id is known by its place: "1" is the first one. No record may fail and no invocation either
// unless the file says so.
package sample
