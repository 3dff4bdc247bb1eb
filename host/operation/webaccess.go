package operation

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/queuelet/queuelet/plugins/abi"
)

const (
	anything  = "*"
	localhost = "localhost"
)

// webAccess is where on the network a function may make requests, and the connections to there. It is asked for every
// request, for every redirect and, with the address that a name was resolved to, for every connection: a name may mean
// something else the next time it is looked up.
type webAccess struct {
	hosts     []hostPattern
	dialer    net.Dialer
	transport *http.Transport
	slots     chan struct{} // of the requests at a time
}

// hostPattern is a host:port that was granted.
type hostPattern struct {
	host    string     // in small letters; "*" for any, ".example.com" for everything below example.com
	address netip.Addr // if the host is one
	port    string     // "*" for any
}

func newWebAccess(granted []string, resolver *net.Resolver) (*webAccess, error) {
	w := &webAccess{
		dialer: net.Dialer{Timeout: 10 * time.Second, Resolver: resolver},
		slots:  make(chan struct{}, maxFetchesAtATime),
	}
	for _, text := range granted {
		pattern, err := parseHost(text)
		if err != nil {
			return nil, err
		}
		w.hosts = append(w.hosts, pattern)
	}
	w.transport = &http.Transport{
		Proxy:                  nil, // a proxy would look names up, and connect, by itself
		DialContext:            w.dial,
		ForceAttemptHTTP2:      true,
		TLSHandshakeTimeout:    10 * time.Second,
		MaxIdleConns:           16,
		MaxIdleConnsPerHost:    4,
		MaxConnsPerHost:        maxFetchesAtATime,
		IdleConnTimeout:        30 * time.Second,
		MaxResponseHeaderBytes: maxAnswerHeader,
	}
	return w, nil
}

// parseHost reads a host:port of a grant.
func parseHost(text string) (hostPattern, error) {
	host, port, err := net.SplitHostPort(strings.ToLower(text))
	if err != nil || host == "" {
		return hostPattern{}, fmt.Errorf("%q is no host:port: write it as api.example.com:443", text)
	}
	if n, err := strconv.ParseUint(port, 10, 16); port != anything && (err != nil || n == 0) {
		return hostPattern{}, fmt.Errorf("%q has no port: write a number from 1 to 65535, or *", text)
	}
	p := hostPattern{host: host, port: port}
	if address, err := netip.ParseAddr(host); err == nil {
		p.address = address
		return p, nil
	}
	if below, ok := strings.CutPrefix(host, "*."); ok {
		p.host = "." + below
		host = below
	}
	if host != anything && !validHost(host) {
		return hostPattern{}, fmt.Errorf("%q has no host: write a name, an address, *.example.com or *", text)
	}
	return p, nil
}

// validHost says whether a text is a host's name, in ASCII.
func validHost(host string) bool {
	for label := range strings.SplitSeq(host, ".") {
		if label == "" || strings.ContainsFunc(label, func(r rune) bool {
			return (r < 'a' || r > 'z') && (r < '0' || r > '9') && r != '-' && r != '_'
		}) {
			return false
		}
	}
	return true
}

// matches says whether the pattern is for a host, which may be an address.
func (p hostPattern) matches(host string, address netip.Addr, port string) bool {
	switch {
	case p.port != anything && p.port != port:
		return false
	case p.address.IsValid():
		return p.address == address
	case p.host == anything:
		return !address.Is4In6()
	case address.IsValid():
		return false
	case strings.HasPrefix(p.host, "."):
		return strings.HasSuffix(host, p.host)
	default:
		return p.host == host
	}
}

// allows says whether some pattern is for a host and port.
func (w *webAccess) allows(host, port string) bool {
	host = plainHost(host)
	address, err := netip.ParseAddr(host)
	if err != nil && !validHost(host) {
		return false
	}
	return slices.ContainsFunc(w.hosts, func(p hostPattern) bool { return p.matches(host, address, port) })
}

// plainHost writes a host as patterns are written.
func plainHost(host string) string { return strings.TrimSuffix(strings.ToLower(host), ".") }

// check refuses a URL that must not be asked.
func (w *webAccess) check(u *url.URL) error {
	port := u.Port()
	switch {
	case u.Scheme == "http" && port == "":
		port = "80"
	case u.Scheme == "https" && port == "":
		port = "443"
	case u.Scheme != "http" && u.Scheme != "https":
		return refuse(abi.Invalid, "%s is no URL of HTTP", shorten(u.Redacted()))
	}
	switch {
	case u.User != nil:
		return refuse(abi.Invalid, "the URL holds a user: send the header Authorization instead")
	case !w.allows(u.Hostname(), port):
		return denied("http", shorten(net.JoinHostPort(u.Hostname(), port)))
	}
	return nil
}

// dial connects to a host of a request.
func (w *webAccess) dial(ctx context.Context, network, hostPort string) (net.Conn, error) {
	host, port, err := net.SplitHostPort(hostPort)
	if err != nil || !w.allows(host, port) {
		return nil, denied("http", shorten(hostPort))
	}
	dialer := w.dialer
	dialer.ControlContext = func(_ context.Context, _, address string, _ syscall.RawConn) error {
		return w.checkAddress(host, address)
	}
	return dialer.DialContext(ctx, network, hostPort) //nolint:wrapcheck // the HTTP client says what it was for
}

// checkAddress refuses to connect to an address that is not public, unless it was named itself.
func (w *webAccess) checkAddress(host, hostPort string) error {
	to, err := netip.ParseAddrPort(hostPort)
	if err != nil {
		return denied("http", shorten(hostPort))
	}
	if public(to.Addr()) {
		return nil
	}
	address, port := to.Addr().Unmap(), strconv.Itoa(int(to.Port()))
	named := slices.ContainsFunc(w.hosts, func(p hostPattern) bool {
		return (p.port == anything || p.port == port) &&
			(p.address.IsValid() && p.address.Unmap() == address || p.host == localhost && plainHost(host) == localhost && address.IsLoopback())
	})
	if !named {
		return refuse(abi.Denied, "%s is at %s, which is no address of the Internet: add that address to grants.http of the function to allow it",
			shorten(host), hostPort)
	}
	return nil
}

// enter waits until one more request may be made, and returns what ends it.
func (w *webAccess) enter(ctx context.Context) (leave func(), err error) {
	select {
	case w.slots <- struct{}{}:
		return func() { <-w.slots }, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

func (w *webAccess) close() { w.transport.CloseIdleConnections() }
