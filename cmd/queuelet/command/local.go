package command

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/spf13/cobra"

	"github.com/queuelet/queuelet/host/config"
	"github.com/queuelet/queuelet/plugins"
	"github.com/queuelet/queuelet/plugins/build"
	"github.com/queuelet/queuelet/plugins/javascript"
	queuelet "github.com/queuelet/queuelet/plugins/sdk"
)

// localFlags are those of commands that run a function in this process, without a server.
type localFlags struct {
	config, handler string
	environment     []string
	memory, timeout int
}

func (l *localFlags) settings(c *cobra.Command) {
	f := c.Flags()
	f.StringArrayVar(&l.environment, "env", nil, "`NAME=value` for its environment; may be given several times")
	f.StringVar(&l.handler, "handler", "", "export that handles events, where there is a choice")
	f.IntVar(&l.memory, "memory", 0, "`MiB` it may have; 128 without it")
	f.IntVar(&l.timeout, "timeout", 0, "`seconds` an invocation may take; 30 without it")
}

// isPath says whether an argument names a file or a folder. Names of functions have neither dots nor slashes.
func isPath(argument string) bool {
	return strings.ContainsAny(argument, `./\`)
}

// local is a function that runs in this process. What it asks of the host is done in memory.
type local struct {
	function plugins.Function
	folder   string // with its source
	builds   bool   // the module is made of the source
	stub     *queuelet.Stub

	configuration, secrets map[string]string

	runtime   *plugins.Runtime
	temporary string // folder for the module
}

// find says which function an argument stands for: a file, a folder, or a name in the configuration.
func (l *localFlags) find(cmd *cobra.Command, std IO, argument string) (*local, error) {
	info, err := os.Stat(argument)
	var found *local
	switch {
	case err == nil && info.IsDir():
		found, err = inFolder(argument)
	case err == nil && !javascript.IsScript(argument) && filepath.Ext(argument) != ".wasm":
		err = usage(argument+" is neither a module, nor a script, nor a folder", cmd.CommandPath()+" FILE.wasm")
	case err == nil:
		found = &local{folder: filepath.Dir(argument), function: plugins.Function{Path: argument}}
	case isPath(argument):
		return nil, usage(err.Error(), cmd.CommandPath()+" DIR, with the folder of a function")
	default:
		found, err = l.configured(std, argument)
	}
	if err != nil {
		return nil, err
	}
	environment, err := readEnvironment(cmd, l.environment)
	if err != nil {
		return nil, err
	}
	f := &found.function
	if len(environment) > 0 {
		f.Environment = environment
	}
	f.Name = cmp.Or(f.Name, functionName(argument))
	f.Handler = cmp.Or(l.handler, f.Handler)
	f.Memory = cmp.Or(int64(l.memory)<<20, f.Memory)
	f.Timeout = cmp.Or(time.Duration(l.timeout)*time.Second, f.Timeout)
	return found, nil
}

// inFolder is the function whose source is in a folder.
func inFolder(folder string) (*local, error) {
	language, err := build.Detect(folder)
	if err != nil {
		return nil, usage(err.Error(), "the folder of a function, or queuelet plugin new")
	}
	l := &local{folder: folder, builds: language != build.LanguageJavaScript}
	if !l.builds {
		l.function.Path = build.Script(folder)
	}
	return l, nil
}

// configured is the function of a name in the configuration, with its settings.
func (l *localFlags) configured(std IO, name string) (*local, error) {
	c, err := config.Load(std.source(l.config))
	if err != nil {
		return nil, err
	}
	for _, f := range c.Functions {
		if f.Name != name {
			continue
		}
		secrets := map[string]string{}
		for key, secret := range f.Grants.Secrets {
			secrets[key] = secret.Reveal()
		}
		return &local{
			folder: filepath.Dir(f.Path), configuration: f.Grants.Config, secrets: secrets,
			function: plugins.Function{
				Name: name, Path: f.Path, Handler: f.Handler, Memory: int64(f.Memory), Timeout: f.Timeout, Environment: f.Environment,
			},
		}, nil
	}
	std.notef("queuelet: there is no file, no folder and no function of the configuration that is called %s\n"+
		"Try: --config FILE, or the path of the function", name)
	return nil, &exitError{ExitNotFound}
}

// functionName makes the name of a function of its path.
func functionName(path string) string {
	absolute, err := filepath.Abs(path)
	if err != nil {
		absolute = path
	}
	name := filepath.Base(absolute)
	return cmp.Or(strings.Trim(notInName.ReplaceAllString(strings.TrimSuffix(name, filepath.Ext(name)), "-"), "-"), "function")
}

// open makes the runtime for the function; line gets what is logged.
func (l *local) open(ctx context.Context, line func(string)) (err error) {
	if l.temporary, err = os.MkdirTemp("", "queuelet-local-"); err != nil {
		return fmt.Errorf("make a folder for the module: %w", err)
	}
	l.runtime, err = plugins.New(ctx, plugins.Options{
		CacheDir: localCache(), Logger: slog.New(lineHandler{line}), Services: l,
		CompileWorkers: runtime.GOMAXPROCS(0), // the author's own module is no attack
	})
	if err != nil {
		return errors.Join(err, os.RemoveAll(l.temporary))
	}
	return nil
}

// localCache is the folder of dev for compiled functions, "" if it cannot be made.
func localCache() string {
	folder := devCache()
	if folder == "" || os.MkdirAll(folder, 0o700) != nil {
		return ""
	}
	return folder
}

// deploy builds the function, if it has to be built, and puts it into service.
func (l *local) deploy(ctx context.Context) error {
	if l.builds {
		l.function.Path = filepath.Join(l.temporary, "handler.wasm")
		if err := build.Dir(ctx, l.folder, l.function.Path); err != nil {
			return err
		}
	}
	_, err := l.runtime.Deploy(ctx, l.function)
	return err
}

// invoke runs the function once, in a world in which nothing has happened yet.
func (l *local) invoke(ctx context.Context, requestID string, event []byte, ids []string) (plugins.Result, error) {
	l.stub = &queuelet.Stub{Configuration: l.configuration, Secrets: l.secrets}
	return l.runtime.Invoke(ctx, l.function.Name, plugins.Invocation{
		RequestID: requestID, FunctionARN: "arn:aws:lambda:us-east-1:000000000000:function:" + l.function.Name,
		Event: event, MessageIDs: ids, Attempt: 1,
	})
}

// memory is how many bytes the function may have.
func (l *local) memory() int64 { return cmp.Or(l.function.Memory, plugins.DefaultMemory) }

// Call does what the function asks of the host.
func (l *local) Call(ctx context.Context, _ plugins.Caller, operation string, request []byte) ([]byte, error) {
	if l.stub == nil { // it is getting ready
		return (&queuelet.Stub{Configuration: l.configuration, Secrets: l.secrets}).Call(ctx, operation, request)
	}
	return l.stub.Call(ctx, operation, request)
}

// close ends the runtime.
func (l *local) close(ctx context.Context) error {
	const patience = 5 * time.Second
	closing, cancel := context.WithTimeout(context.WithoutCancel(ctx), patience)
	defer cancel()
	return errors.Join(l.runtime.Close(closing), os.RemoveAll(l.temporary))
}

func newRequestID() string { return uuid.NewString() }

// lineHandler passes on what a function logs, without times and attributes, and what goes wrong around it.
type lineHandler struct{ line func(string) }

// Enabled is for everything: guests say themselves what matters.
func (lineHandler) Enabled(context.Context, slog.Level) bool { return true }

// Handle passes a line on.
func (h lineHandler) Handle(_ context.Context, r slog.Record) error {
	ofGuest := false
	r.Attrs(func(a slog.Attr) bool {
		ofGuest = ofGuest || a.Key == "stream"
		return !ofGuest
	})
	if ofGuest || r.Level >= slog.LevelWarn {
		h.line(r.Message)
	}
	return nil
}

// WithAttrs and WithGroup drop what would stand beside the line.
func (h lineHandler) WithAttrs([]slog.Attr) slog.Handler { return h }

// WithGroup is as WithAttrs.
func (h lineHandler) WithGroup(string) slog.Handler { return h }
