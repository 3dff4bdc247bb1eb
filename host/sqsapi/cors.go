package sqsapi

import (
	"net/http"
	"slices"

	"github.com/labstack/echo/v4"
)

// cors lets web pages of some origins call the API. A nil *cors lets none.
type cors struct {
	origins []string
	all     bool
}

func newCORS(origins []string) *cors {
	if len(origins) == 0 {
		return nil
	}
	return &cors{origins: origins, all: slices.Contains(origins, "*")}
}

// allow adds the headers that let the page of the request read the answer.
func (c *cors) allow(header http.Header, r *http.Request) {
	if c == nil {
		return
	}
	header.Add(echo.HeaderVary, echo.HeaderOrigin)
	origin := r.Header.Get(echo.HeaderOrigin)
	if origin == "" || !c.all && !slices.Contains(c.origins, origin) {
		return
	}
	header.Set(echo.HeaderAccessControlAllowOrigin, origin)
	header.Set(echo.HeaderAccessControlExposeHeaders, "x-amzn-RequestId,x-amzn-query-error,x-amzn-errortype,Date")
}

// preflight answers a browser that asks what it may send.
func (c *cors) preflight(e echo.Context) error {
	header := e.Response().Header()
	c.allow(header, e.Request())
	if header.Get(echo.HeaderAccessControlAllowOrigin) != "" {
		header.Set(echo.HeaderAccessControlAllowMethods, "GET,POST")
		header.Set(echo.HeaderAccessControlAllowHeaders,
			"authorization,content-type,x-amz-content-sha256,x-amz-date,x-amz-security-token,x-amz-target,"+
				"x-amz-user-agent,x-amzn-query-mode,x-amzn-trace-id,amz-sdk-invocation-id,amz-sdk-request")
		header.Set(echo.HeaderAccessControlMaxAge, "600")
	}
	return e.NoContent(http.StatusNoContent) //nolint:wrapcheck // only writes the answer
}
