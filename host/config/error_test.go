package config

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestErrors names for each mistake its line, column, key, value, reason and hint.
func TestErrors(t *testing.T) {
	tests := []struct {
		name, file string
		want       []string // each: line:column: message, then " | hint"
	}{
		{"unknown key", "sqs:\n  lisen: x\n", []string{`2:3: sqs.lisen: no such key | did you mean listen?`}},
		{"unknown section", "sqss: {}\n", []string{`1:1: sqss: no such key | did you mean sqs?`}},
		{"unknown key, nothing near", "nats:\n  zebra: 1\n", []string{`2:3: nats.zebra: no such key | the keys here are listen`}},
		{"duplicate key", "log:\n  level: info\n  level: warn\n", []string{`3:3: log.level: is given twice | remove one of the two`}},
		{"section twice", "log: {level: info}\nlog: {level: warn}\n", []string{`2:1: log: is given twice | remove one of the two`}},
		{"not an address", "sqs:\n  listen: localhost\n", []string{`2:11: sqs.listen: "localhost" is not an address | write host:port, for example 127.0.0.1:3001`}},
		{"port too large", "sqs:\n  listen: localhost:70000\n", []string{`2:11: sqs.listen: "localhost:70000" has no port between 0 and 65535 | write host:port, for example 127.0.0.1:3001`}},
		{"duration without unit", "shutdown_grace: 30\n", []string{`1:17: shutdown_grace: "30" is not a duration | write the unit: 30s`}},
		{"duration too long", "shutdown_grace: 1h\n", []string{`1:17: shutdown_grace: "1h" is not between 0s and 10m0s | `}},
		{"decimal size", "storage: {min_free: 64MB}\n", []string{`1:21: storage.min_free: "64MB" is not a size | write a whole number with its unit: 512KiB, 128MiB, 2GiB`}},
		{"word near", "storage: {durability: fsnyc}\n", []string{`1:23: storage.durability: "fsnyc" is not one of fsync, os | did you mean "fsync"?`}},
		{"bool", "sqs: {auth: {explain: yes}}\n", []string{`1:23: sqs.auth.explain: "yes" is neither true nor false | write true or false`}},
		{"list for a section", "sqs: [1]\n", []string{`1:6: sqs: should be keys and values, but is a list | `}},
		{"text for a list", "queues: orders\n", []string{`1:9: queues: should be a list, but is a single value | `}},
		{"text for an item", "queues: [orders]\n", []string{`1:10: queues[0]: should be keys and values, but is a single value | `}},
		{"mapping for a value", "log: {level: {a: 1}}\n", []string{`1:14: log.level: should be a single value, but is keys and values | `}},
		{"anchor", "log: {level: &a info}\n", []string{`1:14: log.level: should be a single value, but is an anchor, alias or tag, which this file has no use for | `}},
		{"placeholder unset", "sqs:\n  region: ${NOWHERE}\n", []string{`2:11: sqs.region: needs the environment variable NOWHERE, which is not set | set NOWHERE, or write ${NOWHERE:-default}`}},
		{"placeholder misnamed", "sqs: {region: ${a b}}\n", []string{`1:15: sqs.region: has a placeholder without a proper name | write ${NAME}, ${NAME:-default}, or $${ for a plain ${`}},
		{"syntax", "sqs: [\n", []string{`1:6: the file is not YAML: sequence end token ']' not found | `}},
		{"two documents", "log: {}\n---\nsqs: {}\n", []string{`3:4: the file has more than one document | remove the line ---`}},
		{"account", "sqs: {account_id: \"1\"}\n", []string{`1:19: sqs.account_id: "1" is not an account id | write twelve digits in quotes, for example "000000000000"`}},
		{"queue name", "queues:\n  - name: a b\n", []string{`2:11: queues[0].name: "a b" is not a queue name | write 1 to 80 letters, digits, hyphens and underscores; the name of a FIFO queue ends in .fifo`}},
		{"name missing", "queues:\n  - tap: live\n", []string{`2:5: queues[0].name: is missing | `}},
		{"receives", "queues: [{name: a, dead_letter: {queue: b, max_receives: 1001}}]\n", []string{`1:58: queues[0].dead_letter.max_receives: "1001" is not between 1 and 1000 | `}},
		{"receives missing", "queues: [{name: a, dead_letter: {queue: b}}]\n", []string{`1:33: queues[0].dead_letter.max_receives: is missing | `}},
		{"own dead-letter queue", "queues: [{name: a, dead_letter: {queue: a, max_receives: 1}}]\n", []string{`1:41: queues[0].dead_letter.queue: "a" is the queue itself | name another queue`}},
		{"dead-letter type", "queues: [{name: a.fifo, dead_letter: {queue: b, max_receives: 1}}]\n", []string{`1:46: queues[0].dead_letter.queue: "b" is not of the same type as a.fifo | the dead-letter queue of a FIFO queue is a FIFO queue, that of a standard queue a standard queue`}},
		{"redrive twice", "queues: [{name: a, attributes: {RedrivePolicy: x}, dead_letter: {queue: b, max_receives: 1}}]\n", []string{`1:48: queues[0].attributes.RedrivePolicy: is given beside dead_letter | remove one of the two`}},
		{"queue twice", "queues:\n  - name: a\n  - name: a\n", []string{`3:11: queues[1].name: "a" is the name of two queues | remove one of the two`}},
		{"account without key", "queues:\n  - {name: a, account_id: \"111122223333\"}\n", []string{`2:27: queues[0].account_id: "111122223333" is an account that no credential belongs to | add a credential of that account, or correct account_id`}},
		{"function twice", "functions:\n  - {name: a, path: x}\n  - {name: a, path: y}\n", []string{`3:12: functions[1].name: "a" is the name of two functions | remove one of the two`}},
		{"memory", "functions: [{name: a, path: x, memory: 5GiB}]\n", []string{`1:40: functions[0].memory: "5GiB" is not between 1MiB and 4GiB | `}},
		{"environment", "functions: [{name: a, path: x, environment: {a-b: c}}]\n", []string{`1:51: functions[0].environment.a-b: is not the name of an environment variable | `}},
		{
			"mapping to nothing", "queues: [{name: orders}]\nfunctions: [{name: orders, path: x}]\nmappings:\n  - queue: order\n    function: zzz\n",
			[]string{
				`4:12: mappings[0].queue: "order" is not among the queues | did you mean orders?`,
				`5:15: mappings[0].function: "zzz" is not among the functions | add it there`,
			},
		},
		{"batch without window", "queues: [{name: a}]\nfunctions: [{name: f, path: x}]\nmappings: [{queue: a, function: f, batch_size: 11}]\n", []string{`3:48: mappings[0].batch_size: is more than 10 without a time to gather them | give maximum_batching_window: 1s or more`}},
		{"batch of FIFO", "queues: [{name: a.fifo}]\nfunctions: [{name: f, path: x}]\nmappings: [{queue: a.fifo, function: f, batch_size: 11}]\n", []string{`3:53: mappings[0].batch_size: is more than 10 for a FIFO queue | write 10 or less`}},
		{"same address", "sqs: {listen: localhost:1}\nnats: {listen: localhost:1}\n", []string{`2:16: nats.listen: "localhost:1" is the address of sqs.listen as well | choose another port`}},
		{"public without a key", "sqs: {listen: 0.0.0.0:3001}\n", []string{`1:15: sqs.listen: "0.0.0.0:3001" can be reached from other machines, while the only key is the development key, which everybody knows | configure sqs.auth.credentials, or listen on 127.0.0.1`}},
		{
			"public with the development key", "console: {listen: \":3000\"}\nsqs:\n  auth:\n    credentials:\n      - {access_key_id: queuelet, secret_access_key: queuelet}\n",
			[]string{`1:19: console.listen: ":3000" can be reached from other machines, while the only key is the development key, which everybody knows | configure sqs.auth.credentials, or listen on 127.0.0.1`},
		},
		{
			"credentials", "sqs:\n  auth:\n    credentials:\n      - {access_key_id: a, secret_access_key: s, secret_access_key_file: f}\n      - {access_key_id: a}\n",
			[]string{
				`4:74: sqs.auth.credentials[0].secret_access_key_file: "f" cannot be read: open f: no such file or directory | `,
				`4:74: sqs.auth.credentials[0].secret_access_key_file: is given beside secret_access_key | remove one of the two`,
				`5:10: sqs.auth.credentials[1].secret_access_key: is missing | give secret_access_key or secret_access_key_file`,
				`5:25: sqs.auth.credentials[1].access_key_id: "a" is the id of two credentials | remove one of the two`,
			},
		},
		{
			"all at once", "sqs:\n  listen: nowhere\n  region: A!\nlog: {level: loud}\nx: 1\n",
			[]string{
				`2:11: sqs.listen: "nowhere" is not an address | write host:port, for example 127.0.0.1:3001`,
				`3:11: sqs.region: "A!" is not a region name | write small letters, digits and hyphens, for example us-east-1`,
				`4:14: log.level: "loud" is not one of debug, info, warn, error | write one of: debug, info, warn, error`,
				`5:1: x: no such key | the keys here are console, functions, functions_dir, log, mappings, nats, queues, roles, shutdown_grace, sqs, storage`,
			},
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var got []string
			for _, e := range loadText(t, tt.file) {
				got = append(got, strings.TrimPrefix(e.Error(), "config.yaml:")+" | "+e.Hint)
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("errors (-want +got):\n%s", diff)
			}
		})
	}
}

// loadText loads a file by that name in the current folder.
func loadText(t *testing.T, content string) Errors {
	t.Helper()
	t.Chdir(t.TempDir())
	writeFile(t, "config.yaml", content)
	_, err := Load(Source{Path: "config.yaml"})
	if err == nil {
		t.Fatal("Load succeeded, want errors")
	}
	errs, ok := err.(Errors) //nolint:errorlint // Load promises exactly this type.
	if !ok {
		t.Fatalf("Load returned %T, want Errors", err)
	}
	return errs
}

func TestUnknownVariable(t *testing.T) {
	_, err := Load(Source{Environ: []string{"QUEUELET_SQS_LISTN=x", "QUEUELET_QUEUES=orders"}})
	want := `QUEUELET_SQS_LISTN: no key of the configuration goes by this variable
Try: did you mean QUEUELET_SQS_LISTEN?

QUEUELET_QUEUES: no key of the configuration goes by this variable
Try: unset it; lists such as queues can be set in the file only`
	if diff := cmp.Diff(want, err.(Errors).Explain()); diff != "" { //nolint:errorlint // Load promises exactly this type.
		t.Errorf("Explain (-want +got):\n%s", diff)
	}
}

func TestInvalidVariableAndFlag(t *testing.T) {
	_, err := Load(Source{
		Environ:   []string{"QUEUELET_LOG_LEVEL=loud"},
		Overrides: []Override{{Flag: "--listen", Key: "sqs.listen", Value: "8"}},
	})
	want := `QUEUELET_LOG_LEVEL: log.level: "loud" is not one of debug, info, warn, error
--listen: sqs.listen: "8" is not an address`
	if diff := cmp.Diff(want, err.Error()); diff != "" {
		t.Errorf("Error (-want +got):\n%s", diff)
	}
}

func TestExplainShowsCaret(t *testing.T) {
	errs := loadText(t, "sqs:\n\n  region: \"Ü é\"\nlog: {}\n")
	want := `config.yaml:3:11: sqs.region: "Ü é" is not a region name
     2 | 
>    3 |   region: "Ü é"
                   ^
     4 | log: {}
Try: write small letters, digits and hyphens, for example us-east-1`
	if diff := cmp.Diff(want, errs.Explain()); diff != "" {
		t.Errorf("Explain (-want +got):\n%s", diff)
	}
}
