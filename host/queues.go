package host

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/queuelet/queuelet/host/config"
	"github.com/queuelet/queuelet/host/queue"
)

// startQueues opens the domain and makes the configured queues.
func (h *Host) startQueues(ctx context.Context) (stopFunc, error) {
	c := h.Config()
	queues, err := queue.New(ctx, h.store, queue.Options{
		Region:         c.SQS.Region,
		KnownAccount:   h.knownAccount,
		DeleteCooldown: c.SQS.Cooldown.DeleteQueue,
		PurgeCooldown:  c.SQS.Cooldown.PurgeQueue,
		Activity:       h.feed,
	})
	if err != nil {
		return nil, err
	}
	h.queues = queues
	h.onDrain(queues.Drain) // long polls return empty
	h.metrics.registry.MustRegister(queueCollector{h.store})
	if err := h.ensureQueues(ctx, c.Queues); err != nil {
		return nil, err
	}
	return func(context.Context) error { return nil }, nil
}

// knownAccount says whether a queue URL may name an account.
func (h *Host) knownAccount(account string) bool {
	c := h.Config()
	return slices.ContainsFunc(c.SQS.Auth.Credentials, func(credential config.Credential) bool {
		return credential.AccountID == account
	})
}

// ensureQueues makes queues that do not exist and sets the configured attributes and
// tags of those that do. What the configuration does not mention stays as it is.
func (h *Host) ensureQueues(ctx context.Context, queues []config.Queue) error {
	// Dead-letter queues have to exist before a queue may name them.
	for _, q := range queues {
		if err := h.createQueue(ctx, q); err != nil {
			return fmt.Errorf("make queue %q: %w", q.Name, err)
		}
	}
	for _, q := range queues {
		if err := h.updateQueue(ctx, q); err != nil {
			return fmt.Errorf("configure queue %q: %w", q.Name, err)
		}
	}
	return nil
}

// The attributes that ensureQueues adds to the configured ones.
const (
	fifoAttribute    = "FifoQueue"
	fifoSuffix       = ".fifo"
	redriveAttribute = "RedrivePolicy"
)

func (h *Host) createQueue(ctx context.Context, q config.Queue) error {
	key := queueKey(q)
	if _, err := h.store.Queue(key); err == nil {
		return nil
	}
	attributes := maps.Clone(q.Attributes)
	delete(attributes, redriveAttribute)
	if strings.HasSuffix(q.Name, fifoSuffix) && attributes[fifoAttribute] == "" {
		if attributes == nil {
			attributes = make(map[string]string)
		}
		attributes[fifoAttribute] = strconv.FormatBool(true)
	}
	_, err := h.queues.CreateQueue(ctx, owner(q), queue.CreateQueueInput{Name: q.Name, Attributes: attributes, Tags: q.Tags})
	if err == nil {
		h.log.InfoContext(ctx, "queue is made", "queue", q.Name, "account", q.AccountID)
	}
	return err
}

func (h *Host) updateQueue(ctx context.Context, q config.Queue) error {
	key := queueKey(q)
	attributes := maps.Clone(q.Attributes)
	delete(attributes, fifoAttribute) // fixed when the queue is made
	if q.DeadLetter.Queue != "" {
		if attributes == nil {
			attributes = make(map[string]string)
		}
		attributes[redriveAttribute] = fmt.Sprintf(`{"deadLetterTargetArn":%q,"maxReceiveCount":%d}`,
			h.queues.ARN(queue.Key{Account: q.AccountID, Name: q.DeadLetter.Queue}), q.DeadLetter.MaxReceives)
	}
	if err := h.setAttributes(ctx, q, attributes); err != nil {
		return err
	}
	if len(q.Tags) > 0 {
		if err := h.queues.TagQueue(ctx, owner(q), key, q.Tags); err != nil {
			return err
		}
	}
	return h.setTap(ctx, key, tapMode(q.Tap))
}

// setAttributes changes what differs, so that a start without changes writes nothing.
func (h *Host) setAttributes(ctx context.Context, q config.Queue, attributes map[string]string) error {
	if len(attributes) == 0 {
		return nil
	}
	key := queueKey(q)
	current, err := h.queues.GetQueueAttributes(ctx, owner(q), key, slices.Collect(maps.Keys(attributes)))
	if err != nil {
		return err
	}
	maps.DeleteFunc(attributes, func(name, value string) bool { return current[name] == value })
	if len(attributes) == 0 {
		return nil
	}
	return h.queues.SetQueueAttributes(ctx, owner(q), key, attributes)
}

func (h *Host) setTap(ctx context.Context, key queue.Key, mode queue.TapMode) error {
	def, err := h.store.Queue(key)
	if err != nil || def.Tap == mode {
		return err
	}
	_, err = h.store.UpdateQueue(ctx, key, func(def *queue.Definition) error {
		def.Tap = mode
		return nil
	})
	return err
}

func tapMode(tap config.Tap) queue.TapMode {
	if tap == config.TapStream {
		return queue.TapStream
	}
	return queue.TapLive
}

func queueKey(q config.Queue) queue.Key { return queue.Key{Account: q.AccountID, Name: q.Name} }

// owner is the process acting for the account of a configured queue.
func owner(q config.Queue) queue.Caller { return queue.Caller{Account: q.AccountID} }
