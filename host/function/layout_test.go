package function

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// The names and the stored JSON are the data directory's format: a change of them makes existing directories unreadable.
func TestLayoutIsPinned(t *testing.T) {
	code := Package{SHA256: "n4bQgYhMfWWaL+qgxVrQFaO/TxsrC4Is0V1sFbDwCgg=", Size: 4}
	got := []string{
		recordBucket, codeBucket, eventStream, eventSubject, eventConsumer, functionKey(Key{"000000000000", "orders"}),
		mappingKey(&Mapping{Account: "000000000000", UUID: "1b4e28ba"}), code.object(),
	}
	want := []string{
		"queuelet-functions", "queuelet-code", "queuelet-events", "ql.event", "functions",
		"function.000000000000.orders", "mapping.000000000000.1b4e28ba",
		"9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
}

func TestRecordFormatIsPinned(t *testing.T) {
	at := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	limit := 5
	version := Version{
		Number: 1, Revision: "r", Modified: at, Code: Package{SHA256: "sum", Size: 4},
		Config: Config{
			Runtime: "nodejs22.x", Handler: "index.handler", Role: "role", Description: "d", MemoryMiB: 128,
			Timeout: time.Second, Environment: map[string]string{"A": "b"}, Architectures: []string{"x86_64"},
			DeadLetter: "c",
		},
	}
	f := Function{
		Key: Key{"000000000000", "orders"}, Created: at, Latest: version, Versions: []Version{version}, Next: 2, Reserved: &limit,
		Aliases: []Alias{{Name: "live", Version: 1, Description: "d", Revision: "r", Weights: map[int]float64{2: 0.5}}},
		Tags:    map[string]string{"team": "shop"},
		Events:  map[string]EventConfig{"live": {Retries: &limit, MaxAge: time.Minute, OnSuccess: "a", OnFailure: "b", Modified: at}},
	}
	m := Mapping{
		Tags: map[string]string{"a": "b"}, UUID: "u", Account: "000000000000", Queue: "q", Function: "orders", Qualifier: "live", Created: at, Modified: at,
		MappingConfig: MappingConfig{
			Enabled: true, BatchSize: 10, Window: time.Second, MaxConcurrency: 2, Filters: []string{"{}"}, ReportFailures: true, Bisect: true,
			OnSuccess: "a", OnFailure: "b",
		},
	}
	const v = `{"number":1,"revision_id":"r","modified":"2026-01-02T03:04:05Z","code":{"sha256":"sum","size":4},` +
		`"config":{"runtime":"nodejs22.x","handler":"index.handler","role":"role","description":"d","memory_mib":128,` +
		`"timeout":1000000000,"environment":{"A":"b"},"architectures":["x86_64"],"dead_letter":"c"}}`
	want := []string{
		`{"account":"000000000000","name":"orders","created":"2026-01-02T03:04:05Z","latest":` + v + `,"versions":[` + v + `],` +
			`"aliases":[{"name":"live","version":1,"description":"d","revision_id":"r","weights":{"2":0.5}}],"next":2,"reserved":5,` +
			`"tags":{"team":"shop"},"events":{"live":{"retries":5,"max_age":60000000000,"on_success":"a","on_failure":"b",` +
			`"modified":"2026-01-02T03:04:05Z"}}}`,
		`{"enabled":true,"batch_size":10,"window":1000000000,"max_concurrency":2,"filters":["{}"],"report_failures":true,` +
			`"bisect":true,"on_success":"a","on_failure":"b","uuid":"u","account":"000000000000","queue":"q","function":"orders",` +
			`"qualifier":"live","created":"2026-01-02T03:04:05Z","modified":"2026-01-02T03:04:05Z","tags":{"a":"b"}}`,
	}
	for i, record := range []any{f, m} {
		got, err := json.Marshal(record)
		if err != nil {
			t.Fatal(err)
		}
		if d := cmp.Diff(strings.Split(want[i], ","), strings.Split(string(got), ",")); d != "" {
			t.Error(d)
		}
	}
}
