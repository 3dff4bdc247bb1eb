package queue

import "strings"

// ResolveURL finds the queue that a QueueUrl means. Only the last two parts of its
// path count, whatever the host, and a bare name works too, as in AWS. An account
// that is not configured here means the caller's own, so that URLs made for another
// endpoint ("http://localhost/1/orders") keep working.
func (s *Service) ResolveURL(caller Caller, queueURL string) Key {
	path, _, _ := strings.Cut(queueURL, "?")
	if _, afterScheme, found := strings.Cut(path, "://"); found {
		_, path, _ = strings.Cut(afterScheme, "/")
	}
	path = strings.TrimRight(path, "/")

	account, name := "", path
	if slash := strings.LastIndexByte(path, '/'); slash >= 0 {
		account, name = path[:slash], path[slash+1:]
		account = account[strings.LastIndexByte(account, '/')+1:]
	}
	return Key{Account: s.account(caller, account), Name: name}
}

// account returns the account that a request means by the text it gave.
func (s *Service) account(caller Caller, given string) string {
	if given == "" || s.knownAccount == nil || !s.knownAccount(given) {
		return caller.Account
	}
	return given
}
