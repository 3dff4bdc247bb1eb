// Package telemetry builds the logger and the metric registry from configuration.
//
// Components declare their own metrics and are handed the registry; they log through
// the logger they are given. Metric names follow queuelet_<component>_<what>_<unit>,
// and labels are bounded: queue, function, operation, code, never message ids.
package telemetry
