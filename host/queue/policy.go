package queue

import (
	"encoding/json"
	"reflect"
)

// setPolicy takes a policy as it is; an empty one removes it.
func (a *Attributes) setPolicy(text string) error {
	if text != "" {
		var document map[string]json.RawMessage
		if err := json.Unmarshal([]byte(text), &document); err != nil || document == nil {
			return invalidAttribute(attributePolicy)
		}
	}
	a.Policy = text
	return nil
}

// samePolicy compares policies as JSON values.
func samePolicy(a, b string) bool {
	if a == b {
		return true
	}
	var left, right any
	if json.Unmarshal([]byte(a), &left) != nil || json.Unmarshal([]byte(b), &right) != nil {
		return false
	}
	return reflect.DeepEqual(left, right)
}
