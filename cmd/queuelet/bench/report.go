package bench

import (
	"cmp"
	"slices"
	"time"
)

// Report is what was measured.
type Report struct {
	Started    time.Time `json:"started"`
	Machine    Machine   `json:"machine"`
	Endpoint   string    `json:"endpoint,omitempty"`   // of a server that was running
	Durability string    `json:"durability,omitempty"` // of a server that was started
	Runs       int       `json:"runs"`
	Rows       []Row     `json:"rows"`
	// Backlogs compares rows that differ in their backlog only.
	Backlogs []Comparison `json:"backlogs,omitempty"`
	// FIFO compares rows of FIFO queues with those of a standard queue.
	FIFO []Share `json:"fifo,omitempty"`
}

// Row is what was measured of one scenario. Its figures are those of the run with the
// median rate.
type Row struct {
	Name     string   `json:"name"`
	Kind     Kind     `json:"kind"`
	Clients  int      `json:"clients"`
	Batch    int      `json:"batch"`
	Size     int      `json:"size_bytes"`
	Backlog  int      `json:"backlog"`
	Groups   int      `json:"groups,omitempty"`
	Unique   bool     `json:"unique,omitempty"`
	Verified bool     `json:"verified,omitempty"`
	Messages int      `json:"messages"`
	Seconds  float64  `json:"seconds"`
	Rate     *Spread  `json:"messages_per_second,omitempty"`
	Volume   float64  `json:"megabytes_per_second,omitempty"` // of bodies
	Latency  *Latency `json:"latency,omitempty"`
	Server   Usage    `json:"server"`
	Ceiling  *Ceiling `json:"ceiling,omitempty"`
	Share    float64  `json:"share_of_ceiling,omitempty"`
	// Bare is the rate of bare calls, beside which an Invoke is measured.
	Bare        *Spread `json:"bare_messages_per_second,omitempty"`
	ShareOfBare float64 `json:"share_of_bare_calls,omitempty"`
	// ShareOfStandard is the rate of a FIFO queue divided by that of a standard queue.
	ShareOfStandard float64 `json:"share_of_standard,omitempty"`
}

// Spread is the outcome of several runs.
type Spread struct {
	Median float64 `json:"median"`
	Min    float64 `json:"min"`
	Max    float64 `json:"max"`
}

// Usage is what a server used. What is not known is 0.
type Usage struct {
	Cores         float64 `json:"cores,omitempty"` // processors kept busy
	MicrosPerItem float64 `json:"cpu_us_per_message,omitempty"`
	MemoryBytes   int64   `json:"memory_bytes,omitempty"`      // resident, at the end
	IdleBytes     int64   `json:"idle_memory_bytes,omitempty"` // resident, without messages
}

// Ceiling is what the same HTTP path does with a store that keeps nothing.
type Ceiling struct {
	Rate    Spread   `json:"messages_per_second"`
	Latency *Latency `json:"latency,omitempty"`
	Server  Usage    `json:"server"`
}

// Comparison sets the rates of a scenario at its smallest and its largest backlog against
// each other.
type Comparison struct {
	Small  string  `json:"small"`
	Large  string  `json:"large"`
	Change float64 `json:"change"` // of the rate from small to large: -0.1 is 10 % less
}

// Share sets the rate of a FIFO queue against that of a standard queue.
type Share struct {
	FIFO     string  `json:"fifo"`
	Standard string  `json:"standard"`
	Share    float64 `json:"share"`
	// CPU is the server's processor time for a message, divided by that of the standard queue.
	// It depends less on what else the machine does. 0 when it is not known.
	CPU float64 `json:"cpu,omitempty"`
}

func (s sample) rate() float64 {
	if s.took <= 0 {
		return 0
	}
	return float64(s.messages) / s.took.Seconds()
}

func (s sample) usage() Usage {
	u := Usage{MemoryBytes: s.memory, IdleBytes: s.idle}
	if s.messages > 0 && s.took > 0 {
		u.Cores = s.cpu.Seconds() / s.took.Seconds()
		u.MicrosPerItem = float64(s.cpu.Microseconds()) / float64(s.messages)
	}
	return u
}

func newRow(s Scenario, samples, ceilings []sample) Row {
	middle, rate := median(samples)
	row := Row{
		Name: s.Name(), Kind: s.Kind, Clients: s.Clients, Batch: s.Batch, Size: s.Size, Backlog: s.Backlog, Verified: s.Verify,
		Groups: s.Groups, Unique: s.Unique,
		Messages: middle.messages, Seconds: middle.took.Seconds(),
		Latency: latency(middle.latency), Server: middle.usage(),
	}
	if s.Kind == Send || s.Kind == Receive || s.Kind == Dispatch || s.Kind == Invoke {
		row.Rate = &rate
		row.Volume = rate.Median * float64(s.Size) / 1e6
	}
	if len(ceilings) > 0 {
		middle, rate := median(ceilings)
		row.Ceiling = &Ceiling{Rate: rate, Latency: latency(middle.latency), Server: middle.usage()}
		if rate.Median > 0 && row.Rate != nil {
			row.Share = row.Rate.Median / rate.Median
		}
	}
	return row
}

// median returns the run in the middle; of an even number the slower one.
func median(samples []sample) (sample, Spread) {
	sorted := slices.SortedFunc(slices.Values(samples), func(a, b sample) int { return cmp.Compare(a.rate(), b.rate()) })
	middle := sorted[(len(sorted)-1)/2]
	return middle, Spread{Median: middle.rate(), Min: sorted[0].rate(), Max: sorted[len(sorted)-1].rate()}
}

func (r *Report) compareBacklogs() {
	type alike struct {
		kind                         Kind
		clients, batch, size, groups int
	}
	of := func(row *Row) alike { return alike{row.Kind, row.Clients, row.Batch, row.Size, row.Groups} }
	done := map[alike]bool{}
	for i := range r.Rows {
		small, large := &r.Rows[i], &r.Rows[i]
		if small.Rate == nil || small.Backlog == 0 || done[of(small)] {
			continue
		}
		for j := range r.Rows {
			if row := &r.Rows[j]; row.Backlog > 0 && row.Rate != nil && of(row) == of(small) {
				if row.Backlog < small.Backlog {
					small = row
				}
				if row.Backlog > large.Backlog {
					large = row
				}
			}
		}
		done[of(small)] = true
		if small != large && small.Rate.Median > 0 {
			r.Backlogs = append(r.Backlogs, Comparison{small.Name, large.Name, large.Rate.Median/small.Rate.Median - 1})
		}
	}
}

// compareFIFO sets each row of a FIFO queue against the row of a standard queue whose
// clients do the same. Sends are the same when each message has a text of its own.
func (r *Report) compareFIFO() {
	for i := range r.Rows {
		row := &r.Rows[i]
		if row.Groups == 0 || row.Rate == nil {
			continue
		}
		same := func(s Row) bool {
			return s.Groups == 0 && s.Kind == row.Kind && s.Clients == row.Clients && s.Batch == row.Batch &&
				s.Size == row.Size && s.Backlog == row.Backlog && (s.Unique || s.Verified || s.Kind == Receive)
		}
		j := slices.IndexFunc(r.Rows, same)
		if j < 0 || r.Rows[j].Rate.Median <= 0 {
			continue
		}
		row.ShareOfStandard = row.Rate.Median / r.Rows[j].Rate.Median
		share := Share{FIFO: row.Name, Standard: r.Rows[j].Name, Share: row.ShareOfStandard}
		if standard := r.Rows[j].Server.MicrosPerItem; standard > 0 {
			share.CPU = row.Server.MicrosPerItem / standard
		}
		r.FIFO = append(r.FIFO, share)
	}
}
