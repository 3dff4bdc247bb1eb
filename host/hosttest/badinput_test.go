package hosttest_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"encoding/xml"
	"errors"
	"flag"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"
	"github.com/google/go-cmp/cmp"

	"github.com/queuelet/queuelet/host/hosttest"
)

var updateBadInput = flag.Bool("badinput.update", false, "write the answers into testdata/badinput")

// TestBadInput gives every parameter of every operation wrong values and compares code,
// status and text of the answers in both protocols with those of testdata/badinput. What
// is refused must not have changed anything. TestBadInputIsComplete says which rows there
// must be.
func TestBadInput(t *testing.T) {
	if testing.Short() {
		t.Skip("it takes long under the race detector")
	}
	t.Parallel()
	server := hosttest.Start(t)
	files, err := filepath.Glob("testdata/badinput/*.txt")
	if err != nil || len(files) == 0 {
		t.Fatalf("no tables: %v", err)
	}
	for _, file := range files {
		b := &badInput{t: t, endpoint: server.URL(), client: server.SQS()}
		table := readBadTable(t, file)
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txt"), func(t *testing.T) {
			b.t = t
			b.run(&table)
		})
		if *updateBadInput {
			if err := os.WriteFile(file, []byte(table.String()), 0o600); err != nil {
				t.Fatal(err)
			}
		}
	}
}

// badInput runs the rows of one table.
type badInput struct {
	t        *testing.T
	endpoint string
	client   *sqs.Client
	before   map[string]any // the state before the next row, if it is known
}

func (b *badInput) run(table *badTable) {
	b.setUp()
	for i := range table.rows {
		row := &table.rows[i]
		if row.none != "" {
			continue
		}
		var got []string
		for _, protocol := range []string{"json", "query"} {
			if protocol == "query" && row.onlyJSON {
				continue
			}
			got = append(got, protocol+" "+b.try(protocol, table, row))
		}
		if len(got) == 2 && strings.TrimPrefix(got[0], "json ") == strings.TrimPrefix(got[1], "query ") {
			got = []string{"both " + strings.TrimPrefix(got[0], "json ")}
		}
		if *updateBadInput {
			row.want = got
		} else if diff := cmp.Diff(row.want, got); diff != "" {
			b.t.Errorf("%s (-want +got):\n%s", row.title, diff)
		}
	}
}

// try makes the request of a row, says what came, and checks that a refusal left everything
// as it was.
func (b *badInput) try(protocol string, table *badTable, row *badRow) string {
	b.t.Helper()
	values := b.placeholders(table.base + row.value)
	if b.before == nil {
		b.before = b.state()
	}
	body := row.body(b.t, table.base, values)
	r := b.request(protocol, table.operation, body)
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		b.t.Fatal(err)
	}
	got := parseAnswer(b.t, answer, read(b.t, answer))
	if got.succeeded && table.operation == "StartMessageMoveTask" {
		b.awaitMove()
	}
	diff := cmp.Diff(b.before, b.state())
	switch {
	case diff == "":
	case got.succeeded:
		b.setUp() // for the next row
	default:
		b.t.Errorf("%s, %s: refused, but something changed:\n%s", row.title, protocol, diff)
	}
	return values.hide(got.String())
}

func (b *badInput) url(name string) *string { return aws.String(b.endpoint + "/000000000000/" + name) }

// setUp makes the queues of a table anew.
func (b *badInput) setUp() {
	b.t.Helper()
	b.before = nil
	ctx := b.t.Context()
	for _, name := range []string{"source", "dead", "queue", "groups.fifo", "new"} {
		_, _ = b.client.DeleteQueue(ctx, &sqs.DeleteQueueInput{QueueUrl: b.url(name)}) // it may not be there
	}
	create := func(name string, attributes map[string]string) {
		_, err := b.client.CreateQueue(ctx, &sqs.CreateQueueInput{
			QueueName: &name, Attributes: attributes, Tags: map[string]string{"team": "billing"},
		})
		if err != nil {
			b.t.Fatal(err)
		}
	}
	create("dead", nil)
	create("source", map[string]string{
		"RedrivePolicy": `{"deadLetterTargetArn":"arn:aws:sqs:us-east-1:000000000000:dead","maxReceiveCount":1}`,
	})
	create("queue", map[string]string{"MaximumMessageSize": "1024"})
	create("groups.fifo", map[string]string{"FifoQueue": "true"})
}

// placeholders makes what the text asks for and nobody can know before.
func (b *badInput) placeholders(text string) badPlaceholders {
	b.t.Helper()
	values := badPlaceholders{"@ENDPOINT@": b.endpoint}
	if strings.Contains(text, "@HANDLE@") {
		b.before = nil
		_, err := b.client.SendMessage(b.t.Context(), &sqs.SendMessageInput{QueueUrl: b.url("queue"), MessageBody: aws.String("x")})
		if err != nil {
			b.t.Fatal(err)
		}
		got, err := b.client.ReceiveMessage(b.t.Context(), &sqs.ReceiveMessageInput{
			QueueUrl: b.url("queue"), VisibilityTimeout: 12 * 60 * 60,
		})
		if err != nil || len(got.Messages) != 1 {
			b.t.Fatalf("receive: %v, %v", got, err)
		}
		values["@HANDLE@"] = *got.Messages[0].ReceiptHandle
	}
	return values
}

// state is all that a request could have changed.
func (b *badInput) state() map[string]any {
	b.t.Helper()
	ctx := b.t.Context()
	state := map[string]any{}
	list, err := b.client.ListQueues(ctx, &sqs.ListQueuesInput{})
	if err != nil {
		b.t.Fatal(err)
	}
	state["queues"] = list.QueueUrls
	for _, url := range list.QueueUrls {
		attributes, err := b.client.GetQueueAttributes(ctx, &sqs.GetQueueAttributesInput{QueueUrl: &url, AttributeNames: []types.QueueAttributeName{types.QueueAttributeNameAll}})
		if err != nil {
			b.t.Fatal(err)
		}
		tags, err := b.client.ListQueueTags(ctx, &sqs.ListQueueTagsInput{QueueUrl: &url})
		if err != nil {
			b.t.Fatal(err)
		}
		state[url] = []any{attributes.Attributes, tags.Tags}
	}
	return state
}

// awaitMove waits for the end of the move task that runs: there can be one at a time.
func (b *badInput) awaitMove() {
	b.t.Helper()
	source := "arn:aws:sqs:us-east-1:000000000000:dead"
	for deadline := time.Now().Add(time.Minute); ; time.Sleep(5 * time.Millisecond) {
		tasks, err := b.client.ListMessageMoveTasks(b.t.Context(), &sqs.ListMessageMoveTasksInput{SourceArn: &source})
		if err != nil {
			b.t.Fatal(err)
		}
		if len(tasks.Results) > 0 && aws.ToString(tasks.Results[0].Status) == "COMPLETED" {
			return
		}
		if time.Now().After(deadline) {
			b.t.Fatalf("the move task has not ended: %+v", tasks.Results)
		}
	}
}

// request makes a signed request of one of the protocols.
func (b *badInput) request(protocol, operation string, body map[string]any) *http.Request {
	b.t.Helper()
	var text []byte
	header := http.Header{}
	if protocol == "json" {
		var err error
		if text, err = json.Marshal(body); err != nil {
			b.t.Fatal(err)
		}
		header.Set("Content-Type", "application/x-amz-json-1.0")
		header.Set("X-Amz-Target", "AmazonSQS."+operation)
	} else {
		text = []byte(queryForm(operation, body).Encode())
		header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	r, err := http.NewRequestWithContext(b.t.Context(), http.MethodPost, b.endpoint+"/", bytes.NewReader(text))
	if err != nil {
		b.t.Fatal(err)
	}
	r.Header = header
	sum := sha256.Sum256(text)
	key := aws.Credentials{AccessKeyID: "queuelet", SecretAccessKey: "queuelet"}
	if err := v4.NewSigner().SignHTTP(b.t.Context(), key, r, hex.EncodeToString(sum[:]), "sqs", "us-east-1", time.Now()); err != nil {
		b.t.Fatal(err)
	}
	return r
}

func read(t *testing.T, answer *http.Response) []byte {
	t.Helper()
	text, err := io.ReadAll(answer.Body)
	if err != nil {
		t.Fatal(err)
	}
	if err := answer.Body.Close(); err != nil {
		t.Fatal(err)
	}
	return text
}

// badAnswer is what the tables say of an answer.
type badAnswer struct {
	status    int
	error     badError // of the request, or of the first entry of a batch that failed
	entry     bool     // it is of an entry
	succeeded bool     // the request, or another entry
}

type badError struct {
	Code, Message string
	SenderFault   bool
}

func (a badAnswer) String() string {
	if a.entry {
		return fmt.Sprintf("%d entry %s sender=%t %s", a.status, a.error.Code, a.error.SenderFault, a.error.Message)
	}
	return strings.TrimSpace(fmt.Sprintf("%d %s %s", a.status, a.error.Code, a.error.Message))
}

func parseAnswer(t *testing.T, answer *http.Response, text []byte) badAnswer {
	t.Helper()
	a := badAnswer{status: answer.StatusCode, succeeded: answer.StatusCode == http.StatusOK}
	var failed []badError
	var successful int
	if answer.Header.Get("Content-Type") == "text/xml" {
		a.error, failed, successful = parseXMLAnswer(t, text)
	} else {
		var body struct {
			Message    string
			Failed     []badError
			Successful []any
		}
		if err := json.Unmarshal(append(text, ' '), &body); err != nil && len(text) > 0 {
			t.Fatalf("%s: %v", text, err)
		}
		a.error.Code, _, _ = strings.Cut(answer.Header.Get("X-Amzn-Query-Error"), ";")
		a.error.Message, failed, successful = body.Message, body.Failed, len(body.Successful)
	}
	if len(failed) > 0 {
		a.error, a.entry, a.succeeded = failed[0], true, successful > 0
	}
	return a
}

func parseXMLAnswer(t *testing.T, text []byte) (refusal badError, failed []badError, successful int) {
	t.Helper()
	decoder := xml.NewDecoder(bytes.NewReader(text))
	for {
		token, err := decoder.Token()
		if errors.Is(err, io.EOF) {
			return refusal, failed, successful
		}
		if err != nil {
			t.Fatalf("%s: %v", text, err)
		}
		start, ok := token.(xml.StartElement)
		switch name := start.Name.Local; {
		case !ok:
		case name == "Error":
			err = decoder.DecodeElement(&refusal, &start)
		case name == "BatchResultErrorEntry":
			failed = append(failed, badError{})
			err = decoder.DecodeElement(&failed[len(failed)-1], &start)
		case strings.HasSuffix(name, "BatchResultEntry"):
			successful++
		}
		if err != nil {
			t.Fatalf("%s: %v", text, err)
		}
	}
}
