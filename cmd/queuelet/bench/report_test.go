package bench

import (
	"encoding/csv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

func sampleOf(messages int, took time.Duration, micros ...int64) sample {
	s := sample{done: done{messages, took}, latency: newHistogram(), cpu: took / 2, memory: 50e6}
	for _, n := range micros {
		record(s.latency, time.Duration(n)*time.Microsecond)
	}
	return s
}

func TestRow(t *testing.T) {
	s := Scenario{Kind: Send, Clients: 16, Batch: 10, Size: 256}
	row := newRow(s,
		[]sample{sampleOf(300, time.Second), sampleOf(100, time.Second), sampleOf(400, 2*time.Second, 1000, 2000, 3000)},
		[]sample{sampleOf(500, time.Second), sampleOf(400, time.Second)})
	want := Row{
		Name: "send/batch=10/clients=16", Kind: Send, Clients: 16, Batch: 10, Size: 256, Messages: 400, Seconds: 2,
		Rate: &Spread{Median: 200, Min: 100, Max: 300}, Volume: 200 * 256 / 1e6,
		Latency: &Latency{P50: 2, P90: 3.001, P99: 3.001, P999: 3.001, Max: 3.001}, // three digits
		Server:  Usage{Cores: 0.5, MicrosPerItem: 2500, MemoryBytes: 50e6},
		Ceiling: &Ceiling{Rate: Spread{Median: 400, Min: 400, Max: 500}, Server: Usage{Cores: 0.5, MicrosPerItem: 1250, MemoryBytes: 50e6}},
		Share:   0.5,
	}
	if diff := cmp.Diff(want, row); diff != "" {
		t.Error(diff)
	}
}

func TestBacklogsAreCompared(t *testing.T) {
	row := func(kind Kind, clients, backlog int, rate float64) Row {
		return newRow(Scenario{Kind: kind, Clients: clients, Batch: 10, Size: 256, Backlog: backlog}, []sample{sampleOf(int(rate), time.Second)}, nil)
	}
	r := &Report{Rows: []Row{
		row(Receive, 16, 0, 999), row(Receive, 16, 1000, 200), row(Send, 16, 1000, 50), row(Receive, 16, 100_000, 190), row(Receive, 1, 1000, 5),
	}}
	r.compareBacklogs()
	if len(r.Backlogs) != 1 {
		t.Fatalf("%d comparisons: %+v", len(r.Backlogs), r.Backlogs)
	}
	c := r.Backlogs[0]
	if c.Small != "receive/batch=10/clients=16/backlog=1000" || c.Large != "receive/batch=10/clients=16/backlog=100000" {
		t.Errorf("compared %s with %s", c.Small, c.Large)
	}
	if got := int(c.Change*1000 - 0.5); got != -50 {
		t.Errorf("change %f", c.Change)
	}
}

func TestFIFOIsCompared(t *testing.T) {
	row := func(kind Kind, groups int, unique bool, rate float64) Row {
		s := Scenario{Kind: kind, Clients: 16, Batch: 10, Size: 256, Groups: groups, Unique: unique}
		return newRow(s, []sample{sampleOf(int(rate), time.Second)}, nil)
	}
	r := &Report{Rows: []Row{
		row(Send, 0, false, 900), row(Send, 0, true, 200), row(Send, 100, false, 180), row(Receive, 0, false, 100), row(Receive, 1, false, 50),
	}}
	r.compareFIFO()
	want := []Share{
		{FIFO: "send/batch=10/clients=16/groups=100", Standard: "send/batch=10/clients=16/unique", Share: 0.9, CPU: 1.111},
		{FIFO: "receive/batch=10/clients=16/groups=1", Standard: "receive/batch=10/clients=16", Share: 0.5, CPU: 2},
	}
	if diff := cmp.Diff(want, r.FIFO, cmpopts.EquateApprox(0, 0.001)); diff != "" {
		t.Error(diff)
	}
	a, err := ParseAssertion("send:standard>=80%")
	if err != nil {
		t.Fatal(err)
	}
	if unmet := a.Check(r); unmet != nil {
		t.Errorf("not met: %v", unmet)
	}
	if a, err = ParseAssertion("standard>=80%"); err != nil || len(a.Check(r)) != 1 {
		t.Errorf("met, %v", err)
	}
}

func TestPrint(t *testing.T) {
	r := sampleReport()
	r.Runs, r.Durability, r.Machine = 3, "fsync", Machine{Platform: "linux/amd64", Processors: 2, Go: "go1.26"}
	r.FIFO = []Share{{FIFO: "send/groups=100", Standard: "send/unique", Share: 0.914, CPU: 1.046}}
	r.Backlogs = []Comparison{{Small: "receive/backlog=1000", Large: "receive/backlog=100000", Change: -0.034}}
	var text strings.Builder
	if err := r.WriteText(&text); err != nil {
		t.Fatal(err)
	}
	want := `scenario                  msg/s  min–max  MB/s  p50 ms   p90    p99  p99.9    max  cores  RSS MB  ceiling  share
send/batch=1/clients=64  31,000      0–0   0.0    1.50  3.00  19.90  30.00  41.00                       0   72 %
wakeup                                            0.90  0.00   4.00   0.00   0.00
memory/messages=100000                                                                    31→120

receive/backlog=100000: -3.4 % against receive/backlog=1000
send/groups=100: 91 % of send/unique, with 1.05 times its processor time for a message

durability fsync; median of 3; linux/amd64, 2 processors, go1.26
`
	if diff := cmp.Diff(want, text.String()); diff != "" {
		t.Error(diff)
	}

	var table strings.Builder
	if err := r.WriteCSV(&table); err != nil {
		t.Fatal(err)
	}
	records, err := csv.NewReader(strings.NewReader(table.String())).ReadAll() // it insists on equal lengths
	if err != nil {
		t.Fatal(err)
	}
	if len(records) != 4 || records[1][0] != "send/batch=1/clients=64" || records[1][7] != "31000.000" || records[3][18] != "31000000" {
		t.Errorf("CSV: %q", records)
	}
}
