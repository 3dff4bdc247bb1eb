"""Sends ten orders, of which the seventh cannot be done."""

import argparse
import json

import boto3

POISONED = 7


def client(endpoint):
    """Returns a client with the key that works on loopback addresses."""
    return boto3.client(
        "sqs",
        endpoint_url=endpoint,
        region_name="us-east-1",
        aws_access_key_id="queuelet",
        aws_secret_access_key="queuelet",
    )


def url(sqs, name):
    return sqs.get_queue_url(QueueName=name)["QueueUrl"]


def send_orders(sqs):
    """Sends the orders and returns their message ids by order number."""
    entries = []
    for number in range(1, 11):
        order = {"order": number, "quantity": -1 if number == POISONED else 1}
        entries.append({"Id": str(number), "MessageBody": json.dumps(order)})
    answer = sqs.send_message_batch(QueueUrl=url(sqs, "orders"), Entries=entries)
    if answer.get("Failed"):
        raise SystemExit("orders were refused: %s" % answer["Failed"])
    return {int(sent["Id"]): sent["MessageId"] for sent in answer["Successful"]}


def arguments(description):
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("--endpoint", default="http://127.0.0.1:3001", help="of the server")
    return parser


if __name__ == "__main__":
    options = arguments(__doc__).parse_args()
    for number, message in send_orders(client(options.endpoint)).items():
        print("order %d is message %s" % (number, message))
