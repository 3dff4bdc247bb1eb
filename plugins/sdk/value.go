package queuelet

import (
	"context"

	"github.com/queuelet/queuelet/plugins/abi"
)

// Config returns a value of the function's grants.config. The error is abi.NotFound when there is none of that name.
func Config(ctx context.Context, name string) (string, error) {
	value, err := Call(ctx, abi.OpConfigGet, abi.NameRequest{Name: name}, nil, nil)
	return string(value), err
}

// Secret returns one of the function's secrets. The error is abi.NotFound when there is none of that name.
func Secret(ctx context.Context, name string) (string, error) {
	value, err := Call(ctx, abi.OpSecretGet, abi.NameRequest{Name: name}, nil, nil)
	return string(value), err
}

// Count adds to a counter of the function's, which the metrics of the host show. The value must not be negative.
func Count(ctx context.Context, counter string, value float64) error {
	_, err := Call(ctx, abi.OpMetricsAdd, abi.MetricRequest{Name: counter, Value: value}, nil, nil)
	return err
}
