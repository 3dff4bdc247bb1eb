package queuelet

import "github.com/queuelet/queuelet/plugins/abi"

// Config returns a value of the function's configuration. The error wraps [abi.NotFound] if there is none of the name.
func Config(name string) (string, error) {
	value, err := Call(abi.OpConfigGet, abi.NameRequest{Name: name}, nil, nil)
	return string(value), err
}

// Secret returns a secret of the function. The error wraps [abi.NotFound] if there is none of the name.
func Secret(name string) (string, error) {
	value, err := Call(abi.OpSecretGet, abi.NameRequest{Name: name}, nil, nil)
	return string(value), err
}

// AddMetric adds to a counter of the function among the server's metrics.
func AddMetric(name string, value float64) error {
	_, err := Call(abi.OpMetricsAdd, abi.MetricRequest{Name: name, Value: value}, nil, nil)
	return err
}
