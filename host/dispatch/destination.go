package dispatch

import (
	"cmp"
	"strings"

	"github.com/queuelet/queuelet/host/queue"
	"github.com/queuelet/queuelet/host/subject"
)

// Destination is where what became of a record is sent: a queue, or a NATS subject. The zero value is none.
type Destination struct {
	Queue   queue.Key
	Subject string // of NATS, for keys of the mapping's account
}

// natsScheme marks a NATS subject among the texts of destinations.
const natsScheme = "nats:"

// IsZero says whether there is no destination.
func (d Destination) IsZero() bool { return d == Destination{} }

// ParseDestination reads a destination as people write it: the name of a queue of the account, a queue's ARN, or
// "nats:" and a subject. An empty text is none. Its error is an *Error.
func ParseDestination(text, account string) (Destination, error) {
	refuse := func(problem string) (Destination, error) {
		return Destination{}, &Error{Code: CodeInvalid, Problem: "destination " + text + " " + problem}
	}
	switch name, isSubject := strings.CutPrefix(text, natsScheme); {
	case text == "":
		return Destination{}, nil
	case isSubject:
		if err := subject.Check(name); err != nil {
			return refuse("is " + err.Error() + "; write tokens with dots between them, as in nats:orders.done")
		}
		return Destination{Subject: name}, nil
	case !strings.Contains(text, ":"):
		return Destination{Queue: queue.Key{Account: account, Name: text}}, nil
	}
	// arn:partition:service:region:account:resource
	const parts, service, owner, resource = 6, 2, 4, 5
	arn := strings.Split(text, ":")
	switch {
	case len(arn) != parts || arn[0] != "arn":
		return refuse("is neither the name of a queue, nor an ARN, nor nats: and a subject")
	case arn[service] != "sqs":
		return refuse("is no queue; a destination is a queue or a NATS subject")
	case len(arn[owner]) != maxAccountDigits || arn[resource] == "":
		return refuse("is not the ARN of a queue; write arn:aws:sqs:us-east-1:000000000000:name")
	}
	return Destination{Queue: queue.Key{Account: arn[owner], Name: arn[resource]}}, nil
}

func (p *plan) destinationProblem() string {
	return cmp.Or(p.problemOf(p.OnSuccess, "success"), p.problemOf(p.OnFailure, "failure"))
}

func (p *plan) problemOf(d Destination, of string) string {
	switch of = "the destination on " + of; {
	case d.IsZero():
		return ""
	case d.Subject != "" && d.Queue != queue.Key{}:
		return of + " is a queue and a subject: it can be only one of the two"
	case d.Subject != "":
		if err := subject.Check(d.Subject); err != nil {
			return of + " is " + err.Error() + ": " + d.Subject
		}
		return ""
	case d.Queue.Account == "" || d.Queue.Name == "":
		return of + " needs a queue with its account"
	case d.Queue == p.Queue:
		return of + " is the mapping's own queue: name another one"
	default:
		return ""
	}
}

// reaches says why the destinations of a mapping are out of reach, whatever they are.
func (d *Dispatcher) reaches(p *plan) error {
	if p.Tap && (d.options.Taps == nil || d.options.Copier == nil) {
		return &Error{Code: CodeInvalid, Mapping: p.ID, Problem: "taps cannot be read here"}
	}
	for _, to := range []Destination{p.OnSuccess, p.OnFailure} {
		switch {
		case to.IsZero():
		case to.Subject != "" && d.options.Publisher == nil:
			return &Error{Code: CodeInvalid, Mapping: p.ID, Problem: "there is no NATS to publish to " + to.Subject}
		case to.Subject == "" && d.options.Sender == nil:
			return &Error{Code: CodeInvalid, Mapping: p.ID, Problem: "nothing can be sent to the queue " + to.Queue.Name}
		}
	}
	return nil
}

// String is the destination as ParseDestination reads it.
func (d Destination) String() string {
	switch {
	case d.IsZero():
		return ""
	case d.Subject != "":
		return natsScheme + d.Subject
	default:
		return d.Queue.Name
	}
}
