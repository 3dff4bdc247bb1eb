package hosttest

import (
	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/aws/aws-sdk-go-v2/service/sqs"

	"github.com/queuelet/queuelet/host/config"
)

// SQS returns a client with the first credential of the configuration. It does not
// retry, so that a test sees the first answer.
func (s *Server) SQS(options ...func(*sqs.Options)) *sqs.Client {
	return s.SQSAs(s.credential(), options...)
}

// SQSAs returns a client with a credential.
func (s *Server) SQSAs(c config.Credential, options ...func(*sqs.Options)) *sqs.Client {
	return sqs.NewFromConfig(s.clientConfig(c), options...)
}

// Lambda returns a client of the Lambda API with the first credential of the
// configuration. It does not retry, so that a test sees the first answer.
func (s *Server) Lambda(options ...func(*lambda.Options)) *lambda.Client {
	return s.LambdaAs(s.credential(), options...)
}

// LambdaAs returns a client of the Lambda API with a credential.
func (s *Server) LambdaAs(c config.Credential, options ...func(*lambda.Options)) *lambda.Client {
	return lambda.NewFromConfig(s.clientConfig(c), options...)
}

func (s *Server) credential() config.Credential { return s.Host.Config().SQS.Auth.Credentials[0] }

// clientConfig is what every client of version 2 of the AWS SDK for Go begins with.
func (s *Server) clientConfig(c config.Credential) aws.Config {
	return aws.Config{
		BaseEndpoint: aws.String(s.URL()),
		Region:       s.Host.Config().SQS.Region,
		Credentials: credentials.NewStaticCredentialsProvider(
			c.AccessKeyID, c.SecretAccessKey.Reveal(), c.SessionToken.Reveal()),
		Retryer: func() aws.Retryer { return aws.NopRetryer{} },
	}
}
