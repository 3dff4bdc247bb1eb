package function

import (
	"context"
	"errors"
	"maps"
	"math/rand/v2"
	"slices"
	"time"
)

// Target is the version that a reference means now.
type Target struct {
	ID       string // in the process
	Function string // the ID without the version
	ARN      string // with the qualifier of the reference, as the function sees it
	Version  string // $LATEST or a number
	Timeout  time.Duration
	Config   *Config
	Code     Package
	// Configured says that it comes from the configuration file.
	Configured bool
	// Throttled says that the function's reserved concurrency is zero.
	Throttled bool
	// Ready says that the version is in service.
	Ready bool
	// Problem is why it could not be put into service, "" if that was not tried.
	Problem string
}

// Resolve finds the version that a reference means. For an alias with weights that differs from call to call.
func (s *Service) Resolve(r Reference) (Target, error) {
	f, err := s.Function(r.Key)
	if err != nil {
		return Target{}, s.notFound(r)
	}
	v, err := s.versionOf(f, r, (*Alias).choose)
	if err != nil {
		return Target{}, err
	}
	t := Target{
		ID: versionID(f, v), Function: r.Key.ID(), ARN: ARN(s.options.Region, r), Version: v.Name(), Timeout: v.Config.Timeout,
		Config: &v.Config, Code: v.Code, Throttled: f.Reserved != nil && *f.Reserved == 0,
	}
	s.mu.RLock()
	defer s.mu.RUnlock()
	_, t.Ready = s.serving[t.ID]
	t.Problem = s.broken[t.ID]
	if f.Configured {
		t.Function, t.Configured, t.Ready = f.Name, true, true // whoever runs it knows whether it is there
	}
	return t, nil
}

// versionOf finds the version of a function that a reference means; choose says which one an alias does.
func (s *Service) versionOf(f *Function, r Reference, choose func(*Alias) int) (*Version, error) {
	number, isVersion := versionNumber(r.Qualifier)
	if !isVersion {
		alias := f.alias(r.Qualifier)
		if alias == nil {
			return nil, s.notFound(r)
		}
		number = choose(alias)
	}
	v := f.version(number)
	if v == nil {
		return nil, s.notFound(r)
	}
	return v, nil
}

// choose picks a version by the alias's weights.
func (a *Alias) choose() int {
	if len(a.Weights) == 0 {
		return a.Version
	}
	share := rand.Float64() //nolint:gosec // it spreads load
	for _, number := range slices.Sorted(maps.Keys(a.Weights)) {
		if share -= a.Weights[number]; share < 0 {
			return number
		}
	}
	return a.Version
}

// versionID is the name of a version in the process.
func versionID(f *Function, v *Version) string {
	if f.Configured {
		return f.Name
	}
	return Reference{f.Key, v.Name()}.ID()
}

// Ensure puts a version into service that nobody refers to, because it is invoked.
func (s *Service) Ensure(ctx context.Context, r Reference) error {
	end, err := s.take(ctx, r.Key)
	if err != nil {
		return err
	}
	defer end()
	f, err := s.Function(r.Key)
	if err != nil {
		return err
	}
	v, err := s.versionOf(f, r, (*Alias).choose)
	if err != nil {
		return err
	}
	return s.serve(ctx, f, v, nil)
}

// serve puts a version into service. Its package is read unless it is given.
func (s *Service) serve(ctx context.Context, f *Function, v *Version, module *Module) error {
	if f.Configured {
		return nil
	}
	id := versionID(f, v)
	err := s.deploy(ctx, f, v, module)
	if ctx.Err() != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if err != nil {
		if _, serves := s.serving[id]; !serves {
			s.broken[id] = err.Error()
		}
		return err
	}
	delete(s.broken, id)
	s.serving[id] = v.Code.SHA256
	return nil
}

func (s *Service) deploy(ctx context.Context, f *Function, v *Version, module *Module) error {
	if module == nil {
		zip, err := s.Download(ctx, v.Code)
		if err != nil {
			return err
		}
		if module, err = ReadPackage(zip, v.Config.Runtime, v.Config.Handler); err != nil {
			return err
		}
	}
	concurrency := DefaultConcurrency
	if f.Reserved != nil {
		concurrency = max(1, *f.Reserved) // with none, invocations are refused before they get here
	}
	err := s.options.Runtime.Deploy(ctx, Deployment{
		ID: versionID(f, v), Version: v, Module: module, Concurrency: concurrency,
	})
	if err != nil && ctx.Err() == nil {
		return &Error{Code: CodeInvalid, Message: "The code cannot be put into service: " + err.Error()}
	}
	return err
}

// retire takes versions of a function out of service that nobody refers to: of those that are invoked by their number
// it is put back at the next invocation. A nil function is one that is gone.
func (s *Service) retire(key Key, f *Function) {
	needed := map[string]bool{}
	if f != nil {
		for _, v := range s.referred(f) {
			needed[versionID(f, v)] = true
		}
	}
	s.mu.Lock()
	var gone []string
	for id := range s.serving {
		if r, ok := ParseID(id); ok && r.Key == key && !needed[id] {
			gone = append(gone, id)
			delete(s.serving, id)
		}
	}
	maps.DeleteFunc(s.broken, func(id, _ string) bool {
		r, ok := ParseID(id)
		return ok && r.Key == key && !needed[id]
	})
	s.mu.Unlock()
	for _, id := range gone {
		s.options.Runtime.Remove(id)
	}
}

// referred are the versions of a function that are kept in service: $LATEST, and those of aliases and mappings.
func (s *Service) referred(f *Function) []*Version {
	numbers := map[int]bool{0: true}
	for i := range f.Aliases {
		numbers[f.Aliases[i].Version] = true
		for number := range f.Aliases[i].Weights {
			numbers[number] = true
		}
	}
	for _, m := range s.mappingsOf(f.Key) {
		if number, ok := versionNumber(m.Qualifier); ok {
			numbers[number] = true
		}
	}
	var versions []*Version
	for _, number := range slices.Sorted(maps.Keys(numbers)) {
		if v := f.version(number); v != nil {
			versions = append(versions, v)
		}
	}
	return versions
}

// renew makes the process serve a function as it is known now. It is the function's turn.
func (s *Service) renew(ctx context.Context, key Key) {
	f := s.stored(key)
	if f != nil {
		for _, v := range s.referred(f) {
			if err := s.serve(ctx, f, v, nil); err != nil && ctx.Err() == nil {
				s.options.Logger.ErrorContext(ctx, "function is not in service", "account", key.Account, "function", key.Name,
					"version", v.Name(), "error", err)
			}
		}
	}
	s.retire(key, f)
}

// Restore puts all functions into service, one after the other. Changed is called after each.
func (s *Service) Restore(ctx context.Context) {
	if err := s.collectAll(ctx); err != nil {
		s.options.Logger.WarnContext(ctx, "unused code was not removed", "error", err)
	}
	s.mu.RLock()
	keys := slices.Collect(maps.Keys(s.functions))
	s.mu.RUnlock()
	slices.SortFunc(keys, compareKeys)
	s.options.Changed() // mappings of configured functions need not wait
	for _, key := range keys {
		end, err := s.take(ctx, key)
		if err != nil {
			return
		}
		s.renew(ctx, key)
		end()
		s.options.Changed()
	}
}

var errNothing = errors.New("nothing has changed")

// undo puts the stored state of a function back into service after a change that could not be stored.
func (s *Service) undo(ctx context.Context, key Key) {
	undoing, cancel := context.WithTimeout(context.WithoutCancel(ctx), undoTime)
	defer cancel()
	s.renew(undoing, key)
}

const undoTime = time.Minute

// Version returns the function and the version that a reference means. Of an alias it is the one without weights.
func (s *Service) Version(r Reference) (*Function, *Version, error) {
	f, err := s.Function(r.Key)
	if err != nil {
		return nil, nil, s.notFound(r)
	}
	v, err := s.versionOf(f, r, func(a *Alias) int { return a.Version })
	if err != nil {
		return nil, nil, err
	}
	return f, v, nil
}
