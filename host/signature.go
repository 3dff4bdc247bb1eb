package host

import (
	"fmt"

	"github.com/queuelet/queuelet/host/config"
	"github.com/queuelet/queuelet/sigauth"
)

// signingName is SQS's name in the scope of a signature.
const signingName = "sqs"

// SignatureOptions returns how signatures are verified under a configuration, for
// whoever wants to judge a request as the server does.
func SignatureOptions(c config.Config) (sigauth.Options, error) {
	credentials, err := sigauth.NewCredentials(signatureCredentials(c))
	if err != nil {
		return sigauth.Options{}, fmt.Errorf("take over the credentials: %w", err)
	}
	return signatureOptions(c, credentials), nil
}

func signatureOptions(c config.Config, source sigauth.CredentialSource) sigauth.Options {
	return sigauth.Options{
		Source:        source,
		Service:       signingName,
		Region:        c.SQS.Region,
		EnforceRegion: c.SQS.Auth.EnforceRegion,
		Explain:       c.SQS.Auth.Explain,
	}
}

func signatureCredentials(c config.Config) []sigauth.Credential {
	list := make([]sigauth.Credential, len(c.SQS.Auth.Credentials))
	for i, credential := range c.SQS.Auth.Credentials {
		list[i] = sigauth.Credential{
			AccessKeyID:     credential.AccessKeyID,
			SecretAccessKey: credential.SecretAccessKey.Reveal(),
			SessionToken:    credential.SessionToken.Reveal(),
			AccountID:       credential.AccountID,
		}
	}
	return list
}
