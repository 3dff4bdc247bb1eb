package hosttest

import (
	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/lambda"

	"github.com/queuelet/queuelet/host/config"
)

// Lambda returns a client of the Lambda API with the first credential of the
// configuration. It does not retry, so that a test sees the first answer.
func (s *Server) Lambda(options ...func(*lambda.Options)) *lambda.Client {
	return s.LambdaAs(s.Host.Config().SQS.Auth.Credentials[0], options...)
}

// LambdaAs returns a client of the Lambda API with a credential.
func (s *Server) LambdaAs(c config.Credential, options ...func(*lambda.Options)) *lambda.Client {
	return lambda.New(lambda.Options{
		BaseEndpoint: aws.String(s.URL()),
		Region:       s.Host.Config().SQS.Region,
		Credentials: credentials.NewStaticCredentialsProvider(
			c.AccessKeyID, c.SecretAccessKey.Reveal(), c.SessionToken.Reveal()),
		Retryer: aws.NopRetryer{},
	}, options...)
}
