package lambdaapi

import (
	"encoding/base64"
	"net/url"
	"strconv"
)

const (
	defaultItems = 50
	maxItems     = 10_000
)

// page cuts a list that is sorted by its items' names to the part that a request asks for, and returns the marker of the
// next one, "" at the end.
func page[T any](query url.Values, all []T, name func(T) string) (items []T, next string, err error) {
	limit := defaultItems
	if text := query.Get("MaxItems"); text != "" {
		if limit, err = strconv.Atoi(text); err != nil || limit < 1 || limit > maxItems {
			return nil, "", failure(codeValidation, "The value of MaxItems has to be between 1 and %d.", maxItems)
		}
	}
	if marker := query.Get("Marker"); marker != "" {
		after, err := base64.RawURLEncoding.DecodeString(marker)
		if err != nil {
			return nil, "", failure(codeInvalidParameter, "Invalid Marker. Use the NextMarker of the answer before.")
		}
		for len(all) > 0 && name(all[0]) <= string(after) {
			all = all[1:]
		}
	}
	if len(all) <= limit {
		return all, "", nil
	}
	return all[:limit], base64.RawURLEncoding.EncodeToString([]byte(name(all[limit-1]))), nil
}
