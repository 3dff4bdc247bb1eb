package command

import (
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
)

// shout is a handler that logs each body behind a word.
const shout = `package main

import (
	"context"
	"fmt"

	"github.com/queuelet/queuelet/plugins/abi"
	queuelet "github.com/queuelet/queuelet/plugins/sdk"
)

func main() {
	queuelet.HandleRecord(func(_ context.Context, record abi.Record) error {
		fmt.Println("WORD", record.Body)
		return nil
	})
}
`

// TestDev changes a handler while the server runs, for the better and for the worse.
func TestDev(t *testing.T) {
	if testing.Short() {
		t.Skip("it builds handlers")
	}
	// The handler imports the SDK, so it has to be inside the module.
	folder, err := os.MkdirTemp("testdata", "handler-")
	if err != nil {
		t.Fatal(err)
	}
	defer os.RemoveAll(folder)
	put := func(source string) {
		t.Helper()
		if err := os.WriteFile(filepath.Join(folder, "main.go"), []byte(source), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	put(strings.Replace(shout, "WORD", "first", 1))
	p := startProcess(t, nil, "dev", folder, "--queue", "words", "--debounce", "50ms", "--listen", "127.0.0.1:0", "--console", "")
	endpoint := p.await(`(?m)^  SQS      (http://\S+)$`)
	p.await(`sqs = boto3\.client\("sqs", endpoint_url="` + endpoint + `", region_name="us-east-1",`)
	send := sender(t, endpoint)
	send("one")
	p.await("first one")

	put(strings.Replace(shout, "WORD", "second", 1))
	p.signal(syscall.SIGHUP) // the change itself may be noticed only by a watch that has begun
	p.await("↻ rebuilt and swapped in ")
	send("two")
	p.await("second two")

	put("package main\n\nfunc main() { nonsense }\n")
	p.await(`✗ not swapped: build .*exit status 1\n.*\n.*undefined: nonsense`)
	send("three")
	p.await("second three")
	p.signal(syscall.SIGTERM)
	p.wait(ExitDone)
}

// sender returns what sends to the queue words of a server with the development key.
func sender(t *testing.T, endpoint string) (send func(body string)) {
	t.Helper()
	client := sqs.New(sqs.Options{
		BaseEndpoint: &endpoint, Region: "us-east-1",
		Credentials: credentials.NewStaticCredentialsProvider("queuelet", "queuelet", ""),
	})
	return func(body string) {
		t.Helper()
		_, err := client.SendMessage(t.Context(), &sqs.SendMessageInput{QueueUrl: aws.String("words"), MessageBody: &body})
		if err != nil {
			t.Fatal(err)
		}
	}
}

// TestDevScript changes a handler in JavaScript, which is not built.
func TestDevScript(t *testing.T) {
	folder := t.TempDir()
	put := func(word string) {
		t.Helper()
		source := "export const handler = async (event) => event.Records.forEach((r) => console.log('" + word + "', r.body));\n"
		if err := os.WriteFile(filepath.Join(folder, "handler.js"), []byte(source), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	put("first")
	p := startProcess(t, nil, "dev", folder, "--queue", "words", "--debounce", "50ms", "--listen", "127.0.0.1:0", "--console", "")
	endpoint := p.await(`(?m)^  SQS      (http://\S+)$`)
	send := sender(t, endpoint)
	send("one")
	p.await("first one")
	put("second")
	p.signal(syscall.SIGHUP)
	p.await("↻ rebuilt and swapped in ")
	send("two")
	p.await("second two")
	p.signal(syscall.SIGTERM)
	p.wait(ExitDone)
}

func TestDevRefuses(t *testing.T) {
	t.Chdir(t.TempDir())
	p := startProcess(t, nil, "dev")
	p.wait(ExitUsage)
	p.await("queuelet: build examples/orders/handler: there is no source of a function: want .*\nTry: queuelet dev DIR, with the folder")

	if err := os.WriteFile("main.go", []byte("package main\n\nfunc main() { nonsense }\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile("go.mod", []byte("module broken\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	p = startProcess(t, nil, "dev", ".")
	p.wait(ExitFailed)
	p.await(`queuelet: build \.: exit status 1\n.*\n.*undefined: nonsense`)
}
