package queue

import (
	"context"
	"errors"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/queuelet/queuelet/host/activity"
)

const (
	queueNameParameter = "QueueName"
	fifoSuffix         = ".fifo"
	maxQueueName       = 80 // suffix included
)

// CreateQueue makes a queue, or finds the one of that name if every attribute that was
// passed has the value that was passed.
func (s *Service) CreateQueue(ctx context.Context, caller Caller, in CreateQueueInput) (Key, error) {
	key := Key{Account: caller.Account, Name: in.Name}
	fifo := strings.EqualFold(in.Attributes[attributeFIFO], textTrue)
	if err := checkQueueName(in.Name, fifo); err != nil {
		return Key{}, err
	}
	if !caller.Allow.permits(ActionCreateQueue, in.Name) {
		return Key{}, s.notAuthorized(&caller, key, ActionCreateQueue)
	}
	def := Definition{Key: key, Attributes: defaultAttributes(fifo), Tags: maps.Clone(in.Tags)}
	if err := def.Attributes.apply(in.Attributes); err != nil {
		return Key{}, err
	}
	if err := checkTags(in.Name, in.Tags); err != nil {
		return Key{}, err
	}

	existing, err := s.store.Queue(key)
	if err == nil {
		return key, compareQueue(existing, &in)
	}
	if !errors.Is(err, ErrQueueNotFound) {
		return Key{}, storeAnswer(err)
	}
	if s.deleted.active(key, time.Now()) {
		return Key{}, refuse(CodeQueueDeletedRecently,
			"You must wait 60 seconds after deleting a queue before you can create another with the same name.")
	}
	if err := s.checkRedrive(key, &def.Attributes, in.Attributes[attributeRedrive]); err != nil {
		return Key{}, err
	}
	def.Created = time.Now().Truncate(time.Second)
	def.Modified = def.Created
	def.Attributes.EffectiveDedupPerGroup = def.Attributes.DeduplicationScope == dedupScopeGroup

	created, err := s.store.CreateQueue(ctx, def)
	if errors.Is(err, ErrQueueExists) {
		return key, compareQueue(created, &in) // another request was faster
	}
	if err != nil {
		return Key{}, storeAnswer(err)
	}
	s.announce(activity.QueueCreated, key, 0, 0, nil)
	return key, nil
}

func checkQueueName(name string, fifo bool) error {
	if name == "" {
		return invalidUnquoted(queueNameParameter, "Must specify a queue name.")
	}
	if !fifo {
		if !validName(name) {
			return refuse(CodeInvalidParameterValue,
				"Can only include alphanumeric characters, hyphens, or underscores. 1 to 80 in length")
		}
		return nil
	}
	if base, ok := strings.CutSuffix(name, fifoSuffix); !ok || len(name) > maxQueueName || !validName(base) {
		return refuse(CodeInvalidParameterValue, "The name of a FIFO queue can only include alphanumeric characters, "+
			"hyphens, or underscores, must end with .fifo suffix and be 1 to 80 in length")
	}
	return nil
}

// compareQueue checks that an existing queue is what a CreateQueue asks for.
// Attributes that were not passed are not compared.
func compareQueue(existing *Definition, in *CreateQueueInput) error {
	wanted := existing.Attributes
	if err := wanted.apply(in.Attributes); err != nil {
		return err
	}
	for _, name := range slices.Sorted(maps.Keys(in.Attributes)) {
		if !wanted.same(&existing.Attributes, name) {
			return refuse(CodeQueueNameExists,
				"A queue already exists with the same name and a different value for attribute %s", name)
		}
	}
	return nil
}
