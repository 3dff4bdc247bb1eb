package queue_test

import (
	"strings"
	"testing"

	"github.com/queuelet/queuelet/host/queue"
)

func TestResolveURL(t *testing.T) {
	t.Parallel()
	s := newService(t, newNaiveStore())
	tests := []struct {
		url, account, name string
	}{
		{"https://sqs.us-east-1.amazonaws.com/111122223333/q", testAccount, "q"},
		{"https://queue.amazonaws.com/444455556666/q.fifo", otherAccount, "q.fifo"},
		{"http://localhost:3001/444455556666/q", otherAccount, "q"},
		{"http://localhost:3001/some/path/444455556666/q", otherAccount, "q"},
		{"http://localhost:3001/444455556666/q/", otherAccount, "q"},
		{"http://localhost:3001/444455556666/q?Action=SendMessage", otherAccount, "q"},
		{"http://a.b/1/my_queue", testAccount, "my_queue"},
		{"http://a.b/my_queue", testAccount, "my_queue"},
		{"/444455556666/q", otherAccount, "q"},
		{"444455556666/q", otherAccount, "q"},
		{"my_queue", testAccount, "my_queue"},
		{"http://a.b/", testAccount, ""},
		{"http://a.b", testAccount, ""},
		{"", testAccount, ""},
		{"/", testAccount, ""},
	}
	for _, test := range tests {
		t.Run(test.url, func(t *testing.T) {
			t.Parallel()
			wantEqual(t, s.ResolveURL(caller(), test.url), queue.Key{Account: test.account, Name: test.name})
		})
	}
}

func TestResolveURLWithoutAccounts(t *testing.T) {
	t.Parallel()
	s, err := queue.New(t.Context(), newNaiveStore(), queue.Options{Region: testRegion})
	if err != nil {
		t.Fatal(err)
	}
	wantEqual(t, s.ResolveURL(caller(), "http://a.b/444455556666/q"), queue.Key{Account: testAccount, Name: "q"})
	wantEqual(t, s.ResolveURL(caller(), "http://a.b/"+testAccount+"/q"), queue.Key{Account: testAccount, Name: "q"})
}

func FuzzResolveURL(f *testing.F) {
	for _, seed := range []string{
		"https://sqs.us-east-1.amazonaws.com/444455556666/q", "q", "//", "://", "?/a/b", "http://[::1]/1/q", "a://b://c/d",
	} {
		f.Add(seed)
	}
	s := newService(f, newNaiveStore())
	f.Fuzz(func(t *testing.T, url string) {
		key := s.ResolveURL(caller(), url)
		if key.Account != testAccount && key.Account != otherAccount {
			t.Errorf("%q means the unknown account %q", url, key.Account)
		}
		if strings.ContainsAny(key.Name, "/?") || !strings.Contains(url, key.Name) {
			t.Errorf("%q means the queue %q", url, key.Name)
		}
		if again := s.ResolveURL(caller(), "http://host/"+key.Account+"/"+key.Name); key.Name != "" && again != key {
			t.Errorf("%q means %v, and the URL made of that means %v", url, key, again)
		}
	})
}
