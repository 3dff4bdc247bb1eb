package command

import (
	"fmt"
	"io"
	"os"
	"time"

	"github.com/spf13/cobra"

	"github.com/queuelet/queuelet/host"
	"github.com/queuelet/queuelet/host/config"
	"github.com/queuelet/queuelet/sigauth"
)

// captureLimit bounds a captured request: the largest SQS request with its headers.
const captureLimit = 4 << 20

func newAuth(std IO) *cobra.Command {
	return group("auth", "Look into signatures", newAuthExplain(std))
}

func newAuthExplain(std IO) *cobra.Command {
	var path, compare, at string
	c := &cobra.Command{
		Use:   "explain [FILE]",
		Short: "Say why a captured request is refused",
		Long: "Reads the raw bytes of an HTTP request from FILE or standard input, checks its signature\n" +
			"with the configured credentials, and says where it differs.",
		Args: atMost(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			c, err := config.Load(std.source(path))
			if err != nil {
				return err
			}
			options, err := host.SignatureOptions(c)
			if err != nil {
				return err
			}
			if at != "" {
				now, err := time.Parse(time.RFC3339, at)
				if err != nil {
					return usage(fmt.Sprintf("--at %q is not a time", at), cmd.CommandPath()+" --at 2006-01-02T15:04:05Z")
				}
				options.Now = func() time.Time { return now }
			}
			raw, err := std.read(fileArgument(args), captureLimit)
			if err != nil {
				return err
			}
			report, err := sigauth.Explain(raw, options)
			if err != nil {
				return err
			}
			return std.report(report, compare)
		},
	}
	c.Flags().StringVarP(&path, "config", "c", "", "configuration `file` with the credentials")
	c.Flags().StringVar(&compare, "compare", "", "`file` with the canonical request that the client logged")
	c.Flags().StringVar(&at, "at", "", "judge the request as if it were this `time`, in RFC 3339")
	return c
}

// report prints what was found and fails when the request would be refused.
func (std IO) report(report sigauth.Report, compare string) error {
	if _, err := report.WriteTo(std.Stdout); err != nil {
		return err
	}
	if compare != "" {
		client, err := std.read(compare, captureLimit)
		if err != nil {
			return err
		}
		fmt.Fprintln(std.Stdout, "\nCompared with the client's canonical request:")
		differences := report.Compare(string(client))
		if len(differences) == 0 {
			fmt.Fprintln(std.Stdout, "    no difference")
		}
		for _, difference := range differences {
			fmt.Fprintln(std.Stdout, "    "+difference)
		}
	}
	if !report.Accepted {
		return &exitError{ExitFailed}
	}
	return nil
}

// read returns the content of a file, or of standard input when it has no name.
func (std IO) read(path string, limit int64) ([]byte, error) {
	in, name := std.Stdin, "standard input"
	if path != "" && path != "-" {
		file, err := os.Open(path)
		if err != nil {
			return nil, usage(err.Error(), "name an existing file, or pipe to standard input")
		}
		defer file.Close()
		in, name = file, path
	}
	content, err := io.ReadAll(io.LimitReader(in, limit+1))
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", name, err)
	}
	if int64(len(content)) > limit {
		return nil, fmt.Errorf("%s is longer than %d bytes", name, limit)
	}
	return content, nil
}
