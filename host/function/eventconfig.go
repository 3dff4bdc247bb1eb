package function

import (
	"cmp"
	"context"
	"maps"
	"time"
)

// EventConfig is how events are treated, the asynchronous invocations of a function, a version or an alias: Lambda's event
// invoke configuration. The zero value is what holds without one.
type EventConfig struct {
	Retries   *int          `json:"retries,omitempty"` // after the first attempt; nil for Lambda's two
	MaxAge    time.Duration `json:"max_age,omitempty"` // after which it is given up; 0 for Lambda's six hours
	OnSuccess string        `json:"on_success,omitempty"`
	OnFailure string        `json:"on_failure,omitempty"` // the ARN of a queue, as OnSuccess is
	Modified  time.Time     `json:"modified"`

	// DeadLetter is the queue of the function's own configuration, where somebody looks both up.
	DeadLetter string `json:"-"`
}

// Limits of an event invoke configuration (AWS Lambda API reference, PutFunctionEventInvokeConfig).
const (
	maxEventRetries = 2
	minEventAge     = time.Minute
	maxEventAge     = 6 * time.Hour
	maxDestination  = 350 // characters
)

// attempts is how often an event runs whose function fails.
func (c *EventConfig) attempts() int {
	if c.Retries == nil {
		return 1 + maxEventRetries
	}
	return 1 + *c.Retries
}

// age is how old an event may become.
func (c *EventConfig) age() time.Duration {
	if c.MaxAge == 0 {
		return maxEventAge
	}
	return c.MaxAge
}

func (c *EventConfig) validate() error {
	var retries, age error
	if c.Retries != nil {
		retries = checkRange("maximumRetryAttempts", *c.Retries, 0, maxEventRetries)
	}
	if c.MaxAge != 0 {
		age = checkRange("maximumEventAgeInSeconds", int(c.MaxAge.Seconds()), int(minEventAge.Seconds()), int(maxEventAge.Seconds()))
	}
	return cmp.Or( //nolint:wrapcheck // they are ours
		retries, age,
		checkLength("destinationConfig.onSuccess.destination", c.OnSuccess, maxDestination),
		checkLength("destinationConfig.onFailure.destination", c.OnFailure, maxDestination),
	)
}

// SetEventConfig gives a version or an alias an event invoke configuration in place of the one that it has.
func (s *Service) SetEventConfig(ctx context.Context, r Reference, c EventConfig) (*EventConfig, error) {
	return s.changeEventConfig(ctx, r, func(*EventConfig) (EventConfig, error) { return c, nil })
}

// UpdateEventConfig changes the event invoke configuration of a version or an alias.
func (s *Service) UpdateEventConfig(ctx context.Context, r Reference, change func(*EventConfig)) (*EventConfig, error) {
	return s.changeEventConfig(ctx, r, func(before *EventConfig) (EventConfig, error) {
		if before == nil {
			return EventConfig{}, s.noEventConfig(r)
		}
		c := *before
		change(&c)
		return c, nil
	})
}

func (s *Service) changeEventConfig(
	ctx context.Context, r Reference, change func(before *EventConfig) (EventConfig, error),
) (*EventConfig, error) {
	var c EventConfig
	_, err := s.change(ctx, r.Key, "", func(f *Function) error {
		if _, err := s.versionOf(f, r, (*Alias).choose); err != nil {
			return err
		}
		qualifier := eventQualifier(r.Qualifier)
		var before *EventConfig
		if known, ok := f.Events[qualifier]; ok {
			before = &known
		}
		var err error
		if c, err = change(before); err != nil {
			return err
		}
		if err := s.checkEventConfig(ctx, r, &c); err != nil {
			return err
		}
		c.Modified = time.Now().UTC().Truncate(time.Millisecond)
		if f.Events == nil {
			f.Events = make(map[string]EventConfig)
		}
		f.Events[qualifier] = c
		return nil
	})
	return &c, err
}

func (s *Service) checkEventConfig(ctx context.Context, r Reference, c *EventConfig) error {
	if err := c.validate(); err != nil {
		return err
	}
	for _, destination := range []string{c.OnSuccess, c.OnFailure} {
		if destination == "" {
			continue
		}
		if err := s.options.CheckDestination(ctx, r, destination); err != nil {
			return err
		}
	}
	return nil
}

// DeleteEventConfig takes the event invoke configuration from a version or an alias.
func (s *Service) DeleteEventConfig(ctx context.Context, r Reference) error {
	_, err := s.change(ctx, r.Key, "", func(f *Function) error {
		qualifier := eventQualifier(r.Qualifier)
		if _, ok := f.Events[qualifier]; !ok {
			return s.noEventConfig(r)
		}
		delete(f.Events, qualifier)
		return nil
	})
	return err
}

// EventConfig returns the event invoke configuration of a version or an alias.
func (s *Service) EventConfig(r Reference) (*EventConfig, error) {
	f, err := s.Function(r.Key)
	if err != nil {
		return nil, err
	}
	c, ok := f.Events[eventQualifier(r.Qualifier)]
	if !ok {
		return nil, s.noEventConfig(r)
	}
	return &c, nil
}

func (s *Service) noEventConfig(r Reference) *Error {
	r.Qualifier = eventQualifier(r.Qualifier)
	return refuse(CodeNotFound, "The function %s doesn't have an EventInvokeConfig", ARN(s.options.Region, r))
}

// eventQualifier is the one under which a version or an alias has its configuration.
func eventQualifier(qualifier string) string {
	if number, isVersion := versionNumber(qualifier); isVersion {
		return versionName(number)
	}
	return qualifier
}

// dropEventConfigs forgets the configurations of versions and aliases that are gone.
func (f *Function) dropEventConfigs() {
	maps.DeleteFunc(f.Events, func(qualifier string, _ EventConfig) bool {
		number, isVersion := versionNumber(qualifier)
		return isVersion && f.version(number) == nil || !isVersion && f.alias(qualifier) == nil
	})
}
