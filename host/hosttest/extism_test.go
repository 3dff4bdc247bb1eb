package hosttest_test

import (
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/queuelet/queuelet/host/dnstest"
	"github.com/queuelet/queuelet/host/hosttest"
)

// buildExtism compiles the plugin of package plugins that is made with Extism's kit for Go.
func buildExtism(t *testing.T) string {
	t.Helper()
	out := filepath.Join(t.TempDir(), "extism.wasm")
	command := exec.CommandContext(t.Context(), "go", "build", "-buildmode=c-shared", "-o", out, ".")
	command.Dir = filepath.Join("..", "..", "plugins", "testdata", "extism")
	command.Env = append(os.Environ(), "GOOS=wasip1", "GOARCH=wasm", "GOFLAGS=")
	if output, err := command.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, output)
	}
	return out
}

// resolveTo lets every name that the process looks up mean an address, until the test ends.
func resolveTo(t *testing.T, address net.IP) (asked *atomic.Int64) {
	t.Helper()
	asked = &atomic.Int64{}
	resolver := net.DefaultResolver
	resolver.PreferGo, resolver.Dial = true, dnstest.Serve(t, func(string) net.IP {
		asked.Add(1)
		return address
	})
	t.Cleanup(func() { resolver.PreferGo, resolver.Dial = false, nil })
	return asked
}

// TestExtismMapping runs a plugin of Extism behind a mapping: its configuration, its variables, its log, what it may ask on
// the network and what it may not, and which of its messages come again.
func TestExtismMapping(t *testing.T) {
	if testing.Short() {
		t.Skip("it takes long under the race detector")
	}
	var asked atomic.Int64
	private := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { asked.Add(1) }))
	defer private.Close()
	public := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/moved" {
			http.Redirect(w, r, private.URL, http.StatusTemporaryRedirect)
			return
		}
		body, _ := io.ReadAll(r.Body)
		w.Header().Set("X-Answer", "yes")
		fmt.Fprintf(w, "%s %s %s", r.Method, r.Header.Get("X-Name"), body)
	}))
	defer public.Close()
	looked := resolveTo(t, net.IPv4(169, 254, 169, 254))
	server := hosttest.Start(t, hosttest.Config(fmt.Sprintf(`
queues:
  - {name: work, attributes: {VisibilityTimeout: 2}, dead_letter: {queue: dead, max_receives: 1}}
functions:
  - name: plugin
    path: %q
    environment: {KEY: from the configuration}
    maximum_concurrency: 1
    grants: {http: [%q, "metadata.example.com:80"]}
mappings: [{queue: work, function: plugin, batch_size: 1}]
`, buildExtism(t), strings.TrimPrefix(public.URL, "http://"))))
	c := v2{server.SQS()}
	work, err := c.getQueueURL(t.Context(), "work")
	if err != nil {
		t.Fatal(err)
	}
	for _, body := range []string{
		"tell config", "tell no config", "tell count", "tell count", "tell http from " + public.URL, "tell http from " + public.URL + "/moved",
		"tell http from " + private.URL, "tell http from http://metadata.example.com/latest/meta-data/", "good", "bad", "error", "panic",
	} {
		if _, err := c.send(t.Context(), work, message{Body: body}); err != nil {
			t.Fatal(err)
		}
	}
	eventually(t, "the queue is empty", func() bool {
		visible, inFlight := counts(t, c, work)
		return visible == "0" && inFlight == "0"
	})
	const refused = ": 403 the request was not sent: not granted to this function"
	for _, want := range []string{
		"tell config: from the configuration true ", "tell no config: false ", "tell count: 1 ", "tell count: 2 ",
		"tell http from " + public.URL + ": 200 POST value body yes ", "tell http from " + public.URL + "/moved" + refused,
		"tell http from " + private.URL + refused, "tell http from http://metadata.example.com/latest/meta-data/" + refused,
		"panic: asked to panic ",
	} {
		if !strings.Contains(server.Log(), " INF "+want) {
			t.Errorf("the log has no line %q", want)
		}
	}
	if looked.Load() == 0 || asked.Load() != 0 {
		t.Errorf("names were looked up %d times, the host that is not granted was asked %d times", looked.Load(), asked.Load())
	}
	dead, err := c.getQueueURL(t.Context(), "dead")
	if err != nil {
		t.Fatal(err)
	}
	var buried []string
	for _, m := range mustReceive(t, c, dead, 3, receive{}) {
		buried = append(buried, m.Body)
	}
	slices.Sort(buried)
	if d := cmp.Diff([]string{"bad", "error", "panic"}, buried); d != "" {
		t.Errorf("dead letters (-want +got):\n%s", d)
	}
}
