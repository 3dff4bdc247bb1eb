package bench

import (
	"bytes"
	"encoding/csv"
	"fmt"
	"io"
	"slices"
	"strconv"
	"unicode/utf8"

	"github.com/dustin/go-humanize"
)

// WriteText prints the report for people.
func (r *Report) WriteText(out io.Writer) error {
	head := []string{
		"scenario", "msg/s", "min–max", "MB/s", "p50 ms", "p90", "p99", "p99.9", "max", "cores", "RSS MB", "ceiling", "share",
	}
	if slices.ContainsFunc(r.Rows, func(row Row) bool { return row.Bare != nil }) {
		head = append(head, "bare calls", "of bare calls")
	}
	table := [][]string{head}
	for i := range r.Rows {
		table = append(table, r.Rows[i].cells())
	}
	var b bytes.Buffer
	appendColumns(&b, table)
	if len(r.Backlogs)+len(r.FIFO) > 0 {
		b.WriteByte('\n')
	}
	for _, c := range r.Backlogs {
		fmt.Fprintf(&b, "%s: %+.1f %% against %s\n", c.Large, 100*c.Change, c.Small)
	}
	for _, s := range r.FIFO {
		fmt.Fprintf(&b, "%s: %.0f %% of %s", s.FIFO, 100*s.Share, s.Standard)
		if s.CPU > 0 {
			fmt.Fprintf(&b, ", with %.2f times its processor time for a message", s.CPU)
		}
		b.WriteByte('\n')
	}
	server := "durability " + r.Durability
	if r.Endpoint != "" {
		server = r.Endpoint
	}
	fmt.Fprintf(&b, "\n%s; median of %d; %s\n", server, r.Runs, &r.Machine)
	if _, err := out.Write(b.Bytes()); err != nil {
		return fmt.Errorf("print the report: %w", err)
	}
	return nil
}

func (row *Row) cells() []string {
	cells := []string{row.Name}
	if s := row.Rate; s != nil {
		cells = append(cells, thousands(s.Median), thousands(s.Min)+"–"+thousands(s.Max), strconv.FormatFloat(row.Volume, 'f', 1, 64))
	} else {
		cells = append(cells, "", "", "")
	}
	if l := row.Latency; l != nil {
		for _, v := range []float64{l.P50, l.P90, l.P99, l.P999, l.Max} {
			cells = append(cells, strconv.FormatFloat(v, 'f', 2, 64))
		}
	} else {
		cells = append(cells, "", "", "", "", "")
	}
	cells = append(cells, unlessZero(row.Server.Cores), row.Server.memory())
	if c := row.Ceiling; c != nil {
		cells = append(cells, thousands(c.Rate.Median), fmt.Sprintf("%.0f %%", 100*row.Share))
	} else {
		cells = append(cells, "", "")
	}
	if b := row.Bare; b != nil {
		cells = append(cells, thousands(b.Median), fmt.Sprintf("%.0f %%", 100*row.ShareOfBare))
	}
	return cells
}

// appendColumns writes names to the left and numbers to the right.
func appendColumns(b *bytes.Buffer, table [][]string) {
	width := make([]int, len(table[0]))
	for _, cells := range table {
		for i, cell := range cells {
			width[i] = max(width[i], utf8.RuneCountInString(cell))
		}
	}
	for _, cells := range table {
		line := fmt.Appendf(nil, "%-*s", width[0], cells[0])
		for i, cell := range cells[1:] {
			line = fmt.Appendf(line, "  %*s", width[i+1], cell)
		}
		b.Write(append(bytes.TrimRight(line, " "), '\n'))
	}
}

// memory is idle → with messages, where both are known.
func (u Usage) memory() string {
	megabytes := func(n int64) string { return strconv.FormatFloat(float64(n)/1e6, 'f', 0, 64) }
	switch {
	case u.MemoryBytes == 0:
		return ""
	case u.IdleBytes == 0:
		return megabytes(u.MemoryBytes)
	default:
		return megabytes(u.IdleBytes) + "→" + megabytes(u.MemoryBytes)
	}
}

func unlessZero(value float64) string {
	if value == 0 {
		return ""
	}
	return strconv.FormatFloat(value, 'f', 2, 64)
}

func thousands(n float64) string { return humanize.Comma(int64(n + 0.5)) }

// WriteCSV prints the rows for spreadsheets.
func (r *Report) WriteCSV(out io.Writer) error {
	w := csv.NewWriter(out)
	_ = w.Write([]string{ // its errors come with Flush
		"scenario", "clients", "batch", "size_bytes", "backlog", "messages", "seconds",
		"messages_per_second", "min", "max", "p50_ms", "p90_ms", "p99_ms", "p999_ms", "max_ms",
		"server_cores", "server_cpu_us_per_message", "memory_bytes", "idle_memory_bytes", "ceiling_messages_per_second", "share_of_ceiling",
		"groups", "share_of_standard", "bare_messages_per_second", "share_of_bare_calls",
	})
	for i := range r.Rows {
		_ = w.Write(r.Rows[i].fields())
	}
	w.Flush()
	if err := w.Error(); err != nil {
		return fmt.Errorf("print the report: %w", err)
	}
	return nil
}

func (row *Row) fields() []string {
	number := func(v float64) string { return strconv.FormatFloat(v, 'f', -1, 64) }
	rounded := func(v float64) string { return strconv.FormatFloat(v, 'f', 3, 64) }
	fields := []string{
		row.Name, strconv.Itoa(row.Clients), strconv.Itoa(row.Batch), strconv.Itoa(row.Size), strconv.Itoa(row.Backlog),
		strconv.Itoa(row.Messages), rounded(row.Seconds),
	}
	if s := row.Rate; s != nil {
		fields = append(fields, rounded(s.Median), rounded(s.Min), rounded(s.Max))
	} else {
		fields = append(fields, "", "", "")
	}
	if l := row.Latency; l != nil {
		fields = append(fields, number(l.P50), number(l.P90), number(l.P99), number(l.P999), number(l.Max))
	} else {
		fields = append(fields, "", "", "", "", "")
	}
	u := row.Server
	fields = append(fields, rounded(u.Cores), rounded(u.MicrosPerItem), strconv.FormatInt(u.MemoryBytes, 10), strconv.FormatInt(u.IdleBytes, 10))
	if row.Ceiling != nil {
		fields = append(fields, rounded(row.Ceiling.Rate.Median), rounded(row.Share))
	} else {
		fields = append(fields, "", "")
	}
	fields = append(fields, strconv.Itoa(row.Groups), rounded(row.ShareOfStandard))
	if row.Bare != nil {
		return append(fields, rounded(row.Bare.Median), rounded(row.ShareOfBare))
	}
	return append(fields, "", "")
}
