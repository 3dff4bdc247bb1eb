package queue_test

import (
	"context"
	"errors"
	"strconv"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/queuelet/queuelet/host/queue"
)

// runMoves runs move tasks until the function returned is called.
func runMoves(t testing.TB, s *queue.Service) (stop func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	var running sync.WaitGroup
	running.Go(func() {
		if err := s.RunMoveTasks(ctx); err != nil {
			t.Error(err)
		}
	})
	return func() {
		cancel()
		running.Wait()
	}
}

// wantMove compares the newest task of a queue, without what every task has.
func wantMove(t testing.TB, s *queue.Service, source queue.Key, want queue.MoveTask) {
	t.Helper()
	got := listMoves(t, s, source, 1)[0]
	if (got.Handle != "") != (got.Status == "RUNNING") {
		t.Errorf("a task that is %s has the handle %q", got.Status, got.Handle)
	}
	got.Handle, got.Started, got.SourceARN = "", time.Time{}, ""
	wantEqual(t, got, want)
}

func TestMessagesReturnToTheirSources(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newService(t, newNaiveStore())
		dead := redrives(t, s, "one", "two")
		defer runMoves(t, s)()
		deep := withAttribute(message("a"), "k", "String", "v")
		deep.Depth = 16
		sent := send(t, s, key("one"), deep)
		receive(t, s, key("one"), queue.ReceiveMessageInput{VisibilityTimeout: some(0)})
		receive(t, s, key("one"), queue.ReceiveMessageInput{})
		kill(t, s, key("two"), message("b"), message("c"))
		time.Sleep(time.Hour)

		startMove(t, s, dead, "", 0)
		synctest.Wait()
		wantMove(t, s, dead, queue.MoveTask{Status: "COMPLETED", Moved: 3, ToMove: 3})
		all := queue.ReceiveMessageInput{
			MaxNumberOfMessages: some(10), SystemAttributeNames: []string{"All"}, MessageAttributeNames: []string{"All"},
		}
		back := receive(t, s, key("one"), all)
		wantEqual(t, bodies(back), []string{"a"})
		m := back[0]
		if m.ID == sent.ID || !m.Sent.Equal(time.Now()) || m.ReceiveCount != 1 || m.DeadLetterSource != "" || m.Depth != 0 || len(m.Selected) != 1 {
			t.Errorf("it came back as %+v", m)
		}
		wantEqual(t, bodies(receive(t, s, key("two"), all)), []string{"b", "c"})
		wantEqual(t, counted(t, s, dead), 0)
	})
}

func withAttribute(in queue.SendMessageInput, name, dataType, value string) queue.SendMessageInput {
	in.Attributes = []queue.AttributeInput{{Name: name, DataType: dataType, StringValue: []byte(value), StringSet: true}}
	return in
}

func TestMoveToAnyQueue(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newService(t, newNaiveStore())
		dead := redrives(t, s, "source")
		createQueue(t, s, "to")
		kill(t, s, key("source"), message("failed"))
		sendBody(t, s, dead, "direct") // came from nowhere
		handle := startMove(t, s, dead, "to", 2)
		started := time.Now()
		wantEqual(t, listMoves(t, s, dead, 1), []queue.MoveTask{{
			Handle: handle, Status: "RUNNING", SourceARN: s.ARN(dead), DestinationARN: s.ARN(key("to")),
			MaxPerSecond: 2, ToMove: 2, Started: started,
		}})
		defer runMoves(t, s)()
		time.Sleep(time.Minute)
		wantEqual(t, listMoves(t, s, dead, 1), []queue.MoveTask{{
			Status: "COMPLETED", SourceARN: s.ARN(dead), DestinationARN: s.ARN(key("to")),
			MaxPerSecond: 2, Moved: 2, ToMove: 2, Started: started,
		}})
		wantEqual(t, bodies(receive(t, s, key("to"), queue.ReceiveMessageInput{MaxNumberOfMessages: some(10)})),
			[]string{"failed", "direct"})
	})
}

func TestMoveKeepsGroupsAndDeduplicationIDs(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newService(t, newNaiveStore())
		dead := redrives(t, s, "source.fifo")
		defer runMoves(t, s)()
		kill(t, s, key("source.fifo"), fifoMessage("1", "g", "d1"), fifoMessage("2", "g", "d2"))
		waiting := receive(t, s, dead, queue.ReceiveMessageInput{MaxNumberOfMessages: some(10), VisibilityTimeout: some(0)})
		startMove(t, s, dead, "", 0)
		synctest.Wait()
		// The ids are still in the deduplication window of their queue.
		back := receive(t, s, key("source.fifo"), queue.ReceiveMessageInput{MaxNumberOfMessages: some(10)})
		wantEqual(t, bodies(back), []string{"1", "2"})
		for i := range back {
			if back[i].Group != "g" || back[i].DedupID != waiting[i].DedupID {
				t.Errorf("group %s, deduplication id %s", back[i].Group, back[i].DedupID)
			}
		}
	})
}

// TestMovePace looks every tenth of a second how many messages have moved.
func TestMovePace(t *testing.T) {
	t.Parallel()
	for _, rate := range []int{1, 7, 25, 100, 500} {
		t.Run(strconv.Itoa(rate), func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				s := newService(t, newNaiveStore())
				dead := redrives(t, s, "source")
				createQueue(t, s, "to")
				total := 3 * rate
				for i := range total {
					sendBody(t, s, dead, strconv.Itoa(i))
				}
				startMove(t, s, dead, "to", rate)
				defer runMoves(t, s)()
				elapsed := clock()
				step := max(1, rate/10)
				for moved := 0; moved < total; time.Sleep(time.Second / 10) {
					synctest.Wait()
					moved = counted(t, s, key("to"))
					due := int(elapsed() * time.Duration(rate) / time.Second)
					if most := min(total, due+step); moved > most {
						t.Fatalf("%d messages have moved after %s, at most %d may", moved, elapsed(), most)
					}
					if moved < min(total, due) {
						t.Fatalf("only %d messages have moved after %s, want %d", moved, elapsed(), due)
					}
				}
				synctest.Wait()
				time.Sleep(2 * time.Second)
				wantMove(t, s, dead, queue.MoveTask{
					Status: "COMPLETED", DestinationARN: s.ARN(key("to")), MaxPerSecond: rate, Moved: total, ToMove: total,
				})
			})
		})
	}
}

func TestCancelledMoveLeavesTheRest(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newService(t, newNaiveStore())
		dead := redrives(t, s, "source")
		killed(t, s, key("source"), 10)
		handle := startMove(t, s, dead, "", 1)
		elapsed := clock()
		stop := runMoves(t, s)
		time.Sleep(3500 * time.Millisecond)
		moved, err := s.CancelMessageMoveTask(t.Context(), caller(), handle)
		if err != nil || moved != 4 {
			t.Errorf("cancelled after %d messages, %v", moved, err)
		}
		synctest.Wait()
		wantMove(t, s, dead, queue.MoveTask{Status: "CANCELLED", MaxPerSecond: 1, Moved: 4, ToMove: 10})
		wantEqual(t, elapsed(), 3500*time.Millisecond) // at once
		time.Sleep(time.Minute)
		wantEqual(t, []int{counted(t, s, key("source")), counted(t, s, dead)}, []int{4, 6})

		startMove(t, s, dead, "", 0)
		synctest.Wait()
		wantMove(t, s, dead, queue.MoveTask{Status: "COMPLETED", Moved: 6, ToMove: 6})
		stop()
	})
}

func TestCancellationOutlivesTheProcess(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		store := newNaiveStore()
		s := newService(t, store)
		dead := redrives(t, s, "source")
		killed(t, s, key("source"), 2)
		handle := startMove(t, s, dead, "", 0)
		if _, err := s.CancelMessageMoveTask(t.Context(), caller(), handle); err != nil {
			t.Fatal(err)
		}
		again := newService(t, store)
		wantMove(t, again, dead, queue.MoveTask{Status: "CANCELLING", ToMove: 2})
		defer runMoves(t, again)()
		synctest.Wait()
		wantMove(t, again, dead, queue.MoveTask{Status: "CANCELLED", ToMove: 2})
		wantEqual(t, counted(t, again, dead), 2)
	})
}

func TestMoveGoesOnAfterARestart(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		store := newNaiveStore()
		s := newService(t, store)
		dead := redrives(t, s, "source")
		killed(t, s, key("source"), 30)
		startMove(t, s, dead, "", 10)
		started := listMoves(t, s, dead, 1)[0].Started
		stop := runMoves(t, s)
		time.Sleep(1250 * time.Millisecond)
		stop()
		time.Sleep(time.Hour)
		wantEqual(t, counted(t, s, key("source")), 13) // it stood still

		again := newService(t, store)
		wantMove(t, again, dead, queue.MoveTask{Status: "RUNNING", MaxPerSecond: 10, Moved: 13, ToMove: 30})
		defer runMoves(t, again)()
		time.Sleep(time.Minute)
		wantMove(t, again, dead, queue.MoveTask{Status: "COMPLETED", MaxPerSecond: 10, Moved: 30, ToMove: 30})
		wantEqual(t, listMoves(t, again, dead, 1)[0].Started.Equal(started), true)
		wantEqual(t, counted(t, again, key("source")), 30)
	})
}

// TestMoveCountsOnAfterACrash takes back what was stored of a task's progress.
func TestMoveCountsOnAfterACrash(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		store := newNaiveStore()
		s := newService(t, store)
		dead := redrives(t, s, "source")
		killed(t, s, key("source"), 30)
		startMove(t, s, dead, "", 10)
		stop := runMoves(t, s)
		time.Sleep(1250 * time.Millisecond)
		stop()
		for id, task := range store.tasks {
			task.Moved = 2
			store.tasks[id] = task
		}

		again := newService(t, store)
		defer runMoves(t, again)()
		synctest.Wait()
		wantMove(t, again, dead, queue.MoveTask{Status: "RUNNING", MaxPerSecond: 10, Moved: 14, ToMove: 30})
		time.Sleep(time.Minute)
		wantMove(t, again, dead, queue.MoveTask{Status: "COMPLETED", MaxPerSecond: 10, Moved: 30, ToMove: 30})
	})
}

// TestMoveEnds lets every message fail again as soon as it is back.
func TestMoveEnds(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newService(t, newNaiveStore())
		dead := redrives(t, s, "source")
		killed(t, s, key("source"), 5)
		defer runMoves(t, s)()
		startMove(t, s, dead, "", 1)
		for range 100 {
			receive(t, s, key("source"), queue.ReceiveMessageInput{MaxNumberOfMessages: some(10), VisibilityTimeout: some(0)})
			time.Sleep(100 * time.Millisecond)
		}
		wantMove(t, s, dead, queue.MoveTask{Status: "COMPLETED", MaxPerSecond: 1, Moved: 5, ToMove: 5})
		wantEqual(t, counted(t, s, dead), 5)
	})
}

func TestMoveEndsEarlyWhenOthersEmptyTheQueue(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newService(t, newNaiveStore())
		dead := redrives(t, s, "source")
		killed(t, s, key("source"), 5)
		defer runMoves(t, s)()
		startMove(t, s, dead, "", 1)
		synctest.Wait()
		receive(t, s, dead, queue.ReceiveMessageInput{MaxNumberOfMessages: some(10), VisibilityTimeout: some(3600)})
		time.Sleep(time.Minute)
		wantMove(t, s, dead, queue.MoveTask{Status: "COMPLETED", MaxPerSecond: 1, Moved: 1, ToMove: 5})
		wantEqual(t, counted(t, s, key("source")), 1)
	})
}

func TestMessagesWithoutAWayBackStay(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		label, reason string
		prepare       func(*testing.T, *queue.Service)
	}{
		{"sent directly", "CouldNotDetermineMessageSource", func(t *testing.T, s *queue.Service) {
			t.Helper()
			sendBody(t, s, key("dead"), "stays")
		}},
		{"source is gone", "AWS.SimpleQueueService.NonExistentQueue", func(t *testing.T, s *queue.Service) {
			t.Helper()
			kill(t, s, key("gone"), message("stays"))
			if err := s.DeleteQueue(t.Context(), caller(), key("gone")); err != nil {
				t.Fatal(err)
			}
		}},
	} {
		t.Run(test.label, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				s := newService(t, newNaiveStore())
				dead := redrives(t, s, "source", "gone")
				test.prepare(t, s)
				kill(t, s, key("source"), message("returns"))
				defer runMoves(t, s)()
				startMove(t, s, dead, "", 0)
				synctest.Wait()
				wantMove(t, s, dead, queue.MoveTask{Status: "FAILED", Failure: test.reason, Moved: 1, ToMove: 2})
				wantEqual(t, bodies(receive(t, s, dead, queue.ReceiveMessageInput{MaxNumberOfMessages: some(10)})), []string{"stays"})
				wantEqual(t, bodies(receive(t, s, key("source"), queue.ReceiveMessageInput{})), []string{"returns"})
			})
		})
	}
}

func TestMoveFailsWhenAQueueIsDeleted(t *testing.T) {
	t.Parallel()
	for _, deleted := range []string{"dead", "to"} {
		t.Run(deleted, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				store := newNaiveStore()
				s := newService(t, store)
				dead := redrives(t, s, "source")
				createQueue(t, s, "to")
				killed(t, s, key("source"), 5)
				defer runMoves(t, s)()
				startMove(t, s, dead, "to", 1)
				time.Sleep(1500 * time.Millisecond)
				// Not through the service, which would forget the tasks of a deleted queue.
				if err := store.DeleteQueue(t.Context(), key(deleted)); err != nil {
					t.Fatal(err)
				}
				createQueue(t, s, deleted)
				if deleted == "to" {
					if err := store.DeleteQueue(t.Context(), key(deleted)); err != nil {
						t.Fatal(err)
					}
				}
				time.Sleep(time.Second)
				wantMove(t, s, dead, queue.MoveTask{
					Status: "FAILED", Failure: "AWS.SimpleQueueService.NonExistentQueue",
					DestinationARN: s.ARN(key("to")), MaxPerSecond: 1, Moved: 2, ToMove: 5,
				})
			})
		})
	}
}

func TestDeletedQueueLosesItsTasks(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		store := newNaiveStore()
		s := newService(t, store)
		dead := redrives(t, s, "source")
		killed(t, s, key("source"), 5)
		defer runMoves(t, s)()
		startMove(t, s, dead, "", 1)
		synctest.Wait()
		if err := s.DeleteQueue(t.Context(), caller(), dead); err != nil {
			t.Fatal(err)
		}
		_, err := s.ListMessageMoveTasks(t.Context(), caller(), s.ARN(dead), some(1))
		wantError(t, err, queue.CodeResourceNotFound, moveNoSource)
		time.Sleep(time.Minute)
		createQueue(t, s, "dead")
		sendBody(t, s, dead, "new")
		time.Sleep(time.Minute)
		wantEqual(t, len(listMoves(t, s, dead, 10)), 0)
		wantEqual(t, len(store.tasks), 0)
		wantEqual(t, counted(t, s, dead), 1)
	})
}

func TestTasksOfQueuesThatAreGoneAreForgotten(t *testing.T) {
	t.Parallel()
	store := newNaiveStore()
	s := newService(t, store)
	dead := redrives(t, s, "source")
	startMove(t, s, dead, "", 0)
	if err := store.DeleteQueue(t.Context(), dead); err != nil {
		t.Fatal(err)
	}
	again := newService(t, store)
	createQueue(t, again, "other")
	wantEqual(t, len(listMoves(t, again, key("other"), 1)), 0) // reads the tasks in
	wantEqual(t, len(store.tasks), 0)
}

func TestMoveWaitsForAStoreInTrouble(t *testing.T) {
	t.Parallel()
	for _, trouble := range []error{queue.ErrUnavailable, queue.ErrStorageFull} {
		synctest.Test(t, func(t *testing.T) {
			store := newNaiveStore()
			s := newService(t, store)
			dead := redrives(t, s, "source")
			killed(t, s, key("source"), 3)
			startMove(t, s, dead, "", 0)
			until := time.Now().Add(time.Minute)
			store.hookErr = func(operation string) error {
				if (operation == "Move" || operation == "SaveMoveTask") && time.Now().Before(until) {
					return trouble
				}
				return nil
			}
			defer runMoves(t, s)()
			time.Sleep(59 * time.Second)
			wantMove(t, s, dead, queue.MoveTask{Status: "RUNNING", ToMove: 3})
			time.Sleep(2 * time.Second)
			wantMove(t, s, dead, queue.MoveTask{Status: "COMPLETED", Moved: 3, ToMove: 3})
		})
	}
}

func TestMoveFailsWhenTheStoreDoes(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		store := newNaiveStore()
		s := newService(t, store)
		dead := redrives(t, s, "source")
		killed(t, s, key("source"), 3)
		saves := 0
		startMove(t, s, dead, "", 0)
		store.hookErr = func(operation string) error {
			switch {
			case operation == "Move":
				return errors.New("block is damaged")
			case operation == "SaveMoveTask" && saves < 3:
				saves++
				return queue.ErrUnavailable
			default:
				return nil
			}
		}
		stop := runMoves(t, s)
		synctest.Wait()
		wantMove(t, s, dead, queue.MoveTask{Status: "FAILED", Failure: "InternalFailure", ToMove: 3})
		time.Sleep(time.Minute)
		stop()
		again := newService(t, store) // its end was stored when that could be done
		wantMove(t, again, dead, queue.MoveTask{Status: "FAILED", Failure: "InternalFailure", ToMove: 3})
	})
}

// blockedStore moves nothing for a while, as when every message waits for an earlier one
// of its group.
type blockedStore struct {
	*naiveStore

	until time.Time
}

func (s *blockedStore) Move(ctx context.Context, def *queue.Definition, req queue.MoveRequest) (queue.Moved, error) {
	if time.Now().Before(s.until) {
		return queue.Moved{}, nil
	}
	return s.naiveStore.Move(ctx, def, req)
}

func TestMoveWaitsForMessagesInFlight(t *testing.T) {
	t.Parallel()
	for blocked, want := range map[time.Duration]queue.MoveTask{
		12 * time.Hour: {Status: "COMPLETED", Moved: 3, ToMove: 3},
		37 * time.Hour: {Status: "FAILED", Failure: "TaskTimedOut", ToMove: 3},
	} {
		synctest.Test(t, func(t *testing.T) {
			store := &blockedStore{naiveStore: newNaiveStore(), until: time.Now().Add(blocked)}
			s := newService(t, store)
			dead := redrives(t, s, "source")
			killed(t, s, key("source"), 3)
			startMove(t, s, dead, "", 0)
			defer runMoves(t, s)()
			time.Sleep(min(blocked, 36*time.Hour) - time.Second)
			wantMove(t, s, dead, queue.MoveTask{Status: "RUNNING", ToMove: 3})
			time.Sleep(3 * time.Second)
			wantMove(t, s, dead, want)
		})
	}
}
