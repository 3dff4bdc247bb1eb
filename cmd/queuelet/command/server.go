package command

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/queuelet/queuelet/cmd/queuelet/bench"
	"github.com/queuelet/queuelet/cmd/queuelet/client"
	"github.com/queuelet/queuelet/host/config"
)

// The variables that name the server, when no flag does. The second is that of the AWS
// CLI and the SDKs.
const (
	endpointVariable    = "QUEUELET_ENDPOINT"
	awsEndpointVariable = "AWS_ENDPOINT_URL_LAMBDA"
)

// server is what the flags say of the server that a command asks.
type server struct {
	endpoint, region string
	asJSON           bool
}

func (s *server) flags(c *cobra.Command, json string) {
	f := c.Flags()
	f.StringVar(&s.endpoint, "endpoint", "", "`URL` of the server; "+endpointVariable+" or http://127.0.0.1:3001 without it")
	f.StringVar(&s.region, "region", "", "region to sign for; that of AWS_REGION, or us-east-1")
	f.BoolVar(&s.asJSON, "json", false, json)
}

// connect makes a client with the key of AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY. The
// development key is tried on this machine only.
func (s *server) connect(std IO) (*client.Client, error) {
	o := client.Options{
		Endpoint: cmp.Or(s.endpoint, std.variable(endpointVariable), std.variable(awsEndpointVariable),
			"http://"+config.Default().SQS.Listen),
		Region:          cmp.Or(s.region, std.variable("AWS_REGION"), std.variable("AWS_DEFAULT_REGION"), config.Default().SQS.Region),
		AccessKeyID:     std.variable(bench.KeyVariable),
		SecretAccessKey: std.variable(bench.SecretVariable),
		SessionToken:    std.variable("AWS_SESSION_TOKEN"),
	}
	if o.AccessKeyID == "" || o.SecretAccessKey == "" {
		if !onLoopback(o.Endpoint) {
			return nil, usage("there is no key to sign with", "set "+bench.KeyVariable+" and "+bench.SecretVariable)
		}
		o.AccessKeyID, o.SecretAccessKey, o.SessionToken = config.DevelopmentAccessKeyID, config.DevelopmentSecretAccessKey, ""
	}
	c, err := client.New(o)
	if err != nil {
		return nil, usage(err.Error(), "--endpoint http://127.0.0.1:3001")
	}
	return c, nil
}

// asking makes a command of its work with a client.
func (s *server) asking(std IO, work func(cmd *cobra.Command, c *client.Client, args []string) error) func(*cobra.Command, []string) error {
	return func(cmd *cobra.Command, args []string) error {
		c, err := s.connect(std)
		if err != nil {
			return err
		}
		err = work(cmd, c, args)
		failed, ok := errors.AsType[*client.Error](err)
		switch {
		case !ok:
			return err
		case failed.Code == client.CodeUnreachable:
			std.notef("queuelet: %v\nTry: queuelet serve, or --endpoint URL", err)
			return &exitError{ExitUnreachable}
		case failed.Code == client.CodeNotFound:
			std.notef("queuelet: %v\nTry: queuelet plugin ls", err)
			return &exitError{ExitNotFound}
		default:
			return err
		}
	}
}

// printJSON prints a value for programs.
func (std IO) printJSON(value any) error {
	encoder := json.NewEncoder(std.Stdout)
	encoder.SetIndent("", "  ")
	if err := encoder.Encode(value); err != nil {
		return fmt.Errorf("print the answer: %w", err)
	}
	return nil
}

// oneFunction takes exactly one argument, the name of a function.
func oneFunction() cobra.PositionalArgs {
	return func(cmd *cobra.Command, args []string) error {
		if len(args) == 0 {
			return usage(cmd.CommandPath()+" needs the name of a function", cmd.CommandPath()+" orders")
		}
		return atMost(1)(cmd, args)
	}
}
