package queue

import (
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"time"
)

// condition is one key of a statement's Condition block under one operator. Its
// values are alternatives (AWS IAM user guide, "IAM JSON policy elements: Condition
// operators").
type condition struct {
	key      string // in lower case
	matches  func(value string) bool
	negated  bool // the operator asks that no value matches
	ifExists bool // a request without the key passes
	anyValue bool // a request without the key does not pass, even if the operator is negated
	null     bool // the operator asks whether the key is there at all
	absent   bool // with null: it must not be
}

func (c *condition) holds(r *accessRequest) bool {
	value, present := r.value(c.key)
	switch {
	case c.null:
		return present != c.absent
	case !present:
		return (c.negated || c.ifExists) && !c.anyValue
	default:
		return c.matches(value) != c.negated
	}
}

// value returns what a request says about a condition key.
func (r *accessRequest) value(key string) (value string, present bool) {
	switch key {
	case "aws:sourcearn":
		return r.caller.SourceARN, r.caller.SourceARN != ""
	case "aws:sourceaccount":
		source, ok := parseARN(r.caller.SourceARN)
		return source.account, ok
	case "aws:sourceip":
		return r.caller.SourceIP, r.caller.SourceIP != ""
	case "aws:securetransport":
		return strconv.FormatBool(r.caller.Secure), true
	case "aws:principalarn":
		return r.caller.ARN(), true
	case "aws:principalaccount":
		return r.caller.Account, true
	case "aws:userid":
		return r.caller.Principal, r.caller.Principal != ""
	case "aws:currenttime":
		return r.now.UTC().Format(time.RFC3339), true
	case "aws:epochtime":
		return strconv.FormatInt(r.now.Unix(), 10), true
	default:
		return "", false
	}
}

// newCondition reads one key of a Condition block. An operator that is not known is
// refused: a condition that is not enforced would grant too much or deny too little.
func newCondition(operator, key string, values []string) (condition, error) {
	c := condition{key: strings.ToLower(key)}
	if len(values) == 0 {
		return condition{}, fmt.Errorf("condition %s of %s has no value", operator, key)
	}
	// The keys that are known here have one value, so of several all and any are the same.
	operator, allValues := strings.CutPrefix(operator, "ForAllValues:")
	operator, c.anyValue = strings.CutPrefix(operator, "ForAnyValue:")
	operator, c.ifExists = strings.CutSuffix(operator, "IfExists")
	c.ifExists = c.ifExists || allValues
	if operator == "Null" {
		absent, err := strconv.ParseBool(values[0])
		if err != nil || len(values) > 1 {
			return condition{}, fmt.Errorf("condition Null of %s needs one of true and false", key)
		}
		c.null, c.absent = true, absent
		return c, nil
	}
	// A negated operator has one word more: NotIpAddress, StringNotEquals, ArnNotLike.
	before, after, negated := strings.Cut(operator, "Not")
	c.negated = negated
	matches, err := conditionMatcher(before+after, values)
	if err != nil {
		return condition{}, fmt.Errorf("condition %s of %s: %w", operator, key, err)
	}
	c.matches = matches
	return c, nil
}

// conditionMatcher returns the test of an operator that is not negated.
func conditionMatcher(operator string, values []string) (func(string) bool, error) {
	either := func(match func(pattern, value string) bool) func(string) bool {
		return func(value string) bool {
			return slices.ContainsFunc(values, func(pattern string) bool { return match(pattern, value) })
		}
	}
	switch operator {
	case "StringEquals":
		return either(func(pattern, value string) bool { return pattern == value }), nil
	case "StringEqualsIgnoreCase", "Bool":
		return either(strings.EqualFold), nil
	case "StringLike":
		return either(matchPattern), nil
	case "ArnEquals", "ArnLike":
		return either(matchARN), nil
	case "IpAddress":
		return addressMatcher(values)
	case "DateEquals", "DateLessThan", "DateLessThanEquals", "DateGreaterThan", "DateGreaterThanEquals":
		return orderMatcher(strings.TrimPrefix(operator, "Date"), values, parseDate)
	case "NumericEquals", "NumericLessThan", "NumericLessThanEquals", "NumericGreaterThan", "NumericGreaterThanEquals":
		return orderMatcher(strings.TrimPrefix(operator, "Numeric"), values, parseNumber)
	default:
		return nil, errors.New("operator is not supported")
	}
}

// matchARN matches each of the six parts of an ARN by itself, so that a star does not
// reach over a colon.
func matchARN(pattern, value string) bool {
	const parts = 6
	patterns, values := strings.SplitN(pattern, ":", parts), strings.SplitN(value, ":", parts)
	return slices.EqualFunc(patterns, values, matchPattern)
}

func addressMatcher(values []string) (func(string) bool, error) {
	networks := make([]netip.Prefix, len(values))
	for i, text := range values {
		network, err := netip.ParsePrefix(text)
		if err != nil {
			address, err := netip.ParseAddr(text)
			if err != nil {
				return nil, fmt.Errorf("%q is neither an address nor a network", text)
			}
			network = netip.PrefixFrom(address, address.BitLen())
		}
		networks[i] = network
	}
	return func(value string) bool {
		address, err := netip.ParseAddr(value)
		return err == nil && slices.ContainsFunc(networks, func(network netip.Prefix) bool {
			return network.Contains(address.Unmap())
		})
	}, nil
}

// orderMatcher compares by an order: equal, LessThan and so on.
func orderMatcher(order string, values []string, parse func(string) (float64, error)) (func(string) bool, error) {
	limits := make([]float64, len(values))
	for i, text := range values {
		var err error
		if limits[i], err = parse(text); err != nil {
			return nil, err
		}
	}
	return func(value string) bool {
		actual, err := parse(value)
		return err == nil && slices.ContainsFunc(limits, func(limit float64) bool {
			switch order {
			case "Equals":
				return actual == limit
			case "LessThan":
				return actual < limit
			case "LessThanEquals":
				return actual <= limit
			case "GreaterThan":
				return actual > limit
			default:
				return actual >= limit
			}
		})
	}, nil
}

// parseDate reads an ISO 8601 time, to the minute at least, or epoch seconds.
func parseDate(text string) (float64, error) {
	for _, layout := range []string{time.RFC3339, "2006-01-02T15:04Z07:00", time.DateOnly} {
		if t, err := time.Parse(layout, text); err == nil {
			return float64(t.Unix()), nil
		}
	}
	return parseNumber(text)
}

func parseNumber(text string) (float64, error) {
	n, err := strconv.ParseFloat(text, 64)
	if err != nil {
		return 0, fmt.Errorf("%q is not a number", text)
	}
	return n, nil
}
