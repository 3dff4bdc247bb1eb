package dispatch_test

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/queuelet/queuelet/host/dispatch"
	"github.com/queuelet/queuelet/host/queue"
	"github.com/queuelet/queuelet/jetstream"
	"github.com/queuelet/queuelet/jetstream/jetstreamtest"
	"github.com/queuelet/queuelet/plugins/abi"
)

// sharedDir holds what the tests of this package build and compile only once.
var sharedDir string

func TestMain(m *testing.M) {
	os.Exit(func() int {
		var err error
		if sharedDir, err = os.MkdirTemp("", "dispatch"); err != nil {
			fmt.Fprintln(os.Stderr, err)
			return 1
		}
		defer os.RemoveAll(sharedDir)
		return jetstreamtest.Main(m)
	}())
}

const account = "000000000000"

func key(name string) queue.Key { return queue.Key{Account: account, Name: name} }

// stage is a queue service on a real store, with a function that the test plays.
type stage struct {
	*queue.Service

	t          testing.TB
	store      *jetstream.Embedded
	source     dispatch.Source // the service, unless a test puts something in between
	function   *function
	invoker    dispatch.Invoker // function, unless a test has real ones
	dispatcher *dispatch.Dispatcher
	log        bytes.Buffer
	stop       func()
}

// virtual runs a test in virtual time.
func virtual(t *testing.T, test func(t *testing.T, s *stage)) {
	t.Helper()
	virtualWith(t, jetstream.EmbeddedOptions{Dir: t.TempDir()}, test) // the folder outlives the bubble
}

func virtualWith(t *testing.T, o jetstream.EmbeddedOptions, test func(t *testing.T, s *stage)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		s, end := newStage(t, o)
		defer end()
		test(t, s)
	})
}

// newStage makes a stage, and returns what ends it.
func newStage(t testing.TB, o jetstream.EmbeddedOptions) (s *stage, end func()) {
	t.Helper()
	store, err := jetstream.StartEmbedded(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	service, err := queue.New(t.Context(), store, queue.Options{Region: "eu-central-1"})
	if err != nil {
		t.Fatal(err)
	}
	f := &function{timeout: 30 * time.Second}
	s = &stage{Service: service, t: t, store: store, source: service, function: f, invoker: f, stop: func() {}}
	return s, func() {
		s.stop()
		if err := store.Close(); err != nil {
			t.Error(err)
		}
	}
}

// serve runs a dispatcher with these mappings until the test or s.stop ends it.
func (s *stage) serve(o dispatch.Options, mappings ...dispatch.Mapping) {
	s.t.Helper()
	o.Region = "eu-central-1"
	o.Logger = slog.New(slog.NewTextHandler(&s.log, nil))
	if o.Sender == nil {
		o.Sender = s.Service
	}
	o.Taps, o.Copier = s.store, s.Service
	d, err := dispatch.New(s.source, s.invoker, o)
	if err != nil {
		s.t.Fatal(err)
	}
	s.dispatcher = d
	s.apply(mappings...)
	ctx, cancel := context.WithCancel(s.t.Context())
	ended := make(chan error)
	go func() { ended <- d.Run(ctx) }()
	s.stop = sync.OnceFunc(func() {
		cancel()
		if err := <-ended; err != nil {
			s.t.Error(err)
		}
	})
}

func (s *stage) apply(mappings ...dispatch.Mapping) {
	s.t.Helper()
	if err := s.dispatcher.Apply("test", mappings); err != nil {
		s.t.Fatal(err)
	}
}

func (s *stage) status() dispatch.Status {
	s.t.Helper()
	all := s.dispatcher.Status()
	if len(all) != 1 {
		s.t.Fatalf("%d mappings", len(all))
	}
	return all[0]
}

var owner = queue.Caller{Account: account, Principal: "AIDAOWNER"}

// create makes a queue; attributes are pairs of name and value.
func (s *stage) create(name string, attributes ...string) {
	s.t.Helper()
	in := queue.CreateQueueInput{Name: name, Attributes: map[string]string{}}
	for i := 0; i < len(attributes); i += 2 {
		in.Attributes[attributes[i]] = attributes[i+1]
	}
	if strings.HasSuffix(name, ".fifo") {
		in.Attributes["FifoQueue"] = "true"
		in.Attributes["ContentBasedDeduplication"] = "true"
	}
	if _, err := s.CreateQueue(s.t.Context(), owner, in); err != nil {
		s.t.Fatal(err)
	}
}

// redrive is the attribute that sends messages to a dead-letter queue.
func redrive(name string, receives int) (attribute, value string) {
	return "RedrivePolicy", fmt.Sprintf(`{"deadLetterTargetArn":"arn:aws:sqs:eu-central-1:%s:%s","maxReceiveCount":%d}`, account, name, receives)
}

func (s *stage) send(name string, bodies ...string) {
	s.t.Helper()
	for _, body := range bodies {
		s.sendMessage(name, queue.SendMessageInput{Body: []byte(body), BodySet: true})
	}
}

// sendGroup sends to the queue q.fifo. The message group is the first letter of the body.
func (s *stage) sendGroup(bodies ...string) {
	s.t.Helper()
	for _, body := range bodies {
		s.sendMessage("q.fifo", queue.SendMessageInput{Body: []byte(body), BodySet: true, GroupID: body[:1], GroupIDSet: true})
	}
}

func (s *stage) sendMessage(name string, in queue.SendMessageInput) queue.SendMessageResult {
	s.t.Helper()
	result, err := s.SendMessage(s.t.Context(), owner, key(name), &in)
	if err != nil {
		s.t.Fatal(err)
	}
	return result
}

// receive is another consumer's receive.
func (s *stage) receive(name string) []queue.ReceivedMessage {
	s.t.Helper()
	got, err := s.ReceiveMessage(s.t.Context(), owner, key(name), &queue.ReceiveMessageInput{
		MaxNumberOfMessages: queue.OptionalInt{Value: 10, Set: true}, SystemAttributeNames: []string{"All"},
	})
	if err != nil {
		s.t.Fatal(err)
	}
	return got
}

func bodies(messages []queue.ReceivedMessage) []string {
	var all []string
	for i := range messages {
		all = append(all, string(messages[i].Body))
	}
	return all
}

// wantCounts checks how many messages of a queue are visible and in flight. None is delayed in these tests.
func (s *stage) wantCounts(name string, visible, inFlight int) {
	s.t.Helper()
	got, err := s.GetQueueAttributes(s.t.Context(), owner, key(name), []string{"All"})
	if err != nil {
		s.t.Fatal(err)
	}
	texts := []string{
		got["ApproximateNumberOfMessages"], got["ApproximateNumberOfMessagesNotVisible"], got["ApproximateNumberOfMessagesDelayed"],
	}
	want := []string{strconv.Itoa(visible), strconv.Itoa(inFlight), "0"}
	if d := cmp.Diff(want, texts); d != "" {
		s.t.Errorf("counts of %s (-want +got):\n%s", name, d)
	}
}

// settle waits until nothing happens any more that needs no time.
func settle() { synctest.Wait() }

// after lets time pass.
func after(d time.Duration) {
	time.Sleep(d)
	synctest.Wait()
}

// function is played by the test. Without a handler it replies that all is done.
type function struct {
	timeout time.Duration
	handle  func(ctx context.Context, c *call) dispatch.Result

	mu      sync.Mutex
	missing bool
	calls   []*call
	running int
	most    int // that ran at the same time
}

// call is one invocation of the function.
type call struct {
	dispatch.Invocation

	name   string
	at     time.Time
	event  abi.Event
	bodies []string
}

func (f *function) Timeout(string) (time.Duration, bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.timeout, !f.missing
}

func (f *function) Invoke(ctx context.Context, name string, inv dispatch.Invocation) dispatch.Result {
	inv.Event = bytes.Clone(inv.Event)
	c := &call{Invocation: inv, name: name, at: time.Now()}
	var err error
	if c.event, err = abi.ParseEvent(inv.Event); err != nil {
		panic(err)
	}
	if same := abi.AppendEvent(nil, &c.event); !bytes.Equal(same, inv.Event) {
		panic(fmt.Sprintf("the event is %s\npackage abi writes it %s", inv.Event, same))
	}
	for i := range c.event.Records {
		c.bodies = append(c.bodies, c.event.Records[i].Body)
	}
	f.mu.Lock()
	f.calls = append(f.calls, c)
	f.running++
	f.most = max(f.most, f.running)
	handle := f.handle
	f.mu.Unlock()
	defer func() {
		f.mu.Lock()
		defer f.mu.Unlock()
		f.running--
	}()
	if handle == nil {
		return dispatch.Result{}
	}
	return handle(ctx, c)
}

func (f *function) play(handle func(ctx context.Context, c *call) dispatch.Result) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.handle = handle
}

func (f *function) setMissing(missing bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.missing = missing
}

// seen returns the bodies of each invocation so far.
func (f *function) seen() [][]string {
	f.mu.Lock()
	defer f.mu.Unlock()
	var all [][]string
	for _, c := range f.calls {
		all = append(all, c.bodies)
	}
	return all
}

func (f *function) count() int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return len(f.calls)
}

func wantSeen(t *testing.T, f *function, want ...[]string) {
	t.Helper()
	if d := cmp.Diff(want, f.seen()); d != "" {
		t.Errorf("invocations (-want +got):\n%s", d)
	}
}

// failing replies with the records as failed whose bodies are given.
func failing(failed ...string) func(context.Context, *call) dispatch.Result {
	return replying(func(body string) *abi.BatchItemFailure {
		if slices.Contains(failed, body) {
			return &abi.BatchItemFailure{}
		}
		return nil
	})
}

// replying replies with what judge says of each body: nil for done.
func replying(judge func(body string) *abi.BatchItemFailure) func(context.Context, *call) dispatch.Result {
	return func(_ context.Context, c *call) dispatch.Result {
		var response abi.Response
		for i := range c.event.Records {
			if f := judge(c.event.Records[i].Body); f != nil {
				f.ItemIdentifier = c.event.Records[i].MessageID
				response.BatchItemFailures = append(response.BatchItemFailures, *f)
			}
		}
		return dispatch.Result{Response: abi.AppendResponse(nil, &response)}
	}
}

func numbered(n int) []string {
	all := make([]string, n)
	for i := range all {
		all[i] = fmt.Sprintf("m%d", i)
	}
	return all
}
