package client

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net/http"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"
)

// signingName is Lambda's name in the scope of a signature.
const signingName = "lambda"

// sign signs a request in its Authorization header, as the SDKs do.
func (c *Client) sign(ctx context.Context, request *http.Request, body []byte) error {
	digest := sha256.Sum256(body)
	key := aws.Credentials{
		AccessKeyID: c.options.AccessKeyID, SecretAccessKey: c.options.SecretAccessKey, SessionToken: c.options.SessionToken,
	}
	err := v4.NewSigner().SignHTTP(ctx, key, request, hex.EncodeToString(digest[:]), signingName, c.options.Region, time.Now())
	if err != nil {
		return fmt.Errorf("sign a request: %w", err)
	}
	return nil
}
