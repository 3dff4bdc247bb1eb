package bench

import (
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func sampleReport() *Report {
	return &Report{Rows: []Row{
		{
			Name: "send/batch=1/clients=64", Rate: &Spread{Median: 31_000}, Share: 0.72, Ceiling: &Ceiling{},
			Latency: &Latency{P50: 1.5, P90: 3, P99: 19.9, P999: 30, Max: 41},
		},
		{Name: "wakeup", Latency: &Latency{P50: 0.9, P99: 4}},
		{Name: "memory/messages=100000", Server: Usage{IdleBytes: 31e6, MemoryBytes: 120e6}},
	}}
}

func TestAssertions(t *testing.T) {
	for text, want := range map[string][]string{
		"p99<20ms":                             nil,
		"p99 <= 19.9ms":                        nil,
		"p999<31ms":                            nil,
		"send:p99.9<31ms":                      nil,
		"rate>=31,000":                         nil,
		"share>70%":                            nil,
		"share>=0.72":                          nil,
		"idle<60MB":                            nil,
		"memory/messages=100000:memory<=120MB": nil,
		"wakeup:p50<1ms":                       nil,
		"p50<1ms":                              {"send/batch=1/clients=64: p50 is 1.500ms, asserted was p50<1ms"},
		"rate>31000":                           {"send/batch=1/clients=64: rate is 31,000, asserted was rate>31000"},
		"share>80%":                            {"send/batch=1/clients=64: share is 72.0%, asserted was share>80%"},
		"memory<100MB":                         {"memory/messages=100000: memory is 120 MB, asserted was memory<100MB"},
		"max<40ms":                             {"send/batch=1/clients=64: max is 41.000ms, asserted was max<40ms"},
		"receive:p99<1s":                       {"no row has what was asserted: receive:p99<1s"},
		"wakeup:rate>1":                        {"no row has what was asserted: wakeup:rate>1"},
	} {
		a, err := ParseAssertion(text)
		if err != nil {
			t.Errorf("%s: %v", text, err)
			continue
		}
		if diff := cmp.Diff(want, a.Check(sampleReport())); diff != "" {
			t.Errorf("%s: %s", text, diff)
		}
	}
}

func TestWrongAssertions(t *testing.T) {
	for _, text := range []string{"", "p99", "p99=20ms", "p99<20", "p98<20ms", "rate>fast", "share>much", "memory<big", "<", "send:<1ms"} {
		var usage *Error
		if _, err := ParseAssertion(text); !errors.As(err, &usage) || usage.Code != CodeUsage {
			t.Errorf("%q: %v", text, err)
		}
	}
}

func FuzzParseAssertion(f *testing.F) {
	f.Add("send/batch=1:p99<=20ms")
	f.Add("share>70%")
	f.Fuzz(func(_ *testing.T, text string) {
		if a, err := ParseAssertion(text); err == nil {
			a.Check(sampleReport())
		}
	})
}
