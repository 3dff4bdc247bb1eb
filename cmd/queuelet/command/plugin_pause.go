package command

import (
	"context"
	"fmt"
	"net/http"
	"net/url"

	"github.com/spf13/cobra"

	"github.com/queuelet/queuelet/cmd/queuelet/client"
)

func newPluginPause(std IO) *cobra.Command {
	return newSwitch(std, "pause", "Stop feeding a function; what it has in work is finished", false)
}

func newPluginResume(std IO) *cobra.Command {
	return newSwitch(std, "resume", "Feed a function again that was paused", true)
}

// newSwitch makes a command that enables or disables the mappings of a function.
func newSwitch(std IO, name, short string, enabled bool) *cobra.Command {
	var s server
	var queue string
	c := &cobra.Command{
		Use:   name + " NAME",
		Short: short,
		Args:  oneFunction(),
		RunE: s.asking(std, func(cmd *cobra.Command, c *client.Client, args []string) error {
			changed, err := switchMappings(cmd.Context(), c, args[0], queue, enabled)
			if err != nil {
				return err
			}
			if s.asJSON {
				return std.printJSON(changed)
			}
			state := "paused"
			if enabled {
				state = "resumed"
			}
			for _, m := range changed {
				fmt.Fprintf(std.Stdout, "%s → %s is %s\n", m.queue(), m.function(), state)
			}
			return nil
		}),
	}
	s.flags(c, "print the mappings as a list of objects")
	c.Flags().StringVar(&queue, "queue", "", "`name` of the only queue that is meant")
	return c
}

func switchMappings(ctx context.Context, c *client.Client, name, queue string, enabled bool) ([]eventSourceMapping, error) {
	if err := c.Do(ctx, http.MethodGet, client.Function(name, "configuration"), nil, nil, nil); err != nil {
		return nil, err
	}
	mappings, err := mappingsOf(ctx, c, name)
	if err != nil {
		return nil, err
	}
	changed := []eventSourceMapping{}
	for _, m := range mappings {
		if queue != "" && m.queue() != queue {
			continue
		}
		path := client.Mappings + "/" + url.PathEscape(m.UUID)
		if err := c.Do(ctx, http.MethodPut, path, nil, map[string]bool{"Enabled": enabled}, &m); err != nil {
			return nil, err
		}
		changed = append(changed, m)
	}
	if len(changed) == 0 {
		return nil, &client.Error{Code: client.CodeNotFound, Message: "no such queue feeds " + name}
	}
	return changed, nil
}
