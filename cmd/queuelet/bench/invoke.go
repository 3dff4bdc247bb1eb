package bench

import (
	"context"
	"fmt"

	"github.com/queuelet/queuelet/cmd/queuelet/bench/calls"
)

// invoke measures a function in this process, beside bare calls of its module.
func (r *runner) invoke(ctx context.Context, s Scenario) (Row, error) {
	var through, bare []sample
	for range r.Runs {
		result, err := calls.Measure(ctx, calls.Options{
			Module: r.Server.module(s.Function), Batch: s.Batch, Size: s.Size, Duration: s.Duration,
		})
		if err != nil {
			return Row{}, fmt.Errorf("measure in this process: %w", err)
		}
		through = append(through, sampleOfCalls(result.Through))
		bare = append(bare, sampleOfCalls(result.Bare))
	}
	row := newRow(s, through, nil)
	_, rate := median(bare)
	row.Bare = &rate
	if rate.Median > 0 {
		row.ShareOfBare = row.Rate.Median / rate.Median
	}
	return row, nil
}

func sampleOfCalls(p calls.Part) sample {
	return sample{done: done{messages: p.Messages, took: p.Took}, latency: newHistogram(), cpu: p.Took}
}
