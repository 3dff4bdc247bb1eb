package adminapi

import (
	"errors"
	"net/http"

	"github.com/labstack/echo/v4"
)

// Deps are what the API shows.
type Deps struct {
	// Alive returns why the process cannot do its work any more and has to be started
	// again, nil while it can.
	Alive func() error
	// Ready returns why the process does not take requests now, nil when it does.
	Ready func() error
	// Metrics serves the metrics.
	Metrics http.Handler
}

// API answers /healthz, /readyz and /metrics.
type API struct {
	deps Deps
}

// New returns an API. It fails when a part is missing.
func New(deps Deps) (*API, error) {
	if deps.Alive == nil || deps.Ready == nil || deps.Metrics == nil {
		return nil, errors.New("adminapi: the checks and the metrics are required")
	}
	return &API{deps: deps}, nil
}

// Router is the part of [echo.Echo] and [echo.Group] that Register needs.
type Router interface {
	GET(path string, handler echo.HandlerFunc, middleware ...echo.MiddlewareFunc) *echo.Route
}

// Register adds the API to a router.
func (a *API) Register(router Router) {
	router.GET("/healthz", state(a.deps.Alive))
	router.GET("/readyz", state(a.deps.Ready))
	router.GET("/metrics", echo.WrapHandler(a.deps.Metrics))
}

// answer is the body of /healthz and /readyz.
type answer struct {
	Status string `json:"status"`           // ok or unavailable
	Reason string `json:"reason,omitempty"` // why it is unavailable
}

// state answers 200 when a check passes and 503 with the reason when it does not, which
// is what load balancers and Kubernetes look at.
func state(check func() error) echo.HandlerFunc {
	return func(c echo.Context) error {
		c.Response().Header().Set(echo.HeaderCacheControl, "no-store")
		if err := check(); err != nil {
			return c.JSON(http.StatusServiceUnavailable, answer{Status: "unavailable", Reason: err.Error()})
		}
		return c.JSON(http.StatusOK, answer{Status: "ok"})
	}
}
