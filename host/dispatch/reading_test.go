package dispatch_test

import (
	"context"
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/queuelet/queuelet/host/dispatch"
)

// TestInvokerKnowsWhatFailed asks for the meaning of a response before dispatch gets it.
func TestInvokerKnowsWhatFailed(t *testing.T) {
	for name, test := range map[string]struct {
		response string // with the id of the first record
		whole    bool
		failed   int
	}{
		"nothing":        {"", false, 0},
		"one":            {`{"batchItemFailures":[{"itemIdentifier":"%s"}]}`, false, 1},
		"no sense":       {"%s", false, 2},
		"not looked at":  {`{"batchItemFailures":[{"itemIdentifier":"%s"}]}`, true, 0},
		"and not a word": {"%s", true, 0},
	} {
		t.Run(name, func(t *testing.T) {
			virtual(t, func(t *testing.T, s *stage) {
				s.create("q", "VisibilityTimeout", "600")
				s.send("q", "a", "b")
				var ids, failed []string
				s.function.play(func(_ context.Context, c *call) dispatch.Result {
					response := []byte(test.response)
					if len(response) > 0 {
						response = fmt.Appendf(nil, test.response, c.MessageIDs[0])
					}
					ids, failed = c.MessageIDs, c.Failed(response)
					return dispatch.Result{Response: response}
				})
				s.serve(dispatch.Options{}, dispatch.Mapping{Queue: key("q"), Function: "f", WholeBatch: test.whole})
				settle()
				if len(ids) != 2 || len(failed) != test.failed || test.failed > 0 && cmp.Diff(ids[:test.failed], failed) != "" {
					t.Errorf("of %q failed %q", ids, failed)
				}
				s.wantCounts("q", 0, test.failed)
			})
		})
	}
}
