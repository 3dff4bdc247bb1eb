package config

import (
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestGrantsOriginsAndEncryptionKey(t *testing.T) {
	path := filepath.Join(t.TempDir(), "config.yaml")
	writeFile(t, path, `
sqs:
  cors_origins: ["https://a.example", "*"]
  auth:
    credentials:
      - access_key_id: AKIDEXAMPLE
        secret_access_key: secret
        allow:
          - {actions: [SendMessage, GetQueueUrl], queues: ["orders*"]}
          - {actions: ["*"], queues: [audit]}
storage: {encryption_key: hidden}
`)
	c := mustLoad(t, Source{Path: path})
	want := []Grant{
		{Actions: []string{"SendMessage", "GetQueueUrl"}, Queues: []string{"orders*"}},
		{Actions: []string{"*"}, Queues: []string{"audit"}},
	}
	if d := cmp.Diff(want, c.SQS.Auth.Credentials[0].Allow); d != "" {
		t.Error(d)
	}
	if d := cmp.Diff([]string{"https://a.example", "*"}, c.SQS.CORSOrigins); d != "" {
		t.Error(d)
	}
	if c.Storage.EncryptionKey.Reveal() != "hidden" {
		t.Error("the encryption key was not read")
	}
	settings, err := Settings(Source{Path: path})
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range settings {
		if strings.Contains(s.Value, "hidden") {
			t.Errorf("%s shows the encryption key", s.Key)
		}
	}
	other := c
	other.Storage.EncryptionKey = "another"
	if keys := Diff(c, other).NeedRestart(); len(keys) != 1 || keys[0] != "storage.encryption_key" {
		t.Errorf("a new encryption key needs a restart for %q", keys)
	}
}

func TestAGrantNeedsActionsAndQueues(t *testing.T) {
	path := filepath.Join(t.TempDir(), "config.yaml")
	writeFile(t, path, `
sqs:
  auth:
    credentials:
      - {access_key_id: AKIDEXAMPLE, secret_access_key: s, allow: [{actions: [SendMessage]}]}
`)
	_, err := Load(Source{Path: path})
	if err == nil || !strings.Contains(err.Error(), "allow[0].queues") {
		t.Errorf("got %v", err)
	}
}
