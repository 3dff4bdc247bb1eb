package command

import (
	"context"
	"fmt"
	"net/http"
	"slices"

	"github.com/spf13/cobra"

	"github.com/queuelet/queuelet/cmd/queuelet/client"
)

func newPluginRollback(std IO) *cobra.Command {
	var s server
	var to, alias string
	c := &cobra.Command{
		Use:   "rollback NAME",
		Short: "Make a function, or an alias of it, what an earlier version was",
		Long: "Gives a function the code and the configuration of a published version: without --to\n" +
			"the last one with other code than it has now. With --alias it is the alias that is\n" +
			"pointed there, and without --to to the version before.",
		Args: oneFunction(),
		RunE: s.asking(std, func(cmd *cobra.Command, c *client.Client, args []string) error {
			version := to
			if version == "" {
				var err error
				if version, err = before(cmd.Context(), c, args[0], alias); err != nil {
					return err
				}
			}
			method, path, change := http.MethodPut, client.Function(args[0], "code"), map[string]string{"FromVersion": version}
			if alias != "" {
				path, change = client.Function(args[0], "aliases", alias), map[string]string{"FunctionVersion": version}
			}
			var answer map[string]any
			if err := c.Do(cmd.Context(), method, path, nil, change, &answer); err != nil {
				return err
			}
			if s.asJSON {
				return std.printJSON(answer)
			}
			what := args[0]
			if alias != "" {
				what += ":" + alias
			}
			fmt.Fprintf(std.Stdout, "%s is version %s again\n", what, version)
			return nil
		}),
	}
	s.flags(c, "print the function or the alias as an object")
	c.Flags().StringVar(&to, "to", "", "`version` to go back to")
	c.Flags().StringVar(&alias, "alias", "", "`name` of an alias to point there, instead of changing $LATEST")
	return c
}

// before finds the version to go back to.
func before(ctx context.Context, c *client.Client, name, alias string) (string, error) {
	versions, err := versionsOf(ctx, c, name)
	if err != nil {
		return "", err
	}
	now := "$LATEST"
	if alias != "" {
		var a struct{ FunctionVersion string }
		if err := c.Do(ctx, http.MethodGet, client.Function(name, "aliases", alias), nil, nil, &a); err != nil {
			return "", err
		}
		now = a.FunctionVersion
	}
	at := slices.IndexFunc(versions, func(f deployedFunction) bool { return f.Version == now })
	earlier := versions
	if at > 0 {
		earlier = versions[:at]
	}
	for _, f := range slices.Backward(earlier) {
		if f.Version != "$LATEST" && (at < 0 || f.CodeSha256 != versions[at].CodeSha256) {
			return f.Version, nil
		}
	}
	return "", fmt.Errorf("%s has no earlier version with other code; publish versions with deploy --publish", name)
}
