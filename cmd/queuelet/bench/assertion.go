package bench

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/dustin/go-humanize"
)

// Assertion is something that a report must fulfil, such as "p99<20ms" or
// "send/batch=1/clients=64:share>=70%".
type Assertion struct {
	text   string
	row    string // its beginning; "" for every row that has the metric
	metric string
	op     string
	value  float64 // milliseconds, bytes, a share of 1 or a number
}

// ParseAssertion reads an assertion: the beginning of a row's name and a colon, which may
// be left out, a metric, one of < <= > >=, and a value. Metrics are p50, p90, p99, p99.9
// and max (a duration), rate (messages a second), share (of the ceiling, a percentage or
// a fraction), standard (a FIFO queue's share of a standard queue's rate), memory and idle
// (a size). A p50 of a receive is that of receive and delete.
func ParseAssertion(text string) (Assertion, error) {
	wrong := func(problem string) (Assertion, error) {
		return Assertion{}, &Error{CodeUsage, fmt.Errorf("assertion %q: %s", text, problem)}
	}
	at := strings.IndexAny(text, "<>")
	if at < 0 {
		return wrong("it needs one of < <= > >=, as in p99<20ms")
	}
	a := Assertion{text: text, op: text[at : at+1]}
	value := text[at+1:]
	if rest, found := strings.CutPrefix(value, "="); found {
		a.op, value = a.op+"=", rest
	}
	a.metric = strings.TrimSpace(text[:at])
	if colon := strings.LastIndexByte(a.metric, ':'); colon >= 0 {
		a.row, a.metric = a.metric[:colon], a.metric[colon+1:]
	}
	if a.metric == "p999" {
		a.metric = "p99.9"
	}
	var err error
	if a.value, err = assertedValue(a.metric, strings.TrimSpace(value)); err != nil {
		return wrong(err.Error())
	}
	return a, nil
}

func assertedValue(metric, text string) (float64, error) {
	switch metric {
	case "p50", "p90", "p99", "p99.9", "max":
		d, err := time.ParseDuration(text)
		if err != nil {
			return 0, fmt.Errorf("%q is no duration: write it like 20ms", text)
		}
		return float64(d) / float64(time.Millisecond), nil
	case "rate":
		n, err := strconv.ParseFloat(strings.ReplaceAll(text, ",", ""), 64)
		if err != nil {
			return 0, fmt.Errorf("%q is no number", text)
		}
		return n, nil
	case "share", "standard":
		percent, isPercent := strings.CutSuffix(text, "%")
		n, err := strconv.ParseFloat(strings.TrimSpace(percent), 64)
		if err != nil {
			return 0, fmt.Errorf("%q is no share: write it like 70%%", text)
		}
		if isPercent {
			n /= 100
		}
		return n, nil
	case "memory", "idle":
		n, err := humanize.ParseBytes(text)
		if err != nil {
			return 0, fmt.Errorf("%q is no size: write it like 60MB", text)
		}
		return float64(n), nil
	default:
		return 0, fmt.Errorf("there is no metric %q: use p50, p90, p99, p99.9, max, rate, share, standard, memory or idle", metric)
	}
}

// Check returns what of the report does not fulfil the assertion. One that concerns no
// row is not fulfilled.
func (a Assertion) Check(r *Report) []string {
	var unmet []string
	concerned := false
	for i := range r.Rows {
		row := &r.Rows[i]
		got, has := row.metric(a.metric)
		if !has || !strings.HasPrefix(row.Name, a.row) {
			continue
		}
		concerned = true
		if !a.holds(got) {
			unmet = append(unmet, fmt.Sprintf("%s: %s is %s, asserted was %s", row.Name, a.metric, shown(a.metric, got), a.text))
		}
	}
	if !concerned {
		unmet = append(unmet, "no row has what was asserted: "+a.text)
	}
	return unmet
}

func (a Assertion) holds(got float64) bool {
	switch a.op {
	case "<":
		return got < a.value
	case "<=":
		return got <= a.value
	case ">":
		return got > a.value
	default:
		return got >= a.value
	}
}

// metric returns a figure of a row, if the row has it.
func (row *Row) metric(name string) (float64, bool) {
	switch name {
	case "rate":
		if row.Rate == nil {
			return 0, false
		}
		return row.Rate.Median, true
	case "share":
		return row.Share, row.Ceiling != nil
	case "standard":
		return row.ShareOfStandard, row.ShareOfStandard > 0
	case "memory":
		return float64(row.Server.MemoryBytes), row.Server.MemoryBytes > 0
	case "idle":
		return float64(row.Server.IdleBytes), row.Server.IdleBytes > 0
	}
	l := row.Latency
	if l == nil {
		return 0, false
	}
	switch name {
	case "p50":
		return l.P50, true
	case "p90":
		return l.P90, true
	case "p99":
		return l.P99, true
	case "p99.9":
		return l.P999, true
	default:
		return l.Max, true
	}
}

func shown(metric string, value float64) string {
	switch metric {
	case "rate":
		return thousands(value)
	case "share", "standard":
		return fmt.Sprintf("%.1f%%", 100*value)
	case "memory", "idle":
		return humanize.Bytes(uint64(value))
	default:
		return fmt.Sprintf("%.3fms", value)
	}
}
