package hosttest_test

import (
	"fmt"
	"maps"
	"net/url"
	"slices"
	"strings"
)

// queryNames are the names of list and map elements in the query protocol (service model,
// "locationName" of the flattened shapes). Batch entries are named after their operation.
var queryNames = map[string]string{
	"Attributes": "Attribute", "AttributeNames": "AttributeName", "MessageAttributeNames": "MessageAttributeName",
	"MessageSystemAttributeNames": "MessageSystemAttributeName", "MessageAttributes": "MessageAttribute",
	"MessageSystemAttributes": "MessageSystemAttribute", "tags": "Tag", "Tags": "Tag", "TagKeys": "TagKey",
	"AWSAccountIds": "AWSAccountId", "Actions": "ActionName", "StringListValues": "StringListValue",
	"BinaryListValues": "BinaryListValue",
}

// queryForm is a JSON request as a form of the query protocol.
func queryForm(operation string, body map[string]any) url.Values {
	form := url.Values{"Action": {operation}, "Version": {"2012-11-05"}}
	addToForm(form, operation, "", body)
	return form
}

func addToForm(form url.Values, operation, prefix string, members map[string]any) {
	for name, value := range members {
		flat := name
		if element, ok := queryNames[name]; ok {
			flat = element
		} else if name == "Entries" {
			flat = operation + "RequestEntry"
		}
		addValue(form, operation, prefix+flat, value)
	}
}

func addValue(form url.Values, operation, name string, value any) {
	switch value := value.(type) {
	case []any:
		if len(value) == 0 {
			form.Set(name, "") // as SDKs do
		}
		for i, element := range value {
			addValue(form, operation, fmt.Sprintf("%s.%d", name, i+1), element)
		}
	case map[string]any:
		addMap(form, operation, name, value)
	case float64:
		form.Set(name, fmt.Sprintf("%.0f", value))
	default:
		form.Set(name, fmt.Sprint(value))
	}
}

// addMap adds a structure, or a map as a list of pairs.
func addMap(form url.Values, operation, name string, value map[string]any) {
	last := name[strings.LastIndexByte(name, '.')+1:]
	pairs := map[string][2]string{
		"Attribute": {"Name", "Value"}, "Tag": {"Key", "Value"},
		"MessageAttribute": {"Name", "Value"}, "MessageSystemAttribute": {"Name", "Value"},
	}
	pair, isMap := pairs[last]
	if !isMap {
		addToForm(form, operation, name+".", value)
		return
	}
	if len(value) == 0 {
		form.Set(name, "")
	}
	for i, key := range slices.Sorted(maps.Keys(value)) {
		element := fmt.Sprintf("%s.%d.", name, i+1)
		form.Set(element+pair[0], key)
		addValue(form, operation, element+pair[1], value[key])
	}
}
