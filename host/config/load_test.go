package config

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// write puts a configuration file into a folder of its own.
func write(t testing.TB, content string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "config.yaml")
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func mustLoad(t *testing.T, s Source) Config {
	t.Helper()
	c, err := Load(s)
	if err != nil {
		t.Fatalf("Load: %v", err)
	}
	return c
}

func TestEmptyFileIsDefault(t *testing.T) {
	for name, content := range map[string]string{
		"empty": "", "comment": "# nothing\n", "null sections": "sqs:\nqueues:\nlog: {}\n", "null values": "sqs: {auth: {explain: }}\n",
	} {
		t.Run(name, func(t *testing.T) {
			path := write(t, content)
			if diff := cmp.Diff(Default(), mustLoad(t, Source{Path: path})); diff != "" {
				t.Errorf("differs from Default (-want +got):\n%s", diff)
			}
		})
	}
	if diff := cmp.Diff(Default(), mustLoad(t, Source{})); diff != "" {
		t.Errorf("no file differs from Default (-want +got):\n%s", diff)
	}
}

func TestDefault(t *testing.T) {
	c := Default()
	want := []Credential{{AccessKeyID: "queuelet", SecretAccessKey: "queuelet", AccountID: "000000000000"}}
	if diff := cmp.Diff(want, c.SQS.Auth.Credentials); diff != "" {
		t.Errorf("credentials (-want +got):\n%s", diff)
	}
	if !c.SQS.Auth.Explain {
		t.Error("explain is off, want on for loopback listeners")
	}
}

// TestFile reads every key there is.
func TestFile(t *testing.T) {
	path := write(t, `
sqs:
  listen: 127.0.0.1:4001
  region: eu-central-1
  cooldown: {delete_queue: 0s, purge_queue: 1m30s}
  auth:
    explain: false
    enforce_region: true
    credentials:
      - {access_key_id: AKIDEXAMPLE, secret_access_key: ${SECRET}, account_id: 000000000012}
      - access_key_id: other
        secret_access_key_file: key
        session_token: "${TOKEN:-none}"
        account_id: "111122223333"
console: {listen: ""}
nats: {listen: 127.0.0.1:4222}
storage: {dir: ./data, durability: os, min_free: 1GiB}
queues:
  - {name: orders, attributes: {VisibilityTimeout: 30}, dead_letter: {queue: orders-dlq, max_receives: 3}}
  - name: audit.fifo
    account_id: "111122223333"
    attributes:
      Policy: |
        {"Version": "2012-10-17"}
    tags: {team: billing}
    tap: stream
functions:
  - {name: orders, path: ./orders.wasm, memory: 64MiB, timeout: 5s, environment: {KEY: $${x}, N: 7}, maximum_concurrency: 4}
mappings:
  - {queue: orders, function: orders, batch_size: 100, maximum_batching_window: 2s, maximum_concurrency: 3, enabled: false}
log: {level: debug, format: json}
shutdown_grace: 5s
`)
	dir := filepath.Dir(path)
	if err := os.WriteFile(filepath.Join(dir, "key"), []byte("from a file\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	want := Config{
		SQS: SQS{
			Listen: "127.0.0.1:4001", Region: "eu-central-1", AccountID: "000000000012",
			Cooldown: Cooldown{PurgeQueue: 90 * time.Second},
			Auth: Auth{EnforceRegion: true, Credentials: []Credential{
				{AccessKeyID: "AKIDEXAMPLE", SecretAccessKey: "s3:cr}et # no comment", AccountID: "000000000012"},
				{AccessKeyID: "other", SecretAccessKey: "from a file", SessionToken: "none", AccountID: "111122223333"},
			}},
		},
		NATS:    NATS{Listen: "127.0.0.1:4222"},
		Storage: Storage{Dir: filepath.Join(dir, "data"), Durability: DurabilityOS, MinFree: GiB, MaxCode: 250 * MiB},
		Queues: []Queue{
			{
				Name: "orders", AccountID: "000000000012", Tap: TapLive,
				Attributes: map[string]string{"VisibilityTimeout": "30"},
				DeadLetter: DeadLetter{Queue: "orders-dlq", MaxReceives: 3},
			},
			{
				Name: "audit.fifo", AccountID: "111122223333", Tap: TapStream,
				Attributes: map[string]string{"Policy": "{\"Version\": \"2012-10-17\"}\n"},
				Tags:       map[string]string{"team": "billing"},
			},
			{
				Name: "orders-dlq", AccountID: "000000000012", Tap: TapLive,
				Attributes: map[string]string{"MessageRetentionPeriod": "1209600"},
			},
		},
		Functions: []Function{{
			Name: "orders", AccountID: "000000000012", Path: filepath.Join(dir, "orders.wasm"), Memory: 64 * MiB, Timeout: 5 * time.Second,
			Environment: map[string]string{"KEY": "${x}", "N": "7"}, Isolation: "reuse", MaximumConcurrency: 4,
		}},
		Mappings: []Mapping{{
			Queue: "orders", AccountID: "000000000012", Source: SourceQueue, Function: "orders",
			BatchSize: 100, MaximumBatchingWindow: 2 * time.Second, MinimumConcurrency: 1, MaximumConcurrency: 3,
			ReportBatchItemFailures: true,
		}},
		Log:           Log{Level: "debug", Format: "json"},
		ShutdownGrace: 5 * time.Second,
	}
	got := mustLoad(t, Source{Path: path, Environ: []string{"SECRET=s3:cr}et # no comment"}})
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("Load (-want +got):\n%s", diff)
	}
}

func TestPrecedence(t *testing.T) {
	path := write(t, "sqs: {listen: 127.0.0.1:1, region: from-file}\nlog: {level: debug}\n")
	s := Source{
		Path:    path,
		Environ: []string{"QUEUELET_SQS_LISTEN=127.0.0.1:2", "QUEUELET_LOG_LEVEL=warn", "QUEUELET_CONFIG=x", "HOME=/"},
		Ignore:  []string{"QUEUELET_CONFIG"},
		Overrides: []Override{
			{Flag: "--listen", Key: "sqs.listen", Value: "127.0.0.1:3"},
		},
	}
	c := mustLoad(t, s)
	if got, want := c.SQS.Listen, "127.0.0.1:3"; got != want {
		t.Errorf("sqs.listen = %q, want the flag's %q", got, want)
	}
	if got, want := c.Log.Level, "warn"; got != want {
		t.Errorf("log.level = %q, want the environment's %q", got, want)
	}
	if got, want := c.SQS.Region, "from-file"; got != want {
		t.Errorf("sqs.region = %q, want the file's %q", got, want)
	}

	settings, err := Settings(s)
	if err != nil {
		t.Fatal(err)
	}
	origins := make(map[string]string)
	for _, setting := range settings {
		origins[setting.Key] = setting.Origin
	}
	for key, want := range map[string]string{
		"sqs.listen": "--listen", "log.level": "QUEUELET_LOG_LEVEL", "sqs.region": path + ":1", "nats.listen": "default",
	} {
		if origins[key] != want {
			t.Errorf("origin of %s = %q, want %q", key, origins[key], want)
		}
	}
}

// TestEveryScalarKeyFromTheEnvironment keeps the table of fields in step with the
// names that the documentation promises.
func TestEveryScalarKeyFromTheEnvironment(t *testing.T) {
	values := map[string]string{
		"QUEUELET_SQS_LISTEN":                "127.0.0.1:1",
		"QUEUELET_SQS_REGION":                "eu-west-1",
		"QUEUELET_SQS_ACCOUNT_ID":            "123456789012",
		"QUEUELET_SQS_PUBLIC_URL":            "https://sqs.example.org",
		"QUEUELET_SQS_COOLDOWN_DELETE_QUEUE": "0s",
		"QUEUELET_SQS_COOLDOWN_PURGE_QUEUE":  "1s",
		"QUEUELET_SQS_AUTH_EXPLAIN":          "false",
		"QUEUELET_SQS_AUTH_ENFORCE_REGION":   "true",
		"QUEUELET_CONSOLE_LISTEN":            "",
		"QUEUELET_NATS_LISTEN":               "127.0.0.1:2",
		"QUEUELET_STORAGE_DIR":               "d",
		"QUEUELET_STORAGE_DURABILITY":        "os",
		"QUEUELET_STORAGE_MIN_FREE":          "1KiB",
		"QUEUELET_STORAGE_MAX_CODE":          "1MiB",
		"QUEUELET_FUNCTIONS_DIR":             t.TempDir(),
		"QUEUELET_LOG_LEVEL":                 "error",
		"QUEUELET_LOG_FORMAT":                "text",
		"QUEUELET_SHUTDOWN_GRACE":            "3s",
	}
	var environ []string
	for name, value := range values {
		environ = append(environ, name+"="+value)
	}
	c := mustLoad(t, Source{Environ: environ})
	for _, f := range fields() {
		want, ok := values[f.environment()]
		if !ok {
			t.Errorf("%s is not in the test", f.environment())
		}
		if got := f.get(&c); got != want {
			t.Errorf("%s = %q, want %q", f.key, got, want)
		}
	}
}

func TestLoadErrorIsErrors(t *testing.T) {
	_, err := Load(Source{Path: filepath.Join(t.TempDir(), "absent.yaml")})
	one, ok := errors.AsType[*Error](err)
	if !ok || one.Code != CodeFile {
		t.Fatalf("Load = %v, want an *Error with code %q", err, CodeFile)
	}
	if !strings.Contains(one.Explain(), "there is no such file") {
		t.Errorf("Explain = %q", one.Explain())
	}
}
