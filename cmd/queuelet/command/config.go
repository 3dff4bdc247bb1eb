package command

import "github.com/spf13/cobra"

func newConfig(std IO) *cobra.Command {
	return group("config", "Check and show configuration", newConfigCheck(std), newConfigPrint(std))
}

// fileArgument is the optional FILE of the config commands.
func fileArgument(args []string) string {
	if len(args) == 0 {
		return ""
	}
	return args[0]
}
