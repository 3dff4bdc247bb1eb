package sigauth

import (
	"fmt"
	"net/http"
	"strconv"
	"time"
)

// isoBasic is the form of every time in a signature, ISO 8601 "basic".
const isoBasic = "20060102T150405Z"

// DefaultMaxSkew is how far the clocks of client and server may lie apart, as at AWS.
const DefaultMaxSkew = 15 * time.Minute

// maxExpires is the longest life of a presigned request, seven days.
const maxExpires = 604_800

// signedTime is when a request says it was signed, and for how long it was meant.
type signedTime struct {
	at   time.Time
	text string        // at, in isoBasic, as the string to sign has it
	life time.Duration // of a presigned request; 0 when the usual skew bounds it
}

// readTime reads the date of a claim: check 9 of AWS's order.
func readTime(c *claim) (signedTime, *Error) {
	at, err := time.Parse(isoBasic, c.date)
	text := c.date
	if err != nil || len(c.date) != len(isoBasic) { // the length: Parse would take a fraction of a second
		if at, err = parseDateHeader(c.date); err != nil || c.presigned {
			return signedTime{}, malformed(
				"Date must be in ISO-8601 'basic format'. Got '"+c.date+"'. See http://en.wikipedia.org/wiki/ISO_8601",
				"the request is dated "+quote(c.date)+", which is no date of the form "+isoBasic+": sign with an AWS SDK")
		}
		text = at.UTC().Format(isoBasic)
	}
	signed := signedTime{at: at, text: text}
	if c.hasExpires {
		seconds, fault := readExpires(c.expires)
		if fault != nil {
			return signedTime{}, fault
		}
		signed.life = time.Duration(seconds) * time.Second
	}
	return signed, nil
}

// parseDateHeader reads the other forms that a Date header comes in: HTTP's, and that of mail, which botocore writes.
func parseDateHeader(text string) (time.Time, error) {
	if at, err := http.ParseTime(text); err == nil {
		return at, nil
	}
	at, err := time.Parse(time.RFC1123Z, text)
	if err != nil {
		return time.Time{}, fmt.Errorf("parse Date header: %w", err)
	}
	return at, nil
}

// readExpires reads X-Amz-Expires, 1 to 604800 seconds. AWS's texts for it are known from S3 only.
func readExpires(text string) (int64, *Error) {
	const line = "the presigned URL is to live for %s seconds: make one with 1 to 604800"
	seconds, err := strconv.ParseInt(text, 10, 64)
	switch {
	case err != nil:
		return 0, malformed("X-Amz-Expires should be a number", fmt.Sprintf(line, quote(text)))
	case seconds < 1:
		return 0, malformed("X-Amz-Expires must be positive", fmt.Sprintf(line, quote(text)))
	case seconds > maxExpires:
		return 0, malformed("X-Amz-Expires must be less than a week (in seconds); that is, the given X-Amz-Expires "+
			"must be less than 604800 seconds", fmt.Sprintf(line, quote(text)))
	default:
		return seconds, nil
	}
}

// checkClock compares a request's date with this machine's: checks 10 and 11 of AWS's order.
func checkClock(signed signedTime, now time.Time, skew time.Duration) *Error {
	now = now.UTC().Truncate(time.Second)
	life := skew
	if signed.life > 0 {
		life = signed.life
	}
	if oldest := now.Add(-life); signed.at.Before(oldest) {
		return mismatch(CauseClock,
			fmt.Sprintf("Signature expired: %s is now earlier than %s (%s - %s)",
				signed.text, oldest.Format(isoBasic), now.Format(isoBasic), span(life)),
			expiredLine(signed, now))
	}
	if newest := now.Add(skew); signed.at.After(newest) {
		return mismatch(CauseClock,
			fmt.Sprintf("Signature not yet current: %s is still later than %s (%s + %s)",
				signed.text, newest.Format(isoBasic), now.Format(isoBasic), span(skew)),
			fmt.Sprintf("clock: the request is dated %s, %s ahead of this machine's clock: set the clock of the client, "+
				"or of this machine, by NTP", signed.text, signed.at.Sub(now)))
	}
	return nil
}

func expiredLine(signed signedTime, now time.Time) string {
	if signed.life > 0 {
		return fmt.Sprintf("clock: the presigned URL of %s was good for %s and expired %s ago: make a new one, or set the "+
			"clocks by NTP", signed.text, signed.life, now.Sub(signed.at)-signed.life)
	}
	return fmt.Sprintf("clock: the request is dated %s, %s behind this machine's clock: set the clock of the client, or of "+
		"this machine, by NTP (or the request was sent again long after it was signed)", signed.text, now.Sub(signed.at))
}

// span writes a duration as AWS does in these texts: "15 min."; seconds when it is no whole number of minutes.
func span(d time.Duration) string {
	if d%time.Minute == 0 {
		return fmt.Sprintf("%d min.", d/time.Minute)
	}
	return fmt.Sprintf("%d sec.", d/time.Second)
}
