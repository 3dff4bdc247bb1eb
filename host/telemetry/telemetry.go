package telemetry

import (
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"os"
	"time"

	"github.com/lmittmann/tint"
	"github.com/mattn/go-isatty"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"
)

// Options say what is logged, how, and which build is running.
type Options struct {
	Output  io.Writer // of the log
	Level   string    // debug, info, warn or error
	Format  string    // auto (coloured text on a terminal, JSON otherwise), text or json
	NoColor bool
	Version string
}

// Telemetry is the logger and the metric registry of one process.
type Telemetry struct {
	Logger   *slog.Logger
	Registry *prometheus.Registry
	level    slog.LevelVar
}

// New returns the telemetry for the options. It fails on an unknown level or format.
func New(o Options) (*Telemetry, error) {
	t := &Telemetry{Registry: prometheus.NewRegistry()}
	if err := t.SetLevel(o.Level); err != nil {
		return nil, err
	}
	handler, err := newHandler(o, &t.level)
	if err != nil {
		return nil, err
	}
	t.Logger = slog.New(handler)
	build := prometheus.NewGauge(prometheus.GaugeOpts{
		Name: "queuelet_build_info", Help: "Always 1; the label says which version runs.",
		ConstLabels: prometheus.Labels{"version": o.Version},
	})
	build.Set(1)
	t.Registry.MustRegister(build, collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	return t, nil
}

// SetLevel changes which records are logged from now on.
func (t *Telemetry) SetLevel(name string) error {
	var level slog.Level
	if err := level.UnmarshalText([]byte(name)); err != nil {
		return fmt.Errorf("set the log level: %w", err)
	}
	t.level.Set(level)
	return nil
}

// Handler serves the metrics in the text format of Prometheus.
func (t *Telemetry) Handler() http.Handler {
	return promhttp.HandlerFor(t.Registry, promhttp.HandlerOpts{Registry: t.Registry})
}

func newHandler(o Options, level slog.Leveler) (slog.Handler, error) {
	text := o.Format == "text"
	switch o.Format {
	case "text", "json":
	case "auto":
		text = terminal(o.Output)
	default:
		return nil, fmt.Errorf("log format %q is none of auto, text and json", o.Format)
	}
	if text {
		return tint.NewTextHandler(o.Output, &tint.Options{
			Level: level, TimeFormat: time.TimeOnly, NoColor: o.NoColor || !terminal(o.Output),
		}), nil
	}
	return slog.NewJSONHandler(o.Output, &slog.HandlerOptions{Level: level}), nil
}

// terminal says whether a person is likely to watch an output.
func terminal(w io.Writer) bool {
	file, ok := w.(*os.File)
	return ok && isatty.IsTerminal(file.Fd())
}
