package command

import (
	"archive/zip"
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/http"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/queuelet/queuelet/cmd/queuelet/client"
	"github.com/queuelet/queuelet/plugins/javascript"
)

// deployment is what the flags of deploy say.
type deployment struct {
	server

	handler, description, role string
	queues                     []string
	environment                []string
	memory, timeout            int
	publish                    bool
}

// longestPackage is the largest file that can be deployed.
const longestPackage = 64 << 20

func newPluginDeploy(std IO) *cobra.Command {
	var d deployment
	c := &cobra.Command{
		Use:   "deploy NAME FILE",
		Short: "Put a function into service on a server, or new code for it",
		Long: "Deploys a module, a script or a zip archive with one under a name, and feeds it from queues.\n" +
			"A function that is there gets the new code; what runs of the old one finishes.",
		Args: func(cmd *cobra.Command, args []string) error {
			if len(args) != 2 {
				return usage(cmd.CommandPath()+" needs a name and a file", cmd.CommandPath()+" orders orders.wasm --queue orders")
			}
			return nil
		},
		RunE: d.asking(std, func(cmd *cobra.Command, c *client.Client, args []string) error {
			return d.run(cmd, std, c, args[0], args[1])
		}),
	}
	d.flags(c, "print the function as an object")
	f := c.Flags()
	f.StringSliceVar(&d.queues, "queue", nil, "`name` of a queue that feeds it; may be given several times")
	f.StringArrayVar(&d.environment, "env", nil, "`NAME=value` for its environment; may be given several times")
	f.IntVar(&d.memory, "memory", 0, "`MiB` it may have; 128 for a new one")
	f.IntVar(&d.timeout, "timeout", 0, "`seconds` an invocation may take; 30 for a new one")
	f.StringVar(&d.handler, "handler", "", "file and function of a script, as index.handler")
	f.StringVar(&d.role, "role", "", "`ARN` of the role that says what it may ask for, as arn:aws:iam::000000000000:role/worker")
	f.StringVar(&d.description, "description", "", "what it is for")
	f.BoolVar(&d.publish, "publish", false, "publish a version, to roll back to")
	return c
}

// newTimeout is that of a function which was not deployed before.
const newTimeout = 30

func (d *deployment) run(cmd *cobra.Command, std IO, c *client.Client, name, file string) error {
	ctx := cmd.Context()
	content, err := std.read(file, longestPackage)
	if err != nil {
		return err
	}
	archive, runtime, err := pack(cmd, file, content, d.handler)
	if err != nil {
		return err
	}
	settings, err := d.settings(cmd)
	if err != nil {
		return err
	}
	began := time.Now()
	var f deployedFunction
	err = c.Do(ctx, http.MethodGet, client.Function(name, "configuration"), nil, nil, &f)
	switch {
	case errors.Is(err, &client.Error{Code: client.CodeNotFound}):
		f, err = d.create(ctx, c, name, runtime, archive, settings)
	case err == nil:
		f, err = d.update(ctx, c, name, archive, settings)
	}
	if err != nil {
		return err
	}
	for _, queue := range d.queues {
		if err := feed(ctx, c, &f, queue); err != nil {
			return err
		}
	}
	if d.asJSON {
		return std.printJSON(f)
	}
	version := ""
	if f.Version != "$LATEST" {
		version = ", version " + f.Version
	}
	fmt.Fprintf(std.Stdout, "%s is deployed in %s%s\n", name, time.Since(began).Round(time.Millisecond), version)
	return nil
}

// settings are the members of a function's configuration that flags give.
func (d *deployment) settings(cmd *cobra.Command) (map[string]any, error) {
	settings := map[string]any{}
	if d.memory != 0 {
		settings["MemorySize"] = d.memory
	}
	if d.timeout != 0 {
		settings["Timeout"] = d.timeout
	}
	if d.handler != "" {
		settings["Handler"] = d.handler
	}
	if cmd.Flags().Changed("role") {
		settings["Role"] = d.role
	}
	if cmd.Flags().Changed("description") {
		settings["Description"] = d.description
	}
	variables, err := readEnvironment(cmd, d.environment)
	if err != nil {
		return nil, err
	}
	if len(variables) > 0 {
		settings["Environment"] = map[string]any{"Variables": variables}
	}
	return settings, nil
}

// readEnvironment reads the pairs that --env gives.
func readEnvironment(cmd *cobra.Command, pairs []string) (map[string]string, error) {
	variables := map[string]string{}
	for _, pair := range pairs {
		key, value, found := strings.Cut(pair, "=")
		if !found || key == "" {
			return nil, usage(fmt.Sprintf("--env %q gives no value", pair), cmd.CommandPath()+" --env NAME=value")
		}
		variables[key] = value
	}
	return variables, nil
}

func (d *deployment) create(
	ctx context.Context, c *client.Client, name, runtime string, archive []byte, settings map[string]any,
) (f deployedFunction, err error) {
	if d.timeout == 0 {
		settings["Timeout"] = newTimeout
	}
	settings["FunctionName"], settings["Runtime"], settings["Publish"] = name, runtime, d.publish
	settings["Code"] = map[string][]byte{"ZipFile": archive}
	err = c.Do(ctx, http.MethodPost, "/2015-03-31/functions", nil, settings, &f)
	return f, err
}

func (d *deployment) update(
	ctx context.Context, c *client.Client, name string, archive []byte, settings map[string]any,
) (f deployedFunction, err error) {
	if len(settings) > 0 {
		if err := c.Do(ctx, http.MethodPut, client.Function(name, "configuration"), nil, settings, nil); err != nil {
			return f, err
		}
	}
	code := map[string]any{"ZipFile": archive, "Publish": d.publish}
	err = c.Do(ctx, http.MethodPut, client.Function(name, "code"), nil, code, &f)
	return f, err
}

// feed maps a queue of the function's account to it, unless it is mapped.
func feed(ctx context.Context, c *client.Client, f *deployedFunction, queue string) error {
	arn, _, _ := strings.Cut(f.FunctionArn, ":function:")
	source := strings.Replace(arn, ":lambda:", ":sqs:", 1) + ":" + queue
	mappings, err := mappingsOf(ctx, c, f.FunctionName)
	if err != nil {
		return err
	}
	for _, m := range mappings {
		if m.EventSourceArn == source {
			return nil
		}
	}
	return c.Do(ctx, http.MethodPost, client.Mappings, nil, map[string]any{
		"EventSourceArn": source, "FunctionName": f.FunctionName, "FunctionResponseTypes": []string{"ReportBatchItemFailures"},
	}, nil)
}

// pack makes a zip archive of a file, and says which runtime it is for.
// A script is bundled with what it imports.
func pack(cmd *cobra.Command, file string, content []byte, handler string) (archive []byte, runtime string, err error) {
	const module, script = "provided.wasm", "nodejs22.x"
	var name string
	runtime = module
	switch {
	case filepath.Ext(file) == ".zip":
		if strings.Contains(handler, ".") && !strings.HasSuffix(handler, ".wasm") {
			runtime = script
		}
		return content, runtime, nil
	case filepath.Ext(file) == ".wasm":
		name = "bootstrap.wasm"
	case javascript.IsScript(file):
		bundle, err := javascript.Bundle(file)
		if err != nil {
			return nil, "", fmt.Errorf("bundle %s: %w", file, err)
		}
		name, content, runtime = "index.mjs", bundle.Source, script
	default:
		return nil, "", usage(file+" is neither a module, nor a script, nor an archive", cmd.CommandPath()+" NAME FILE.wasm")
	}
	var b bytes.Buffer
	w := zip.NewWriter(&b)
	entry, err := w.Create(name)
	if err == nil {
		_, err = entry.Write(content)
	}
	if err = errors.Join(err, w.Close()); err != nil {
		return nil, "", fmt.Errorf("pack %s: %w", file, err)
	}
	return b.Bytes(), runtime, nil
}
