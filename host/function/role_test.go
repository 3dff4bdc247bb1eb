package function_test

import (
	"strings"
	"testing"

	"github.com/queuelet/queuelet/host/function"
)

func TestParseRole(t *testing.T) {
	const a = "111122223333"
	for arn, want := range map[string]string{
		"arn:aws:iam::" + a + ":role/worker":                 a + " worker",
		"arn:aws:iam::" + a + ":role/service-role/worker":    a + " worker",
		"arn:aws:iam::" + a + ":role/a/b/c/w+=,.@-_9":        a + " w+=,.@-_9",
		"arn:aws-us-gov:iam::" + a + ":role/worker":          a + " worker",
		"arn:aws:iam::" + a + ":role/":                       "",
		"arn:aws:iam::" + a + ":role/path/":                  "",
		"arn:aws:iam::" + a + ":role":                        "",
		"arn:aws:iam::" + a + ":user/worker":                 "",
		"arn:aws:iam::" + a + ":role/worker:more":            "",
		"arn:aws:iam:us-east-1:" + a + ":role/worker":        "",
		"arn:aws:iam::1:role/worker":                         "",
		"arn:aws:sts::" + a + ":role/worker":                 "",
		"arn:aws:iam::" + a + "\n:role/worker":               "",
		"arn:other:iam::" + a + ":role/worker":               "",
		"worker":                                             "",
		"":                                                   "",
		"arn:aws:iam::" + a + ":assumed-role/worker/session": "",
	} {
		role, ok := function.ParseRole(arn)
		if got := strings.TrimSpace(role.Account + " " + role.Name); ok != (want != "") || ok && got != want {
			t.Errorf("%q is %q, %t; want %q", arn, got, ok, want)
		}
	}
}

func FuzzParseRole(f *testing.F) {
	for _, arn := range []string{"arn:aws:iam::111122223333:role/path/worker", "arn:aws:iam::111122223333:role/", "role/a", ":::::"} {
		f.Add(arn)
	}
	f.Fuzz(func(t *testing.T, arn string) {
		role, ok := function.ParseRole(arn)
		if !ok {
			return
		}
		if !strings.HasSuffix(arn, "/"+role.Name) || !strings.Contains(arn, ":"+role.Account+":role/") || strings.ContainsAny(role.Name, ":/") {
			t.Errorf("%q is read as %+v", arn, role)
		}
	})
}
