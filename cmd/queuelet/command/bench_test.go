package command

import (
	"encoding/csv"
	"encoding/json"
	"os"
	"strings"
	"testing"

	"github.com/queuelet/queuelet/cmd/queuelet/bench"
)

// runBench runs a bench command to its end.
func runBench(t *testing.T, args ...string) (code int, stdout, stderr string) {
	t.Helper()
	var out, notes transcript
	code = Run(t.Context(), IO{
		Stdin: strings.NewReader(""), Stdout: &out, Stderr: &notes, Notify: func(chan<- os.Signal, ...os.Signal) {},
	}, append([]string{"bench"}, args...))
	return code, out.String(), notes.String()
}

func TestBenchOnEndpoint(t *testing.T) {
	p := startProcess(t, nil, "serve", "--ephemeral", "--listen", "127.0.0.1:0", "--console", "")
	endpoint := p.await(`(?m)^  SQS      (\S+)$`)

	code, stdout, stderr := runBench(t, "send", "--endpoint", endpoint, "--duration", "300ms", "--clients", "1,2", "--json", "-q")
	if code != ExitDone || stderr != "" {
		t.Fatalf("ended with code %d: %s", code, stderr)
	}
	var report bench.Report
	if err := json.Unmarshal([]byte(stdout), &report); err != nil {
		t.Fatal(err)
	}
	if len(report.Rows) != 2 || report.Endpoint != endpoint {
		t.Fatalf("the report is %s", stdout)
	}
	for i, row := range report.Rows {
		if row.Clients != i+1 || row.Messages == 0 || row.Rate == nil || row.Latency == nil || row.Seconds < 0.3 {
			t.Errorf("row %d is %+v", i, row)
		}
	}

	code, stdout, _ = runBench(t, "receive", "--endpoint", endpoint, "--msgs", "50", "--verify", "--csv")
	records, err := csv.NewReader(strings.NewReader(stdout)).ReadAll()
	if code != ExitDone || err != nil || len(records) != 2 || records[1][5] != "50" {
		t.Errorf("code %d, %v: %q", code, err, records)
	}

	code, stdout, stderr = runBench(t, "send", "--endpoint", endpoint, "--msgs", "50", "--assert", "p99<1ns", "--assert", "rate>0", "-q")
	if code != ExitUnmet || !strings.Contains(stdout, "send/batch=1/clients=1") ||
		!strings.Contains(stderr, "queuelet: not met: send/batch=1/clients=1: p99 is ") || strings.Contains(stderr, "rate") {
		t.Errorf("code %d\n%s\n%s", code, stdout, stderr)
	}
}

func TestBenchRefuses(t *testing.T) {
	for _, test := range []struct {
		args string
		code int
		want string
	}{
		{"send --endpoint http://127.0.0.1:1", ExitUnreachable, "connect to http://127.0.0.1:1: "},
		{"send --endpoint http://192.0.2.1", ExitUsage, "there is no key to sign with\nTry: set AWS_ACCESS_KEY_ID"},
		{"send --endpoint nowhere", ExitUsage, "there is no key"},
		{"send --endpoint ftp://127.0.0.1", ExitUsage, "only http and https"},
		{"send --batch 11", ExitUsage, "a batch of 11: give 1 to 10"},
		{"send --durability none", ExitUsage, `--durability "none" is neither fsync nor os`},
		{"send --assert fast", ExitUsage, `assertion "fast": it needs one of`},
		{"send --json --csv", ExitUsage, "--json and --csv exclude each other"},
		{"send --endpoint http://127.0.0.1:1 --dir .", ExitUsage, "--endpoint and --dir exclude each other"},
		{"all --endpoint http://127.0.0.1:1", ExitUnreachable, "connect to"},
		{"dispatch --function x", ExitUsage, `--function "x" names no module`},
		{"memory --endpoint http://127.0.0.1:1", ExitUsage, "needs a server that is started for it"},
		{"juggle", ExitUsage, `there is no command "juggle"`},
	} {
		t.Run(test.args, func(t *testing.T) {
			code, _, stderr := runBench(t, strings.Fields(test.args)...)
			if code != test.code || !strings.Contains(stderr, test.want) {
				t.Errorf("ended with code %d, want %d: %s", code, test.code, stderr)
			}
		})
	}
}
