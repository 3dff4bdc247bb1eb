package command

import "github.com/spf13/cobra"

func newPlugin(std IO) *cobra.Command {
	return group("plugin", "Work on functions", newPluginInspect(std))
}
