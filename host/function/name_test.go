package function_test

import (
	"testing"

	"github.com/queuelet/queuelet/host/function"
)

func TestParseReference(t *testing.T) {
	scope := function.Scope{Region: region, Account: account}
	tests := []struct {
		text, want string
		refused    function.Code
	}{
		{"orders", account + "/orders", ""},
		{"orders:live", account + "/orders:live", ""},
		{"orders:$LATEST", account + "/orders", ""},
		{account + ":function:orders", account + "/orders", ""},
		{account + ":function:orders:3", account + "/orders:3", ""},
		{"function:orders", account + "/orders", ""},
		{"arn:aws:lambda:us-east-1:" + account + ":function:orders", account + "/orders", ""},
		{"arn:aws:lambda:us-east-1:" + account + ":function:orders:live", account + "/orders:live", ""},
		{"arn:aws:lambda:eu-west-1:" + account + ":function:orders", "", function.CodeNotFound},
		{"arn:aws:lambda:us-east-1:999999999999:function:orders", "", function.CodeAccessDenied},
		{"999999999999:function:orders", "", function.CodeAccessDenied},
		{"arn:aws:sqs:us-east-1:" + account + ":function:orders", "", function.CodeConstraint},
		{"arn:aws:lambda:us-east-1:" + account, "", function.CodeConstraint},
		{"", "", function.CodeConstraint},
		{"a/b", "", function.CodeConstraint},
		{"a.b", "", function.CodeConstraint},
		{"orders:", "", function.CodeConstraint},
		{"orders:a b", "", function.CodeConstraint},
		{"orders:live:more", "", function.CodeConstraint},
		{"../orders", "", function.CodeConstraint},
	}
	for _, tt := range tests {
		got, err := scope.ParseReference(tt.text)
		if tt.refused != "" {
			expect(t, tt.text, err, tt.refused)
			continue
		}
		if err != nil || got.ID() != tt.want {
			t.Errorf("%q is %q, %v; want %q", tt.text, got.ID(), err, tt.want)
		}
		if back, ok := function.ParseID(got.ID()); !ok || back.Key != got.Key {
			t.Errorf("%q is not read back: %+v", got.ID(), back)
		}
	}
}
