package config

import "time"

// The key that works while every listener is on a loopback address and no
// credentials are configured. Everybody knows it, so it never works beyond.
const (
	DevelopmentAccessKeyID     = "queuelet"
	DevelopmentSecretAccessKey = "queuelet"
	DevelopmentAccountID       = "000000000000"
)

// Config is the configuration of one process. It is complete: defaults are filled
// in, secret files are read, and paths from the file are resolved against the
// file's folder. Nobody changes it after [Load].
type Config struct {
	SQS           SQS
	Console       Console
	NATS          NATS
	Storage       Storage
	Queues        []Queue
	Functions     []Function // those of FunctionsDir as well
	Roles         []Role
	FunctionsDir  string // folder whose modules and scripts are functions; "" for none
	Mappings      []Mapping
	Log           Log
	ShutdownGrace time.Duration // how long running handlers may take to finish at a stop
}

// SQS is the endpoint that speaks Amazon SQS.
type SQS struct {
	Listen    string // host:port
	Region    string // used in ARNs
	AccountID string // the account of queues that name none
	PublicURL string // what queue URLs in answers begin with; "" for the host of each request
	// CORSOrigins are the origins of web pages that may call from a browser, "*" for any.
	CORSOrigins []string
	Cooldown    Cooldown
	Auth        Auth
}

// Cooldown are the guards of SQS against repeating an operation on one queue name
// too soon. Zero switches a guard off.
type Cooldown struct {
	DeleteQueue time.Duration
	PurgeQueue  time.Duration
}

// Auth says who may call.
type Auth struct {
	// Explain answers a wrong signature with the canonical request and the string
	// to sign that the server computed.
	Explain bool
	// EnforceRegion refuses signatures made for another region than SQS.Region.
	EnforceRegion bool
	Credentials   []Credential
}

// Credential is one access key and the account that it belongs to.
type Credential struct {
	AccessKeyID     string
	SecretAccessKey Secret
	SessionToken    Secret // "" for a long-term key
	AccountID       string
	Allow           []Grant // all that the key may do; empty for everything
}

// Grant lets a key do some actions to some queues. Both are names with the wildcards * and ?.
type Grant struct {
	Actions []string
	Queues  []string
}

// Console is the port for operators: health, readiness and metrics. An empty
// Listen switches it off.
type Console struct {
	Listen string
}

// NATS is the port for native NATS clients. An empty Listen switches it off.
type NATS struct {
	Listen string
}

// Storage is where messages are kept.
type Storage struct {
	Dir        string
	Durability Durability
	// MinFree is the free space of the disk below which sends are refused, while
	// deletes and purges go on.
	MinFree Size
	// MaxCode is how much code an account may deploy over the Lambda API, all versions
	// together.
	MaxCode Size
	// EncryptionKey encrypts what is on disk; "" leaves it plain.
	EncryptionKey Secret
}

// Durability says what an acknowledged operation survives.
type Durability string

const (
	// DurabilityFsync answers when the operation is on the disk: it survives a power cut.
	DurabilityFsync Durability = "fsync"
	// DurabilityOS answers when the operating system has it: it survives the end of
	// the process, not that of the machine.
	DurabilityOS Durability = "os"
)

// Queue is a queue that exists from the start.
type Queue struct {
	Name       string
	AccountID  string
	Attributes map[string]string // as SetQueueAttributes takes them
	Tags       map[string]string
	DeadLetter DeadLetter // zero for none
	Tap        Tap
}

// DeadLetter says where messages go that were received too often.
type DeadLetter struct {
	Queue       string // in the same account; made if it is not configured itself
	MaxReceives int
}

// Tap says how native NATS clients can watch a queue.
type Tap string

const (
	// TapLive publishes stored messages to whoever listens.
	TapLive Tap = "live"
	// TapStream also keeps them in a stream, to be replayed by durable consumers.
	TapStream Tap = "stream"
)

// Function is a WASM module that handles events.
type Function struct {
	Name               string
	AccountID          string // as which it sends messages
	Path               string
	Memory             Size
	Handler            string // the export that handles events, where a module may choose
	Timeout            time.Duration
	Environment        map[string]string
	Isolation          string // reuse, restore or fresh
	MaximumConcurrency int    // running invocations of all its mappings together
	Role               string // in its account, whose grants it has; "" for none
	Grants             FunctionGrants
}

// Log says what is logged and how.
type Log struct {
	Level  string // debug, info, warn or error
	Format string // auto, text or json
}

// Default is the configuration of an empty file.
func Default() Config {
	c := defaults()
	c.fillDerived(false)
	return c
}

// defaults are the values of keys that nobody sets. What depends on other values
// is filled in by fillDerived.
func defaults() Config {
	return Config{
		SQS: SQS{
			Listen:   "127.0.0.1:3001",
			Region:   "us-east-1",
			Cooldown: Cooldown{DeleteQueue: time.Minute, PurgeQueue: time.Minute},
		},
		Console:       Console{Listen: "127.0.0.1:3000"},
		Storage:       Storage{Dir: "data", Durability: DurabilityFsync, MinFree: 256 * MiB, MaxCode: 250 * MiB},
		Log:           Log{Level: "info", Format: "auto"},
		ShutdownGrace: 25 * time.Second,
	}
}

func defaultFunction() Function {
	return Function{Memory: 128 * MiB, Timeout: 30 * time.Second, Isolation: "reuse", MaximumConcurrency: 10}
}

// listeners are the addresses the process listens on, by key.
func (c *Config) listeners() []listener {
	all := []listener{
		{"sqs.listen", c.SQS.Listen},
		{"console.listen", c.Console.Listen},
		{"nats.listen", c.NATS.Listen},
	}
	var open []listener
	for _, l := range all {
		if l.address != "" {
			open = append(open, l)
		}
	}
	return open
}

type listener struct{ key, address string }

// fillDerived sets the values whose default depends on other values. explainSet
// says that sqs.auth.explain was given.
func (c *Config) fillDerived(explainSet bool) {
	local := true
	for _, l := range c.listeners() {
		local = local && loopback(l.address)
	}
	if !explainSet {
		c.SQS.Auth.Explain = local
	}
	if c.SQS.AccountID == "" {
		c.SQS.AccountID = DevelopmentAccountID
		if len(c.SQS.Auth.Credentials) > 0 && c.SQS.Auth.Credentials[0].AccountID != "" {
			c.SQS.AccountID = c.SQS.Auth.Credentials[0].AccountID
		}
	}
	if len(c.SQS.Auth.Credentials) == 0 && local {
		c.SQS.Auth.Credentials = []Credential{{
			AccessKeyID:     DevelopmentAccessKeyID,
			SecretAccessKey: DevelopmentSecretAccessKey,
		}}
	}
	for i := range c.SQS.Auth.Credentials {
		if c.SQS.Auth.Credentials[i].AccountID == "" {
			c.SQS.Auth.Credentials[i].AccountID = c.SQS.AccountID
		}
	}
	for i := range c.Queues {
		if c.Queues[i].AccountID == "" {
			c.Queues[i].AccountID = c.SQS.AccountID
		}
	}
	for i := range c.Functions {
		if c.Functions[i].AccountID == "" {
			c.Functions[i].AccountID = c.SQS.AccountID
		}
	}
	for i := range c.Mappings {
		if c.Mappings[i].AccountID == "" {
			c.Mappings[i].AccountID = c.SQS.AccountID
		}
	}
	for i := range c.Roles {
		if c.Roles[i].AccountID == "" {
			c.Roles[i].AccountID = c.SQS.AccountID
		}
	}
	c.assumeRoles()
	c.addDeadLetterQueues()
}

// addDeadLetterQueues adds the dead-letter queues that are named but not
// configured. They keep messages for the longest time SQS allows, because a moved
// message keeps its first sent time.
func (c *Config) addDeadLetterQueues() {
	type key struct{ account, name string }
	have := make(map[key]bool, len(c.Queues))
	for _, q := range c.Queues {
		have[key{q.AccountID, q.Name}] = true
	}
	for _, q := range c.Queues {
		target := key{q.AccountID, q.DeadLetter.Queue}
		if target.name == "" || have[target] {
			continue
		}
		have[target] = true
		c.Queues = append(c.Queues, Queue{
			Name:       target.name,
			AccountID:  target.account,
			Attributes: map[string]string{"MessageRetentionPeriod": "1209600"},
			Tap:        TapLive,
		})
	}
}
