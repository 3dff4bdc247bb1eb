// Package sigauth proves that a request was signed by the holder of a known secret, now.
//
// It verifies AWS Signature Version 4 in both forms, the Authorization header and the presigned query, for every service
// that follows the general rules (all but S3): the path is normalised and encoded twice, and the payload hash is always
// that of the body received, whatever the request claims. A [Verifier] answers in AWS's own codes, words and order of
// checks, and beside them keeps one sentence for the operator's log ([Error.OperatorLine]) that tells an unknown key, a
// wrong secret or changed request, and a wrong clock apart. [Explain] takes a captured request apart for a person.
//
// The rules are those of "Signature Version 4 for API requests" in the AWS IAM User Guide:
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv.html
package sigauth
