package queue

import "strings"

// ARN returns the Amazon Resource Name of a queue.
func (s *Service) ARN(key Key) string {
	return sqsARNPrefix + s.region + ":" + key.Account + ":" + key.Name
}

const sqsARNPrefix = "arn:aws:sqs:"

// arn is a parsed Amazon Resource Name:
// arn:<partition>:<service>:<region>:<account>:<resource>.
type arn struct {
	partition, service, region, account, resource string
}

// parseARN splits a fully qualified ARN; ok is false for anything else.
func parseARN(text string) (a arn, ok bool) {
	rest, ok := strings.CutPrefix(text, "arn:")
	if !ok {
		return arn{}, false
	}
	for _, part := range []*string{&a.partition, &a.service, &a.region, &a.account} {
		if *part, rest, ok = strings.Cut(rest, ":"); !ok {
			return arn{}, false
		}
	}
	if a.partition == "" || a.service == "" || rest == "" {
		return arn{}, false
	}
	a.resource = rest
	return a, true
}

func (a arn) key() Key { return Key{Account: a.account, Name: a.resource} }
