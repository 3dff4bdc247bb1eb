module github.com/queuelet/queuelet/.ci/clients/gov1

go 1.26.0

// The last version that speaks the query protocol with SQS.
require github.com/aws/aws-sdk-go v1.46.7

require github.com/jmespath/go-jmespath v0.4.0 // indirect
