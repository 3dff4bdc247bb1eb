package queue

import "strings"

// attributeAll asks for every attribute there is.
const attributeAll = "All"

// parseSystemAttributes reads the names of system attributes that a receive asks for.
// Its wire parameter AttributeNames shares its type with GetQueueAttributes, so that
// names of queue attributes are known there, and mean nothing.
func parseSystemAttributes(names []string) (SystemAttributes, error) {
	var shown SystemAttributes
	for _, name := range names {
		switch name {
		case attributeAll:
			shown |= ShowAll
		case "SenderId":
			shown |= ShowSenderID
		case "SentTimestamp":
			shown |= ShowSentTimestamp
		case "ApproximateReceiveCount":
			shown |= ShowReceiveCount
		case "ApproximateFirstReceiveTimestamp":
			shown |= ShowFirstReceive
		case traceHeaderAttribute:
			shown |= ShowTraceHeader
		case groupParameter:
			shown |= ShowGroupID
		case deduplicationParameter:
			shown |= ShowDedupID
		case "SequenceNumber":
			shown |= ShowSequenceNumber
		case "DeadLetterQueueSourceArn":
			shown |= ShowDeadLetterSource
		default:
			if !knownAttribute(name) {
				return 0, unknownAttribute(name)
			}
		}
	}
	return shown, nil
}

// selectAttributes returns the message attributes that a receive asks for by exact
// name, by "All", ".*" or "*", or by a prefix as in "Hel.*". The result may share its
// memory with all.
func selectAttributes(all []MessageAttribute, names []string) []MessageAttribute {
	if len(all) == 0 || len(names) == 0 {
		return nil
	}
	matching := 0
	for i := range all {
		if attributeSelected(all[i].Name, names) {
			matching++
		}
	}
	switch matching {
	case 0:
		return nil
	case len(all):
		return all
	}
	selected := make([]MessageAttribute, 0, matching)
	for i := range all {
		if attributeSelected(all[i].Name, names) {
			selected = append(selected, all[i])
		}
	}
	return selected
}

func attributeSelected(name string, names []string) bool {
	for _, asked := range names {
		if asked == name || asked == attributeAll || asked == "*" {
			return true
		}
		if prefix, found := strings.CutSuffix(asked, ".*"); found && strings.HasPrefix(name, prefix) {
			return true
		}
	}
	return false
}
