package abi

import (
	"encoding/base64"
	"slices"
	"strconv"
)

// AppendEvent appends the JSON of an event to dst. Members of the attribute maps come in the order of their names, and
// bytes that are not UTF-8 become U+FFFD, as encoding/json has it.
func AppendEvent(dst []byte, event *Event) []byte {
	dst = append(dst, `{"Records":[`...)
	for i := range event.Records {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = appendRecord(dst, &event.Records[i])
	}
	return append(dst, "]}"...)
}

func appendRecord(dst []byte, r *Record) []byte {
	dst = AppendString(append(dst, `{"messageId":`...), r.MessageID)
	dst = AppendString(append(dst, `,"receiptHandle":`...), r.ReceiptHandle)
	dst = AppendString(append(dst, `,"body":`...), r.Body)
	dst = append(dst, `,"attributes":{`...)
	var room [16]string
	for i, name := range names(room[:0], r.Attributes) {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = append(AppendString(dst, name), ':')
		dst = AppendString(dst, r.Attributes[name])
	}
	dst = append(dst, `},"messageAttributes":{`...)
	for i, name := range names(room[:0], r.MessageAttributes) {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = append(AppendString(dst, name), ':')
		attribute := r.MessageAttributes[name]
		dst = appendAttribute(dst, &attribute)
	}
	dst = AppendString(append(dst, `},"md5OfBody":`...), r.MD5OfBody)
	if r.MD5OfMessageAttributes != "" {
		dst = AppendString(append(dst, `,"md5OfMessageAttributes":`...), r.MD5OfMessageAttributes)
	}
	dst = AppendString(append(dst, `,"eventSource":`...), r.EventSource)
	dst = AppendString(append(dst, `,"eventSourceARN":`...), r.EventSourceARN)
	dst = AppendString(append(dst, `,"awsRegion":`...), r.AWSRegion)
	return append(dst, '}')
}

func appendAttribute(dst []byte, a *MessageAttribute) []byte {
	dst = append(dst, '{')
	if a.StringValue != nil {
		dst = append(AppendString(append(dst, `"stringValue":`...), *a.StringValue), ',')
	}
	if len(a.BinaryValue) > 0 {
		dst = append(appendBase64(append(dst, `"binaryValue":`...), a.BinaryValue), ',')
	}
	dst = append(dst, `"stringListValues":[`...)
	for i, value := range a.StringListValues {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = AppendString(dst, value)
	}
	dst = append(dst, `],"binaryListValues":[`...)
	for i, value := range a.BinaryListValues {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = appendBase64(dst, value)
	}
	return append(AppendString(append(dst, `],"dataType":`...), a.DataType), '}')
}

// names appends the keys of a map in order to dst.
func names[V any](dst []string, m map[string]V) []string {
	for name := range m {
		dst = append(dst, name)
	}
	slices.Sort(dst)
	return dst
}

func appendBase64(dst, value []byte) []byte {
	dst = base64.StdEncoding.AppendEncode(append(dst, '"'), value)
	return append(dst, '"')
}

// AppendInvocation appends the JSON of an invocation to dst.
func AppendInvocation(dst []byte, v *Invocation) []byte {
	dst = AppendString(append(dst, `{"requestId":`...), v.RequestID)
	dst = strconv.AppendInt(append(dst, `,"deadlineMs":`...), v.DeadlineMs, 10)
	dst = AppendString(append(dst, `,"functionName":`...), v.FunctionName)
	dst = AppendString(append(dst, `,"functionArn":`...), v.FunctionARN)
	dst = strconv.AppendInt(append(dst, `,"memoryLimitMb":`...), int64(v.MemoryLimitMB), 10)
	dst = strconv.AppendInt(append(dst, `,"attempt":`...), int64(v.Attempt), 10)
	return append(dst, '}')
}

// AppendResponse appends the JSON of a response to dst.
func AppendResponse(dst []byte, response *Response) []byte {
	dst = append(dst, `{"batchItemFailures":[`...)
	for i, failure := range response.BatchItemFailures {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = AppendString(append(dst, `{"itemIdentifier":`...), failure.ItemIdentifier)
		if failure.DelaySeconds != nil {
			dst = strconv.AppendInt(append(dst, `,"delaySeconds":`...), int64(*failure.DelaySeconds), 10)
		}
		if failure.DeadLetter {
			dst = append(dst, `,"deadLetter":true`...)
		}
		dst = append(dst, '}')
	}
	return append(dst, "]}"...)
}
