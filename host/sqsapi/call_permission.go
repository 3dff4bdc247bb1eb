package sqsapi

import (
	"context"

	"github.com/queuelet/queuelet/host/queue"
)

func (a *API) addPermission(ctx context.Context, x *exchange) error {
	return a.queues.AddPermission(ctx, x.caller, x.key, queue.AddPermissionInput{
		Label: x.input.label.String(), AccountIDs: x.input.accountIDs, Actions: x.input.actions,
	})
}

func (a *API) removePermission(ctx context.Context, x *exchange) error {
	return a.queues.RemovePermission(ctx, x.caller, x.key, x.input.label.String())
}
