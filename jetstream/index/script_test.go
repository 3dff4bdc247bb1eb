package index

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// script runs lines like "take 3 for 30 -> g1a g1b" against a new index and fails
// where the answer is another. A message is named by its group and a letter; without
// a group, by a letter alone.
//
//	send g1a g1b+50        store messages, the second with a delay
//	bring g1a 3            store a message that was received three times elsewhere
//	take 3 for 30          receive up to 3, invisible for 30
//	take 3 for 30 max 2    the same; at 2 receives a message is dead, listed behind a |
//	change g1a 20          by its latest receive; g1a#1 by its first
//	delete g1a             likewise
//	release g1a, remove g1a, expire 30, purge, delay 50, wait 10, counts, ready, over, due
func script(t *testing.T, o Options, lines ...string) {
	t.Helper()
	s := &scripted{x: New(o), now: 1_000_000, seqs: map[string]uint64{}, counts: map[string]uint32{}}
	for i, line := range lines {
		do, want, _ := strings.Cut(line, "->")
		got := s.do(strings.Fields(do))
		if got != strings.TrimSpace(want) {
			t.Fatalf("line %d: %s\ngot %q", i+1, line, got)
		}
		if err := s.x.verify(); err != nil {
			t.Fatalf("line %d: %s\n%v", i+1, line, err)
		}
	}
}

type scripted struct {
	x      *Index
	now    int64
	names  []string // by sequence - 1
	seqs   map[string]uint64
	counts map[string]uint32
}

func (s *scripted) do(words []string) string {
	args := words[1:]
	switch words[0] {
	case "send":
		for _, a := range args {
			name, delay, delayed := strings.Cut(a, "+")
			it := s.item(name)
			if delayed {
				it.NotBefore = s.now + number(delay)
			}
			s.x.Add(s.now, it)
		}
	case "bring":
		s.x.Restore(s.now, s.item(args[0]), State{First: 1, Count: uint32(number(args[1]))})
	case "take":
		return s.take(args)
	case "change":
		seq, count := s.receipt(args[0])
		st, err := s.x.Change(s.now, seq, count, number(args[1]))
		if err == nil && st.Due > s.now+number(args[1]) {
			return fmt.Sprint("due at ", st.Due)
		}
		return say(err)
	case "delete":
		seq, count := s.receipt(args[0])
		_, removed, err := s.x.Delete(s.now, seq, count)
		if err == nil && !removed {
			return "gone"
		}
		return say(err)
	case "release":
		s.x.Release(s.now, s.seqs[args[0]])
	case "remove":
		_, ok := s.x.Remove(s.seqs[args[0]])
		return strconv.FormatBool(ok)
	case "expire":
		var gone []string
		s.x.Expire(s.now-number(args[0]), 1000, func(seq uint64, _ Ref) { gone = append(gone, s.names[seq-1]) })
		return strings.Join(gone, " ")
	case "purge":
		s.x.Purge(nil)
	case "delay":
		s.x.SetDelay(s.now, number(args[0]))
	default:
		return s.ask(words)
	}
	return ""
}

func (s *scripted) ask(words []string) string {
	switch words[0] {
	case "wait":
		s.now += number(words[1])
		return ""
	case "tick":
		return strconv.Itoa(s.x.Tick(s.now))
	case "counts":
		v, f, d := s.x.Counts(s.now)
		return fmt.Sprint(v, f, d)
	case "ready":
		return strconv.FormatBool(s.x.Ready())
	case "over":
		return strconv.FormatBool(s.x.OverLimit())
	case "due":
		due, ok := s.x.NextDue()
		if !ok {
			return "none"
		}
		return strconv.FormatInt(due-s.now, 10)
	case "peek":
		var seen []string
		s.x.Peek(s.now, 0, 1000, func(m Taken, p Phase) bool {
			seen = append(seen, fmt.Sprintf("%s:%d#%d", s.names[m.Seq-1], p, m.Count))
			return true
		})
		return strings.Join(seen, " ")
	default:
		return "what is " + words[0]
	}
}

func (s *scripted) item(name string) Item {
	s.names = append(s.names, name)
	s.seqs[name] = uint64(len(s.names))
	return Item{Seq: s.seqs[name], Sent: s.now, Group: name[:len(name)-1]}
}

func (s *scripted) take(args []string) string {
	var maxReceives uint32
	if i := slices.Index(args, "max"); i > 0 {
		maxReceives = uint32(number(args[i+1]))
	}
	taken, dead := s.x.Take(s.now, int(number(args[0])), number(args[2]), maxReceives, nil, nil)
	var names []string
	for _, m := range taken {
		name := s.names[m.Seq-1]
		s.counts[name] = m.Count
		names = append(names, name)
	}
	if len(dead) > 0 {
		names = append(names, "|")
	}
	for _, m := range dead {
		names = append(names, s.names[m.Seq-1])
	}
	return strings.Join(names, " ")
}

func (s *scripted) receipt(name string) (seq uint64, count uint32) {
	name, given, ok := strings.Cut(name, "#")
	if ok {
		return s.seqs[name], uint32(number(given))
	}
	return s.seqs[name], s.counts[name]
}

func say(err error) string {
	switch {
	case err == nil:
		return ""
	case errors.Is(err, ErrExpired):
		return "expired"
	case errors.Is(err, ErrNotInFlight):
		return "not in flight"
	default:
		return err.Error()
	}
}

func number(s string) int64 {
	n, err := strconv.ParseInt(s, 10, 64)
	if err != nil {
		panic(err)
	}
	return n
}
