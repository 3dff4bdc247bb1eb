package config

import (
	"strconv"
	"strings"
	"time"
)

// field is one key with a single value outside the lists. The table below drives
// reading the file, the environment and flags, printing and comparing.
type field struct {
	key string
	// restart says that a change takes effect only at the next start.
	restart bool
	set     func(c *Config, text string) error
	get     func(c *Config) string
}

// environment is the variable that sets the field.
func (f field) environment() string {
	return environmentPrefix + strings.ToUpper(strings.ReplaceAll(f.key, ".", "_"))
}

const explainKey = "sqs.auth.explain"

// fields lists every such key, in the order in which they are printed.
func fields() []field {
	return []field{
		textField("sqs.listen", true, address, func(c *Config) *string { return &c.SQS.Listen }),
		textField("sqs.region", true, region, func(c *Config) *string { return &c.SQS.Region }),
		textField("sqs.account_id", true, accountID, func(c *Config) *string { return &c.SQS.AccountID }),
		durationField("sqs.cooldown.delete_queue", true, upTo(time.Hour), func(c *Config) *time.Duration { return &c.SQS.Cooldown.DeleteQueue }),
		durationField("sqs.cooldown.purge_queue", true, upTo(time.Hour), func(c *Config) *time.Duration { return &c.SQS.Cooldown.PurgeQueue }),
		boolField(explainKey, func(c *Config) *bool { return &c.SQS.Auth.Explain }),
		boolField("sqs.auth.enforce_region", func(c *Config) *bool { return &c.SQS.Auth.EnforceRegion }),
		textField("console.listen", true, optionalAddress, func(c *Config) *string { return &c.Console.Listen }),
		textField("nats.listen", true, optionalAddress, func(c *Config) *string { return &c.NATS.Listen }),
		textField("sqs.public_url", true, optionalURL, func(c *Config) *string { return &c.SQS.PublicURL }),
		textField("storage.dir", true, notEmpty, func(c *Config) *string { return &c.Storage.Dir }),
		textField("storage.durability", true, oneOf("fsync", "os"), func(c *Config) *Durability { return &c.Storage.Durability }),
		sizeField("storage.min_free", 0, func(c *Config) *Size { return &c.Storage.MinFree }),
		sizeField("storage.max_code", MiB, func(c *Config) *Size { return &c.Storage.MaxCode }),
		textField(functionsDirKey, false, anyText, func(c *Config) *string { return &c.FunctionsDir }),
		textField("log.level", false, oneOf("debug", "info", "warn", "error"), func(c *Config) *string { return &c.Log.Level }),
		textField("log.format", true, oneOf("auto", "text", "json"), func(c *Config) *string { return &c.Log.Format }),
		durationField("shutdown_grace", true, upTo(10*time.Minute), func(c *Config) *time.Duration { return &c.ShutdownGrace }),
	}
}

func textField[T ~string](key string, restart bool, check func(string) error, at func(*Config) *T) field {
	return field{
		key:     key,
		restart: restart,
		set: func(c *Config, text string) error {
			if err := check(text); err != nil {
				return err
			}
			*at(c) = T(text)
			return nil
		},
		get: func(c *Config) string { return string(*at(c)) },
	}
}

func durationField(key string, restart bool, check func(time.Duration) error, at func(*Config) *time.Duration) field {
	return field{
		key:     key,
		restart: restart,
		set:     func(c *Config, text string) error { return setDuration(at(c), text, check) },
		get:     func(c *Config) string { return at(c).String() },
	}
}

func boolField(key string, at func(*Config) *bool) field {
	return field{
		key:     key,
		restart: true,
		set:     func(c *Config, text string) error { return setBool(at(c), text) },
		get:     func(c *Config) string { return strconv.FormatBool(*at(c)) },
	}
}

func sizeField(key string, low Size, at func(*Config) *Size) field {
	return field{
		key:     key,
		restart: true,
		set:     func(c *Config, text string) error { return setSize(at(c), text, low, 1<<20*GiB) },
		get:     func(c *Config) string { return at(c).String() },
	}
}
