package command

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"strings"

	"github.com/queuelet/queuelet/cmd/queuelet/client"
)

// deployedFunction is what the Lambda API says of a version of a function.
type deployedFunction struct {
	FunctionName, FunctionArn, Version, Runtime, Role, Description string

	CodeSha256, LastModified, State, StateReason string
	MemorySize, Timeout                          int
}

// eventSourceMapping is what the Lambda API says of a mapping.
type eventSourceMapping struct {
	UUID, EventSourceArn, FunctionArn, State, LastProcessingResult string
}

// queue is the name of the mapping's queue.
func (m *eventSourceMapping) queue() string {
	return m.EventSourceArn[strings.LastIndexByte(m.EventSourceArn, ':')+1:]
}

// function is the function that the mapping feeds, with its version or alias.
func (m *eventSourceMapping) function() string {
	_, name, _ := strings.Cut(m.FunctionArn, ":function:")
	return name
}

// listAll follows the markers of a list.
func listAll[T any](ctx context.Context, c *client.Client, path, member string, query url.Values) ([]T, error) {
	var all []T
	query = maps.Clone(query)
	if query == nil {
		query = url.Values{}
	}
	for {
		var page map[string]json.RawMessage
		if err := c.Do(ctx, http.MethodGet, path, query, nil, &page); err != nil {
			return nil, err
		}
		var items []T
		if err := json.Unmarshal(page[member], &items); err != nil {
			return nil, fmt.Errorf("read the list of %s: %w", member, err)
		}
		all = append(all, items...)
		next := page["NextMarker"]
		if next == nil {
			return all, nil
		}
		var marker string
		if err := json.Unmarshal(next, &marker); err != nil {
			return nil, fmt.Errorf("read the list of %s: %w", member, err)
		}
		query.Set("Marker", marker)
	}
}

func functionsOf(ctx context.Context, c *client.Client) ([]deployedFunction, error) {
	return listAll[deployedFunction](ctx, c, "/2015-03-31/functions", "Functions", nil)
}

func versionsOf(ctx context.Context, c *client.Client, name string) ([]deployedFunction, error) {
	return listAll[deployedFunction](ctx, c, client.Function(name, "versions"), "Versions", nil)
}

// mappingsOf lists the mappings of a function, or all with "".
func mappingsOf(ctx context.Context, c *client.Client, name string) ([]eventSourceMapping, error) {
	query := url.Values{}
	if name != "" {
		query.Set("FunctionName", name)
	}
	return listAll[eventSourceMapping](ctx, c, client.Mappings, "EventSourceMappings", query)
}
