#!/usr/bin/env bash
# Drives a running queuelet with the NATS command line tool over TCP: sending, watching,
# replaying across a restart, and what is refused. It needs Go and a network for the tool.
set -euo pipefail
cd "$(dirname "$0")/.."

work=$(mktemp -d)
server=
cleanup() {
	if [ -n "$server" ]; then kill "$server" 2>/dev/null || true; fi
	wait 2>/dev/null || true
	rm -rf "$work"
}
trap cleanup EXIT

export XDG_CONFIG_HOME="$work/home"
nats=$work/bin/nats
GOBIN=$work/bin go install github.com/nats-io/natscli/nats@v0.5.1
go build -o "$work/queuelet" ./cmd/queuelet

# free prints a port that nothing listens on.
free() {
	local port
	while port=$((20000 + RANDOM % 12000)); (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null; do :; done
	echo "$port"
}
port=$(free) sqs=$(free) console=$(free)

cat >"$work/config.yaml" <<YAML
sqs:
  listen: 127.0.0.1:$sqs
  auth:
    credentials:
      - {access_key_id: AKIDONE, secret_access_key: secret-one, account_id: "111111111111"}
      - {access_key_id: AKIDTWO, secret_access_key: secret-two, account_id: "222222222222"}
console: {listen: 127.0.0.1:$console}
nats: {listen: 127.0.0.1:$port}
storage: {dir: $work/data}
queues:
  - {name: orders, account_id: "111111111111", tap: stream}
  - {name: orders, account_id: "222222222222"}
  - {name: events.fifo, account_id: "111111111111", attributes: {ContentBasedDeduplication: true}}
YAML

start() {
	"$work/queuelet" serve -c "$work/config.yaml" >>"$work/log" 2>&1 &
	server=$!
	for _ in $(seq 300); do
		if one account info >/dev/null 2>&1; then return; fi
		kill -0 "$server" 2>/dev/null || break
		sleep 0.1
	done
	echo "the server does not answer:" >&2
	cat "$work/log" >&2
	exit 1
}
patience=30s
one() { "$nats" --server "nats://127.0.0.1:$port" --user AKIDONE --password secret-one --timeout "$patience" "$@"; }
two() { "$nats" --server "nats://127.0.0.1:$port" --user AKIDTWO --password secret-two --timeout "$patience" "$@"; }

fail() {
	echo "FAIL  $*" >&2
	exit 1
}
# want NAME PATTERN TEXT
want() {
	grep -qE -- "$2" <<<"$3" || fail "$1: want $2, got: $3"
	echo "ok    $1"
}
# refused NAME COMMAND...: the tool must fail or report a violation.
refused() {
	local name=$1 out patience=5s # some refusals are never answered
	shift
	if out=$("$@" 2>&1) && ! grep -qiE 'violation|no responders|not found|error' <<<"$out"; then
		fail "$name: it was allowed: $out"
	fi
	echo "ok    refused: $name"
}

start

one sub 'sqs.tap.>' --count 2 >"$work/one.tap" 2>&1 &
tap=$!
"$nats" --server "nats://127.0.0.1:$port" --user AKIDTWO --password secret-two sub 'sqs.tap.>' >"$work/two.tap" 2>&1 &
other=$!
for _ in $(seq 300); do
	if grep -q 'Subscribing' "$work/one.tap" && grep -q 'Subscribing' "$work/two.tap"; then break; fi
	sleep 0.1
done
sleep 1 # it says so before it does it

answer=$(one request sqs.send.orders 'first order' -H 'Sqs-Attribute-color:red' --raw)
want "send" '"MessageId":"[0-9a-f-]{36}".*"MD5OfMessageAttributes":"[0-9a-f]{32}"' "$answer"
answer=$(one request sqs.send.events.fifo 'first event' -H 'Sqs-Message-Group-Id:g' --raw)
want "send to a FIFO queue" '"SequenceNumber":"[0-9]{20}"' "$answer"
answer=$(one request sqs.send.nowhere x --raw)
want "send to no queue" '"code":"AWS.SimpleQueueService.NonExistentQueue"' "$answer"
answer=$(one request sqs.send.orders x -H 'Sqs-Delay-Seconds:901' --raw)
want "send with a wrong delay" '"code":"InvalidParameterValue"' "$answer"

wait "$tap"
want "tap shows bodies" 'first order' "$(cat "$work/one.tap")"
want "tap shows attributes" 'Sqs-Attribute-color: red' "$(cat "$work/one.tap")"
want "tap shows FIFO queues" 'first event' "$(cat "$work/one.tap")"
kill "$other"
wait "$other" || true
if grep -q 'first' "$work/two.tap"; then fail "another account sees the tap: $(cat "$work/two.tap")"; fi
echo "ok    another account's tap is quiet"

one consumer add TAP_orders audit --pull --defaults >/dev/null
want "replay" 'first order' "$(one consumer next TAP_orders audit --count 1 --ack 2>&1)"
one request sqs.send.orders 'second order' --raw >/dev/null

kill -9 "$server"
wait "$server" 2>/dev/null || true
start
want "replay goes on after a crash" 'second order' "$(one consumer next TAP_orders audit --count 1 --ack 2>&1)"
one consumer add TAP_orders again --pull --defaults >/dev/null
want "replay from the start" 'first order' "$(one consumer next TAP_orders again --count 1 --ack 2>&1)"

refused "a wrong secret" "$nats" --server "nats://127.0.0.1:$port" --user AKIDONE --password wrong pub sqs.send.orders x
refused "no user" "$nats" --server "nats://127.0.0.1:$port" pub sqs.send.orders x
refused "another account's stream" two stream info TAP_orders
refused "a stream's deletion" one stream rm TAP_orders --force
refused "a stream's purge" one stream purge TAP_orders --force
refused "a new stream" one stream add EVIL --subjects x --defaults
refused "a push consumer" one consumer add TAP_orders push --target sqs.tap.other --defaults
refused "the engine's streams" one stream info J_0
refused "the system account" one server ping --count 1
refused "publishing on a tap" one pub sqs.tap.orders forged

want "the stream is whole" 'Messages: *2' "$(one stream info TAP_orders)"
kill "$server"
wait "$server" || fail "the server did not stop in good order: $(tail -5 "$work/log")"
server=
echo "the NATS command line tool works with queuelet"
