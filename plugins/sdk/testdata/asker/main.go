// Asker asks the host for all that it can be asked, and logs what it was answered.
package main

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/queuelet/queuelet/plugins/abi"
	queuelet "github.com/queuelet/queuelet/plugins/sdk"
)

func main() {
	queuelet.HandleRecord(func(ctx context.Context, record abi.Record) error {
		var answers []string
		say := func(answer string, err error) {
			var errno abi.Errno
			switch {
			case errors.As(err, &errno):
				answer = errno.Error()
			case err != nil:
				answer = err.Error()
			}
			answers = append(answers, answer)
		}
		kv := queuelet.KV()
		first, err := kv.Create(ctx, "a.b", []byte("v1"))
		say("created", err)
		_, err = kv.Create(ctx, "a.b", []byte("v1"))
		say("created", err)
		value, err := kv.Get(ctx, "a.b")
		say(string(value.Data), err)
		_, err = kv.Update(ctx, "a.b", []byte("v2"), first)
		say("updated", err)
		_, err = kv.Update(ctx, "a.b", []byte("v3"), first)
		say("updated", err)
		keys, err := kv.Keys(ctx, "a")
		say(strings.Join(keys, " "), err)
		pending, err := queuelet.StartCall(ctx, abi.OpKVGet, abi.KeyRequest{Key: "a.b"}, nil)
		if err == nil {
			value.Data, err = pending.Wait(10*time.Second, nil)
		}
		say(string(value.Data), err)
		say("deleted", kv.Delete(ctx, "a.b", 0))
		value, err = kv.Get(ctx, "a.b")
		say(string(value.Data), err)
		say(queuelet.Config(ctx, "RATE"))
		say(queuelet.Secret(ctx, "TOKEN"))
		say("counted", queuelet.Count(ctx, "asked", 1.5))
		say("extended", queuelet.ExtendVisibility(ctx, record, time.Minute))
		say("published", queuelet.Publish(ctx, "events.asked", nil, []byte("x")))
		about, _ := queuelet.FromContext(ctx)
		say(fmt.Sprint(about.FunctionName, " ", about.Attempt), nil)
		deadline, _ := ctx.Deadline()
		say(fmt.Sprint("in time: ", time.Until(deadline) > 0), nil)
		fmt.Println("answers: " + strings.Join(answers, ", ") + ".")
		return nil
	})
}
