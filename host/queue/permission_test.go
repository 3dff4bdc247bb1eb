package queue_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/queuelet/queuelet/host/queue"
)

func policyOf(t *testing.T, s *queue.Service, key queue.Key) string {
	t.Helper()
	return getAttributes(t, s, key, "Policy")["Policy"]
}

func wantJSON(t *testing.T, got, want string) {
	t.Helper()
	var g, w any
	if err := json.Unmarshal([]byte(want), &w); err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal([]byte(got), &g); err != nil {
		t.Fatalf("%q: %v", got, err)
	}
	if diff := cmp.Diff(w, g); diff != "" {
		t.Errorf("differs (-want +got):\n%s", diff)
	}
}

func TestAddAndRemovePermission(t *testing.T) {
	t.Parallel()
	s := newService(t, newNaiveStore())
	key := createQueue(t, s, "q")
	add := func(label string, accounts, actions []string) {
		t.Helper()
		err := s.AddPermission(t.Context(), caller(), key,
			queue.AddPermissionInput{Label: label, AccountIDs: accounts, Actions: actions})
		if err != nil {
			t.Fatal(err)
		}
	}
	const arn = "arn:aws:sqs:us-east-1:111122223333:q"
	const one = `{"Sid":"one","Effect":"Allow","Principal":{"AWS":"arn:aws:iam::444455556666:root"},
		"Action":"SQS:ReceiveMessage","Resource":"` + arn + `"}`
	const several = `{"Sid":"several","Effect":"Allow",
		"Principal":{"AWS":["arn:aws:iam::444455556666:root","arn:aws:iam::777788889999:root"]},
		"Action":["SQS:SendMessage","SQS:*"],"Resource":"` + arn + `"}`
	head := `{"Version":"2008-10-17","Id":"` + arn + `/SQSDefaultPolicy","Statement":[`

	add("one", []string{"444455556666"}, []string{"ReceiveMessage"})
	wantJSON(t, policyOf(t, s, key), head+one+"]}")
	add("several", []string{"444455556666", "777788889999"}, []string{"SendMessage", "*"})
	wantJSON(t, policyOf(t, s, key), head+one+","+several+"]}")

	remove := func(label string) error { return s.RemovePermission(t.Context(), caller(), key, label) }
	wantError(t, remove("none"), queue.CodeInvalidParameterValue,
		"Value none for parameter Label is invalid. Reason: can't find label on existing policy.")
	if err := remove("one"); err != nil {
		t.Fatal(err)
	}
	wantJSON(t, policyOf(t, s, key), head+several+"]}")
	if err := remove("several"); err != nil {
		t.Fatal(err)
	}
	wantEqual(t, getAttributes(t, s, key, "Policy"), map[string]string{})
	wantError(t, remove("one"), queue.CodeInvalidParameterValue,
		"Value one for parameter Label is invalid. Reason: can't find label.")
	wantError(t, remove(""), queue.CodeMissingParameter, "The request must contain the parameter Label.")
}

func TestPermissionsLeaveOtherStatementsAlone(t *testing.T) {
	t.Parallel()
	s := newService(t, newNaiveStore())
	const own = `{"Sid":"own","Effect":"Deny","Principal":"*","Action":"sqs:PurgeQueue","Resource":"*",
		"Condition":{"IpAddress":{"aws:SourceIp":["192.0.2.0/24","198.51.100.1"]}}}`
	key := createQueue(t, s, "q", "Policy", `{"Version":"2012-10-17","Statement":`+own+`}`)
	err := s.AddPermission(t.Context(), caller(), key,
		queue.AddPermissionInput{Label: "l", AccountIDs: []string{otherAccount}, Actions: []string{"SendMessage"}})
	if err != nil {
		t.Fatal(err)
	}
	if err := s.RemovePermission(t.Context(), caller(), key, "l"); err != nil {
		t.Fatal(err)
	}
	wantJSON(t, policyOf(t, s, key), `{"Version":"2012-10-17","Statement":[`+own+`]}`)
}

func TestAddPermissionErrors(t *testing.T) {
	t.Parallel()
	s := newService(t, newNaiveStore())
	key := createQueue(t, s, "q")
	input := func(label, accounts, actions string) queue.AddPermissionInput {
		return queue.AddPermissionInput{Label: label, AccountIDs: strings.Fields(accounts), Actions: strings.Fields(actions)}
	}
	if err := s.AddPermission(t.Context(), caller(), key, input("used", otherAccount, "SendMessage")); err != nil {
		t.Fatal(err)
	}
	const (
		invalid = queue.CodeInvalidParameterValue
		label   = " for parameter Label is invalid. Reason: "
		form    = label + "Can only include alphanumeric characters, hyphens, or underscores. 1 to 80 in length."
		owner   = " for parameter ActionName is invalid. Reason: Only the queue owner is allowed to invoke this action."
		unknown = " for parameter ActionName is invalid. Reason: Please refer to the appropriate WSDL for a list of valid actions. "
	)
	long := strings.Repeat("l", 81)
	tests := []struct {
		in   queue.AddPermissionInput
		code queue.Code
		text string
	}{
		{input("", otherAccount, "SendMessage"), queue.CodeMissingParameter, "The request must contain the parameter Label."},
		{
			queue.AddPermissionInput{Label: "a b", AccountIDs: []string{otherAccount}, Actions: []string{"SendMessage"}},
			invalid,
			"Value a b" + form,
		},
		{input(long, otherAccount, "SendMessage"), invalid, "Value " + long + form},
		{input("used", otherAccount, "SendMessage"), invalid, "Value used" + label + "Already exists."},
		{input("l", otherAccount, ""), queue.CodeMissingParameter, "The request must contain the parameter Actions."},
		{
			input("l", otherAccount, strings.Repeat("SendMessage ", 8)), queue.CodeOverLimit,
			"8 Actions were found, maximum allowed is 7.",
		},
		{input("l", otherAccount, "SendMessage CreateQueue"), invalid, "Value SQS:CreateQueue" + owner},
		{input("l", otherAccount, "AddPermission"), invalid, "Value SQS:AddPermission" + owner},
		{input("l", otherAccount, "DeleteQueue"), invalid, "Value SQS:DeleteQueue" + owner},
		{input("l", otherAccount, "ListQueues"), invalid, "Value SQS:ListQueues" + owner},
		{input("l", otherAccount, "RemovePermission"), invalid, "Value SQS:RemovePermission" + owner},
		{input("l", otherAccount, "SetQueueAttributes"), invalid, "Value SQS:SetQueueAttributes" + owner},
		{input("l", otherAccount, "TagQueue"), invalid, "Value SQS:TagQueue" + owner},
		{input("l", otherAccount, "StartMessageMoveTask"), invalid, "Value SQS:StartMessageMoveTask" + owner},
		{input("l", otherAccount, "Foo"), invalid, "Value SQS:Foo" + unknown},
		{input("l", otherAccount, "PeekMessages"), invalid, "Value SQS:PeekMessages" + unknown},
		{input("l", "", "SendMessage"), invalid, "Value [] for parameter PrincipalId is invalid. Reason: Unable to verify."},
		{
			input("l", otherAccount+" 12345", "SendMessage"), invalid,
			"Value [444455556666, 12345] for parameter PrincipalId is invalid. Reason: Unable to verify.",
		},
	}
	before := policyOf(t, s, key)
	for _, test := range tests {
		wantError(t, s.AddPermission(t.Context(), caller(), key, test.in), test.code, test.text)
	}
	wantEqual(t, policyOf(t, s, key), before)
	seven := "ChangeMessageVisibility DeleteMessage GetQueueAttributes GetQueueUrl ListDeadLetterSourceQueues PurgeQueue ReceiveMessage"
	if err := s.AddPermission(t.Context(), caller(), key, input("seven", otherAccount, seven)); err != nil {
		t.Error(err)
	}
}

func TestPermissionsCannotExceedTwentyStatements(t *testing.T) {
	t.Parallel()
	s := newService(t, newNaiveStore())
	key := createQueue(t, s, "q")
	for i := range 21 {
		err := s.AddPermission(t.Context(), caller(), key, queue.AddPermissionInput{
			Label: string(rune('a' + i)), AccountIDs: []string{otherAccount}, Actions: []string{"SendMessage"},
		})
		if i < 20 {
			if err != nil {
				t.Fatal(err)
			}
			continue
		}
		wantError(t, err, queue.CodeOverLimit, "21 statements were found in the submitted policy, max allowed is 20")
	}
}
