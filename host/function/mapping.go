package function

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"
)

// Mapping feeds the messages of a queue to a function: an event source mapping. Whoever gets one from a [Service] must
// not change it.
type Mapping struct {
	MappingConfig

	UUID      string    `json:"uuid"`
	Account   string    `json:"account"`
	Queue     string    `json:"queue"` // name
	Function  string    `json:"function"`
	Qualifier string    `json:"qualifier,omitempty"` // version or alias; "" for $LATEST
	Created   time.Time `json:"created"`
	Modified  time.Time `json:"modified"`

	Tags map[string]string `json:"tags,omitempty"`

	// Configured says that it comes from the configuration file, and Paused that it was disabled since.
	Configured, Paused bool `json:"-"`

	revision uint64 // of the document
}

// MappingConfig is what can be changed about a mapping.
type MappingConfig struct {
	Enabled        bool          `json:"enabled"`
	BatchSize      int           `json:"batch_size"`
	Window         time.Duration `json:"window,omitempty"`
	MaxConcurrency int           `json:"max_concurrency,omitempty"` // 0: none is set
	Filters        []string      `json:"filters,omitempty"`
	// ReportFailures lets the function name the records that failed (ReportBatchItemFailures).
	ReportFailures bool `json:"report_failures,omitempty"`
	Bisect         bool `json:"bisect,omitempty"` // BisectBatchOnFunctionError, which AWS has for streams only
	// OnSuccess and OnFailure are where what became of a record is sent, as the ARN of a queue or as the mappings of the
	// configuration file name it.
	OnSuccess string `json:"on_success,omitempty"`
	OnFailure string `json:"on_failure,omitempty"`
}

// Reference is the function that the mapping feeds.
func (m *Mapping) Reference() Reference { return Reference{Key{m.Account, m.Function}, m.Qualifier} }

// Mappings returns those of an account, or of all with "", in the order of their creation; those of the configuration
// file first.
func (s *Service) Mappings(account string) []*Mapping {
	s.mu.RLock()
	defer s.mu.RUnlock()
	var all []*Mapping
	for _, some := range []map[string]*Mapping{s.fixed, s.mappings} {
		for _, m := range some {
			if account == "" || m.Account == account {
				all = append(all, m)
			}
		}
	}
	slices.SortFunc(all, func(a, b *Mapping) int { return cmp.Or(a.Created.Compare(b.Created), strings.Compare(a.UUID, b.UUID)) })
	return all
}

func (s *Service) mappingsOf(key Key) []*Mapping {
	s.mu.RLock()
	defer s.mu.RUnlock()
	var all []*Mapping
	for _, m := range s.mappings {
		if m.Reference().Key == key {
			all = append(all, m)
		}
	}
	return all
}

// Mapping returns a mapping of an account.
func (s *Service) Mapping(account, id string) (*Mapping, error) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	for _, m := range []*Mapping{s.fixed[id], s.mappings[id]} {
		if m != nil && m.Account == account {
			return m, nil
		}
	}
	return nil, refuse(CodeNotFound, "The resource you requested does not exist.")
}

// NewMapping is what CreateEventSourceMapping takes.
type NewMapping struct {
	Function Reference
	Queue    string // name of one of the function's account
	Config   MappingConfig
	Tags     map[string]string
}

// CreateMapping begins to feed a function.
func (s *Service) CreateMapping(ctx context.Context, n NewMapping) (*Mapping, error) {
	r, queue := n.Function, n.Queue
	if err := checkTags(n.Tags); err != nil {
		return nil, err
	}
	end, err := s.take(ctx, r.Key)
	if err != nil {
		return nil, err
	}
	defer end()
	if r.Qualifier == Latest {
		r.Qualifier = ""
	}
	f, v, err := s.mapped(r)
	if err != nil {
		return nil, err
	}
	all := s.Mappings(r.Account)
	if len(all) >= MaxMappings {
		return nil, refuse(CodeInvalid, "The account has %d event source mappings; more are not possible.", len(all))
	}
	for _, other := range all {
		if other.Queue == queue && other.Reference() == r {
			return nil, refuse(CodeConflict, `An event source mapping with SQS arn (" %s ") and function (" %s ") already exists. `+
				"Please update or delete the existing mapping with UUID %s", QueueARN(s.options.Region, r.Account, queue), r.Name, other.UUID)
		}
	}
	now := time.Now().UTC().Truncate(time.Millisecond)
	m := &Mapping{
		UUID: uuid.NewString(), Account: r.Account, Queue: queue, Function: r.Name, Qualifier: r.Qualifier,
		Created: now, Modified: now, MappingConfig: n.Config, Tags: maps.Clone(n.Tags),
	}
	if err := s.options.CheckMapping(ctx, m); err != nil {
		return nil, err
	}
	if err := s.serve(ctx, f, v, nil); err != nil {
		return nil, err
	}
	return m, s.writeMapping(ctx, m)
}

// mapped finds the function and version of a mapping.
func (s *Service) mapped(r Reference) (*Function, *Version, error) {
	f, err := s.Function(r.Key)
	if err != nil {
		return nil, nil, err
	}
	v, err := s.versionOf(f, r, (*Alias).choose)
	return f, v, err
}

// UpdateMapping changes a mapping, and the function it feeds if one is given.
func (s *Service) UpdateMapping(
	ctx context.Context, account, id string, to *Reference, change func(*MappingConfig),
) (*Mapping, error) {
	before, err := s.Mapping(account, id)
	if err != nil {
		return nil, err
	}
	m := *before
	if m.Configured {
		return s.pause(m, to, change)
	}
	if to != nil {
		m.Function, m.Qualifier = to.Name, to.Qualifier
		if m.Qualifier == Latest {
			m.Qualifier = ""
		}
	}
	end, err := s.take(ctx, m.Reference().Key)
	if err != nil {
		return nil, err
	}
	defer end()
	change(&m.MappingConfig)
	m.Modified = time.Now().UTC().Truncate(time.Millisecond)
	if err := s.options.CheckMapping(ctx, &m); err != nil {
		return nil, err
	}
	if to != nil {
		f, v, err := s.mapped(m.Reference())
		if err != nil {
			return nil, err
		}
		if err := s.serve(ctx, f, v, nil); err != nil {
			return nil, err
		}
	}
	return &m, s.writeMapping(ctx, &m)
}

// TagMapping adds and removes tags of a mapping.
func (s *Service) TagMapping(ctx context.Context, account, id string, add map[string]string, remove []string) error {
	before, err := s.Mapping(account, id)
	if err != nil {
		return err
	}
	if before.Configured {
		return configuredMapping()
	}
	m := *before
	if m.Tags, err = retag(m.Tags, add, remove); err != nil {
		return err
	}
	return s.writeMapping(ctx, &m)
}

// pause changes whether a mapping of the configuration file receives, which is all that can be changed about it here.
func (s *Service) pause(m Mapping, to *Reference, change func(*MappingConfig)) (*Mapping, error) {
	before := m.MappingConfig
	change(&m.MappingConfig)
	enabled := m.Enabled
	m.Enabled = before.Enabled
	if to != nil && *to != m.Reference() || !reflect.DeepEqual(m.MappingConfig, before) {
		return nil, configuredMapping()
	}
	if enabled && !before.Enabled && !m.Paused {
		return nil, configuredMapping() // the file disables it
	}
	if enabled == before.Enabled {
		return &m, nil
	}
	m.Enabled, m.Paused = enabled, !enabled
	if err := s.options.Pause(&m, m.Paused); err != nil {
		return nil, refuse(CodeConflict, "The mapping cannot be changed now: %v", err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.fixed[m.UUID] != nil {
		s.fixed[m.UUID] = &m
	}
	return &m, nil
}

func configuredMapping() *Error {
	return refuse(CodeConflict, "The event source mapping is defined in the server's configuration. Change it there.")
}

// writeMapping stores a mapping in place of the revision that it was made from.
func (s *Service) writeMapping(ctx context.Context, m *Mapping) error {
	text, err := json.Marshal(m)
	if err != nil {
		return fmt.Errorf("store event source mapping %s: %w", m.UUID, err)
	}
	m.revision, err = s.put(ctx, mappingKey(m), text, m.revision)
	if err != nil {
		return err
	}
	s.mu.Lock()
	s.mappings[m.UUID] = m
	s.mu.Unlock()
	s.options.Changed()
	return nil
}

// DeleteMapping ends a mapping and returns what it was. What it has in work is finished.
func (s *Service) DeleteMapping(ctx context.Context, account, id string) (*Mapping, error) {
	m, err := s.Mapping(account, id)
	if err != nil {
		return nil, err
	}
	if m.Configured {
		return nil, configuredMapping()
	}
	if err := s.drop(ctx, mappingKey(m), m.revision); err != nil {
		return nil, err
	}
	s.mu.Lock()
	delete(s.mappings, id)
	s.mu.Unlock()
	s.options.Changed()
	return m, nil
}

// QueueARN is the Amazon Resource Name of a queue.
func QueueARN(region, account, name string) string {
	return "arn:aws:sqs:" + region + ":" + account + ":" + name
}

// ParseQueueARN returns the name of a queue of the account, which is the only one whose queues can be mapped.
func (s Scope) ParseQueueARN(arn string) (string, error) {
	parts := strings.Split(arn, ":")
	const fields = 6
	switch {
	case len(parts) != fields || parts[0] != "arn" || parts[2] != "sqs" || parts[5] == "":
		return "", refuse(CodeInvalid, "Unrecognized event source. Only queues can be mapped: arn:aws:sqs:%s:%s:name", s.Region, s.Account)
	case parts[3] != s.Region || parts[4] != s.Account:
		return "", refuse(CodeInvalid, "The queue has to be in region %s and account %s, as the function is.", s.Region, s.Account)
	}
	return parts[5], nil
}
