package config

import (
	"errors"
	"fmt"
	"maps"
	"net"
	"net/netip"
	"regexp"
	"slices"
	"strconv"

	"github.com/goccy/go-yaml/ast"

	"github.com/queuelet/queuelet/host/subject"
)

// FunctionGrants are what a function may ask the host to do. The zero value is nothing.
type FunctionGrants struct {
	Queues []string // of the function's account, to which it may send; with the wildcards * and ?
	Extend bool     // change the visibility timeout of records of its events
	// NATSPublish and NATSRequest are the subjects on which it may publish and make requests, with NATS's wildcards.
	NATSPublish, NATSRequest []string
	KVQuota                  Size     // of its bucket of keys and values; 0 for none
	HTTP                     []string // host:port to which it may make requests
	Config                   map[string]string
	Secrets                  map[string]Secret
	Metrics                  bool // keep counters of its own
}

const (
	minimumKVQuota = 64 * KiB
	maximumKVQuota = 64 * GiB
)

func (d *decoder) functionGrants(at *FunctionGrants) reading {
	return func(path string, n ast.Node) {
		files := map[string]Secret{}
		d.object(path, n, map[string]reading{
			"queues": d.checked(&at.Queues, queueNamePattern),
			"extend": d.flag(&at.Extend),
			"nats": func(path string, n ast.Node) {
				d.object(path, n, map[string]reading{
					"publish": d.checked(&at.NATSPublish, grantedSubject),
					"request": d.checked(&at.NATSRequest, grantedSubject),
				})
			},
			"kv": func(path string, n ast.Node) {
				d.object(path, n, map[string]reading{
					"quota": d.value(func(text string) error { return setSize(&at.KVQuota, text, minimumKVQuota, maximumKVQuota) }),
				})
				d.require(path, n, "quota")
			},
			"http":         d.checked(&at.HTTP, hostPort),
			"config":       d.texts(&at.Config, valueName),
			"secrets":      d.secrets(&at.Secrets, d.secret),
			"secret_files": d.secrets(&files, d.secretFile),
			"metrics":      d.flag(&at.Metrics),
		})
		for _, name := range slices.Sorted(maps.Keys(files)) {
			if _, twice := at.Secrets[name]; twice {
				d.fail(CodeConflict, join(path, "secret_files."+name), "", complain("is given beside secrets."+name, "remove one of the two"))
			}
			if at.Secrets == nil {
				at.Secrets = make(map[string]Secret)
			}
			at.Secrets[name] = files[name]
		}
	}
}

// checked reads a list of texts, each of which is checked.
func (d *decoder) checked(at *[]string, check func(string) error) reading {
	return d.list(func(path string, n ast.Node) {
		var text string
		d.text(&text, check)(path, n)
		*at = append(*at, text)
	})
}

// secrets reads a mapping of names to secrets, each as read does.
func (d *decoder) secrets(at *map[string]Secret, read func(*Secret) reading) reading {
	return func(path string, n ast.Node) {
		pairs, ok := entries(n)
		if !ok {
			d.wrongKind(path, n, "keys and values")
			return
		}
		values := make(map[string]Secret, len(pairs))
		keys := make(map[string]reading, len(pairs))
		for _, pair := range pairs {
			name := unshield(pair.Key.GetToken().Value)
			keys[name] = func(path string, n ast.Node) {
				if err := valueName(name); err != nil {
					d.fail(CodeValue, path, "", err)
				}
				var value Secret
				read(&value)(path, n)
				values[name] = value
			}
		}
		d.object(path, n, keys)
		*at = values
	}
}

var (
	queueGrantPattern = regexp.MustCompile(`^[A-Za-z0-9_.*?-]+$`)
	valueNamePattern  = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_.-]{0,127}$`)
	hostPattern       = regexp.MustCompile(`^(\*\.)?[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]+)*$`)
)

func queueNamePattern(text string) error {
	return match(queueGrantPattern, "is not a pattern for queue names", "write a name, in which * and ? are wildcards")(text)
}

func valueName(text string) error {
	return match(valueNamePattern, "is not a name", "write letters, digits and _.-, the first one a letter or _")(text)
}

// grantedSubject accepts NATS subjects that are not those of NATS, JetStream and the queues.
func grantedSubject(text string) error {
	switch err := subject.CheckPattern(text); {
	case errors.Is(err, subject.ErrReserved):
		return complain("is "+err.Error(), "choose one that does not begin with $, _, sqs or ql")
	case err != nil:
		return complain("is not a subject", "write tokens with dots between them, where * stands for one and > for all that follow: events.>")
	default:
		return nil
	}
}

// hostPort accepts where a function may make HTTP requests.
func hostPort(text string) error {
	const hint = "write host:port, such as api.example.com:443, *.example.com:443 or 10.0.0.7:8080"
	host, port, err := net.SplitHostPort(text)
	if err != nil || host == "" {
		return complain("is not host:port", hint)
	}
	if n, err := strconv.ParseUint(port, 10, 16); port != "*" && (err != nil || n == 0) {
		return complain("has no port between 1 and 65535", hint)
	}
	if _, err := netip.ParseAddr(host); err != nil && host != "*" && !hostPattern.MatchString(host) {
		return complain("has no host", hint)
	}
	return nil
}

// functionGrants adds what a function may ask for.
func (f *flattener) functionGrants(g *FunctionGrants) {
	lists := func(name string, values []string) {
		for i, value := range values {
			f.add(fmt.Sprintf("grants.%s[%d]", name, i), value)
		}
	}
	lists("queues", g.Queues)
	lists("nats.publish", g.NATSPublish)
	lists("nats.request", g.NATSRequest)
	lists("http", g.HTTP)
	f.addMap("grants.config", g.Config)
	for _, name := range slices.Sorted(maps.Keys(g.Secrets)) {
		f.addSecret("grants.secrets."+name, g.Secrets[name])
	}
	if g.KVQuota != 0 {
		f.add("grants.kv.quota", g.KVQuota.String())
	}
	if g.Extend {
		f.add("grants.extend", "true")
	}
	if g.Metrics {
		f.add("grants.metrics", "true")
	}
}
