package bench

import (
	"context"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/HdrHistogram/hdrhistogram-go"
)

// signatureFresh is how long the bytes of a signed request are sent again. SQS accepts
// a signature for 15 minutes.
const signatureFresh = 5 * time.Minute

// maxBatch is how many messages SQS takes or gives at once.
const maxBatch = 10

// client does one thing after the other on a connection of its own.
type client struct {
	connection connection
	signer     *signer
	queueURL   string
	latency    *hdrhistogram.Histogram // of the jobs in the measured time, in microseconds

	group    func(number int) string // of a message; nil for none
	fifo     bool
	sends    [maxBatch + 1]repeated // by number of messages, all with the same bodies
	receives [maxBatch + 1]repeated
	request  []byte // scratch
	body     []byte // scratch
	handles  []byte // of the last receive
	ends     []int  // where each of them ends
}

// repeated is a request that is sent again and again.
type repeated struct {
	action string
	body   []byte
	signed time.Time
	bytes  []byte
}

func newClient(r *route) *client {
	return &client{connection: connection{route: r}, signer: newSigner(r), latency: newHistogram()}
}

func (c *client) close() { c.connection.close() }

// call sends one request and returns the body of a successful answer.
func (c *client) call(ctx context.Context, action string, body []byte) ([]byte, error) {
	c.request = c.signer.appendRequest(c.request[:0], action, body, time.Now())
	return c.exchange(ctx, action, c.request)
}

// repeat sends a request that was perhaps sent before.
func (c *client) repeat(ctx context.Context, r *repeated) ([]byte, error) {
	if now := time.Now(); now.Sub(r.signed) > signatureFresh {
		r.bytes = c.signer.appendRequest(r.bytes[:0], r.action, r.body, now)
		r.signed = now
	}
	return c.exchange(ctx, r.action, r.bytes)
}

func (c *client) exchange(ctx context.Context, action string, request []byte) ([]byte, error) {
	a, err := c.connection.do(ctx, request)
	if err != nil {
		return nil, err
	}
	if a.status != http.StatusOK {
		return nil, &Error{CodeRefused, fmt.Errorf("%s was answered %d: %.500s", action, a.status, a.body)}
	}
	return a.body, nil
}

// useQueue says which queue the client works on, and how long its receives wait. The
// client's groups must be known.
func (c *client) useQueue(queueURL string, size int, wait time.Duration) {
	c.queueURL = queueURL
	for n := 1; n <= maxBatch; n++ {
		c.sends[n] = repeated{action: sendAction(n), body: c.appendSend(nil, n, size, func(int) int { return 0 })}
		c.receives[n] = repeated{action: "ReceiveMessage", body: fmt.Appendf(nil,
			`{"QueueUrl":"%s","MaxNumberOfMessages":%d,"WaitTimeSeconds":%d}`, queueURL, n, int(wait.Seconds()))}
	}
}

func sendAction(messages int) string {
	if messages == 1 {
		return "SendMessage"
	}
	return "SendMessageBatch"
}

// send sends so many messages in one request, all with the same body.
func (c *client) send(ctx context.Context, messages int) error {
	r := &c.sends[messages]
	out, err := c.repeat(ctx, r)
	if err != nil {
		return err
	}
	return checkSent(r.action, out, messages)
}

// sendNumbered sends so many messages with numbers from first on.
func (c *client) sendNumbered(ctx context.Context, messages, size, first int) error {
	c.body = c.appendSend(c.body[:0], messages, size, func(i int) int { return first + i })
	out, err := c.call(ctx, sendAction(messages), c.body)
	if err != nil {
		return err
	}
	return checkSent(sendAction(messages), out, messages)
}

func checkSent(action string, out []byte, messages int) error {
	if count(out, `"MessageId"`) != messages || has(out, `"SenderFault"`) {
		return &Error{CodeRefused, fmt.Errorf("%s of %d messages was answered %.500s", action, messages, out)}
	}
	return nil
}

// appendSend appends the body of SendMessage, or of SendMessageBatch for more than one
// message. number gives message i its number.
func (c *client) appendSend(dst []byte, messages, size int, number func(i int) int) []byte {
	dst = append(append(append(dst, `{"QueueUrl":"`...), c.queueURL...), '"')
	if messages == 1 {
		return append(c.appendMessage(append(dst, ','), size, number(0)), '}')
	}
	dst = append(dst, `,"Entries":[`...)
	for i := range messages {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = strconv.AppendInt(append(dst, `{"Id":"`...), int64(i), 10)
		dst = append(c.appendMessage(append(dst, `",`...), size, number(i)), '}')
	}
	return append(dst, `]}`...)
}

// appendMessage appends the members that a message has in a request of its own and in one
// of several.
func (c *client) appendMessage(dst []byte, size, number int) []byte {
	dst = append(appendText(append(dst, `"MessageBody":"`...), size, number), '"')
	if c.group != nil {
		dst = append(append(append(dst, `,"MessageGroupId":"`...), c.group(number)...), '"')
	}
	if c.fifo {
		dst = append(strconv.AppendInt(append(dst, `,"MessageDeduplicationId":"`...), int64(number), 10), '"')
	}
	return dst
}

// numberWidth is how many digits of a message's body say its number.
const numberWidth = 12

// appendText appends a message body of the given size that begins with its number, as
// far as there is room.
func appendText(dst []byte, size, number int) []byte {
	const filler = "abcdefghijklmnopqrstuvwxyz0123456789"
	begin := len(dst)
	dst = fmt.Appendf(dst, "%0*d", numberWidth, number)
	for len(dst) < begin+size {
		dst = append(dst, filler[:min(len(filler), begin+size-len(dst))]...)
	}
	return dst[:begin+size]
}

// receive asks for so many messages and returns how many came. seen, if not nil, is
// given the number of each.
func (c *client) receive(ctx context.Context, messages int, seen func(number int)) (int, error) {
	out, err := c.repeat(ctx, &c.receives[messages])
	if err != nil {
		return 0, err
	}
	return c.received(out, messages, seen)
}

func (c *client) received(out []byte, messages int, seen func(number int)) (int, error) {
	c.handles, c.ends = c.handles[:0], c.ends[:0]
	for handle := range values(out, `"ReceiptHandle"`) {
		c.handles = append(c.handles, handle...)
		c.ends = append(c.ends, len(c.handles))
	}
	if len(c.ends) > messages {
		return 0, &Error{CodeWrong, fmt.Errorf("a receive of at most %d messages gave %d", messages, len(c.ends))}
	}
	if seen == nil {
		return len(c.ends), nil
	}
	bodies := 0
	for body := range values(out, `"Body"`) {
		number, err := strconv.ParseUint(string(body[:min(numberWidth, len(body))]), 10, 63)
		if err != nil {
			return 0, &Error{CodeWrong, fmt.Errorf("a message came that was not sent: %.80q", body)}
		}
		seen(int(number))
		bodies++
	}
	if bodies != len(c.ends) {
		return 0, &Error{CodeWrong, fmt.Errorf("%d bodies came with %d receipt handles", bodies, len(c.ends))}
	}
	return bodies, nil
}

// deleteReceived deletes what the last receive gave, in one request.
func (c *client) deleteReceived(ctx context.Context) error {
	b := append(append(append(c.body[:0], `{"QueueUrl":"`...), c.queueURL...), '"')
	action := "DeleteMessageBatch"
	if len(c.ends) == 1 {
		action = "DeleteMessage"
		b = append(append(append(b, `,"ReceiptHandle":"`...), c.handles...), `"}`...)
	} else {
		b = append(b, `,"Entries":[`...)
		begin := 0
		for i, end := range c.ends {
			if i > 0 {
				b = append(b, ',')
			}
			b = strconv.AppendInt(append(b, `{"Id":"`...), int64(i), 10)
			b = append(append(append(b, `","ReceiptHandle":"`...), c.handles[begin:end]...), `"}`...)
			begin = end
		}
		b = append(b, `]}`...)
	}
	c.body = b
	out, err := c.call(ctx, action, b)
	if err != nil {
		return err
	}
	if len(c.ends) > 1 && (count(out, `"Id"`) != len(c.ends) || has(out, `"SenderFault"`)) {
		return &Error{CodeRefused, fmt.Errorf("%s of %d messages was answered %.500s", action, len(c.ends), out)}
	}
	return nil
}

// createQueue makes a queue and returns its URL.
func (c *client) createQueue(ctx context.Context, name string, fifo bool) (string, error) {
	body := fmt.Appendf(nil, `{"QueueName":"%s"}`, name)
	if fifo {
		body = fmt.Appendf(nil, `{"QueueName":"%s.fifo","Attributes":{"FifoQueue":"true"}}`, name)
	}
	out, err := c.call(ctx, "CreateQueue", body)
	if err != nil {
		return "", err
	}
	return queueURL(out)
}

func (c *client) findQueue(ctx context.Context, name string) (string, error) {
	out, err := c.call(ctx, "GetQueueUrl", fmt.Appendf(nil, `{"QueueName":"%s"}`, name))
	if err != nil {
		return "", err
	}
	return queueURL(out)
}

func queueURL(out []byte) (string, error) {
	// Some servers escape the slashes, as JSON allows.
	found := strings.ReplaceAll(first(out, `"QueueUrl"`), `\/`, "/")
	if found == "" || strings.ContainsAny(found, `"\`) {
		return "", &Error{CodeRefused, fmt.Errorf("the URL of a queue was asked for and answered %.500s", out)}
	}
	return found, nil
}

func (c *client) deleteQueue(ctx context.Context, queueURL string) error {
	_, err := c.call(ctx, "DeleteQueue", fmt.Appendf(nil, `{"QueueUrl":"%s"}`, queueURL))
	return err
}

// depth returns how many messages are in the client's queue, in whatever state.
func (c *client) depth(ctx context.Context) (int, error) {
	names := [...]string{
		`"ApproximateNumberOfMessages"`, `"ApproximateNumberOfMessagesNotVisible"`, `"ApproximateNumberOfMessagesDelayed"`,
	}
	out, err := c.call(ctx, "GetQueueAttributes", fmt.Appendf(nil,
		`{"QueueUrl":"%s","AttributeNames":[%s]}`, c.queueURL, strings.Join(names[:], ",")))
	if err != nil {
		return 0, err
	}
	sum := 0
	for _, name := range names {
		n, err := strconv.Atoi(first(out, name))
		if err != nil {
			return 0, &Error{CodeRefused, fmt.Errorf("the number of messages was asked for and answered %.500s", out)}
		}
		sum += n
	}
	return sum, nil
}
