package lambdaapi

import (
	"context"
	"maps"
	"slices"
	"time"

	"github.com/queuelet/queuelet/host/function"
)

// eventConfigRequest is what PutFunctionEventInvokeConfig and UpdateFunctionEventInvokeConfig take. Nil members are not
// given.
type eventConfigRequest struct {
	MaximumRetryAttempts, MaximumEventAgeInSeconds *int
	DestinationConfig                              *destinationConfig
}

func (r *eventConfigRequest) apply(c *function.EventConfig) {
	if r.MaximumRetryAttempts != nil {
		c.Retries = r.MaximumRetryAttempts
	}
	if r.MaximumEventAgeInSeconds != nil {
		if c.MaxAge = time.Duration(*r.MaximumEventAgeInSeconds) * time.Second; c.MaxAge == 0 {
			c.MaxAge = time.Nanosecond // too little, where zero would be none
		}
	}
	if r.DestinationConfig != nil {
		c.OnSuccess, c.OnFailure = r.DestinationConfig.OnSuccess.text(), r.DestinationConfig.OnFailure.text()
	}
}

// eventConfigAnswer is the answer FunctionEventInvokeConfig.
type eventConfigAnswer struct {
	FunctionArn              string
	LastModified             epoch
	MaximumRetryAttempts     *int `json:",omitempty"`
	MaximumEventAgeInSeconds int  `json:",omitempty"`
	DestinationConfig        destinationConfig
}

func (a *API) describeEventConfig(r function.Reference, c *function.EventConfig) *eventConfigAnswer {
	if r.Qualifier == "" {
		r.Qualifier = function.Latest
	}
	return &eventConfigAnswer{
		FunctionArn: function.ARN(a.functions.Region(), r), LastModified: epoch(c.Modified),
		MaximumRetryAttempts: c.Retries, MaximumEventAgeInSeconds: int(c.MaxAge.Seconds()),
		DestinationConfig: destinationConfig{&destination{c.OnSuccess}, &destination{c.OnFailure}},
	}
}

// eventConfigRequest reads a request that changes a configuration.
func (x *exchange) eventConfigRequest() (function.Reference, *eventConfigRequest, error) {
	r, err := x.reference()
	if err != nil {
		return r, nil, err
	}
	in := &eventConfigRequest{}
	if err := x.decode(in); err != nil {
		return r, nil, err
	}
	if *in == (eventConfigRequest{}) {
		return r, nil, failure(codeInvalidParameter, "You must specify at least one of error handling or destination setting.")
	}
	return r, in, nil
}

func (a *API) putEventConfig(ctx context.Context, x *exchange) (any, error) {
	r, in, err := x.eventConfigRequest()
	if err != nil {
		return nil, err
	}
	var c function.EventConfig
	in.apply(&c)
	stored, err := a.functions.SetEventConfig(ctx, r, c)
	if err != nil {
		return nil, err
	}
	return a.describeEventConfig(r, stored), nil
}

func (a *API) updateEventConfig(ctx context.Context, x *exchange) (any, error) {
	r, in, err := x.eventConfigRequest()
	if err != nil {
		return nil, err
	}
	stored, err := a.functions.UpdateEventConfig(ctx, r, in.apply)
	if err != nil {
		return nil, err
	}
	return a.describeEventConfig(r, stored), nil
}

func (a *API) getEventConfig(_ context.Context, x *exchange) (any, error) {
	r, err := x.reference()
	if err != nil {
		return nil, err
	}
	c, err := a.functions.EventConfig(r)
	if err != nil {
		return nil, err
	}
	return a.describeEventConfig(r, c), nil
}

func (a *API) deleteEventConfig(ctx context.Context, x *exchange) (any, error) {
	r, err := x.reference()
	if err != nil {
		return nil, err
	}
	return nil, a.functions.DeleteEventConfig(ctx, r)
}

func (a *API) listEventConfigs(_ context.Context, x *exchange, key function.Key) (any, error) {
	f, err := a.functions.Function(key)
	if err != nil {
		return nil, err
	}
	qualifiers := slices.Sorted(maps.Keys(f.Events))
	items, next, err := page(x.query, qualifiers, func(qualifier string) string { return qualifier })
	if err != nil {
		return nil, err
	}
	answer := struct {
		FunctionEventInvokeConfigs []*eventConfigAnswer
		NextMarker                 string `json:",omitempty"`
	}{make([]*eventConfigAnswer, len(items)), next}
	for i, qualifier := range items {
		c := f.Events[qualifier]
		answer.FunctionEventInvokeConfigs[i] = a.describeEventConfig(function.Reference{Key: key, Qualifier: qualifier}, &c)
	}
	return answer, nil
}
