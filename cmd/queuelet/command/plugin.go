package command

import "github.com/spf13/cobra"

func newPlugin(std IO) *cobra.Command {
	return group("plugin", "Work on functions", newPluginNew(std), newPluginBuild(std), newPluginTest(std),
		newPluginInspect(std), newPluginLs(std), newPluginInvoke(std), newPluginLogs(std), newPluginDeploy(std), newPluginRollback(std),
		newPluginPause(std), newPluginResume(std))
}
