// Command operations is a handler that asks the host for everything there is. The message's body says what; what came of it
// is sent to the queue "results", a message for each operation.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"

	"github.com/queuelet/queuelet/plugins/abi"
	queuelet "github.com/queuelet/queuelet/plugins/sdk"
	"github.com/queuelet/queuelet/plugins/sdk/fetch"
)

// atStart is read before the first event.
var atStart, errAtStart = queuelet.Config(context.Background(), "RATE")

func main() {
	queuelet.HandleRecord(func(ctx context.Context, r abi.Record) error {
		what, argument, _ := strings.Cut(r.Body, " ")
		switch what {
		case "everything":
			return everything(ctx, r, argument)
		case "leave": // a request under way when the batch ends
			pending, err := startFetch(ctx, argument+"/mute")
			if err != nil {
				return err
			}
			if _, err = pending.Wait(time.Millisecond, nil); !errors.Is(err, abi.TimedOut) {
				return err
			}
			_, err = get(ctx, argument+"/late") // answered when the one before has begun
			return err
		case "wait": // for an answer that never comes
			pending, err := startFetch(ctx, argument)
			if err != nil {
				return err
			}
			_, err = pending.Wait(time.Hour, nil)
			return err
		case "flood":
			return flood(ctx)
		case "ping", "pong": // on to the other queue, for ever
			other := map[string]string{"ping": "pong", "pong": "ping"}[what]
			_, err := queuelet.SendMessage(ctx, queuelet.Message{Queue: other, Body: []byte(other)})
			return err
		default:
			return errors.New("unknown")
		}
	})
}

// report sends what came of an operation.
func report(ctx context.Context, operation string, outcome any, err error) error {
	text := fmt.Sprintf("%s: %v", operation, outcome)
	if err != nil {
		text = fmt.Sprintf("%s: error %v", operation, err)
	}
	_, err = queuelet.SendMessage(ctx, queuelet.Message{Queue: "results", Body: []byte(text)})
	return err
}

func everything(ctx context.Context, r abi.Record, url string) error {
	kv := queuelet.KV()
	sent, failed, batch := queuelet.SendMessageBatch(ctx, "results", []queuelet.Entry{
		{ID: "a", Body: []byte("from a batch"), SendOptions: abi.SendOptions{MessageAttributes: r.MessageAttributes}}, {ID: "b", Body: []byte("\x00")},
	})
	_, noBatch, single := queuelet.SendMessageBatch(ctx, "results", []queuelet.Entry{{ID: "a", Body: []byte("\x00")}})
	_, secretQueue := queuelet.SendMessage(ctx, queuelet.Message{Queue: "secret", Body: []byte("x")})
	extended := queuelet.ExtendVisibility(ctx, r, time.Minute)
	published := queuelet.Publish(ctx, "events.done", map[string][]string{"X": {"y"}}, []byte("published"))
	reply, asked := queuelet.Request(ctx, "pricing.get", nil, []byte("tea"))
	created, errCreate := kv.Create(ctx, "count", []byte("1"))
	_, errTwice := kv.Create(ctx, "count", nil)
	updated, errUpdate := kv.Update(ctx, "count", []byte("2"), created)
	_, errStale := kv.Update(ctx, "count", nil, created)
	_, errPut := kv.Put(ctx, "other", []byte("x"))
	value, errGet := kv.Get(ctx, "count")
	keys, errKeys := kv.Keys(ctx, "")
	errDelete := kv.Delete(ctx, "other", 0)
	rate, errConfig := queuelet.Config(ctx, "RATE")
	token, errSecret := queuelet.Secret(ctx, "TOKEN")
	_, errNone := queuelet.Secret(ctx, "NONE")
	counted := queuelet.Count(ctx, "done", 2)
	got, errHTTP := get(ctx, url)
	_, _, errDenied := queuelet.Fetch(ctx, abi.FetchRequest{URL: "http://169.254.169.254/latest/meta-data/"}, nil)
	for _, outcome := range []struct {
		operation string
		value     any
		err       error
	}{
		{"config at start", atStart, errAtStart},
		{"queue.send_batch", fmt.Sprintf("%d sent, %d failed", len(sent), len(failed)), batch},
		{"queue.send_batch of one", fmt.Sprint(len(noBatch)), single},
		{"queue.send elsewhere", errors.Is(secretQueue, abi.Denied), nil},
		{"queue.extend", "yes", extended},
		{"nats.publish", "yes", published},
		{"nats.request", string(reply.Payload), asked},
		{"kv.create", created > 0, errCreate},
		{"kv.create again", errors.Is(errTwice, abi.Conflict), nil},
		{"kv.update", updated > created, errUpdate},
		{"kv.update of old", errors.Is(errStale, abi.Conflict), nil},
		{"kv.put", "yes", errPut},
		{"kv.get", fmt.Sprintf("%s %t", value.Data, value.Revision == updated), errGet},
		{"kv.keys", keys, errKeys},
		{"kv.delete", "yes", errDelete},
		{"config.get", rate, errConfig},
		{"secret.get", token, errSecret},
		{"secret.get of none", errors.Is(errNone, abi.NotFound), nil},
		{"metrics.add", "yes", counted},
		{"http.fetch", got, errHTTP},
		{"http.fetch of metadata", errors.Is(errDenied, abi.Denied), nil},
	} {
		if err := report(ctx, outcome.operation, outcome.value, outcome.err); err != nil {
			return err
		}
	}
	return nil
}

// get makes a request with net/http.
func get(ctx context.Context, url string) (string, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, url, strings.NewReader("question"))
	if err != nil {
		return "", err
	}
	response, err := (&http.Client{Transport: fetch.Transport{}}).Do(request)
	if err != nil {
		return "", err
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	return fmt.Sprintf("%s %s", response.Status, body), err
}

// startFetch begins a request that is not waited for.
func startFetch(ctx context.Context, url string) (*queuelet.Pending, error) {
	return queuelet.StartCall(ctx, abi.OpHTTPFetch, abi.FetchRequest{URL: url, TimeoutMs: 120_000}, nil)
}

// flood asks for more than an invocation may.
func flood(ctx context.Context) error {
	for n := 0; ; n++ {
		if _, err := queuelet.Secret(ctx, "TOKEN"); err != nil {
			return report(ctx, "flood", fmt.Sprintf("%d calls, then over the limit: %t", n, errors.Is(err, abi.Limit)), nil)
		}
	}
}
