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
		first, err := queuelet.Create("a.b", []byte("v1"))
		say("created", err)
		_, err = queuelet.Create("a.b", []byte("v1"))
		say("created", err)
		value, _, err := queuelet.Get("a.b")
		say(string(value), err)
		_, err = queuelet.Update("a.b", []byte("v2"), first)
		say("updated", err)
		_, err = queuelet.Update("a.b", []byte("v3"), first)
		say("updated", err)
		keys, err := queuelet.Keys("a")
		say(strings.Join(keys, " "), err)
		pending, err := queuelet.StartCall(abi.OpKVGet, abi.KeyRequest{Key: "a.b"}, nil)
		if err == nil {
			value, err = pending.Wait(10*time.Second, nil)
		}
		say(string(value), err)
		say("deleted", queuelet.Delete("a.b", 0))
		value, _, err = queuelet.Get("a.b")
		say(string(value), err)
		say(queuelet.Config("RATE"))
		say(queuelet.Secret("TOKEN"))
		say("counted", queuelet.AddMetric("asked", 1.5))
		say("extended", queuelet.Extend(record, time.Minute))
		say("published", queuelet.Publish("events.asked", nil, []byte("x")))
		about, _ := queuelet.FromContext(ctx)
		say(fmt.Sprint(about.FunctionName, " ", about.Attempt), nil)
		deadline, _ := ctx.Deadline()
		say(fmt.Sprint("in time: ", time.Until(deadline) > 0), nil)
		fmt.Println("answers: " + strings.Join(answers, ", ") + ".")
		return nil
	})
}
