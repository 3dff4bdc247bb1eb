package queue_test

import (
	"context"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/queuelet/queuelet/host/queue"
)

// A parameterCase gives one parameter of one operation a value that is wrong in one
// way. All other parameters are right.
type parameterCase struct {
	operation, parameter, fault string
	call                        func(context.Context, *parameterQueues) error
	code                        queue.Code
	text                        string
}

// parameterQueues are what the calls of the table work on.
type parameterQueues struct {
	*queue.Service

	standard, fifo queue.Key
}

// The ways in which a parameter can be wrong.
const (
	missing    = "missing"
	tooSmall   = "too small"
	tooLarge   = "too large"
	characters = "wrong characters"
	wrong      = "wrong"
)

// parametersOfSQS lists every parameter of the service model by operation, with the
// faults it can have. Not here are QueueUrl, which TestMissingQueue covers for all
// operations, and the move tasks.
func parametersOfSQS() map[string]map[string][]string {
	token := []string{tooSmall, tooLarge, characters}
	size := []string{tooSmall, tooLarge}
	pages := map[string][]string{"NextToken": {characters, wrong}, "MaxResults": size}
	batch := map[string][]string{"Entries": {missing, tooLarge, wrong}, "Id": token}
	with := func(base map[string][]string, more map[string][]string) map[string][]string {
		all := map[string][]string{}
		for _, m := range []map[string][]string{base, more} {
			maps.Copy(all, m)
		}
		return all
	}
	message := map[string][]string{
		"MessageBody": {missing, tooLarge, characters}, "DelaySeconds": {tooSmall, tooLarge, wrong},
		"MessageAttributes": {missing, tooLarge, characters}, "MessageSystemAttributes": {missing, wrong},
		"MessageDeduplicationId": append(token, missing, wrong), "MessageGroupId": append(token, missing),
	}
	return map[string]map[string][]string{
		"CreateQueue": {
			"QueueName": {missing, tooLarge, characters}, "Attributes": {missing, tooSmall, tooLarge, characters, wrong},
			"tags": token,
		},
		"GetQueueUrl":        {"QueueName": {missing, wrong}, "QueueOwnerAWSAccountId": {wrong}},
		"ListQueues":         pages,
		"GetQueueAttributes": {"AttributeNames": {wrong}},
		"SetQueueAttributes": {"Attributes": {missing, tooSmall, tooLarge, characters, wrong}},
		"SendMessage":        message,
		"SendMessageBatch":   with(batch, message),
		"ReceiveMessage": {
			"AttributeNames": {wrong}, "MaxNumberOfMessages": size, "VisibilityTimeout": size, "WaitTimeSeconds": size,
			"ReceiveRequestAttemptId": token,
		},
		"DeleteMessage":                {"ReceiptHandle": {missing, characters, wrong}},
		"DeleteMessageBatch":           with(batch, map[string][]string{"ReceiptHandle": {missing, characters, wrong}}),
		"ChangeMessageVisibility":      {"ReceiptHandle": {missing, characters, wrong}, "VisibilityTimeout": {missing, tooSmall, tooLarge}},
		"ChangeMessageVisibilityBatch": with(batch, map[string][]string{"ReceiptHandle": {missing, characters, wrong}, "VisibilityTimeout": {missing, tooSmall, tooLarge}}),
		"TagQueue":                     {"Tags": {missing, tooSmall, tooLarge, characters}},
		"UntagQueue":                   {"TagKeys": {missing, tooSmall, tooLarge, characters}},
		"ListDeadLetterSourceQueues":   pages,
		"AddPermission": {
			"Label": {missing, tooLarge, characters}, "AWSAccountIds": {missing, wrong}, "Actions": {missing, tooLarge, wrong},
		},
		"RemovePermission": {"Label": {missing, wrong}},
	}
}

func TestEveryParameter(t *testing.T) {
	t.Parallel()
	cases := slices.Concat(queueParameterCases(), listParameterCases(), sendParameterCases(),
		sendBatchParameterCases(), receiveParameterCases(), handleParameterCases())
	left := map[[3]string]bool{}
	for operation, parameters := range parametersOfSQS() {
		for parameter, faults := range parameters {
			for _, fault := range faults {
				left[[3]string{operation, parameter, fault}] = true
			}
		}
	}
	for _, c := range cases {
		delete(left, [3]string{c.operation, c.parameter, c.fault})
		t.Run(c.operation+"/"+c.parameter+"/"+c.fault, func(t *testing.T) {
			t.Parallel()
			s := newService(t, newNaiveStore())
			q := &parameterQueues{Service: s, standard: createQueue(t, s, "q"), fifo: createFIFO(t, s, "q.fifo")}
			state := func() map[string]string {
				return getAttributes(t, s, q.standard, "DelaySeconds", "VisibilityTimeout", "Policy", "LastModifiedTimestamp")
			}
			before := state()
			wantError(t, c.call(t.Context(), q), c.code, c.text)
			wantEqual(t, state(), before)
		})
	}
	for row := range left {
		t.Errorf("no case for %s", strings.Join(row[:], " "))
	}
}

// times repeats a text.
func times(n int, text string) string { return strings.Repeat(text, n) }

func queueParameterCases() []parameterCase {
	const (
		invalid    = queue.CodeInvalidParameterValue
		attribute  = queue.CodeInvalidAttributeValue
		name       = "Can only include alphanumeric characters, hyphens, or underscores. 1 to 80 in length"
		keyLength  = "Tag keys must be between 1 and 128 characters in length."
		keySymbols = "Tag keys may only contain unicode letters, digits, whitespace, or one of these symbols: _ . : / = + - @"
		noLabel    = "The request must contain the parameter Label."
	)
	create := func(name string, attributes ...string) func(context.Context, *parameterQueues) error {
		return func(ctx context.Context, q *parameterQueues) error {
			_, err := q.CreateQueue(ctx, caller(), queue.CreateQueueInput{Name: name, Attributes: pairs(attributes)})
			return err
		}
	}
	createTagged := func(tag string) func(context.Context, *parameterQueues) error {
		return func(ctx context.Context, q *parameterQueues) error {
			_, err := q.CreateQueue(ctx, caller(), queue.CreateQueueInput{Name: "new", Tags: map[string]string{tag: ""}})
			return err
		}
	}
	set := func(attributes ...string) func(context.Context, *parameterQueues) error {
		return func(ctx context.Context, q *parameterQueues) error {
			return q.SetQueueAttributes(ctx, caller(), q.standard, pairs(attributes))
		}
	}
	tag := func(tags ...string) func(context.Context, *parameterQueues) error {
		return func(ctx context.Context, q *parameterQueues) error {
			return q.TagQueue(ctx, caller(), q.standard, pairs(tags))
		}
	}
	untag := func(keys ...string) func(context.Context, *parameterQueues) error {
		return func(ctx context.Context, q *parameterQueues) error {
			return q.UntagQueue(ctx, caller(), q.standard, keys)
		}
	}
	permit := func(label string, accounts, actions []string) func(context.Context, *parameterQueues) error {
		return func(ctx context.Context, q *parameterQueues) error {
			return q.AddPermission(ctx, caller(), q.standard,
				queue.AddPermissionInput{Label: label, AccountIDs: accounts, Actions: actions})
		}
	}
	forbid := func(label string) func(context.Context, *parameterQueues) error {
		return func(ctx context.Context, q *parameterQueues) error {
			return q.RemovePermission(ctx, caller(), q.standard, label)
		}
	}
	get := func(ctx context.Context, q *parameterQueues) error {
		_, err := q.GetQueueAttributes(ctx, caller(), q.standard, []string{"Foobar"})
		return err
	}
	account, action := []string{otherAccount}, []string{"SendMessage"}
	const label = " for parameter Label is invalid. Reason: "
	const labelForm = label + "Can only include alphanumeric characters, hyphens, or underscores. 1 to 80 in length."
	return []parameterCase{
		{
			"CreateQueue", "QueueName", missing, create(""), invalid,
			"Value for parameter QueueName is invalid. Reason: Must specify a queue name.",
		},
		{"CreateQueue", "QueueName", tooLarge, create(times(81, "a")), invalid, name},
		{"CreateQueue", "QueueName", characters, create("a b"), invalid, name},
		{
			"CreateQueue", "Attributes", missing, create("new", "DelaySeconds", ""), attribute,
			"Invalid value for the parameter DelaySeconds.",
		},
		{
			"CreateQueue", "Attributes", tooSmall, create("new", "MaximumMessageSize", "1023"), attribute,
			"Invalid value for the parameter MaximumMessageSize.",
		},
		{
			"CreateQueue", "Attributes", tooLarge, create("new", "MaximumMessageSize", "1048577"), attribute,
			"Invalid value for the parameter MaximumMessageSize.",
		},
		{
			"CreateQueue", "Attributes", characters, create("new", "VisibilityTimeout", "30s"), attribute,
			"Invalid value for the parameter VisibilityTimeout.",
		},
		{
			"CreateQueue", "Attributes", wrong, create("new", "Foobar", "1"), queue.CodeInvalidAttributeName,
			"Unknown Attribute Foobar.",
		},
		{"CreateQueue", "tags", tooSmall, createTagged(""), invalid, keyLength},
		{"CreateQueue", "tags", tooLarge, createTagged(times(129, "k")), invalid, keyLength},
		{"CreateQueue", "tags", characters, createTagged("#"), invalid, keySymbols},
		{"GetQueueAttributes", "AttributeNames", wrong, get, queue.CodeInvalidAttributeName, "Unknown Attribute Foobar."},
		{
			"SetQueueAttributes", "Attributes", missing, set(), queue.CodeMissingParameter,
			"The request must contain the parameter Attributes.",
		},
		{
			"SetQueueAttributes", "Attributes", tooSmall, set("DelaySeconds", "-1", "VisibilityTimeout", "1"), attribute,
			"Invalid value for the parameter DelaySeconds.",
		},
		{
			"SetQueueAttributes", "Attributes", tooLarge, set("DelaySeconds", "1", "VisibilityTimeout", "43201"), attribute,
			"Invalid value for the parameter VisibilityTimeout.",
		},
		{
			"SetQueueAttributes", "Attributes", characters, set("DelaySeconds", "1", "Policy", "{"), attribute,
			"Invalid value for the parameter Policy.",
		},
		{
			"SetQueueAttributes", "Attributes", wrong, set("DelaySeconds", "1", "QueueArn", "x"), queue.CodeInvalidAttributeName,
			"Unknown Attribute QueueArn.",
		},
		{"TagQueue", "Tags", missing, tag(), queue.CodeMissingParameter, "The request must contain the parameter Tags."},
		{"TagQueue", "Tags", tooSmall, tag("", "v"), invalid, keyLength},
		{
			"TagQueue", "Tags", tooLarge, tag("k", times(257, "v")), invalid,
			"Tag values must be between 0 and 256 characters in length.",
		},
		{"TagQueue", "Tags", characters, tag("k#", "v"), invalid, keySymbols},
		{"UntagQueue", "TagKeys", missing, untag(), invalid, keyLength},
		{"UntagQueue", "TagKeys", tooSmall, untag("a", ""), invalid, keyLength},
		{"UntagQueue", "TagKeys", tooLarge, untag(times(129, "k")), invalid, keyLength},
		{"UntagQueue", "TagKeys", characters, untag("k#"), invalid, keySymbols},
		{"AddPermission", "Label", missing, permit("", account, action), queue.CodeMissingParameter, noLabel},
		{
			"AddPermission", "Label", tooLarge, permit(times(81, "l"), account, action), invalid,
			"Value " + times(81, "l") + labelForm,
		},
		{"AddPermission", "Label", characters, permit("a.b", account, action), invalid, "Value a.b" + labelForm},
		{
			"AddPermission", "AWSAccountIds", missing, permit("l", nil, action), invalid,
			"Value [] for parameter PrincipalId is invalid. Reason: Unable to verify.",
		},
		{
			"AddPermission", "AWSAccountIds", wrong, permit("l", []string{"1"}, action), invalid,
			"Value [1] for parameter PrincipalId is invalid. Reason: Unable to verify.",
		},
		{
			"AddPermission", "Actions", missing, permit("l", account, nil), queue.CodeMissingParameter,
			"The request must contain the parameter Actions.",
		},
		{
			"AddPermission", "Actions", tooLarge, permit("l", account, slices.Repeat(action, 8)), queue.CodeOverLimit,
			"8 Actions were found, maximum allowed is 7.",
		},
		{
			"AddPermission", "Actions", wrong, permit("l", account, []string{"Foo"}), invalid,
			"Value SQS:Foo for parameter ActionName is invalid. " +
				"Reason: Please refer to the appropriate WSDL for a list of valid actions. ",
		},
		{"RemovePermission", "Label", missing, forbid(""), queue.CodeMissingParameter, noLabel},
		{"RemovePermission", "Label", wrong, forbid("l"), invalid, "Value l" + label + "can't find label."},
	}
}

func listParameterCases() []parameterCase {
	const invalid = queue.CodeInvalidParameterValue
	url := func(name, owner string) func(context.Context, *parameterQueues) error {
		return func(ctx context.Context, q *parameterQueues) error {
			_, err := q.GetQueueURL(ctx, caller(), name, owner)
			return err
		}
	}
	cases := []parameterCase{
		{
			"GetQueueUrl", "QueueName", missing, url("", ""), queue.CodeMissingParameter,
			"The request must contain the parameter QueueName.",
		},
		{"GetQueueUrl", "QueueName", wrong, url("none", ""), queue.CodeQueueDoesNotExist, noQueue},
		{"GetQueueUrl", "QueueOwnerAWSAccountId", wrong, url("q", "1"), queue.CodeQueueDoesNotExist, noQueue},
	}
	for _, operation := range []string{"ListQueues", "ListDeadLetterSourceQueues"} {
		list := func(in queue.ListQueuesInput) func(context.Context, *parameterQueues) error {
			return func(ctx context.Context, q *parameterQueues) error {
				var err error
				if operation == "ListQueues" {
					_, err = q.ListQueues(ctx, caller(), in)
				} else {
					_, err = q.ListDeadLetterSourceQueues(ctx, caller(), q.standard, in)
				}
				return err
			}
		}
		const results = "Value for parameter MaxResults is invalid. Reason: MaxResults must be an integer between 1 and 1000."
		cases = append(cases,
			parameterCase{operation, "MaxResults", tooSmall, list(queue.ListQueuesInput{MaxResults: some(0)}), invalid, results},
			parameterCase{operation, "MaxResults", tooLarge, list(queue.ListQueuesInput{MaxResults: some(1001)}), invalid, results},
			parameterCase{
				operation, "NextToken", characters,
				list(queue.ListQueuesInput{MaxResults: some(1), NextToken: "?"}), invalid, invalidToken,
			},
			parameterCase{
				operation, "NextToken", wrong, list(queue.ListQueuesInput{NextToken: "x"}), invalid,
				"MaxResults is a mandatory parameter when you provide a value for NextToken.",
			},
		)
	}
	return cases
}
