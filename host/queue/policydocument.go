package queue

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
)

// policyDocument is the JSON form of a policy. Its statements are kept as they are, so
// that adding and removing others leaves them alone.
type policyDocument struct {
	Version   string        `json:"Version,omitempty"`
	ID        string        `json:"Id,omitempty"`
	Statement statementList `json:"Statement"`
}

// statementDocument is the JSON form of a statement.
type statementDocument struct {
	Sid          string                         `json:"Sid,omitempty"`
	Effect       string                         `json:"Effect"`
	Principal    json.RawMessage                `json:"Principal,omitempty"`
	NotPrincipal json.RawMessage                `json:"NotPrincipal,omitempty"`
	Action       textList                       `json:"Action,omitempty"`
	NotAction    textList                       `json:"NotAction,omitempty"`
	Resource     textList                       `json:"Resource,omitempty"`
	NotResource  textList                       `json:"NotResource,omitempty"`
	Condition    map[string]map[string]textList `json:"Condition,omitempty"`
}

// statementList is one statement or a list of them.
type statementList []json.RawMessage

// UnmarshalJSON reads an object as a list of one.
func (l *statementList) UnmarshalJSON(data []byte) error {
	if data[0] != '[' {
		*l = statementList{bytes.Clone(data)}
		return nil
	}
	var list []json.RawMessage
	if err := json.Unmarshal(data, &list); err != nil {
		return fmt.Errorf("read the statements: %w", err)
	}
	*l = list
	return nil
}

// textList is one text or a list of them. Conditions also write numbers and booleans.
type textList []string

// UnmarshalJSON reads a single value as a list of one.
func (l *textList) UnmarshalJSON(data []byte) error {
	var values []json.RawMessage
	if data[0] != '[' {
		values = append(values, data)
	} else if err := json.Unmarshal(data, &values); err != nil {
		return fmt.Errorf("read a list: %w", err)
	}
	texts := make(textList, len(values))
	for i, value := range values {
		if c := value[0]; c == '{' || c == '[' || c == 'n' {
			return fmt.Errorf("%s is not a text", value)
		}
		texts[i] = jsonScalar(value)
	}
	*l = texts
	return nil
}

// MarshalJSON writes a list of one as a single value, as AWS does.
func (l textList) MarshalJSON() ([]byte, error) {
	var value any = []string(l)
	if len(l) == 1 {
		value = l[0]
	}
	text, err := json.Marshal(value)
	if err != nil {
		return nil, fmt.Errorf("write a list: %w", err)
	}
	return text, nil
}

// parsePolicyDocument reads a policy without looking into its statements.
func parsePolicyDocument(text string) (policyDocument, error) {
	var document policyDocument
	if err := unmarshalStrict([]byte(text), &document); err != nil {
		return policyDocument{}, fmt.Errorf("read the policy: %w", err)
	}
	return document, nil
}

// parsePolicy reads a policy and refuses whatever could not be enforced.
func parsePolicy(text string) (*policy, error) {
	document, err := parsePolicyDocument(text)
	if err != nil {
		return nil, err
	}
	switch document.Version {
	case "", defaultPolicyVersion: // in which ${ means nothing
	case "2012-10-17":
		if strings.Contains(text, "${") {
			return nil, errors.New("policy variables are not supported")
		}
	default:
		return nil, fmt.Errorf("there is no version %q of the policy language", document.Version)
	}
	if len(document.Statement) == 0 {
		return nil, errors.New("the policy has no statement")
	}
	parsed := &policy{statements: make([]statement, len(document.Statement))}
	for i, raw := range document.Statement {
		var d statementDocument
		if err := unmarshalStrict(raw, &d); err != nil {
			return nil, fmt.Errorf("read statement %d: %w", i+1, err)
		}
		if parsed.statements[i], err = d.statement(); err != nil {
			return nil, fmt.Errorf("read statement %d: %w", i+1, err)
		}
	}
	return parsed, nil
}

// unmarshalStrict reads one JSON object that has no other fields than value has.
func unmarshalStrict(data []byte, value any) error {
	if trimmed := bytes.TrimLeft(data, " \t\r\n"); len(trimmed) == 0 || trimmed[0] != '{' {
		return errors.New("not a JSON object")
	}
	decoder := json.NewDecoder(bytes.NewReader(data))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(value); err != nil {
		return fmt.Errorf("read the JSON object: %w", err)
	}
	if _, err := decoder.Token(); !errors.Is(err, io.EOF) {
		return errors.New("something follows the JSON object")
	}
	return nil
}

func (d *statementDocument) statement() (statement, error) {
	var s statement
	switch d.Effect {
	case "Allow":
	case "Deny":
		s.deny = true
	default:
		return statement{}, fmt.Errorf("effect %q is neither Allow nor Deny", d.Effect)
	}
	var err error
	if s.principals, err = d.principals(); err != nil {
		return statement{}, err
	}
	if s.actions, err = d.actions(); err != nil {
		return statement{}, err
	}
	s.resources, err = choose("Resource", d.Resource, d.NotResource)
	if err != nil {
		return statement{}, err
	}
	for _, operator := range slices.Sorted(maps.Keys(d.Condition)) {
		for _, key := range slices.Sorted(maps.Keys(d.Condition[operator])) {
			c, err := newCondition(operator, key, d.Condition[operator][key])
			if err != nil {
				return statement{}, err
			}
			s.conditions = append(s.conditions, c)
		}
	}
	return s, nil
}

// choose returns the patterns of an element or of its negated form, of which a
// statement has one.
func choose(element string, plain, negated textList) (patterns, error) {
	if (len(plain) == 0) == (len(negated) == 0) {
		return patterns{}, fmt.Errorf("the statement needs either %s or Not%s", element, element)
	}
	if len(plain) > 0 {
		return patterns{any: plain}, nil
	}
	return patterns{any: negated, except: true}, nil
}

func (d *statementDocument) actions() (patterns, error) {
	chosen, err := choose("Action", d.Action, d.NotAction)
	if err != nil {
		return patterns{}, err
	}
	names := make([]string, len(chosen.any))
	for i, action := range chosen.any {
		names[i] = strings.ToLower(action)
		if names[i] == "*" {
			continue
		}
		var ok bool
		if names[i], ok = strings.CutPrefix(names[i], sqsService+":"); !ok {
			return patterns{}, fmt.Errorf("action %q is not one of SQS", action)
		}
	}
	chosen.any = names
	return chosen, nil
}

func (d *statementDocument) principals() (principals, error) {
	raw, except := d.Principal, false
	if len(raw) == 0 {
		raw, except = d.NotPrincipal, true
	} else if len(d.NotPrincipal) > 0 {
		raw = nil
	}
	if len(raw) == 0 {
		return principals{}, errors.New("the statement needs either Principal or NotPrincipal")
	}
	parsed := principals{except: except}
	if string(raw) == `"*"` {
		parsed.everyone = true
		return parsed, nil
	}
	var kinds map[string]textList
	if err := json.Unmarshal(raw, &kinds); err != nil || len(kinds) == 0 {
		return principals{}, errors.New(`the principal is neither "*" nor an object`)
	}
	for kind, texts := range kinds {
		switch kind {
		case "AWS":
			for _, text := range texts {
				parsed.add(text)
			}
		case "Service", "Federated", "CanonicalUser":
			// Nobody who calls here is one of these.
		default:
			return principals{}, fmt.Errorf("unknown kind of principal %q", kind)
		}
	}
	return parsed, nil
}

// add takes an account, by number or by the ARN of its root, or a single user.
func (p *principals) add(text string) {
	parsed, isARN := parseARN(text)
	switch {
	case text == "*":
		p.everyone = true
	case isARN && parsed.service == iamService && parsed.resource == "root":
		p.accounts = append(p.accounts, parsed.account)
	case validAccount(text):
		p.accounts = append(p.accounts, text)
	default:
		p.others = append(p.others, text)
	}
}

// validAccount tells whether text is an account number: twelve digits.
func validAccount(text string) bool {
	return len(text) == 12 && strings.Trim(text, "0123456789") == ""
}
