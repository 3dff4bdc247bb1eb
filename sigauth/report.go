package sigauth

import (
	"fmt"
	"io"
	"strings"
)

// Report is what [Explain] found out about a captured request. It shows no secret, but the canonical request repeats what
// the request carries, its session token included.
type Report struct {
	// Accepted says that the verifier would accept the request at the time of the explanation.
	Accepted bool
	// AccessKeyID is the key the request claims.
	AccessKeyID string
	// Findings are what is wrong or worth knowing, in the order of the verifier's checks; empty when all is well.
	Findings []Finding
	// CanonicalRequest and StringToSign are what this server computes from the request, empty when it cannot.
	CanonicalRequest string
	StringToSign     string
}

// Finding is one thing that is wrong with a request.
type Finding struct {
	Cause Cause
	// Text says what differs and what to do about it.
	Text string
	// Answer is what the client is told for it; empty when it alone would not make the verifier refuse.
	Answer string
}

// Compare lists the lines in which a canonical request that the client logged differs from the one computed here.
func (r Report) Compare(client string) []string {
	theirs := strings.Split(strings.TrimRight(strings.ReplaceAll(client, "\r\n", "\n"), "\n"), "\n")
	ours := strings.Split(r.CanonicalRequest, "\n")
	var differences []string
	for i := range max(len(theirs), len(ours)) {
		their, our := lineAt(theirs, i), lineAt(ours, i)
		if their != our {
			differences = append(differences, fmt.Sprintf("line %d: the client signed %s, the server received %s", i+1, their, our))
		}
	}
	return differences
}

func lineAt(lines []string, i int) string {
	if i >= len(lines) {
		return "nothing"
	}
	return fmt.Sprintf("%q", lines[i])
}

// String is the report as WriteTo writes it.
func (r Report) String() string {
	var text strings.Builder
	if r.Accepted {
		text.WriteString("The request is accepted.\n")
	} else {
		text.WriteString("The request is refused.\n")
	}
	if r.AccessKeyID != "" {
		fmt.Fprintf(&text, "Access key: %s\n", quote(r.AccessKeyID))
	}
	for i, finding := range r.Findings {
		fmt.Fprintf(&text, "\n%d. %s (%s)\n", i+1, finding.Text, finding.Cause)
		if finding.Answer != "" {
			fmt.Fprintf(&text, "   The client is told: %s\n", strings.TrimSpace(finding.Answer))
		}
	}
	if r.CanonicalRequest != "" {
		fmt.Fprintf(&text, "\nCanonical request, as received:\n%s\n\nString to sign:\n%s\n",
			indent(r.CanonicalRequest), indent(r.StringToSign))
	}
	return text.String()
}

func indent(text string) string {
	return strings.ReplaceAll("    "+strings.ReplaceAll(text, "\n", "\n    "), "    \n", "\n")
}

// WriteTo writes the report for a person.
func (r Report) WriteTo(w io.Writer) (int64, error) {
	n, err := io.WriteString(w, r.String())
	if err != nil {
		return int64(n), fmt.Errorf("write report: %w", err)
	}
	return int64(n), nil
}
