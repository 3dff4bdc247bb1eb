package command

import "github.com/spf13/cobra"

func newFilter(std IO) *cobra.Command {
	return group("filter", "Try filter patterns of mappings", newFilterTest(std))
}
