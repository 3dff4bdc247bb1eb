package host

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"

	"github.com/queuelet/queuelet/host/config"
	"github.com/queuelet/queuelet/host/dispatch"
	"github.com/queuelet/queuelet/host/function"
	"github.com/queuelet/queuelet/host/queue"
	"github.com/queuelet/queuelet/plugins"
	"github.com/queuelet/queuelet/plugins/javascript"
)

// fromDeployments is the origin of the mappings that were made over the Lambda API.
const fromDeployments = "api"

// deployedConcurrency is how many batches a mapping without a limit may have in work.
const deployedConcurrency = 50

// startDeployments reads what was deployed over the Lambda API. It is put into service
// later, as what is configured is.
func (h *Host) startDeployments(ctx context.Context) (stopFunc, error) {
	service, err := function.Open(ctx, h.store.Conn(), function.Options{
		Region:           h.Config().SQS.Region,
		Runtime:          deployer{h},
		Durable:          h.store.Durable,
		MaxAccountCode:   int64(h.Config().Storage.MaxCode),
		CheckMapping:     h.checkDeployedMapping,
		CheckDestination: h.checkEventDestination,
		Pause:            h.pauseConfigured,
		Changed:          h.applyDeployments,
		Logger:           h.log.With("component", "lambda"),
	})
	if err != nil {
		return nil, err
	}
	h.deployments, h.invoker.store = service, service
	h.configureDeployments(h.Config())
	return func(context.Context) error { return nil }, nil
}

// configureDeployments tells what is configured to those who list and invoke functions.
func (h *Host) configureDeployments(c config.Config) {
	functions := make([]*function.Function, len(c.Functions))
	for i, f := range c.Functions {
		functions[i] = configuredFunction(f)
	}
	mappings := make([]*function.Mapping, len(c.Mappings))
	for i, m := range c.Mappings {
		mappings[i] = &function.Mapping{
			Account: m.AccountID, Queue: m.Queue, Function: m.Function,
			MappingConfig: function.MappingConfig{
				Enabled: m.Enabled, BatchSize: m.BatchSize, Window: m.MaximumBatchingWindow, MaxConcurrency: m.MaximumConcurrency,
				Filters: m.Filters, ReportFailures: m.ReportBatchItemFailures, Bisect: m.BisectBatchOnFunctionError,
				OnSuccess: m.OnSuccess, OnFailure: m.OnFailure,
			},
		}
	}
	h.deployments.Configure(functions, mappings)
}

// configuredFunction shows a configured function as a deployed one, without its
// environment, which may have secrets.
func configuredFunction(f config.Function) *function.Function {
	shown := &function.Function{Key: function.Key{Account: f.AccountID, Name: f.Name}, Next: 1}
	shown.Latest.Config = function.Config{
		Runtime: "provided.wasm", Description: "defined in the server's configuration", MemoryMiB: int(f.Memory >> 20),
		Timeout: f.Timeout,
	}
	shown.Latest.Config.Handler = f.Handler
	if f.Role != "" {
		shown.Latest.Config.Role = function.Role{Account: f.AccountID, Name: f.Role}.ARN()
	}
	if javascript.IsScript(f.Path) {
		shown.Latest.Config.Runtime = "nodejs"
	}
	if info, err := os.Stat(f.Path); err == nil {
		shown.Latest.Code.Size, shown.Latest.Modified = info.Size(), info.ModTime().UTC()
		shown.Created = shown.Latest.Modified
	}
	return shown
}

// deployer puts versions of deployed functions into the runtime.
type deployer struct{ h *Host }

var _ function.Runtime = deployer{}

func (d deployer) Deploy(ctx context.Context, v function.Deployment) error {
	c := &v.Version.Config
	f := plugins.Function{
		Name:           v.ID,
		Memory:         int64(c.MemoryMiB) << 20,
		Timeout:        c.Timeout,
		MaxConcurrency: v.Concurrency,
		Environment:    c.Environment,
	}
	if err := setCode(&f, v.Module); err != nil {
		return err
	}
	// Granted first: a guest may read its configuration while it gets ready.
	undo, err := d.h.roles.assume(v.ID, c.Role)
	if err != nil {
		return err
	}
	if err := d.h.putIntoService(ctx, f); err != nil {
		undo()
		if refused, ok := errors.AsType[*plugins.DeployError](err); ok && refused.Hint != "" {
			return fmt.Errorf("%w; %s", refused.Err, refused.Hint)
		} else if ok {
			return refused.Err
		}
		return err
	}
	return nil
}

// setCode gives a function the code of a package.
func setCode(f *plugins.Function, module *function.Module) error {
	switch module.Kind {
	case function.KindWASM:
		f.Wasm = module.Source
		return nil
	case function.KindScript:
		f.Script, f.ScriptFiles, f.Path, f.Handler = module.Source, module.Files, module.Name, module.Export
		return nil
	default:
		return fmt.Errorf("code of the kind %q cannot be run", module.Kind)
	}
}

func (d deployer) Remove(id string) {
	// One that is not there is what was wanted.
	_ = d.h.functions.Remove(id)
	if of, _ := function.ParseID(id); d.h.deploys(of.Key) {
		d.h.roles.retire(id) // another version goes on
	} else {
		d.h.roles.drop(id)
	}
	if !strings.Contains(id, ":") {
		d.h.invoker.removed(id)
	}
}

// deploys says whether there is a deployed function of that name.
func (h *Host) deploys(key function.Key) bool {
	f, err := h.deployments.Function(key)
	return err == nil && !f.Configured
}

// deployedMapping is a mapping as dispatch wants it, checked.
func deployedMapping(m *function.Mapping) (dispatch.Mapping, error) {
	mapping := dispatch.Mapping{
		Queue:          queue.Key{Account: m.Account, Name: m.Queue},
		Function:       m.Reference().ID(),
		BatchSize:      m.BatchSize,
		Window:         m.Window,
		MaxConcurrency: m.MaxConcurrency,
		Filters:        m.Filters,
		WholeBatch:     !m.ReportFailures,
		Bisect:         m.Bisect,
		Disabled:       !m.Enabled,
	}
	if mapping.MaxConcurrency == 0 {
		mapping.MaxConcurrency = deployedConcurrency
	}
	var err error
	if mapping.OnSuccess, err = dispatch.ParseDestination(m.OnSuccess, m.Account); err != nil {
		return mapping, err
	}
	if mapping.OnFailure, err = dispatch.ParseDestination(m.OnFailure, m.Account); err != nil {
		return mapping, err
	}
	return mapping, dispatch.Check(mapping)
}

// checkDeployedMapping says what is wrong with a mapping that is about to be stored.
func (h *Host) checkDeployedMapping(_ context.Context, m *function.Mapping) error {
	mapping, err := deployedMapping(m)
	if refused, ok := errors.AsType[*dispatch.Error](err); ok {
		problem := refused.Problem
		if refused.Err != nil {
			problem += ": " + refused.Err.Error()
		}
		return &function.Error{Code: function.CodeInvalid, Message: "The event source mapping has " + problem + "."}
	}
	if err != nil {
		return err
	}
	if _, err := h.store.Queue(mapping.Queue); err != nil {
		return &function.Error{
			Code: function.CodeInvalid,
			Message: "Error occurred while ReceiveMessage. SQS Error Code: AWS.SimpleQueueService.NonExistentQueue. " +
				"SQS Error Message: The specified queue does not exist for this wsdl version.",
		}
	}
	return nil
}

// applyDeployments serves the mappings of deployments whose functions are in service. The
// others are served when theirs are.
func (h *Host) applyDeployments() {
	h.applying.Lock()
	defer h.applying.Unlock()
	var all []dispatch.Mapping
	for _, m := range h.deployments.Mappings("") {
		if m.Configured {
			continue
		}
		mapping, err := deployedMapping(m)
		if err != nil {
			h.log.Error("event source mapping is not served", "mapping", m.UUID, "error", err)
			continue
		}
		if target, err := h.deployments.Resolve(m.Reference()); err == nil && !target.Ready {
			continue
		}
		all = append(all, mapping)
	}
	if err := h.dispatcher.Apply(fromDeployments, all); err != nil && !errors.Is(err, &dispatch.Error{Code: dispatch.CodeStopped}) {
		h.log.Error("event source mappings are not served", "error", err)
	}
}

// mappingID is the name of a mapping in dispatch.
func mappingID(m *function.Mapping) string {
	name := m.Reference().ID()
	if m.Configured {
		name = m.Function
	}
	return m.Account + "/" + m.Queue + ":" + name
}

// pauseConfigured stops a configured mapping from receiving, or lets it go on.
func (h *Host) pauseConfigured(m *function.Mapping, paused bool) error {
	if paused {
		return h.dispatcher.Pause(mappingID(m))
	}
	return h.dispatcher.Resume(mappingID(m))
}

// lastResult says what the last invocation of a mapping came to.
func (h *Host) lastResult(m *function.Mapping) string {
	id := mappingID(m)
	for _, status := range h.dispatcher.Status() {
		if status.Mapping.ID == id {
			return status.LastResult
		}
	}
	return ""
}
