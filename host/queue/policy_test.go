package queue

import (
	"strings"
	"testing"
	"time"
)

const testQueueARN = "arn:aws:sqs:us-east-1:111122223333:q"

func parseTestPolicy(t testing.TB, statements ...string) *policy {
	t.Helper()
	p, err := parsePolicy(`{"Version":"2012-10-17","Statement":[` + strings.Join(statements, ",") + `]}`)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func testAccessRequest() *accessRequest {
	return &accessRequest{
		caller: &Caller{
			Account: "444455556666", Principal: "AIDAOTHER", SourceIP: "192.0.2.7",
			SourceARN: "arn:aws:sns:us-east-1:444455556666:topic",
		},
		action:   "sendmessage",
		resource: testQueueARN,
		now:      time.Date(2026, 5, 1, 12, 0, 0, 0, time.UTC),
	}
}

func TestPolicyStatements(t *testing.T) {
	t.Parallel()
	const all = `{"Effect":"Allow","Principal":"*","Action":"*","Resource":"*"}`
	with := func(element, value string) string {
		fields := map[string]string{"Principal": `"*"`, "Action": `"sqs:*"`, "Resource": `"*"`}
		switch element {
		case "NotPrincipal", "NotAction", "NotResource":
			delete(fields, strings.TrimPrefix(element, "Not"))
		}
		fields[element] = value
		elements := []string{`{"Effect":"Allow"`}
		for name, value := range fields {
			elements = append(elements, `"`+name+`":`+value)
		}
		return strings.Join(elements, ",") + "}"
	}
	tests := []struct {
		statement string
		granted   bool
	}{
		{all, true},
		{with("Principal", `{"AWS":"*"}`), true},
		{with("Principal", `{"AWS":"444455556666"}`), true},
		{with("Principal", `{"AWS":["111122223333","444455556666"]}`), true},
		{with("Principal", `{"AWS":"arn:aws:iam::444455556666:root"}`), true},
		{with("Principal", `{"AWS":"arn:aws:iam::444455556666:user/AIDAOTHER"}`), true},
		{with("Principal", `{"AWS":"AIDAOTHER"}`), true},
		{with("Principal", `{"AWS":"arn:aws:iam::444455556666:user/other"}`), false},
		{with("Principal", `{"AWS":"777788889999"}`), false},
		{with("Principal", `{"AWS":"arn:aws:iam::777788889999:root"}`), false},
		{with("Principal", `{"Service":"sns.amazonaws.com"}`), false},
		{with("Principal", `{"Service":"sns.amazonaws.com","AWS":"444455556666"}`), true},
		{with("NotPrincipal", `{"AWS":"777788889999"}`), true},
		{with("NotPrincipal", `{"AWS":"444455556666"}`), false},
		{with("Action", `"sqs:SendMessage"`), true},
		{with("Action", `"SQS:sendmessage"`), true},
		{with("Action", `["sqs:ReceiveMessage","sqs:Send*"]`), true},
		{with("Action", `"sqs:Send??ssage"`), true},
		{with("Action", `"sqs:ReceiveMessage"`), false},
		{with("NotAction", `"sqs:ReceiveMessage"`), true},
		{with("NotAction", `"sqs:SendMessage"`), false},
		{with("Resource", `"`+testQueueARN+`"`), true},
		{with("Resource", `"arn:aws:sqs:*:111122223333:*"`), true},
		{with("Resource", `"arn:aws:sqs:us-east-1:111122223333:p"`), false},
		{with("NotResource", `"arn:aws:sqs:us-east-1:111122223333:p"`), true},
		{with("NotResource", `"arn:aws:sqs:us-east-1:111122223333:*"`), false},
	}
	for _, test := range tests {
		t.Run(test.statement, func(t *testing.T) {
			t.Parallel()
			granted, denied := parseTestPolicy(t, test.statement).decide(testAccessRequest())
			if granted != test.granted || denied {
				t.Errorf("granted %v, denied %v; want %v, false", granted, denied, test.granted)
			}
			// The same statement as a denial wins over a grant, wherever it stands.
			deny := strings.Replace(test.statement, "Allow", "Deny", 1)
			for _, order := range [][]string{{all, deny}, {deny, all}} {
				granted, denied := parseTestPolicy(t, order...).decide(testAccessRequest())
				if denied != test.granted || granted == test.granted {
					t.Errorf("as a denial: granted %v, denied %v; want %v, %v", granted, denied, !test.granted, test.granted)
				}
			}
		})
	}
}

func TestPolicyConditions(t *testing.T) {
	t.Parallel()
	tests := []struct {
		condition string
		holds     bool
	}{
		{`"ArnEquals":{"aws:SourceArn":"arn:aws:sns:us-east-1:444455556666:topic"}`, true},
		{`"ArnEquals":{"aws:SourceArn":"arn:aws:sns:us-east-1:444455556666:other"}`, false},
		{`"ArnLike":{"AWS:sourcearn":"arn:aws:sns:*:*:to*"}`, true},
		{`"ArnLike":{"aws:SourceArn":"arn:aws:sns:*:topic"}`, false},
		{`"ArnNotLike":{"aws:SourceArn":"arn:aws:sns:*:*:to*"}`, false},
		{`"ArnNotEquals":{"aws:SourceArn":"arn:aws:sns:*:*:other"}`, true},
		{`"StringEquals":{"aws:SourceAccount":"444455556666"}`, true},
		{`"StringEquals":{"aws:SourceAccount":["1","444455556666"]}`, true},
		{`"StringEquals":{"aws:PrincipalAccount":"4444"}`, false},
		{`"StringNotEquals":{"aws:PrincipalAccount":["4444","5555"]}`, true},
		{`"StringNotEquals":{"aws:PrincipalAccount":["4444","444455556666"]}`, false},
		{`"StringEquals":{"aws:userid":"aidaother"}`, false},
		{`"StringEqualsIgnoreCase":{"aws:userid":"aidaother"}`, true},
		{`"StringNotEqualsIgnoreCase":{"aws:userid":"aidaother"}`, false},
		{`"StringLike":{"aws:PrincipalArn":"arn:aws:iam::4444*"}`, true},
		{`"StringNotLike":{"aws:PrincipalArn":"arn:aws:iam::4444*"}`, false},
		{`"Bool":{"aws:SecureTransport":"false"}`, true},
		{`"Bool":{"aws:SecureTransport":false}`, true},
		{`"Bool":{"aws:SecureTransport":"true"}`, false},
		{`"BoolIfExists":{"aws:SecureTransport":"true"}`, false},
		{`"IpAddress":{"aws:SourceIp":"192.0.2.0/24"}`, true},
		{`"IpAddress":{"aws:SourceIp":["198.51.100.0/24","192.0.2.7"]}`, true},
		{`"IpAddress":{"aws:SourceIp":"192.0.2.8"}`, false},
		{`"IpAddress":{"aws:SourceIp":"2001:db8::/32"}`, false},
		{`"NotIpAddress":{"aws:SourceIp":"192.0.2.0/24"}`, false},
		{`"NotIpAddress":{"aws:SourceIp":"198.51.100.0/24"}`, true},
		{`"DateLessThan":{"aws:CurrentTime":"2026-05-01T12:00:01Z"}`, true},
		{`"DateLessThan":{"aws:CurrentTime":"2026-05-01T12:00Z"}`, false},
		{`"DateLessThanEquals":{"aws:CurrentTime":"2026-05-01T12:00Z"}`, true},
		{`"DateGreaterThan":{"aws:CurrentTime":"2026-05-01"}`, true},
		{`"DateGreaterThanEquals":{"aws:CurrentTime":"2026-05-02"}`, false},
		{`"DateEquals":{"aws:CurrentTime":"2026-05-01T14:00:00+02:00"}`, true},
		{`"DateNotEquals":{"aws:CurrentTime":"2026-05-01T14:00:00+02:00"}`, false},
		{`"NumericGreaterThan":{"aws:EpochTime":1777636799}`, true},
		{`"NumericGreaterThan":{"aws:EpochTime":"1777636800"}`, false},
		{`"Null":{"aws:SourceArn":"false"}`, true},
		{`"Null":{"aws:SourceArn":true}`, false},
		{`"Null":{"aws:PrincipalOrgID":"true"}`, true},
		// A key that the request does not have.
		{`"StringEquals":{"aws:PrincipalOrgID":"o-1"}`, false},
		{`"StringNotEquals":{"aws:PrincipalOrgID":"o-1"}`, true},
		{`"StringEqualsIfExists":{"aws:PrincipalOrgID":"o-1"}`, true},
		{`"ForAllValues:StringEquals":{"aws:PrincipalOrgID":"o-1"}`, true},
		{`"ForAnyValue:StringLike":{"aws:PrincipalOrgPaths":"o-1/*"}`, false},
		{`"ForAnyValue:StringNotLike":{"aws:PrincipalOrgPaths":"o-1/*"}`, false},
		{`"ForAllValues:StringEquals":{"aws:PrincipalAccount":["1","444455556666"]}`, true},
		{`"ForAllValues:StringEquals":{"aws:PrincipalAccount":"1"}`, false},
		{`"ForAnyValue:StringEquals":{"aws:PrincipalAccount":["1","444455556666"]}`, true},
		{`"ForAnyValue:StringNotEquals":{"aws:PrincipalAccount":"1"}`, true},
		// All conditions and all keys must hold.
		{`"Bool":{"aws:SecureTransport":"false"},"IpAddress":{"aws:SourceIp":"192.0.2.7"}`, true},
		{`"Bool":{"aws:SecureTransport":"false"},"IpAddress":{"aws:SourceIp":"192.0.2.8"}`, false},
		{`"StringEquals":{"aws:userid":"AIDAOTHER","aws:PrincipalAccount":"1"}`, false},
	}
	for _, test := range tests {
		t.Run(test.condition, func(t *testing.T) {
			t.Parallel()
			p := parseTestPolicy(t,
				`{"Effect":"Allow","Principal":"*","Action":"*","Resource":"*","Condition":{`+test.condition+`}}`)
			if granted, _ := p.decide(testAccessRequest()); granted != test.holds {
				t.Errorf("granted %v, want %v", granted, test.holds)
			}
		})
	}
}

func TestPoliciesThatAreRefused(t *testing.T) {
	t.Parallel()
	const rest = `"Effect":"Allow","Principal":"*","Action":"*","Resource":"*"`
	refused := []string{
		``, `x`, `null`, `[]`, `"{}"`, `{}`, `{"Statement":[]}`, `{"Statement":null}`, `{"Statement":[null]}`, `{"Statement":1}`,
		`{"Statement":{` + rest + `}} more`,
		`{"Statement":{` + rest + `},"More":1}`,
		`{"Statement":{` + rest + `,"More":1}}`,
		`{"Statement":{"Effect":"allow","Principal":"*","Action":"*","Resource":"*"}}`,
		`{"Statement":{"Principal":"*","Action":"*","Resource":"*"}}`,
		`{"Statement":{"Effect":"Allow","Action":"*","Resource":"*"}}`,
		`{"Statement":{"Effect":"Allow","Principal":"*","Resource":"*"}}`,
		`{"Statement":{"Effect":"Allow","Principal":"*","Action":"*"}}`,
		`{"Statement":{` + rest + `,"NotPrincipal":"*"}}`,
		`{"Statement":{` + rest + `,"NotAction":"*"}}`,
		`{"Statement":{` + rest + `,"NotResource":"*"}}`,
		`{"Statement":{"Effect":"Allow","Principal":"444455556666","Action":"*","Resource":"*"}}`,
		`{"Statement":{"Effect":"Allow","Principal":{},"Action":"*","Resource":"*"}}`,
		`{"Statement":{"Effect":"Allow","Principal":{"User":"x"},"Action":"*","Resource":"*"}}`,
		`{"Statement":{"Effect":"Allow","Principal":{"AWS":{}},"Action":"*","Resource":"*"}}`,
		`{"Statement":{"Effect":"Allow","Principal":"*","Action":"s3:GetObject","Resource":"*"}}`,
		`{"Statement":{"Effect":"Allow","Principal":"*","Action":[],"Resource":"*"}}`,
		`{"Statement":{"Effect":"Allow","Principal":"*","Action":null,"Resource":"*"}}`,
		`{"Statement":{` + rest + `,"Condition":{"BinaryEquals":{"key":"x"}}}}`,
		`{"Statement":{` + rest + `,"Condition":{"ForMostValues:StringEquals":{"key":"x"}}}}`,
		`{"Version":"2012-10-18","Statement":{` + rest + `}}`,
		`{"Version":"2012-10-17","Statement":{` + rest + `,"Condition":{"StringEquals":{"aws:userid":"${aws:username}"}}}}`,
		`{"Statement":{` + rest + `,"Condition":{"StringEquals":{"key":[]}}}}`,
		`{"Statement":{` + rest + `,"Condition":{"IpAddress":{"aws:SourceIp":"here"}}}}`,
		`{"Statement":{` + rest + `,"Condition":{"DateLessThan":{"aws:CurrentTime":"now"}}}}`,
		`{"Statement":{` + rest + `,"Condition":{"Null":{"aws:SourceArn":"maybe"}}}}`,
	}
	for _, text := range refused {
		if _, err := parsePolicy(text); err == nil {
			t.Errorf("%s is accepted", text)
		}
	}
}

func TestPatterns(t *testing.T) {
	t.Parallel()
	tests := []struct {
		pattern, text string
		match         bool
	}{
		{"", "", true},
		{"", "a", false},
		{"a", "", false},
		{"*", "", true},
		{"**", "abc", true},
		{"a*c", "abbbc", true},
		{"a*c", "abbbd", false},
		{"a*b*c", "aXbYbZc", true},
		{"*b", "abab", true},
		{"a?c", "abc", true},
		{"a?c", "ac", false},
		{"?", "", false},
		{"orders*", "orders", true},
		{"orders*", "Orders", false},
	}
	for _, test := range tests {
		if got := matchPattern(test.pattern, test.text); got != test.match {
			t.Errorf("%q matches %q: %v, want %v", test.pattern, test.text, got, test.match)
		}
	}
}

func FuzzPolicy(f *testing.F) {
	for _, seed := range []string{
		`{"Statement":{"Effect":"Allow","Principal":"*","Action":"*","Resource":"*"}}`,
		`{"Version":"2012-10-17","Id":"x","Statement":[{"Sid":"s","Effect":"Deny","NotPrincipal":{"AWS":["1"]},` +
			`"NotAction":"sqs:*","NotResource":["*"],"Condition":{"IpAddress":{"aws:SourceIp":["::/0"]}}}]}`,
		`{"Statement":[{}]}`, `{"Statement":"x"}`, `{`, `null`,
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		p, err := parsePolicy(text)
		if err != nil {
			return
		}
		if granted, denied := p.decide(testAccessRequest()); granted && denied {
			t.Error("granted and denied at once")
		}
		if !samePolicy(text, text+" ") {
			t.Error("a blank makes it another policy")
		}
	})
}

func FuzzAttributes(f *testing.F) {
	for _, name := range attributeNames() {
		f.Add(name, "1")
	}
	f.Add(attributeRedrive, `{"deadLetterTargetArn":"arn:aws:sqs:us-east-1:111122223333:q","maxReceiveCount":"3"}`)
	f.Add(attributeRedriveAllow, `{"redrivePermission":"byQueue","sourceQueueArns":["arn:aws:sqs:us-east-1:111122223333:q"]}`)
	f.Add(attributePolicy, `{"Statement":{"Effect":"Allow","Principal":"*","Action":"*","Resource":"*"}}`)
	f.Fuzz(func(t *testing.T, name, text string) {
		for _, fifo := range []bool{false, true} {
			a := defaultAttributes(fifo)
			if err := a.apply(map[string]string{name: text}); err != nil {
				continue
			}
			// What is shown must be accepted again, and mean the same.
			shown := a.show(name)
			b := defaultAttributes(fifo)
			if shown == "" {
				continue
			}
			if err := b.apply(map[string]string{name: shown}); err != nil {
				t.Errorf("%s %q is shown as %q, which is refused: %v", name, text, shown, err)
			} else if !a.same(&b, name) {
				t.Errorf("%s %q is shown as %q, which means something else", name, text, shown)
			}
		}
	})
}
