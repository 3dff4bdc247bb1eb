package config

import "log/slog"

// redacted stands in for a secret wherever one would be shown.
const redacted = "••••••••"

// Secret is text that no formatting, logging or encoding shows. Only [Secret.Reveal]
// gives it out.
type Secret string

// Reveal returns the text itself, for the code that checks signatures.
func (s Secret) Reveal() string { return string(s) }

func (s Secret) String() string {
	if s == "" {
		return ""
	}
	return redacted
}

// GoString keeps %#v from showing the text.
func (s Secret) GoString() string { return s.String() }

// LogValue keeps slog from showing the text.
func (s Secret) LogValue() slog.Value { return slog.StringValue(s.String()) }

// MarshalText keeps encoders from showing the text.
func (s Secret) MarshalText() ([]byte, error) { return []byte(s.String()), nil }
