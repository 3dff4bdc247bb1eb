#!/usr/bin/env bash
# Works queues from a shell with the AWS command line, whose program is $1. Every call
# starts a program anew, which costs the most here: so there are few, and some run side
# by side.
set -euo pipefail
trap 'echo "awscli: failed in line $LINENO: $BASH_COMMAND" >&2' ERR

program=$1
export AWS_CONFIG_FILE=$PWD/awscli.config
name=cli-$RANDOM$RANDOM
sqs() { "$program" --endpoint-url "$SQS_ENDPOINT" --region us-east-1 --output "${output:-json}" sqs "$@"; }
text() { output=text sqs "$@"; }

# is WANT GOT
is() {
	if [ "$1" != "$2" ]; then
		echo "awscli: line ${BASH_LINENO[0]}: want $1, got $2" >&2
		return 1
	fi
}

# refused CODE ARGUMENT...
refused() {
	local code=$1 answer
	shift
	if answer=$(sqs "$@" 2>&1); then
		echo "awscli: $* was not refused" >&2
		return 1
	fi
	is "($code)" "$(grep -o '([^ ]*)' <<<"$answer" | head -1)"
}

# together waits for what was started with & before.
together() { for job in $(jobs -p); do wait "$job"; done; }

dead=$(text create-queue --queue-name "$name-dead" --query QueueUrl)
arn=$(text get-queue-attributes --queue-url "$dead" --attribute-names QueueArn --query Attributes.QueueArn)
queue=$(text create-queue --queue-name "$name" --query QueueUrl --tags team=orders \
	--attributes '{"VisibilityTimeout":"0","RedrivePolicy":"{\"deadLetterTargetArn\":\"'"$arn"'\",\"maxReceiveCount\":1}"}')
fifo=$(text create-queue --queue-name "$name.fifo" --attributes FifoQueue=true,ContentBasedDeduplication=true --query QueueUrl)
is "$SQS_ENDPOINT/$SQS_ACCOUNT/$name" "$queue"
is 3 "$(text list-queues --queue-name-prefix "$name" --query 'length(QueueUrls)')" &
is orders "$(text list-queue-tags --queue-url "$queue" --query Tags.team)" &
is "$queue" "$(text list-dead-letter-source-queues --queue-url "$dead" --query 'queueUrls[0]')" &
together

# The command line checks the digests of what it sends and receives.
body='{"article":"Müsli 😀","note":"<&> \"quoted\""}'
id=$(text send-message --queue-url "$queue" --message-body "$body" --query MessageId \
	--message-attributes '{"kind":{"DataType":"String","StringValue":"größe"},"blob":{"DataType":"Binary","BinaryValue":"Ünï"}}')
message=$(sqs receive-message --queue-url "$queue" --attribute-names All --message-attribute-names All --query 'Messages[0]')
is "$id" "$(jq -r .MessageId <<<"$message")"
is "$body" "$(jq -r .Body <<<"$message")"
is "größe $(printf Ünï | base64)" "$(jq -r '.MessageAttributes | "\(.kind.StringValue) \(.blob.BinaryValue)"' <<<"$message")"
is "" "$(sqs receive-message --queue-url "$queue")"
handle=$(text receive-message --queue-url "$dead" --wait-time-seconds 5 --query 'Messages[0].ReceiptHandle')
sqs change-message-visibility --queue-url "$dead" --receipt-handle "$handle" --visibility-timeout 60
sqs delete-message --queue-url "$dead" --receipt-handle "$handle"

answer=$(sqs send-message-batch --queue-url "$queue" --entries '[{"Id":"a","MessageBody":"one"},{"Id":"b","MessageBody":"two","DelaySeconds":901}]')
is "a b InvalidParameterValue" "$(jq -r '"\(.Successful[0].Id) \(.Failed[0].Id) \(.Failed[0].Code)"' <<<"$answer")"
sqs purge-queue --queue-url "$queue"
is 0 "$(text get-queue-attributes --queue-url "$queue" --attribute-names All --query Attributes.ApproximateNumberOfMessages)"

sqs send-message-batch --queue-url "$fifo" --entries \
	'[{"Id":"1","MessageBody":"first","MessageGroupId":"g"},{"Id":"2","MessageBody":"second","MessageGroupId":"g"},{"Id":"3","MessageBody":"first","MessageGroupId":"g"}]' >/dev/null
# shellcheck disable=SC2016 # the backquotes are the query language's
is "first second" "$(text receive-message --queue-url "$fifo" --max-number-of-messages 10 --query 'join(`" "`, Messages[].Body)')"

refused AWS.SimpleQueueService.NonExistentQueue get-queue-url --queue-name absent &
refused ReceiptHandleIsInvalid delete-message --queue-url "$queue" --receipt-handle garbage &
AWS_SECRET_ACCESS_KEY=wrong refused SignatureDoesNotMatch list-queues &
together

for url in "$queue" "$dead" "$fifo"; do sqs delete-queue --queue-url "$url" & done
together
is "" "$(sqs list-queues --queue-name-prefix "$name")"
