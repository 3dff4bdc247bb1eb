"""Sends orders and waits until they are worked off, while it pulls another queue.

Nine of ten orders are done. The seventh is tried three times and is then in the
dead-letter queue. Invoices that are sent meanwhile all arrive, once and in order.
"""

import json
import time
import urllib.request

import boto3

import producer


def counts(sqs, name):
    """Returns how many messages a queue has, visible or in flight."""
    attributes = sqs.get_queue_attributes(QueueUrl=producer.url(sqs, name), AttributeNames=["All"])["Attributes"]
    return int(attributes["ApproximateNumberOfMessages"]) + int(attributes["ApproximateNumberOfMessagesNotVisible"])


def records(metrics):
    """Returns how many records of the mapping had which outcome."""
    outcomes = {}
    with urllib.request.urlopen(metrics) as answer:
        for line in answer.read().decode().splitlines():
            if line.startswith("queuelet_dispatch_records_total{") and "orders:orders" in line:
                outcome = line.split('outcome="')[1].split('"')[0]
                outcomes[outcome] = int(float(line.rsplit(" ", 1)[1]))
    return outcomes


def settled(metrics):
    """Returns the records once they stay the same: they are counted after the queue is told."""
    last, now = None, records(metrics)
    while now != last:
        time.sleep(0.5)
        last, now = now, records(metrics)
    return now


def pull(sqs, queue):
    """Receives and deletes what there is, and returns the bodies."""
    received = sqs.receive_message(QueueUrl=queue, MaxNumberOfMessages=10, WaitTimeSeconds=1).get("Messages", [])
    if received:
        entries = [{"Id": str(i), "ReceiptHandle": m["ReceiptHandle"]} for i, m in enumerate(received)]
        answer = sqs.delete_message_batch(QueueUrl=queue, Entries=entries)
        expect("messages that could not be deleted", answer.get("Failed", []), [])
    return [m["Body"] for m in received]


def expect(what, got, want):
    if got != want:
        raise SystemExit("%s: got %r, want %r" % (what, got, want))


def clear(sqs, give_up):
    """Waits for orders of before, and forgets the dead ones."""
    while counts(sqs, "orders") > 0:
        if time.monotonic() > give_up:
            raise SystemExit("orders of before are not worked off after a minute")
        time.sleep(0.2)
    for name in ["orders-dlq", "invoices"]:
        while counts(sqs, name) > 0:
            pull(sqs, producer.url(sqs, name))


def main():
    parser = producer.arguments(__doc__)
    parser.add_argument("--metrics", default="http://127.0.0.1:3000/metrics", help="of the server")
    options = parser.parse_args()
    sqs = producer.client(options.endpoint)
    clear(sqs, time.monotonic() + 60)
    before = settled(options.metrics)
    invoices = producer.url(sqs, "invoices")

    ids = producer.send_orders(sqs)
    sent, pulled = [], []
    give_up = time.monotonic() + 60
    while counts(sqs, "orders") > 0 or counts(sqs, "orders-dlq") == 0 or len(sent) < 20:
        if time.monotonic() > give_up:
            raise SystemExit("the orders are not worked off after a minute")
        for _ in range(5):
            sent.append("invoice %d" % len(sent))
            sqs.send_message(QueueUrl=invoices, MessageBody=sent[-1])
        pulled += pull(sqs, invoices)
        time.sleep(0.05)
    while len(pulled) < len(sent) and time.monotonic() < give_up:
        pulled += pull(sqs, invoices)

    expect("invoices", pulled, sent)
    expect("invoices that are left", counts(sqs, "invoices"), 0)

    dead = sqs.receive_message(
        QueueUrl=producer.url(sqs, "orders-dlq"), MaxNumberOfMessages=10, WaitTimeSeconds=1, AttributeNames=["All"]
    )["Messages"]
    expect("dead orders", [json.loads(m["Body"])["order"] for m in dead], [producer.POISONED])
    expect("message id of the dead order", dead[0]["MessageId"], ids[producer.POISONED])
    # Three receives by the function, and this one.
    expect("receive count of the dead order", dead[0]["Attributes"]["ApproximateReceiveCount"], "4")
    source = dead[0]["Attributes"]["DeadLetterQueueSourceArn"]
    expect("queue that the dead order came from", source.rsplit(":", 1)[1], "orders")
    sqs.delete_message(QueueUrl=producer.url(sqs, "orders-dlq"), ReceiptHandle=dead[0]["ReceiptHandle"])

    after = settled(options.metrics)
    for outcome, want in {"deleted": 9, "failed": 3, "filtered": 0, "released": 0}.items():
        expect("records that were " + outcome, after.get(outcome, 0) - before.get(outcome, 0), want)
    print(
        "ok: nine orders are done, one is dead after three attempts, %d invoices were pulled (boto3 %s)"
        % (len(pulled), boto3.__version__)
    )


if __name__ == "__main__":
    main()
