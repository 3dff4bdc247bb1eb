package command

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/queuelet/queuelet/host"
	"github.com/queuelet/queuelet/host/config"
	"github.com/queuelet/queuelet/plugins/build"
)

// The handler that dev runs when none is named.
const (
	exampleFolder = "examples/orders/handler"
	exampleQueue  = "orders"
)

// workbench is what dev works on.
type workbench struct {
	folder   string // with the source of the handler
	queue    string // also the name of the function
	debounce time.Duration
	module   string // where the built handler goes
	script   string // the handler itself, if it needs no build
}

func newDev(std IO) *cobra.Command {
	var w workbench
	c := &cobra.Command{
		Use:   "dev [DIR]",
		Short: "Build a handler, run the server with it, and swap it whenever it changes",
		Long: "Builds the handler in DIR to WASM, runs the server on defaults with a queue, its\n" +
			"dead-letter queue and a mapping to the handler, and watches the source: a change is\n" +
			"built and swapped in while messages flow. The source is in Go, also with lambda.Start of\n" +
			"aws-lambda-go, in Rust, C or AssemblyScript, or it is handler.js or handler.ts. Without DIR\n" +
			"it is the example of orders.",
		Args: atMost(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			w.folder = fileArgument(args)
			if err := w.complete(cmd.CommandPath()); err != nil {
				return err
			}
			folder, err := os.MkdirTemp("", "queuelet-dev-")
			if err != nil {
				return fmt.Errorf("make a folder for the data: %w", err)
			}
			defer os.RemoveAll(folder)
			w.module = filepath.Join(folder, w.queue+".wasm")
			return w.run(cmd.Context(), std, config.Source{
				Text:    w.config(folder),
				Environ: std.Environ, Ignore: []string{configVariable}, Overrides: overrides(cmd),
			})
		},
	}
	c.Flags().StringVar(&w.queue, "queue", "", "`name` of the queue; that of the folder if none is given")
	c.Flags().DurationVar(&w.debounce, "debounce", still, "how long the source must rest before it is built")
	overridable(c, "data", "storage.dir", "`folder` of the data; a temporary one without it")
	overridable(c, "listen", "sqs.listen", "`address` of the SQS endpoint")
	overridable(c, "console", "console.listen", "`address` of the console port")
	return c
}

var notInName = regexp.MustCompile(`[^A-Za-z0-9_-]+`)

// complete fills in what was not given.
func (w *workbench) complete(command string) error {
	if w.folder == "" {
		w.folder = exampleFolder
		if w.queue == "" {
			w.queue = exampleQueue
		}
	}
	language, err := build.Detect(w.folder)
	if err != nil {
		return usage(err.Error(), command+" DIR, with the folder of a handler")
	}
	if language == build.LanguageJavaScript {
		if w.script, err = filepath.Abs(build.Script(w.folder)); err != nil {
			return fmt.Errorf("find the script: %w", err)
		}
	}
	if w.queue == "" {
		absolute, err := filepath.Abs(w.folder)
		if err != nil {
			return fmt.Errorf("find %s: %w", w.folder, err)
		}
		w.queue = strings.Trim(notInName.ReplaceAllString(filepath.Base(absolute), "-"), "-")
	}
	return nil
}

// config is the configuration of the workbench. Its timeouts are short, so that a
// failure is seen to come back.
func (w *workbench) config(folder string) string {
	return fmt.Sprintf(`storage: {dir: %[1]q}
queues:
  - {name: %[2]q, attributes: {VisibilityTimeout: 5}, dead_letter: {queue: %[3]q, max_receives: 3}}
functions:
  - {name: %[2]q, path: %[4]q, timeout: 4s}
mappings:
  - {queue: %[2]q, function: %[2]q}
`, filepath.Join(folder, "data"), w.queue, w.queue+"-dlq", cmp.Or(w.script, w.module))
}

func (w *workbench) run(ctx context.Context, std IO, source config.Source) error {
	c, err := config.Load(source)
	if err != nil {
		return err
	}
	began := time.Now()
	if err := w.build(ctx); err != nil {
		return err
	}
	if w.script == "" {
		std.notef("built %s in %s", w.folder, time.Since(began).Round(time.Millisecond))
	}
	h, err := std.newHost(c, devCache())
	if err != nil {
		return err
	}
	return supervision{
		host: h,
		ready: func() {
			std.banner(h)
			fmt.Fprint(std.Stdout, snippet(c.SQS, h.Endpoints().SQS, w.queue))
		},
		reload: func(ctx context.Context) { w.rebuild(ctx, std, h) },
		watch: func(ctx context.Context) {
			err := host.Watch(ctx, w.sources, w.debounce, func([]string) { w.rebuild(ctx, std, h) })
			if err != nil {
				h.Log().WarnContext(ctx, "changes of the source are not noticed; SIGHUP builds it again", "error", err)
			}
		},
	}.run(ctx, std)
}

// build makes the module, if there is one to make.
func (w *workbench) build(ctx context.Context) error {
	if w.script != "" {
		return nil
	}
	return build.Dir(ctx, w.folder, w.module)
}

// devCache keeps compiled handlers from one run to the next, though not the data. Without
// a folder for caches they are kept with the data.
func devCache() string {
	folder, err := os.UserCacheDir()
	if err != nil {
		return ""
	}
	return filepath.Join(folder, "queuelet", "dev")
}

// sources are the files that a change of is built.
func (w *workbench) sources() []string { return sourcesIn(w.folder) }

// sourcesIn are the files of source in and below a folder.
func sourcesIn(folder string) []string {
	var files []string
	// A folder that cannot be read is not watched; building it will say why.
	_ = filepath.WalkDir(folder, func(path string, entry fs.DirEntry, err error) error {
		if err == nil && entry.IsDir() && path != folder && build.IsGenerated(entry.Name()) {
			return filepath.SkipDir
		}
		if err == nil && !entry.IsDir() && build.IsSource(entry.Name()) {
			files = append(files, path)
		}
		return nil
	})
	return files
}

// rebuild builds the handler and swaps it in. A handler that does not build or deploy
// leaves the one before in service.
func (w *workbench) rebuild(ctx context.Context, std IO, h *host.Host) {
	began := time.Now()
	err := w.build(ctx)
	if err == nil {
		err = h.Redeploy(ctx, w.queue)
	}
	switch {
	case err == nil:
		std.notef("↻ rebuilt and swapped in %s", time.Since(began).Round(time.Millisecond))
	case errors.Is(ctx.Err(), context.Canceled): // the server is stopping
	default:
		std.notef("✗ not swapped: %v", err)
	}
}

// snippet is a producer for the clipboard.
func snippet(c config.SQS, endpoint, queue string) string {
	key := c.Auth.Credentials[0]
	secret := unknownSecret
	if development(key) {
		secret = config.DevelopmentSecretAccessKey
	}
	return fmt.Sprintf(`Send it work from Python (pip install boto3, or apt install python3-boto3):

import boto3
sqs = boto3.client("sqs", endpoint_url=%q, region_name=%q,
                   aws_access_key_id=%q, aws_secret_access_key=%q)
url = sqs.get_queue_url(QueueName=%q)["QueueUrl"]
sqs.send_message(QueueUrl=url, MessageBody='{"order": 1}')

`, endpoint, c.Region, key.AccessKeyID, secret, queue)
}
