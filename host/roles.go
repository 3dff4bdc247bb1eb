package host

import (
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"sync"

	"github.com/queuelet/queuelet/host/config"
	"github.com/queuelet/queuelet/host/function"
	"github.com/queuelet/queuelet/host/operation"
)

// roles grant versions of deployed functions what the configuration grants the roles that
// they name.
type roles struct {
	operations *operation.Service
	log        *slog.Logger

	mu         sync.Mutex
	configured map[function.Role]operation.Grants
	assumed    map[string]string   // roles by the ids of the versions in service that have them
	told       map[roleOf]struct{} // of which the log says that they grant nothing
}

// roleOf is a role as functions of an account name it.
type roleOf struct{ account, arn string }

func newRoles(operations *operation.Service, log *slog.Logger) *roles {
	return &roles{operations: operations, log: log, assumed: make(map[string]string), told: make(map[roleOf]struct{})}
}

// configure replaces what is granted to roles, and so to the versions that have them.
func (r *roles) configure(configured []config.Role) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.configured = make(map[function.Role]operation.Grants, len(configured))
	for _, role := range configured {
		r.configured[function.Role{Account: role.AccountID, Name: role.Name}] = operationGrants(&role.Grants)
	}
	maps.DeleteFunc(r.told, func(role roleOf, _ struct{}) bool {
		_, problem := r.grantsOf(role)
		return problem == ""
	})
	var failures []error
	for id, arn := range r.assumed {
		failures = append(failures, r.grant(id, arn))
	}
	return errors.Join(failures...)
}

// assume gives a version the grants of a role. undo gives it those from before.
func (r *roles) assume(id, arn string) (undo func(), err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	before, had := r.assumed[id]
	if err := r.grant(id, arn); err != nil {
		return nil, err
	}
	r.assumed[id] = arn
	return func() {
		if had {
			if _, err := r.assume(id, before); err == nil {
				return
			}
		}
		r.drop(id)
	}, nil
}

// drop takes from a version all that it was granted.
func (r *roles) drop(id string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	delete(r.assumed, id)
	r.operations.Revoke(id)
}

// retire takes from a version what it was granted, but for invocations under way.
func (r *roles) retire(id string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	delete(r.assumed, id)
	r.operations.Retire(id)
}

// grant gives a version what a role grants it. mu is held.
func (r *roles) grant(id, arn string) error {
	of, deployed := function.ParseID(id)
	if !deployed {
		return fmt.Errorf("grant function %q its role: it was not deployed", id)
	}
	role := roleOf{of.Account, arn}
	grants, problem := r.grantsOf(role)
	if problem != "" {
		r.tell(role, of.Key.ID(), problem)
	}
	return r.operations.Grant(id, of.Account, grants)
}

// grantsOf is what a role grants functions of an account, and nothing to those of others. problem is why it is
// nothing although they name one. mu is held.
func (r *roles) grantsOf(role roleOf) (grants operation.Grants, problem string) {
	named, isRole := function.ParseRole(role.arn)
	grants, known := r.configured[named]
	switch {
	case role.arn == "":
		return operation.Grants{}, ""
	case !isRole:
		return operation.Grants{}, "is no ARN of one; write arn:aws:iam::" + role.account + ":role/NAME, with a name of those configured"
	case named.Account != role.account:
		return operation.Grants{}, "belongs to another account; name one of account " + role.account
	case !known:
		return operation.Grants{}, "is not configured; add it to roles in the configuration if its functions are to ask the host for something"
	default:
		return grants, ""
	}
}

// maxTold is how many roles the log tells of: whoever deploys functions can name any.
const maxTold = 1000

// tell says once that a role grants nothing. mu is held.
func (r *roles) tell(role roleOf, functionID, problem string) {
	if _, told := r.told[role]; told || len(r.told) == maxTold {
		return
	}
	r.told[role] = struct{}{}
	r.log.Info("role grants nothing: it "+problem, "role", role.arn, "function", functionID)
}
