package queue_test

import (
	"strconv"
	"strings"
	"testing"

	"github.com/queuelet/queuelet/host/queue"
)

func TestTags(t *testing.T) {
	t.Parallel()
	s := newService(t, newNaiveStore())
	key, err := s.CreateQueue(t.Context(), caller(), queue.CreateQueueInput{Name: "q", Tags: map[string]string{"a": "1"}})
	if err != nil {
		t.Fatal(err)
	}
	want := func(tags map[string]string) {
		t.Helper()
		got, err := s.ListQueueTags(t.Context(), caller(), key)
		if err != nil {
			t.Fatal(err)
		}
		wantEqual(t, got, tags)
	}
	want(map[string]string{"a": "1"})
	if err := s.TagQueue(t.Context(), caller(), key, map[string]string{"a": "2", "A": "", "Größe _.:/=+-@1": "x y"}); err != nil {
		t.Fatal(err)
	}
	want(map[string]string{"a": "2", "A": "", "Größe _.:/=+-@1": "x y"})
	if err := s.UntagQueue(t.Context(), caller(), key, []string{"a", "absent", "Größe _.:/=+-@1"}); err != nil {
		t.Fatal(err)
	}
	want(map[string]string{"A": ""})
	if err := s.UntagQueue(t.Context(), caller(), key, []string{"A"}); err != nil {
		t.Fatal(err)
	}
	want(map[string]string{})
}

func TestTagErrors(t *testing.T) {
	t.Parallel()
	const (
		keyLength   = "Tag keys must be between 1 and 128 characters in length."
		valueLength = "Tag values must be between 0 and 256 characters in length."
		symbols     = " may only contain unicode letters, digits, whitespace, or one of these symbols: _ . : / = + - @"
		reserved    = "aws: prefixed tag key names are not allowed for external use."
	)
	tests := []struct {
		label, key, value, text string
	}{
		{"empty key", "", "v", keyLength},
		{"longest key", strings.Repeat("ß", 128), "v", ""},
		{"long key", strings.Repeat("k", 129), "v", keyLength},
		{"key with other characters", "a#", "v", "Tag keys" + symbols},
		{"key that is not UTF-8", "\xff", "v", "Tag keys" + symbols},
		{"reserved key", "aws:x", "v", reserved},
		{"reserved key in other case", "AWS:x", "v", reserved},
		{"longest value", "k", strings.Repeat("ß", 256), ""},
		{"long value", "k", strings.Repeat("v", 257), valueLength},
		{"value with other characters", "k", "a#", "Tag values" + symbols},
	}
	s := newService(t, newNaiveStore())
	key := createQueue(t, s, "q")
	for _, test := range tests {
		t.Run(test.label, func(t *testing.T) {
			t.Parallel()
			tags := map[string]string{test.key: test.value}
			_, created := s.CreateQueue(t.Context(), caller(), queue.CreateQueueInput{Name: strings.Fields(test.label)[0], Tags: tags})
			tagged := s.TagQueue(t.Context(), caller(), key, tags)
			if test.text == "" {
				if created != nil || tagged != nil {
					t.Errorf("%v, %v", created, tagged)
				}
				return
			}
			wantError(t, created, queue.CodeInvalidParameterValue, test.text)
			wantError(t, tagged, queue.CodeInvalidParameterValue, test.text)
		})
	}
	wantError(t, s.TagQueue(t.Context(), caller(), key, nil),
		queue.CodeMissingParameter, "The request must contain the parameter Tags.")
	for _, keys := range [][]string{nil, {""}, {strings.Repeat("k", 129)}} {
		wantError(t, s.UntagQueue(t.Context(), caller(), key, keys), queue.CodeInvalidParameterValue, keyLength)
	}
	wantError(t, s.UntagQueue(t.Context(), caller(), key, []string{"a#"}),
		queue.CodeInvalidParameterValue, "Tag keys"+symbols)
}

func TestTooManyTags(t *testing.T) {
	t.Parallel()
	s := newService(t, newNaiveStore())
	key := createQueue(t, s, "q")
	tags := func(from, to int) map[string]string {
		m := map[string]string{}
		for i := from; i < to; i++ {
			m[strconv.Itoa(i)] = "v"
		}
		return m
	}
	const text = "Too many tags added for queue q."
	wantError(t, s.TagQueue(t.Context(), caller(), key, tags(0, 51)), queue.CodeInvalidParameterValue, text)
	for _, half := range [][2]int{{0, 25}, {25, 50}, {0, 50}} {
		if err := s.TagQueue(t.Context(), caller(), key, tags(half[0], half[1])); err != nil {
			t.Fatal(err)
		}
	}
	wantError(t, s.TagQueue(t.Context(), caller(), key, tags(50, 51)), queue.CodeInvalidParameterValue, text)
	got, err := s.ListQueueTags(t.Context(), caller(), key)
	if err != nil || len(got) != 50 {
		t.Errorf("%d tags, %v; want the 50 from before", len(got), err)
	}
}
