package config

import (
	"encoding/json"
	"fmt"
	"log/slog"
	"os"
	"strings"
	"testing"
)

func writeFile(t testing.TB, path, content string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
}

func TestSecretIsNeverShown(t *testing.T) {
	const hidden = "hush-hush"
	c := Credential{AccessKeyID: "id", SecretAccessKey: hidden, SessionToken: hidden}
	encoded, err := json.Marshal(c)
	if err != nil {
		t.Fatal(err)
	}
	var log strings.Builder
	slog.New(slog.NewTextHandler(&log, nil)).Info("m", "secret", c.SecretAccessKey, "credential", c)
	slog.New(slog.NewJSONHandler(&log, nil)).Info("m", "secret", c.SecretAccessKey, "credential", c)
	for name, text := range map[string]string{
		"%v": fmt.Sprint(c), "%+v": fmt.Sprintf("%+v", c), "%#v": fmt.Sprintf("%#v", c), "%q": fmt.Sprintf("%q", c.SecretAccessKey),
		"json": string(encoded), "slog": log.String(),
	} {
		if strings.Contains(text, hidden) {
			t.Errorf("%s shows the secret: %s", name, text)
		}
		if !strings.Contains(text, redacted) {
			t.Errorf("%s does not show that there is a secret: %s", name, text)
		}
	}
	if c.SecretAccessKey.Reveal() != hidden {
		t.Error("Reveal does not return the secret")
	}
}

// TestSnippetsMaskSecrets provokes an error beside a secret in every way YAML has to
// write one.
func TestSnippetsMaskSecrets(t *testing.T) {
	for name, item := range map[string]string{
		"flow":              `- {secret_access_key: hush-hush, account_id: "1"}`,
		"flow, quoted key":  `- {"secret_access_key": 'hush, hush-hush', account_id: "1"}`,
		"plain":             "- secret_access_key: hush-hush # hush-hush\n  account_id: \"1\"",
		"double quoted":     "- secret_access_key: \"hush-\\\"hush\" \n  account_id: \"1\"",
		"quoted lines":      "- secret_access_key: \"a\n    hush-hush\"\n  account_id: \"1\"",
		"quoted, outdented": "- {secret_access_key: 'a\n hush-hush\n hush-hush', account_id: \"1\"}",
		"literal":           "- secret_access_key: |\n    hush-hush\n  account_id: \"1\"",
		"next line":         "- secret_access_key:\n\n    hush-hush\n  account_id: \"1\"",
		"token":             "- session_token: hush-hush\n  account_id: \"1\"",
		"default":           "- secret_access_key: ${NO:-hush-hush}\n  account_id: \"1\"",
		"type":              "- secret_access_key: [hush-hush]\n  account_id: \"1\"",
		"syntax":            "- secret_access_key: hush-hush\n  account_id: \"1",
		"bad placeholder":   "- secret_access_key: ${ hush-hush}",
	} {
		t.Run(name, func(t *testing.T) {
			text := loadText(t, "sqs:\n  auth:\n    credentials:\n      "+strings.ReplaceAll(item, "\n", "\n      ")+"\n").Explain()
			if strings.Contains(text, "hush") {
				t.Errorf("shows the secret:\n%s", text)
			}
			if !strings.Contains(text, ">") {
				t.Errorf("shows no snippet:\n%s", text)
			}
		})
	}
}

// TestSnippetsMaskSecretsOfFunctions provokes an error beside secrets of a function.
func TestSnippetsMaskSecretsOfFunctions(t *testing.T) {
	for name, grants := range map[string]string{
		"flow":              `{secrets: {A: hush-hush, B: "hush-}-hush"}, wrong: 1}`,
		"flow, two lines":   "{secrets: {A: hush-hush,\n B: \"}hush-hush\", C: hush},\nwrong: 1}",
		"block":             "\n  secrets:\n    A: hush-hush\n    B: |\n      hush-hush\n  wrong: 1",
		"block, comment":    "\n  secrets: # hush-hush\n    A: hush-hush\n  wrong: 1",
		"a list":            "\n  secrets: [hush-hush]\n  wrong: 1",
		"a list below":      "\n  secrets:\n    - hush-hush\n  wrong: 1",
		"a single value":    "\n  secrets: hush-hush\n  wrong: 1",
		"no name":           "\n  secrets: {9: hush-hush}",
		"bad placeholder":   "\n  secrets: {A: ${hush-hush}}",
		"empty":             `{secrets: {A: ""}, config: {B: 1}, wrong: 1}`,
		"not YAML":          "{secrets: {A: hush-hush}, wrong: [",
		"given in two ways": "{secrets: {A: hush-hush}, secret_files: {A: nowhere}}",
	} {
		t.Run(name, func(t *testing.T) {
			text := loadText(t, "functions:\n  - name: f\n    path: f.wasm\n    grants: "+strings.ReplaceAll(grants, "\n", "\n    ")+"\n").Explain()
			if strings.Contains(text, "hush") {
				t.Errorf("shows the secret:\n%s", text)
			}
			if !strings.Contains(text, ">") {
				t.Errorf("shows no snippet:\n%s", text)
			}
		})
	}
}

func TestSettingsMaskSecrets(t *testing.T) {
	path := write(t, `
sqs: {auth: {credentials: [{access_key_id: a, secret_access_key: hush-hush, session_token: hush-hush}]}}
functions: [{name: f, path: f.wasm, environment: {PASSWORD: hush-hush}}]
`)
	settings, err := Settings(Source{Path: path})
	if err != nil {
		t.Fatal(err)
	}
	if text := fmt.Sprint(settings); strings.Contains(text, "hush") || strings.Count(text, redacted) != 3 {
		t.Errorf("Settings = %s, want three masked secrets", text)
	}
}
