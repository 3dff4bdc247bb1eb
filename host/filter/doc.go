// Package filter compiles an event filter pattern and matches JSON against it.
//
// Patterns are those of AWS Lambda's event source mappings: a JSON object that names the fields of a record, with a list
// of what each may be. All fields have to match, and of each list one entry.
//
//	{"body": {"price": [{"numeric": [">", 10, "<=", 20]}], "region": [{"prefix": "us-"}, "eu-west-1"]}}
//
// An entry is null, true, false, a number or a string, which has to be equal, or an operator:
//
//	{"equals-ignore-case": "alice"}
//	{"prefix": "us-"}                 {"prefix": {"equals-ignore-case": "US-"}}
//	{"suffix": ".png"}                {"suffix": {"equals-ignore-case": ".PNG"}}
//	{"numeric": ["=", 100]}           {"numeric": [">", 10, "<=", 20]}
//	{"exists": true}                  {"exists": false}
//	{"anything-but": ["a", 1]}        and with prefix, suffix or equals-ignore-case inside
//
// EventBridge's "wildcard" and "cidr" are no operators of Lambda's filters, and refused.
//
// "$or" takes a list of objects of which one has to match. Where a record has a list, one of its elements has to match.
//
// # Bodies
//
// The body of an SQS record is a string. A pattern whose "body" is an object wants it to be JSON and looks into it; one
// whose "body" is a list wants it to be plain text. A record with the other kind of body does not match. A body counts
// as JSON if it is an object or a list.
//
// Sources: https://docs.aws.amazon.com/lambda/latest/dg/invocation-eventfiltering.html#filtering-syntax,
// https://docs.aws.amazon.com/lambda/latest/dg/with-sqs-filtering.html,
// https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-create-pattern-operators.html
package filter
