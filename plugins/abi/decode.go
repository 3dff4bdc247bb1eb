package abi

import "encoding/base64"

// ParseEvent decodes the JSON of an event. Members it does not know are passed over. The event keeps nothing of data.
func ParseEvent(data []byte) (Event, error) {
	s := scanner{b: data}
	var event Event
	s.object(func(name []byte) {
		if string(name) != "Records" {
			s.skip()
			return
		}
		if s.literal("null") {
			return
		}
		event.Records = event.Records[:0]
		s.array(func() { event.Records = append(event.Records, s.record()) })
	})
	s.end()
	return event, s.err
}

func (s *scanner) record() (r Record) {
	s.object(func(name []byte) {
		switch string(name) {
		case "messageId":
			r.MessageID = s.string()
		case "receiptHandle":
			r.ReceiptHandle = s.string()
		case "body":
			r.Body = s.string()
		case "attributes":
			r.Attributes = members(s, s.string)
		case "messageAttributes":
			r.MessageAttributes = members(s, s.attribute)
		case "md5OfBody":
			r.MD5OfBody = s.string()
		case "md5OfMessageAttributes":
			r.MD5OfMessageAttributes = s.string()
		case "eventSource":
			r.EventSource = s.string()
		case "eventSourceARN":
			r.EventSourceARN = s.string()
		case "awsRegion":
			r.AWSRegion = s.string()
		default:
			s.skip()
		}
	})
	return r
}

func (s *scanner) attribute() (a MessageAttribute) {
	s.object(func(name []byte) {
		switch string(name) {
		case "stringValue":
			if !s.literal("null") {
				value := s.string()
				a.StringValue = &value
			}
		case "binaryValue":
			a.BinaryValue = s.base64()
		case "stringListValues":
			a.StringListValues = list(s, s.string)
		case "binaryListValues":
			a.BinaryListValues = list(s, s.base64)
		case "dataType":
			a.DataType = s.string()
		default:
			s.skip()
		}
	})
	return a
}

// string passes a string, or null for the empty one.
func (s *scanner) string() string {
	if s.literal("null") {
		return ""
	}
	return string(s.text())
}

func (s *scanner) base64() []byte {
	if s.literal("null") {
		return nil
	}
	value, err := base64.StdEncoding.DecodeString(string(s.text()))
	if err != nil {
		s.fail("base64")
	}
	return value
}

// members passes an object whose values have one type; null gives nil.
func members[V any](s *scanner, value func() V) map[string]V {
	if s.literal("null") {
		return nil
	}
	m := map[string]V{}
	s.object(func(name []byte) {
		key := string(name)
		m[key] = value()
	})
	return m
}

// list passes an array whose elements have one type; null gives nil.
func list[V any](s *scanner, value func() V) []V {
	if s.literal("null") {
		return nil
	}
	all := []V{}
	s.array(func() { all = append(all, value()) })
	return all
}
