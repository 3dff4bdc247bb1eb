package host

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/queuelet/queuelet/host/activity"
	"github.com/queuelet/queuelet/host/config"
	"github.com/queuelet/queuelet/sigauth"
)

// RestartError refuses a reload because of values that a running process cannot take
// over.
type RestartError struct {
	Keys []string // of the configuration
}

func (e *RestartError) Error() string {
	return "the configuration needs a restart for " + strings.Join(e.Keys, ", ")
}

// Reload takes over a new configuration as a whole or not at all: queues, functions, roles,
// mappings, credentials, the log level and the grace for stopping. A [*RestartError]
// names what else has changed. Queues and functions that were touched before a failure
// are set back; queues that the configuration no longer mentions stay, with their
// messages.
func (h *Host) Reload(ctx context.Context, next config.Config) error {
	h.reloading.Lock()
	defer h.reloading.Unlock()
	changes := config.Diff(h.Config(), next)
	err := h.reload(ctx, next, changes)
	if err != nil {
		h.Refuse(ctx, err)
		return err
	}
	h.metrics.reloadSuccess.Set(1)
	h.metrics.reloadTime.SetToCurrentTime()
	keys := make([]string, len(changes))
	for i, change := range changes {
		keys[i] = change.Key
	}
	h.log.InfoContext(ctx, "configuration is taken over", "changed", keys)
	h.feed.Publish(activity.Event{Kind: activity.ConfigReloaded, Detail: strings.Join(keys, ", ")})
	return nil
}

func (h *Host) reload(ctx context.Context, next config.Config, changes config.Changes) error {
	if err := h.phase.notReady(); err != nil {
		return fmt.Errorf("reload: %w", err)
	}
	if keys := changes.NeedRestart(); len(keys) > 0 {
		return &RestartError{Keys: keys}
	}
	credentials := signatureCredentials(next)
	if _, err := sigauth.NewCredentials(credentials); err != nil {
		return fmt.Errorf("take over the credentials: %w", err)
	}
	allow, err := newAllowLists(next)
	if err != nil {
		return err
	}
	before := h.Config()
	if err := h.takeOver(ctx, next); err != nil {
		return errors.Join(err, h.setBack(ctx, before, next))
	}
	// Nothing below fails.
	h.removeFunctions(ctx, before.Functions, next.Functions)
	h.mu.Lock()
	h.config = next
	h.mu.Unlock()
	h.allow.Store(&allow)
	h.configureDeployments(next)
	err = errors.Join(h.credentials.Replace(credentials), h.telemetry.SetLevel(next.Log.Level))
	h.store.Broker.Recheck() // native clients whose key is gone
	return err
}

// takeOver does the part of a reload that can fail.
func (h *Host) takeOver(ctx context.Context, next config.Config) error {
	for _, f := range next.Functions {
		if err := h.deploy(ctx, f); err != nil {
			return err
		}
	}
	if err := h.roles.configure(next.Roles); err != nil {
		return err
	}
	if err := h.ensureQueues(ctx, next.Queues); err != nil {
		return err
	}
	return h.applyMappings(next.Mappings)
}

// setBack undoes a reload that failed halfway.
func (h *Host) setBack(ctx context.Context, before, next config.Config) error {
	var failures []error
	for _, f := range before.Functions {
		failures = append(failures, h.deploy(ctx, f))
	}
	failures = append(failures, h.roles.configure(before.Roles), h.ensureQueues(ctx, before.Queues), h.applyMappings(before.Mappings))
	h.removeFunctions(ctx, next.Functions, before.Functions)
	if err := errors.Join(failures...); err != nil {
		return fmt.Errorf("set back to the configuration before: %w", err)
	}
	return nil
}

// removeFunctions takes functions out of service that are gone.
func (h *Host) removeFunctions(ctx context.Context, before, after []config.Function) {
	stay := make(map[string]bool)
	for _, f := range after {
		stay[f.Name] = true
	}
	gone := make(map[string]bool)
	for _, f := range before {
		gone[f.Name] = !stay[f.Name]
	}
	maps.DeleteFunc(gone, func(_ string, gone bool) bool { return !gone })
	for _, name := range slices.Sorted(maps.Keys(gone)) {
		h.invoker.removed(name)
		h.operations.Revoke(name)
		if err := h.functions.Remove(name); err == nil {
			h.log.InfoContext(ctx, "function is removed", "function", name)
		}
	}
}

// Redeploy puts a function's module, changed on disk, into service. The version before
// finishes what it does.
func (h *Host) Redeploy(ctx context.Context, name string) error {
	h.reloading.Lock()
	defer h.reloading.Unlock()
	for _, f := range h.Config().Functions {
		if f.Name == name {
			return h.deploy(ctx, f)
		}
	}
	return fmt.Errorf("redeploy %q: %w", name, errNoFunction)
}

var errNoFunction = errors.New("no such function is configured")

// Refuse records that a new configuration could not even be read.
func (h *Host) Refuse(ctx context.Context, err error) {
	h.metrics.reloadSuccess.Set(0)
	h.log.ErrorContext(ctx, "configuration is not taken over", "error", err)
	h.feed.Publish(activity.Event{Kind: activity.ConfigReloaded, Failed: 1, Detail: err.Error()})
}
