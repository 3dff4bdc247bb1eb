package queue

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"
)

const (
	defaultPolicyVersion = "2008-10-17"
	maxPermissionActions = 7
	labelParameter       = "Label"
	iamService           = "iam"
)

// AddPermission adds a statement to a queue's policy that lets other accounts do
// something with the queue.
func (s *Service) AddPermission(ctx context.Context, caller Caller, key Key, in AddPermissionInput) error {
	if _, err := s.open(caller, key, ActionAddPermission); err != nil {
		return err
	}
	if err := checkPermission(&in); err != nil {
		return err
	}
	resource := s.ARN(key)
	added, err := permissionStatement(&in, resource)
	if err != nil {
		return storeAnswer(err)
	}
	return s.updatePolicy(ctx, key, func(document *policyDocument) error {
		if document.statementIndex(in.Label) >= 0 {
			return invalidParameter(labelParameter, in.Label, "Already exists.")
		}
		if len(document.Statement) == 0 {
			document.Version, document.ID = defaultPolicyVersion, resource+"/SQSDefaultPolicy"
		}
		document.Statement = append(document.Statement, added)
		return nil
	})
}

// RemovePermission removes a statement from a queue's policy, and the policy with its
// last statement.
func (s *Service) RemovePermission(ctx context.Context, caller Caller, key Key, label string) error {
	if _, err := s.open(caller, key, ActionRemovePermission); err != nil {
		return err
	}
	if label == "" {
		return missingParameter(labelParameter)
	}
	return s.updatePolicy(ctx, key, func(document *policyDocument) error {
		i := document.statementIndex(label)
		switch {
		case i >= 0:
			document.Statement = slices.Delete(document.Statement, i, i+1)
			return nil
		case len(document.Statement) > 0:
			return invalidParameter(labelParameter, label, "can't find label on existing policy.")
		default:
			return invalidParameter(labelParameter, label, "can't find label.")
		}
	})
}

// updatePolicy edits the policy of a queue.
func (s *Service) updatePolicy(ctx context.Context, key Key, edit func(*policyDocument) error) error {
	_, err := s.store.UpdateQueue(ctx, key, func(d *Definition) error {
		var document policyDocument
		if d.Attributes.Policy != "" {
			var err error
			if document, err = parsePolicyDocument(d.Attributes.Policy); err != nil {
				return err
			}
		}
		if err := edit(&document); err != nil {
			return err
		}
		d.Modified = time.Now().Truncate(time.Second)
		if len(document.Statement) == 0 {
			return d.Attributes.setPolicy("")
		}
		text, err := json.Marshal(document)
		if err != nil {
			return fmt.Errorf("write the policy: %w", err)
		}
		return d.Attributes.setPolicy(string(text))
	})
	return storeAnswer(err)
}

// statementIndex finds a statement by its id, -1 for none.
func (d *policyDocument) statementIndex(label string) int {
	return slices.IndexFunc(d.Statement, func(raw json.RawMessage) bool {
		var s statementDocument
		return json.Unmarshal(raw, &s) == nil && s.Sid == label
	})
}

func permissionStatement(in *AddPermissionInput, resource string) (json.RawMessage, error) {
	accounts := make(textList, len(in.AccountIDs))
	for i, account := range in.AccountIDs {
		accounts[i] = "arn:aws:" + iamService + "::" + account + ":root"
	}
	actions := make(textList, len(in.Actions))
	for i, action := range in.Actions {
		actions[i] = policyAction(action)
	}
	principal, err := json.Marshal(map[string]textList{"AWS": accounts})
	if err != nil {
		return nil, fmt.Errorf("write the principal: %w", err)
	}
	statement, err := json.Marshal(statementDocument{
		Sid: in.Label, Effect: "Allow", Principal: principal, Action: actions, Resource: textList{resource},
	})
	if err != nil {
		return nil, fmt.Errorf("write the statement: %w", err)
	}
	return statement, nil
}

// policyAction is an action as AddPermission writes it into a policy.
func policyAction(name string) string { return strings.ToUpper(sqsService) + ":" + name }

func checkPermission(in *AddPermissionInput) error {
	switch {
	case in.Label == "":
		return missingParameter(labelParameter)
	case !validName(in.Label):
		return invalidParameter(labelParameter, in.Label,
			"Can only include alphanumeric characters, hyphens, or underscores. 1 to 80 in length.")
	case len(in.Actions) == 0:
		return missingParameter("Actions")
	case len(in.Actions) > maxPermissionActions:
		return refuse(CodeOverLimit, "%d Actions were found, maximum allowed is %d.", len(in.Actions), maxPermissionActions)
	}
	for _, name := range in.Actions {
		if err := checkPermissionAction(name); err != nil {
			return err
		}
	}
	if len(in.AccountIDs) == 0 || !allValidAccounts(in.AccountIDs) {
		return invalidParameter("PrincipalId", "["+strings.Join(in.AccountIDs, ", ")+"]", "Unable to verify.")
	}
	return nil
}

func allValidAccounts(accounts []string) bool {
	return !slices.ContainsFunc(accounts, func(account string) bool { return !validAccount(account) })
}

func checkPermissionAction(name string) error {
	const parameter = "ActionName"
	if name == "*" {
		return nil
	}
	action, ok := actionNamed(name)
	switch {
	case !ok:
		return invalidParameter(parameter, policyAction(name),
			"Please refer to the appropriate WSDL for a list of valid actions. ")
	case action.ownerOnly():
		return invalidParameter(parameter, policyAction(name), "Only the queue owner is allowed to invoke this action.")
	default:
		return nil
	}
}
