package hosttest

import (
	"testing"

	"github.com/aws/aws-sdk-go/aws"
	"github.com/aws/aws-sdk-go/aws/credentials"
	"github.com/aws/aws-sdk-go/aws/session"
	sqsv1 "github.com/aws/aws-sdk-go/service/sqs"
)

// SQSv1 returns a client of version 1 of the AWS SDK for Go with the first credential
// of the configuration. It does not retry.
func (s *Server) SQSv1(tb testing.TB) *sqsv1.SQS {
	tb.Helper()
	c := s.Host.Config().SQS
	key := c.Auth.Credentials[0]
	connection, err := session.NewSession(&aws.Config{
		Endpoint:    aws.String(s.URL()),
		Region:      aws.String(c.Region),
		Credentials: credentials.NewStaticCredentials(key.AccessKeyID, key.SecretAccessKey.Reveal(), key.SessionToken.Reveal()),
		MaxRetries:  aws.Int(0),
	})
	if err != nil {
		tb.Fatalf("hosttest: %v", err)
	}
	return sqsv1.New(connection)
}
