package config

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
)

// complaint is what is wrong with a value and what to write instead.
type complaint struct{ reason, hint string }

func (c *complaint) Error() string { return c.reason }

func complain(reason, hint string) error { return &complaint{reason, hint} }

func setBool(at *bool, text string) error {
	switch text {
	case "true":
		*at = true
	case "false":
		*at = false
	default:
		return complain("is neither true nor false", "write true or false")
	}
	return nil
}

// setInt takes a whole number from 1 to high.
func setInt(at *int, text string, high int) error {
	n, err := strconv.Atoi(text)
	switch {
	case err != nil && !errors.Is(err, strconv.ErrRange):
		return complain("is not a whole number", fmt.Sprintf("write a number from 1 to %d", high))
	case err != nil, n < 1, n > high:
		return complain(fmt.Sprintf("is not between 1 and %d", high), "")
	}
	*at = n
	return nil
}

func setSize(at *Size, text string, low, high Size) error {
	n, err := parseSize(text)
	if err != nil {
		return complain("is not a size", "write a whole number with its unit: 512KiB, 128MiB, 2GiB")
	}
	if n < low || n > high {
		return complain(fmt.Sprintf("is not between %s and %s", low, high), "")
	}
	*at = n
	return nil
}

func setDuration(at *time.Duration, text string, check func(time.Duration) error) error {
	d, err := time.ParseDuration(text)
	if err != nil {
		hint := "write a number with its unit: 500ms, 30s, 5m"
		if _, err := strconv.Atoi(text); err == nil {
			hint = fmt.Sprintf("write the unit: %ss", text)
		}
		return complain("is not a duration", hint)
	}
	if err := check(d); err != nil {
		return err
	}
	*at = d
	return nil
}

func upTo(high time.Duration) func(time.Duration) error { return between(0, high) }

func between(low, high time.Duration) func(time.Duration) error {
	return func(d time.Duration) error {
		if d < low || d > high {
			return complain(fmt.Sprintf("is not between %s and %s", low, high), "")
		}
		return nil
	}
}

func oneOf(words ...string) func(string) error {
	return func(text string) error {
		if slices.Contains(words, text) {
			return nil
		}
		hint := "write one of: " + strings.Join(words, ", ")
		if word, ok := nearest(text, words); ok {
			hint = fmt.Sprintf("did you mean %q?", word)
		}
		return complain("is not one of "+strings.Join(words, ", "), hint)
	}
}

func notEmpty(text string) error {
	if text == "" {
		return complain("is empty", "")
	}
	return nil
}

func address(text string) error {
	const hint = "write host:port, for example 127.0.0.1:3001"
	_, port, err := net.SplitHostPort(text)
	if err != nil {
		return complain("is not an address", hint)
	}
	if n, err := strconv.ParseUint(port, 10, 16); err != nil || strconv.FormatUint(n, 10) != port {
		return complain("has no port between 0 and 65535", hint)
	}
	return nil
}

func optionalAddress(text string) error {
	if text == "" {
		return nil
	}
	return address(text)
}

// loopback says whether an address can be reached from this machine only.
func loopback(listen string) bool {
	host, _, err := net.SplitHostPort(listen)
	if err != nil {
		return false
	}
	if host == "localhost" {
		return true
	}
	ip, err := netip.ParseAddr(host)
	return err == nil && ip.Unmap().IsLoopback()
}

// patterns that SQS and Lambda set for names.
var (
	accountPattern     = regexp.MustCompile(`^[0-9]{12}$`)
	regionPattern      = regexp.MustCompile(`^[a-z0-9-]{1,32}$`)
	queuePattern       = regexp.MustCompile(`^([A-Za-z0-9_-]{1,80}|[A-Za-z0-9_-]{1,75}\.fifo)$`)
	functionPattern    = regexp.MustCompile(`^[A-Za-z0-9_-]{1,64}$`)
	accessKeyPattern   = regexp.MustCompile(`^[A-Za-z0-9_.-]{1,128}$`)
	handlerPattern     = regexp.MustCompile(`^[A-Za-z_$][A-Za-z0-9_$./-]*$`)
	environmentPattern = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]*$`)
)

func match(pattern *regexp.Regexp, reason, hint string) func(string) error {
	return func(text string) error {
		if pattern.MatchString(text) {
			return nil
		}
		return complain(reason, hint)
	}
}

func accountID(text string) error {
	return match(accountPattern, "is not an account id", `write twelve digits in quotes, for example "000000000000"`)(text)
}

func region(text string) error {
	return match(regionPattern, "is not a region name", "write small letters, digits and hyphens, for example us-east-1")(text)
}

func queueName(text string) error {
	return match(queuePattern, "is not a queue name",
		"write 1 to 80 letters, digits, hyphens and underscores; the name of a FIFO queue ends in .fifo")(text)
}

func functionName(text string) error {
	return match(functionPattern, "is not a function name", "write 1 to 64 letters, digits, hyphens and underscores")(text)
}

func accessKeyID(text string) error {
	return match(accessKeyPattern, "is not an access key id", "write 1 to 128 letters, digits and _.-")(text)
}

// optionalURL accepts what a client can reach over HTTP, or nothing.
func optionalURL(text string) error {
	if text == "" {
		return nil
	}
	u, err := url.Parse(text)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" {
		return complain("is no URL", "write it as https://sqs.example.org")
	}
	return nil
}
