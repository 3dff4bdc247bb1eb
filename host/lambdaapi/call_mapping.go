package lambdaapi

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/queuelet/queuelet/host/function"
)

type filterCriteria struct{ Filters []filterPattern }

type filterPattern struct{ Pattern string }

type scalingConfig struct {
	MaximumConcurrency *int `json:",omitempty"`
}

type destinationConfig struct {
	OnSuccess *destination `json:",omitempty"`
	OnFailure *destination `json:",omitempty"`
}

type destination struct {
	Destination string `json:",omitempty"`
}

// mappingRequest is what CreateEventSourceMapping and UpdateEventSourceMapping take. Nil members are not given.
type mappingRequest struct {
	EventSourceArn, FunctionName   string
	Enabled                        *bool
	BatchSize                      *int
	MaximumBatchingWindowInSeconds *int
	FilterCriteria                 *filterCriteria
	FunctionResponseTypes          *[]string
	ScalingConfig                  *scalingConfig
	DestinationConfig              *destinationConfig
	BisectBatchOnFunctionError     *bool

	// These are for other sources than queues.
	ParallelizationFactor, MaximumRecordAgeInSeconds, MaximumRetryAttempts, TumblingWindowInSeconds *int
	StartingPosition                                                                                string
	Topics, Queues                                                                                  []string
	SourceAccessConfigurations                                                                      []any
	SelfManagedEventSource, ProvisionedPollerConfig                                                 map[string]any
}

func (r *mappingRequest) check() error {
	for name, given := range map[string]bool{
		"ParallelizationFactor":      r.ParallelizationFactor != nil && *r.ParallelizationFactor > 1,
		"MaximumRecordAgeInSeconds":  r.MaximumRecordAgeInSeconds != nil,
		"MaximumRetryAttempts":       r.MaximumRetryAttempts != nil,
		"TumblingWindowInSeconds":    r.TumblingWindowInSeconds != nil && *r.TumblingWindowInSeconds > 0,
		"StartingPosition":           r.StartingPosition != "",
		"Topics":                     len(r.Topics) > 0,
		"Queues":                     len(r.Queues) > 0,
		"SourceAccessConfigurations": len(r.SourceAccessConfigurations) > 0,
		"SelfManagedEventSource":     len(r.SelfManagedEventSource) > 0,
		"ProvisionedPollerConfig":    len(r.ProvisionedPollerConfig) > 0,
	} {
		if given {
			return failure(codeInvalidParameter, "%s is not supported for SQS event sources.", name)
		}
	}
	if types := r.FunctionResponseTypes; types != nil {
		for _, name := range *types {
			if name != reportFailures {
				return failure(codeInvalidParameter, "FunctionResponseTypes can only have %s.", reportFailures)
			}
		}
	}
	if c := r.ScalingConfig; c != nil && c.MaximumConcurrency != nil && *c.MaximumConcurrency < 1 {
		return failure(codeInvalidParameter, "The MaximumConcurrency of ScalingConfig has to be between 2 and 1000.")
	}
	return nil
}

const reportFailures = "ReportBatchItemFailures"

// apply changes what was given.
func (r *mappingRequest) apply(c *function.MappingConfig) {
	if r.Enabled != nil {
		c.Enabled = *r.Enabled
	}
	if r.BatchSize != nil {
		c.BatchSize = *r.BatchSize
	}
	if r.MaximumBatchingWindowInSeconds != nil {
		c.Window = time.Duration(*r.MaximumBatchingWindowInSeconds) * time.Second
	}
	if r.BisectBatchOnFunctionError != nil {
		c.Bisect = *r.BisectBatchOnFunctionError
	}
	if r.FilterCriteria != nil {
		c.Filters = nil
		for _, filter := range r.FilterCriteria.Filters {
			c.Filters = append(c.Filters, filter.Pattern)
		}
	}
	if r.FunctionResponseTypes != nil {
		c.ReportFailures = slices.Contains(*r.FunctionResponseTypes, reportFailures)
	}
	if r.ScalingConfig != nil {
		c.MaxConcurrency = 0
		if r.ScalingConfig.MaximumConcurrency != nil {
			c.MaxConcurrency = *r.ScalingConfig.MaximumConcurrency
		}
	}
	if r.DestinationConfig != nil {
		c.OnSuccess, c.OnFailure = r.DestinationConfig.OnSuccess.text(), r.DestinationConfig.OnFailure.text()
	}
}

func (d *destination) text() string {
	if d == nil {
		return ""
	}
	return d.Destination
}

// mappingAnswer is the answer EventSourceMappingConfiguration.
type mappingAnswer struct {
	UUID, EventSourceMappingArn, EventSourceArn, FunctionArn string

	BatchSize, MaximumBatchingWindowInSeconds          int
	LastModified                                       epoch
	LastProcessingResult, State, StateTransitionReason string
	FilterCriteria                                     *filterCriteria    `json:",omitempty"`
	FunctionResponseTypes                              []string           `json:",omitempty"`
	ScalingConfig                                      *scalingConfig     `json:",omitempty"`
	DestinationConfig                                  *destinationConfig `json:",omitempty"`
	BisectBatchOnFunctionError                         bool               `json:",omitempty"`
}

// The states of a mapping. Those in between are over when the answer is read.
const (
	stateCreating = "Creating"
	stateEnabled  = "Enabled"
	stateDisabled = "Disabled"
	stateUpdating = "Updating"
	stateDeleting = "Deleting"
)

func (a *API) describeMapping(m *function.Mapping, state string) *mappingAnswer {
	region := a.functions.Region()
	if state == "" {
		state = stateDisabled
		if m.Enabled {
			state = stateEnabled
		}
	}
	answer := &mappingAnswer{
		UUID: m.UUID, EventSourceMappingArn: "arn:aws:lambda:" + region + ":" + m.Account + mappingResource + m.UUID,
		EventSourceArn: function.QueueARN(region, m.Account, m.Queue), FunctionArn: function.ARN(region, m.Reference()),
		BatchSize: m.BatchSize, MaximumBatchingWindowInSeconds: int(m.Window.Seconds()), LastModified: epoch(m.Modified),
		LastProcessingResult: a.options.Processing(m), State: state, StateTransitionReason: "USER_INITIATED",
		BisectBatchOnFunctionError: m.Bisect,
	}
	if answer.LastProcessingResult == "" {
		answer.LastProcessingResult = "No records processed"
	}
	if len(m.Filters) > 0 {
		answer.FilterCriteria = &filterCriteria{}
		for _, pattern := range m.Filters {
			answer.FilterCriteria.Filters = append(answer.FilterCriteria.Filters, filterPattern{pattern})
		}
	}
	if m.ReportFailures {
		answer.FunctionResponseTypes = []string{reportFailures}
	}
	if m.MaxConcurrency > 0 {
		answer.ScalingConfig = &scalingConfig{&m.MaxConcurrency}
	}
	if m.OnSuccess != "" || m.OnFailure != "" {
		answer.DestinationConfig = &destinationConfig{}
		if m.OnSuccess != "" {
			answer.DestinationConfig.OnSuccess = &destination{m.OnSuccess}
		}
		if m.OnFailure != "" {
			answer.DestinationConfig.OnFailure = &destination{m.OnFailure}
		}
	}
	return answer
}

// mappingResource stands before the UUID in the ARN of a mapping.
const mappingResource = ":event-source-mapping:"

// defaultBatchSize is that of queues (API reference, CreateEventSourceMapping).
const defaultBatchSize = 10

func (a *API) createMapping(ctx context.Context, x *exchange) (any, error) {
	var in struct {
		mappingRequest

		Tags map[string]string
	}
	if err := x.decode(&in); err != nil {
		return nil, err
	}
	if err := in.check(); err != nil {
		return nil, err
	}
	r, err := x.scope.ParseReference(in.FunctionName)
	if err != nil {
		return nil, err
	}
	queue, err := x.scope.ParseQueueARN(in.EventSourceArn)
	if err != nil {
		return nil, err
	}
	c := function.MappingConfig{Enabled: true, BatchSize: defaultBatchSize}
	in.apply(&c)
	m, err := a.functions.CreateMapping(ctx, function.NewMapping{Function: r, Queue: queue, Config: c, Tags: in.Tags})
	if err != nil {
		return nil, err
	}
	return a.describeMapping(m, stateCreating), nil
}

func (a *API) getMapping(_ context.Context, x *exchange) (any, error) {
	m, err := a.functions.Mapping(x.scope.Account, x.parameter[0])
	if err != nil {
		return nil, err
	}
	return a.describeMapping(m, ""), nil
}

func (a *API) updateMapping(ctx context.Context, x *exchange) (any, error) {
	var in mappingRequest
	if err := x.decode(&in); err != nil {
		return nil, err
	}
	if err := in.check(); err != nil {
		return nil, err
	}
	var to *function.Reference
	if in.FunctionName != "" {
		r, err := x.scope.ParseReference(in.FunctionName)
		if err != nil {
			return nil, err
		}
		to = &r
	}
	m, err := a.functions.UpdateMapping(ctx, x.scope.Account, x.parameter[0], to, in.apply)
	if err != nil {
		return nil, err
	}
	return a.describeMapping(m, stateUpdating), nil
}

func (a *API) deleteMapping(ctx context.Context, x *exchange) (any, error) {
	m, err := a.functions.DeleteMapping(ctx, x.scope.Account, x.parameter[0])
	if err != nil {
		return nil, err
	}
	return a.describeMapping(m, stateDeleting), nil
}

func (a *API) listMappings(_ context.Context, x *exchange) (any, error) {
	var of *function.Reference
	if name := x.query.Get("FunctionName"); name != "" {
		r, err := x.scope.ParseReference(name)
		if err != nil {
			return nil, err
		}
		of = &r
	}
	source := x.query.Get("EventSourceArn")
	var all []*function.Mapping
	for _, m := range a.functions.Mappings(x.scope.Account) {
		if of != nil && (m.Reference().Key != of.Key || of.Qualifier != "" && of.Qualifier != m.Qualifier) ||
			source != "" && source != function.QueueARN(x.scope.Region, m.Account, m.Queue) {
			continue
		}
		all = append(all, m)
	}
	slices.SortFunc(all, func(a, b *function.Mapping) int { return strings.Compare(a.UUID, b.UUID) })
	items, next, err := page(x.query, all, func(m *function.Mapping) string { return m.UUID })
	if err != nil {
		return nil, err
	}
	answer := struct {
		EventSourceMappings []*mappingAnswer
		NextMarker          string `json:",omitempty"`
	}{make([]*mappingAnswer, len(items)), next}
	for i, m := range items {
		answer.EventSourceMappings[i] = a.describeMapping(m, "")
	}
	return answer, nil
}
