package command

import (
	"cmp"
	"fmt"
	"strings"

	"github.com/queuelet/queuelet/host"
	"github.com/queuelet/queuelet/host/config"
)

// unknownSecret stands where a secret has to be filled in: they are never shown.
const unknownSecret = "<its secret>"

// banner tells how to connect.
func (std IO) banner(h *host.Host) {
	c, e := h.Config(), h.Endpoints()
	var b strings.Builder
	row := func(name, value string) { fmt.Fprintf(&b, "  %-8s %s\n", name, value) }
	fmt.Fprintf(&b, "queuelet %s is ready\n", currentBuild().Version)
	row("SQS", e.SQS)
	row("console", cmp.Or(e.Console, "off"))
	row("NATS", cmp.Or(e.NATS, "off"))
	row("data", c.Storage.Dir)
	key := c.SQS.Auth.Credentials[0]
	secret := unknownSecret
	if development(key) {
		row("key", key.AccessKeyID+", secret "+config.DevelopmentSecretAccessKey+" (for development: works on loopback only)")
		secret = config.DevelopmentSecretAccessKey
	} else {
		row("key", key.AccessKeyID)
	}
	fmt.Fprintf(&b, "\nAWS_ACCESS_KEY_ID=%s AWS_SECRET_ACCESS_KEY=%s AWS_REGION=%s AWS_ENDPOINT_URL_SQS=%s aws sqs list-queues\n\n",
		key.AccessKeyID, secret, c.SQS.Region, e.SQS)
	fmt.Fprint(std.Stdout, b.String())
}

// development says whether a credential is the one that everybody knows.
func development(c config.Credential) bool {
	return c.AccessKeyID == config.DevelopmentAccessKeyID && c.SecretAccessKey == config.DevelopmentSecretAccessKey
}
