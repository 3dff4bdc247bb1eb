package lambdaapi

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"net/http"
	"strconv"
	"time"

	"github.com/labstack/echo/v4"

	"github.com/queuelet/queuelet/host/function"
)

const (
	// locationPath begins where packages are downloaded, without a signature, by those who were told the location.
	locationPath = "/2015-03-31/packages"
	locationLife = 10 * time.Minute // as in AWS
)

// location is where a package can be downloaded for a while.
func (a *API) location(r *http.Request, p function.Package) string {
	sum, err := base64.StdEncoding.DecodeString(p.SHA256)
	if err != nil {
		return ""
	}
	name := hex.EncodeToString(sum)
	size, until := strconv.FormatInt(p.Size, 10), strconv.FormatInt(time.Now().Add(locationLife).Unix(), 10)
	begin := a.options.PublicURL
	if begin == "" {
		begin = "http://" + r.Host
		if r.TLS != nil {
			begin = "https://" + r.Host
		}
	}
	return begin + locationPath + "/" + name + "?size=" + size + "&until=" + until + "&token=" + hex.EncodeToString(a.token(name, size, until))
}

func (a *API) token(name, size, until string) []byte {
	mac := hmac.New(sha256.New, a.secret[:])
	mac.Write([]byte(name + "\n" + size + "\n" + until))
	return mac.Sum(nil)
}

// download answers a location.
func (a *API) download(c echo.Context) error {
	query := c.QueryParams()
	name, size, until := c.Param("*"), query.Get("size"), query.Get("until")
	token, err := hex.DecodeString(query.Get("token"))
	end, timeErr := strconv.ParseInt(until, 10, 64)
	if err != nil || timeErr != nil || !hmac.Equal(token, a.token(name, size, until)) || time.Now().Unix() > end {
		return c.JSON(http.StatusForbidden, map[string]string{"Message": "The location is not valid, or not any more."}) //nolint:wrapcheck // it only writes
	}
	sum, sumErr := hex.DecodeString(name)
	bytes, sizeErr := strconv.ParseInt(size, 10, 64)
	if sumErr != nil || sizeErr != nil {
		return c.NoContent(http.StatusNotFound) //nolint:wrapcheck // it only writes
	}
	zip, err := a.functions.Download(c.Request().Context(), function.Package{SHA256: base64.StdEncoding.EncodeToString(sum), Size: bytes})
	if err != nil {
		return c.NoContent(http.StatusNotFound) //nolint:wrapcheck // it only writes
	}
	return c.Blob(http.StatusOK, "application/zip", zip) //nolint:wrapcheck // it only writes
}
