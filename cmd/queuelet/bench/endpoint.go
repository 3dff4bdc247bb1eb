package bench

import (
	"fmt"
	"net"
	"net/url"
	"strings"
)

// Endpoint is where an SQS service answers, and the key to sign with.
type Endpoint struct {
	URL             string // http or https, with a path if need be
	Region          string
	AccessKeyID     string
	SecretAccessKey string
	SessionToken    string // "" for a long-term key
}

// String is the address alone: secrets are not for reports.
func (e Endpoint) String() string { return e.URL }

// route is an endpoint taken apart for use on connections.
type route struct {
	Endpoint

	address string // host:port to connect to
	host    string // as the Host header has it
	name    string // of the server, for TLS
	secure  bool
	path    string
}

func (e Endpoint) route() (*route, error) {
	u, err := url.Parse(e.URL)
	if err != nil {
		return nil, &Error{CodeUsage, fmt.Errorf("endpoint: %w", err)}
	}
	r := &route{Endpoint: e, host: u.Host, name: u.Hostname(), path: "/" + strings.TrimPrefix(u.Path, "/")}
	port := u.Port()
	switch {
	case u.Host == "":
		return nil, &Error{CodeUsage, fmt.Errorf("endpoint %q has no host: give an address like http://127.0.0.1:3001", e.URL)}
	case u.Scheme == "http" && port == "":
		port = "80"
	case u.Scheme == "https":
		r.secure = true
		if port == "" {
			port = "443"
		}
	case u.Scheme != "http":
		return nil, &Error{CodeUsage, fmt.Errorf("endpoint %q: only http and https are spoken", e.URL)}
	}
	// Other characters would have to be encoded, once in the request and twice in the signature.
	if strings.ContainsFunc(r.path, func(c rune) bool { return !plain(c) }) || strings.Contains(r.path, "//") {
		return nil, &Error{CodeUsage, fmt.Errorf("endpoint %q: its path may only have letters, digits and the characters /-._~", e.URL)}
	}
	if e.AccessKeyID == "" || e.SecretAccessKey == "" {
		return nil, &Error{CodeUsage, fmt.Errorf("endpoint %q needs an access key to sign with", e.URL)}
	}
	if e.Region == "" {
		return nil, &Error{CodeUsage, fmt.Errorf("endpoint %q needs a region to sign for", e.URL)}
	}
	r.address = net.JoinHostPort(u.Hostname(), port)
	return r, nil
}

func plain(c rune) bool {
	return 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9' || strings.ContainsRune("/-._~", c)
}
