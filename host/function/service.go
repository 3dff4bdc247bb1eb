package function

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"hash/maphash"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/google/uuid"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

// Defaults and limits (AWS Lambda developer guide, "Lambda quotas").
const (
	DefaultMemoryMiB   = 128
	DefaultTimeout     = 3 * time.Second
	DefaultConcurrency = 1000 // invocations at a time of one version, without a reservation

	MaxPackage     = 64 << 20  // bytes of a package
	MaxAccountCode = 250 << 20 // bytes of all packages of an account
	MaxVersions    = 100       // published versions of a function
	MaxFunctions   = 1000      // of an account
	MaxMappings    = 1000      // of an account
	maxAliases     = 100       // of a function
	maxMemoryMiB   = 4095      // package plugins addresses less than 4 GiB
	minMemoryMiB   = 16
	maxTimeout     = 15 * time.Minute
)

// Deployment is a version to be put into service.
type Deployment struct {
	ID          string // in the process: account/name, or account/name:version
	Version     *Version
	Module      *Module
	Concurrency int
}

// Runtime runs versions of functions.
type Runtime interface {
	// Deploy puts a version into service, in place of the one of the same id. When it fails nothing has changed.
	// Deploying what is in service does nothing.
	Deploy(ctx context.Context, d Deployment) error
	// Remove takes a version out of service. What runs of it finishes.
	Remove(id string)
}

// Options configure a Service.
type Options struct {
	Region  string // named in ARNs
	Runtime Runtime
	// Durable waits until what was stored before survives a power cut.
	Durable func() error
	// CheckMapping says what is wrong with a mapping, beyond what a Service can know: its queue and its batches.
	CheckMapping func(ctx context.Context, m *Mapping) error
	// CheckDestination says what is wrong with a destination that what becomes of a function's events is sent to.
	CheckDestination func(ctx context.Context, of Reference, destination string) error
	// Pause stops a configured mapping from receiving, or lets it go on, until the process ends.
	Pause func(m *Mapping, paused bool) error
	// Changed is called when mappings, or functions in service, have changed. It must not wait for calls of the
	// Service.
	Changed func()
	// MaxAccountCode bounds the packages of an account, in bytes; MaxAccountCode if it is 0.
	MaxAccountCode int64
	// MaxVersions is how many published versions of a function are kept; MaxVersions if it is 0.
	MaxVersions int
	Logger      *slog.Logger
}

// Service holds the functions and mappings of all accounts.
type Service struct {
	options Options
	records jetstream.KeyValue
	objects jetstream.ObjectStore
	watch   jetstream.KeyWatcher
	seed    maphash.Seed
	turns   [64]chan struct{} // calls that change the same function take turns

	mu         sync.RWMutex
	functions  map[Key]*Function
	configured map[Key]*Function
	mappings   map[string]*Mapping // by UUID
	fixed      map[string]*Mapping // of the configuration file, by UUID
	gone       map[string]uint64   // keys of documents that were removed here, to their last revision
	serving    map[string]string   // id of each version in service, to the package that it runs
	broken     map[string]string   // ids that could not be put into service, and why

	codes  sync.Mutex     // held while packages are collected, or one is noted as wanted
	wanted map[string]int // packages of calls under way, by SHA-256
}

// Open reads the functions and mappings of a server. ctx bounds the opening only.
func Open(ctx context.Context, nc *nats.Conn, options Options) (*Service, error) {
	if options.Runtime == nil || options.Durable == nil || options.CheckMapping == nil || options.CheckDestination == nil ||
		options.Changed == nil || options.Pause == nil {
		return nil, errors.New("open functions: every part of the options but the limit and the log is required")
	}
	options.Logger = cmp.Or(options.Logger, slog.Default())
	options.MaxAccountCode = cmp.Or(options.MaxAccountCode, MaxAccountCode)
	options.MaxVersions = cmp.Or(options.MaxVersions, MaxVersions)
	js, err := jetstream.New(nc)
	if err != nil {
		return nil, fmt.Errorf("open functions: %w", err)
	}
	s := &Service{
		options: options, seed: maphash.MakeSeed(),
		functions: map[Key]*Function{}, configured: map[Key]*Function{}, mappings: map[string]*Mapping{},
		fixed: map[string]*Mapping{}, gone: map[string]uint64{},
		serving: map[string]string{}, broken: map[string]string{}, wanted: map[string]int{},
	}
	for i := range s.turns {
		s.turns[i] = make(chan struct{}, 1)
	}
	s.records, err = js.CreateOrUpdateKeyValue(ctx, jetstream.KeyValueConfig{Bucket: recordBucket})
	if err != nil {
		return nil, fmt.Errorf("open the bucket of functions: %w", err)
	}
	s.objects, err = js.CreateOrUpdateObjectStore(ctx, jetstream.ObjectStoreConfig{Bucket: codeBucket})
	if err != nil {
		return nil, fmt.Errorf("open the bucket of packages: %w", err)
	}
	// The watch outlives the opening: Run goes on with it.
	s.watch, err = s.records.WatchAll(context.WithoutCancel(ctx))
	if err != nil {
		return nil, fmt.Errorf("read the functions: %w", err)
	}
	if err := s.readAll(ctx); err != nil {
		return nil, errors.Join(err, s.watch.Stop())
	}
	return s, nil
}

// Run puts into service what other nodes change, until ctx ends.
func (s *Service) Run(ctx context.Context) error {
	defer func() { _ = s.watch.Stop() }()
	for {
		select {
		case <-ctx.Done():
			return nil
		case entry, open := <-s.watch.Updates():
			if !open {
				return nil
			}
			if entry != nil {
				s.follow(ctx, entry)
			}
		}
	}
}

// take waits for the caller's turn to change a function, and returns how to end it.
func (s *Service) take(ctx context.Context, key Key) (func(), error) {
	turn := s.turns[maphash.Comparable(s.seed, key)%uint64(len(s.turns))]
	select {
	case turn <- struct{}{}:
		return func() { <-turn }, nil
	case <-ctx.Done():
		return nil, fmt.Errorf("wait for another change of function %q: %w", key.Name, context.Cause(ctx))
	}
}

// Region is named in ARNs.
func (s *Service) Region() string { return s.options.Region }

// Function returns a function with all its versions.
func (s *Service) Function(key Key) (*Function, error) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	if f := s.configured[key]; f != nil {
		return f, nil
	}
	if f := s.functions[key]; f != nil {
		return f, nil
	}
	return nil, s.notFound(Reference{Key: key})
}

// Functions returns those of an account by name.
func (s *Service) Functions(account string) []*Function {
	s.mu.RLock()
	defer s.mu.RUnlock()
	var all []*Function
	for key, f := range s.configured {
		if key.Account == account {
			all = append(all, f)
		}
	}
	for key, f := range s.functions {
		if key.Account == account && s.configured[key] == nil {
			all = append(all, f)
		}
	}
	slices.SortFunc(all, func(a, b *Function) int { return strings.Compare(a.Name, b.Name) })
	return all
}

// Configure replaces the functions and mappings of the configuration file. Functions go before deployed ones of the same
// name; a mapping gets a UUID that stays the same as long as its queue and function do.
func (s *Service) Configure(functions []*Function, mappings []*Mapping) {
	s.mu.Lock()
	defer s.mu.Unlock()
	clear(s.configured)
	for _, f := range functions {
		f.Configured = true
		s.configured[f.Key] = f
	}
	before := s.fixed
	s.fixed = make(map[string]*Mapping, len(mappings))
	for _, m := range mappings {
		m.Configured = true
		m.UUID = uuid.NewSHA1(uuid.NameSpaceURL, []byte(QueueARN(s.options.Region, m.Account, m.Queue)+" "+m.Function)).String()
		if old := before[m.UUID]; old != nil && old.Paused {
			m.Paused, m.Enabled = true, false
		}
		s.fixed[m.UUID] = m
	}
}

// changeable returns a function that is about to be changed, in the caller's turn.
func (s *Service) changeable(key Key) (*Function, error) {
	f, err := s.Function(key)
	if err != nil {
		return nil, err
	}
	if f.Configured {
		return nil, refuse(CodeConflict, "The function %s is defined in the server's configuration. Change it there.", key.Name)
	}
	return f, nil
}

func (s *Service) notFound(r Reference) *Error {
	return refuse(CodeNotFound, "Function not found: %s", ARN(s.options.Region, r))
}
