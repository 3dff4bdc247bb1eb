package hosttest

import (
	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/sqs"

	"github.com/queuelet/queuelet/host/config"
)

// SQS returns a client with the first credential of the configuration. It does not
// retry, so that a test sees the first answer.
func (s *Server) SQS(options ...func(*sqs.Options)) *sqs.Client {
	return s.SQSAs(s.Host.Config().SQS.Auth.Credentials[0], options...)
}

// SQSAs returns a client with a credential.
func (s *Server) SQSAs(c config.Credential, options ...func(*sqs.Options)) *sqs.Client {
	return sqs.New(sqs.Options{
		BaseEndpoint: aws.String(s.URL()),
		Region:       s.Host.Config().SQS.Region,
		Credentials: credentials.NewStaticCredentialsProvider(
			c.AccessKeyID, c.SecretAccessKey.Reveal(), c.SessionToken.Reveal()),
		Retryer: aws.NopRetryer{},
	}, options...)
}
