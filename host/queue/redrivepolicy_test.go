package queue_test

import (
	"strings"
	"testing"

	"github.com/queuelet/queuelet/host/queue"
)

func TestRedrivePolicyIsNormalised(t *testing.T) {
	t.Parallel()
	s := newService(t, newNaiveStore())
	arn := s.ARN(createQueue(t, s, "dead"))
	want := map[string]string{"RedrivePolicy": `{"deadLetterTargetArn":"` + arn + `","maxReceiveCount":3}`}
	for _, given := range []string{
		`{"deadLetterTargetArn":"` + arn + `","maxReceiveCount":3}`,
		`{"maxReceiveCount": "3", "deadLetterTargetArn": "` + arn + `"}`,
		"\n{\t\"maxReceiveCount\":3 , \"deadLetterTargetArn\":\"" + arn + "\" }\n",
	} {
		key := createQueue(t, s, "q", "RedrivePolicy", given)
		wantEqual(t, getAttributes(t, s, key, "RedrivePolicy"), want)
		setAttributes(t, s, key, "RedrivePolicy", given)
		wantEqual(t, getAttributes(t, s, key, "RedrivePolicy"), want)
	}
	key := queue.Key{Account: testAccount, Name: "q"}
	setAttributes(t, s, key, "RedrivePolicy", "")
	wantEqual(t, getAttributes(t, s, key, "RedrivePolicy"), map[string]string{})
}

func TestRedrivePolicyErrors(t *testing.T) {
	t.Parallel()
	const (
		arn     = "arn:aws:sqs:us-east-1:111122223333:dead"
		notMap  = "Invalid value for the parameter RedrivePolicy. Reason: Redrive policy is not a valid JSON map."
		missing = "Redrive policy does not contain mandatory attribute: "
		target  = `{"maxReceiveCount":1,"deadLetterTargetArn":`
	)
	count := func(text string) string {
		return `{"deadLetterTargetArn":"` + arn + `","maxReceiveCount":` + text + `}`
	}
	outOfRange := func(text string) string {
		return "Invalid value for maxReceiveCount: " + text + ", valid values are from 1 to 1000 both inclusive."
	}
	tests := []struct {
		policy string
		reason string // "" when the policy is not a JSON map
	}{
		{"x", ""},
		{"null", ""},
		{`[]`, ""},
		{`"{}"`, ""},
		{`{"maxReceiveCount":1`, ""},
		{`{}`, missing + "maxReceiveCount."},
		{`{"deadLetterTargetArn":"` + arn + `"}`, missing + "maxReceiveCount."},
		{`{"deadLetterTargetArn":"` + arn + `","maxReceiveCount":null}`, missing + "maxReceiveCount."},
		{`{"maxReceiveCount":1}`, missing + "deadLetterTargetArn."},
		{count("0"), outOfRange("0")},
		{count("1001"), outOfRange("1001")},
		{count(`"many"`), outOfRange("many")},
		{count("1.5"), outOfRange("1.5")},
		{count("[1]"), outOfRange("[1]")},
		{target + `"arn:aws:sns:us-east-1:111122223333:dead"}`, "Only SQS queues are valid resources for deadLetterTargetArn."},
		{target + `"dead"}`, "Dead-letter target ARN should be fully qualified ARN."},
		{target + `"arn:aws:sqs:us-east-1:111122223333"}`, "Dead-letter target ARN should be fully qualified ARN."},
		{target + `""}`, "Dead-letter target ARN should be fully qualified ARN."},
		{target + `"arn:aws:sqs:us-east-1:111122223333:none"}`, "Dead letter target does not exist."},
		{target + `"arn:aws:sqs:eu-west-1:111122223333:dead"}`, "Dead letter target does not exist."},
		{target + `"arn:aws:sqs:us-east-1:444455556666:dead"}`, "Dead letter target does not exist."},
		{
			target + `"arn:aws:sqs:us-east-1:111122223333:dead.fifo"}`,
			"Dead-letter queue must be same type of queue as the source..",
		},
		{
			target + `"` + arn + `","more":1}`,
			"Only following attributes are supported: [maxReceiveCount, deadLetterTargetArn].",
		},
	}
	s := newService(t, newNaiveStore())
	createQueue(t, s, "dead")
	createFIFO(t, s, "dead.fifo")
	if _, err := s.CreateQueue(t.Context(), stranger(), queue.CreateQueueInput{Name: "dead"}); err != nil {
		t.Fatal(err)
	}
	existing := createQueue(t, s, "existing")
	for _, test := range tests {
		t.Run(test.policy, func(t *testing.T) {
			t.Parallel()
			code, text := queue.CodeInvalidAttributeValue, notMap
			if test.reason != "" {
				code = queue.CodeInvalidParameterValue
				text = "Value " + test.policy + " for parameter RedrivePolicy is invalid. Reason: " + test.reason
			}
			attributes := map[string]string{"RedrivePolicy": test.policy}
			_, err := s.CreateQueue(t.Context(), caller(), queue.CreateQueueInput{Name: "new", Attributes: attributes})
			wantError(t, err, code, text)
			wantError(t, s.SetQueueAttributes(t.Context(), caller(), existing, attributes), code, text)
		})
	}
}

func TestRedriveAllowPolicy(t *testing.T) {
	t.Parallel()
	const (
		one         = `"arn:aws:sqs:us-east-1:111122223333:source"`
		unsupported = "Invalid value for the parameter RedriveAllowPolicy. Reason: " +
			"Amazon SQS can't create the redrive allow policy, as it’s in an unsupported format."
	)
	byQueue := func(arns ...string) string {
		return `{"redrivePermission":"byQueue","sourceQueueArns":[` + strings.Join(arns, ",") + `]}`
	}
	repeated := strings.Split(strings.Repeat(one+";", 11)[:11*(len(one)+1)-1], ";")
	s := newService(t, newNaiveStore())
	key := createQueue(t, s, "dead")
	for _, good := range []string{
		`{"redrivePermission":"allowAll"}`, `{"redrivePermission":"denyAll"}`, byQueue(one), byQueue(repeated[:10]...),
	} {
		setAttributes(t, s, key, "RedriveAllowPolicy", good)
		wantEqual(t, getAttributes(t, s, key, "RedriveAllowPolicy"), map[string]string{"RedriveAllowPolicy": good})
	}
	setAttributes(t, s, key, "RedriveAllowPolicy", "")
	wantEqual(t, getAttributes(t, s, key, "RedriveAllowPolicy"), map[string]string{})

	tests := []struct {
		policy, reason string // no reason: the format is not supported
	}{
		{"x", ""},
		{"[]", ""},
		{"{}", ""},
		{`{"redrivePermission":"some"}`, ""},
		{`{"redrivePermission":1}`, ""},
		{`{"redrivePermission":"allowAll","more":1}`, ""},
		{byQueue("1"), ""},
		{byQueue(`"source"`), ""},
		{byQueue(`"arn:aws:sqs:us-east-1:1:source"`), ""},
		{byQueue(`"arn:aws:sqs:us-east-1:111122223333:a b"`), ""},
		{byQueue(`"arn:aws:sns:us-east-1:111122223333:source"`), ""},
		{byQueue(), "Amazon SQS can't create the redrive allow policy. " +
			"When you specify the byQueue permission type, you must also specify one or more sourceQueueArns values."},
		{byQueue(repeated...), "The maximum number of source queue ARNs you can specify is 10."},
		{
			strings.Replace(byQueue(one), "byQueue", "denyAll", 1),
			"To specify one or more source queue ARNs, you must set redrivePermission to byQueue.",
		},
	}
	for _, test := range tests {
		t.Run(test.policy, func(t *testing.T) {
			t.Parallel()
			if test.reason == "" {
				wantAttributeError(t, "q", "RedriveAllowPolicy", test.policy, queue.CodeInvalidAttributeValue, unsupported)
				return
			}
			wantAttributeError(t, "q", "RedriveAllowPolicy", test.policy, queue.CodeInvalidParameterValue,
				"Value "+test.policy+" for parameter RedriveAllowPolicy is invalid. Reason: "+test.reason)
		})
	}
}

func TestRedriveAllowPolicyLimitsSources(t *testing.T) {
	t.Parallel()
	s := newService(t, newNaiveStore())
	dead := createQueue(t, s, "dead")
	policy := `{"deadLetterTargetArn":"` + s.ARN(dead) + `","maxReceiveCount":3}`
	refused := "Value " + policy + " for parameter RedrivePolicy is invalid. " +
		"Reason: The dead-letter target's RedriveAllowPolicy does not allow this queue as a source."
	tests := []struct {
		allow   string
		allowed bool
	}{
		{"", true},
		{`{"redrivePermission":"allowAll"}`, true},
		{`{"redrivePermission":"denyAll"}`, false},
		{`{"redrivePermission":"byQueue","sourceQueueArns":["arn:aws:sqs:us-east-1:111122223333:source"]}`, true},
		{`{"redrivePermission":"byQueue","sourceQueueArns":["arn:aws:sqs:us-east-1:111122223333:other"]}`, false},
	}
	source := createQueue(t, s, "source")
	for _, test := range tests {
		setAttributes(t, s, dead, "RedriveAllowPolicy", test.allow)
		err := s.SetQueueAttributes(t.Context(), caller(), source, map[string]string{"RedrivePolicy": policy})
		if test.allowed {
			if err != nil {
				t.Errorf("%s: %v", test.allow, err)
			}
			continue
		}
		wantError(t, err, queue.CodeInvalidParameterValue, refused)
	}
}
