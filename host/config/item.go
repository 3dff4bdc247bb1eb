package config

import (
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/goccy/go-yaml/ast"
)

// Limits of SQS, and the longest that a function of Lambda may run (AWS Lambda API
// reference, CreateFunction).
const (
	maximumFunctionTimeout = 15 * time.Minute
	maximumReceives        = 1000
	secretFileLimit        = 64 * KiB
)

func (d *decoder) credential(c *Config) reading {
	return d.list(func(path string, n ast.Node) {
		var v Credential
		d.object(path, n, map[string]reading{
			"access_key_id":          d.text(&v.AccessKeyID, accessKeyID),
			"secret_access_key":      d.secret(&v.SecretAccessKey),
			"secret_access_key_file": d.secretFile(&v.SecretAccessKey),
			"session_token":          d.secret(&v.SessionToken),
			"session_token_file":     d.secretFile(&v.SessionToken),
			"account_id":             d.text(&v.AccountID, accountID),
			"allow":                  d.grants(&v.Allow),
		})
		d.require(path, n, "access_key_id")
		d.either(path, n, "secret_access_key", "secret_access_key_file", true)
		d.either(path, n, "session_token", "session_token_file", false)
		c.SQS.Auth.Credentials = append(c.SQS.Auth.Credentials, v)
	})
}

func (d *decoder) grants(at *[]Grant) reading {
	return d.list(func(path string, n ast.Node) {
		var g Grant
		d.object(path, n, map[string]reading{
			"actions": d.names(&g.Actions),
			"queues":  d.names(&g.Queues),
		})
		d.require(path, n, "actions", "queues")
		*at = append(*at, g)
	})
}

// names reads a list of texts.
func (d *decoder) names(at *[]string) reading {
	return d.list(func(path string, n ast.Node) {
		var name string
		d.text(&name, notEmpty)(path, n)
		*at = append(*at, name)
	})
}

func (d *decoder) queue(c *Config) reading {
	return d.list(func(path string, n ast.Node) {
		v := Queue{Tap: TapLive}
		d.object(path, n, map[string]reading{
			"name":       d.text(&v.Name, queueName),
			"account_id": d.text(&v.AccountID, accountID),
			"attributes": d.texts(&v.Attributes, notEmpty),
			"tags":       d.texts(&v.Tags, notEmpty),
			"dead_letter": func(path string, n ast.Node) {
				d.object(path, n, map[string]reading{
					"queue": d.text(&v.DeadLetter.Queue, queueName),
					"max_receives": d.value(func(text string) error {
						return setInt(&v.DeadLetter.MaxReceives, text, maximumReceives)
					}),
				})
				d.require(path, n, "queue", "max_receives")
			},
			"tap": d.value(func(text string) error {
				v.Tap = Tap(text)
				return oneOf(string(TapLive), string(TapStream))(text)
			}),
		})
		d.require(path, n, "name")
		c.Queues = append(c.Queues, v)
	})
}

func (d *decoder) function(c *Config) reading {
	return d.list(func(path string, n ast.Node) {
		v := defaultFunction()
		keys := d.functionSettings(&v)
		keys["name"], keys["path"] = d.text(&v.Name, functionName), d.path(&v.Path)
		d.object(path, n, keys)
		d.require(path, n, "name", "path")
		d.either(path, n, "grants", "role", false)
		c.Functions = append(c.Functions, v)
	})
}

// functionSettings are the keys of a function beside its name and its file.
func (d *decoder) functionSettings(v *Function) map[string]reading {
	return map[string]reading{
		"account_id": d.text(&v.AccountID, accountID),
		"handler":    d.text(&v.Handler, match(handlerPattern, "is not the name of an export", "")),
		"memory":     d.value(func(text string) error { return setSize(&v.Memory, text, MiB, 4*GiB) }),
		"timeout": d.value(func(text string) error {
			return setDuration(&v.Timeout, text, between(time.Millisecond, maximumFunctionTimeout))
		}),
		"environment": d.texts(&v.Environment, match(environmentPattern, "is not the name of an environment variable", "")),
		"isolation":   d.text(&v.Isolation, oneOf("reuse", "restore", "fresh")),
		"maximum_concurrency": d.value(func(text string) error {
			return setInt(&v.MaximumConcurrency, text, maximumConcurrency)
		}),
		"role":   d.text(&v.Role, roleName),
		"grants": d.functionGrants(&v.Grants),
	}
}

// has says whether an item gives a key a value.
func has(n ast.Node, key string) bool {
	pairs, _ := entries(n)
	for _, pair := range pairs {
		if !null(pair.Value) && pair.Key.GetToken().Value == key {
			return true
		}
	}
	return false
}

// require reports keys that an item must have.
func (d *decoder) require(path string, n ast.Node, keys ...string) {
	if _, ok := entries(n); !ok {
		return
	}
	for _, key := range keys {
		if !has(n, key) {
			d.fail(CodeMissing, join(path, key), "", complain("is missing", ""))
		}
	}
}

// either reports two keys of which only one may be given.
func (d *decoder) either(path string, n ast.Node, value, file string, required bool) {
	if _, ok := entries(n); !ok {
		return
	}
	switch {
	case has(n, value) && has(n, file):
		d.fail(CodeConflict, join(path, file), "", complain("is given beside "+value, "remove one of the two"))
	case required && !has(n, value) && !has(n, file):
		d.fail(CodeMissing, join(path, value), "", complain("is missing", "give "+value+" or "+file))
	}
}

// path reads a path and resolves it against the folder of the file.
func (d *decoder) path(at *string) reading {
	return d.value(func(text string) error {
		*at = d.resolve(text)
		return notEmpty(text)
	})
}

func (d *decoder) resolve(path string) string {
	if path == "" || filepath.IsAbs(path) {
		return path
	}
	return filepath.Join(d.folder, path)
}

// secret reads a value that no message shows.
func (d *decoder) secret(at *Secret) reading {
	return func(path string, n ast.Node) {
		text, ok := d.scalar(path, n)
		if ok && text == "" {
			d.fail(CodeValue, path, "", complain("is empty", ""))
		}
		*at = Secret(text)
	}
}

// secretFile reads a secret from the file that the value names.
func (d *decoder) secretFile(at *Secret) reading {
	return d.value(func(text string) error {
		content, err := readLimited(d.resolve(text), secretFileLimit)
		if err != nil {
			return complain("cannot be read: "+err.Error(), "")
		}
		*at = Secret(strings.TrimRight(string(content), "\r\n"))
		if *at == "" {
			return complain("is an empty file", "")
		}
		return nil
	})
}

var errTooLarge = errors.New("the file is too large")

func readLimited(path string, limit Size) ([]byte, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, err //nolint:wrapcheck // it names the operation and the path
	}
	defer file.Close()
	content, err := io.ReadAll(io.LimitReader(file, int64(limit)+1))
	if err == nil && len(content) > int(limit) {
		err = errTooLarge
	}
	return content, err
}
