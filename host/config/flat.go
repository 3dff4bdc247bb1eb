package config

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
)

// leaf is one value of a configuration.
type leaf struct {
	key     string // items of lists by name: queues[orders].tap
	place   string // items of lists by number: queues[0].tap
	value   string
	secret  bool
	restart bool
}

func (l leaf) shown() string {
	if l.secret {
		return Secret(l.value).String()
	}
	return l.value
}

// flatten lists all values of a configuration.
func flatten(c *Config) []leaf {
	var f flattener
	for _, field := range fields() {
		f.leaves = append(f.leaves, leaf{key: field.key, place: field.key, value: field.get(c), restart: field.restart})
	}
	f.access(c)
	for i, v := range c.Queues {
		f.item("queues", i, v.AccountID+"/"+v.Name)
		f.add("name", v.Name)
		f.add("account_id", v.AccountID)
		f.addMap("attributes", v.Attributes)
		f.addMap("tags", v.Tags)
		if v.DeadLetter.Queue != "" {
			f.add("dead_letter.queue", v.DeadLetter.Queue)
			f.add("dead_letter.max_receives", strconv.Itoa(v.DeadLetter.MaxReceives))
		}
		f.add("tap", string(v.Tap))
	}
	for i, v := range c.Roles {
		f.item("roles", i, v.AccountID+"/"+v.Name)
		f.add("name", v.Name)
		f.add("account_id", v.AccountID)
		f.functionGrants(&v.Grants)
	}
	for i, v := range c.Functions {
		f.item("functions", i, v.Name)
		f.add("name", v.Name)
		f.add("account_id", v.AccountID)
		f.add("path", v.Path)
		f.add("handler", v.Handler)
		f.add("memory", v.Memory.String())
		f.add("timeout", v.Timeout.String())
		f.addSecrets("environment", v.Environment)
		f.add("isolation", v.Isolation)
		f.add("maximum_concurrency", strconv.Itoa(v.MaximumConcurrency))
		if v.Role != "" {
			f.add("role", v.Role) // the grants are shown there
		} else {
			f.functionGrants(&v.Grants)
		}
	}
	f.mappings(c)
	return f.leaves
}

// access adds who may call, and the key of what is stored.
func (f *flattener) access(c *Config) {
	for i, origin := range c.SQS.CORSOrigins {
		key := fmt.Sprintf("sqs.cors_origins[%d]", i)
		f.leaves = append(f.leaves, leaf{key: key, place: key, value: origin, restart: true})
	}
	if key := c.Storage.EncryptionKey; key != "" {
		f.leaves = append(f.leaves, leaf{
			key: "storage.encryption_key", place: "storage.encryption_key", value: key.Reveal(), secret: true, restart: true,
		})
	}
	for i, v := range c.SQS.Auth.Credentials {
		f.item("sqs.auth.credentials", i, v.AccessKeyID)
		f.add("access_key_id", v.AccessKeyID)
		f.addSecret("secret_access_key", v.SecretAccessKey)
		f.addSecret("session_token", v.SessionToken)
		f.add("account_id", v.AccountID)
		for k, g := range v.Allow {
			f.add(fmt.Sprintf("allow[%d].actions", k), strings.Join(g.Actions, ", "))
			f.add(fmt.Sprintf("allow[%d].queues", k), strings.Join(g.Queues, ", "))
		}
	}
}

// flattener adds the values of one item after the other.
type flattener struct {
	leaves     []leaf
	key, place string
}

func (f *flattener) item(list string, index int, name string) {
	f.key = fmt.Sprintf("%s[%s].", list, name)
	f.place = fmt.Sprintf("%s[%d].", list, index)
}

func (f *flattener) add(name, value string) {
	f.leaves = append(f.leaves, leaf{key: f.key + name, place: f.place + name, value: value})
}

func (f *flattener) addSecret(name string, value Secret) {
	f.leaves = append(f.leaves, leaf{key: f.key + name, place: f.place + name, value: value.Reveal(), secret: true})
}

func (f *flattener) addMap(name string, values map[string]string) {
	for _, key := range slices.Sorted(maps.Keys(values)) {
		f.add(name+"."+key, values[key])
	}
}

// addSecrets adds a map whose values may be secrets: a function gets its passwords by
// its environment.
func (f *flattener) addSecrets(name string, values map[string]string) {
	for _, key := range slices.Sorted(maps.Keys(values)) {
		f.addSecret(name+"."+key, Secret(values[key]))
	}
}
