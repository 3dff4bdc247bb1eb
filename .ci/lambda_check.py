"""Creates queues, a function and a mapping through the AWS APIs, and sees the messages handled.

usage: lambda_check.py ENDPOINT MODULE NAME
"""

import base64
import io
import json
import sys
import time
import zipfile

import boto3


def expect(what, got, want):
    if got != want:
        raise SystemExit("%s: got %r, want %r" % (what, got, want))


def packed(module, note):
    """Returns a zip archive with a module, and a note that makes it another one."""
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as z:
        z.write(module, "bootstrap.wasm")
        z.writestr("note.txt", note)
    return archive.getvalue()


def left(sqs, url):
    """Returns how many messages a queue has, visible or in flight."""
    a = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["All"])["Attributes"]
    return int(a["ApproximateNumberOfMessages"]) + int(a["ApproximateNumberOfMessagesNotVisible"])


def wait(what, holds):
    give_up = time.monotonic() + 60
    while not holds():
        if time.monotonic() > give_up:
            raise SystemExit("never: " + what)
        time.sleep(0.1)


def refused(call, name):
    try:
        call()
    except Exception as e:
        expect("exception", type(e).__name__, name)
    else:
        raise SystemExit("not refused with " + name)


def main():
    endpoint, module, name = sys.argv[1:]
    sqs, functions = boto3.client("sqs", endpoint_url=endpoint), boto3.client("lambda", endpoint_url=endpoint)

    dead = sqs.create_queue(QueueName=name + "-dead")["QueueUrl"]
    dead_arn = sqs.get_queue_attributes(QueueUrl=dead, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    policy = json.dumps({"deadLetterTargetArn": dead_arn, "maxReceiveCount": 2})
    url = sqs.create_queue(QueueName=name, Attributes={"VisibilityTimeout": "1", "RedrivePolicy": policy})["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]

    made = functions.create_function(
        FunctionName=name,
        Runtime="provided.al2023",
        Role="arn:aws:iam::000000000000:role/worker",
        Handler="bootstrap",
        Code={"ZipFile": packed(module, "first")},
        Timeout=10,
        Environment={"Variables": {"STAGE": "test"}},
        Tags={"team": "shop"},
    )
    functions.get_waiter("function_active").wait(FunctionName=name)
    mapping = functions.create_event_source_mapping(
        FunctionName=name, EventSourceArn=arn, FunctionResponseTypes=["ReportBatchItemFailures"], BatchSize=5
    )
    for i in range(10):
        sqs.send_message(QueueUrl=url, MessageBody="fail" if i == 6 else "message %d" % i)
    wait("the queue is empty", lambda: left(sqs, url) == 0)
    wait("the message that fails is dead", lambda: left(sqs, dead) == 1)
    got = functions.get_event_source_mapping(UUID=mapping["UUID"])
    expect("state of the mapping", (got["State"], got["BatchSize"], got["EventSourceArn"]), ("Enabled", 5, arn))

    # The role grants it to send to one queue; another one grants nothing.
    told = sqs.create_queue(QueueName=name + "-told")["QueueUrl"]
    sqs.send_message(QueueUrl=url, MessageBody="tell " + told.rsplit("/", 1)[1])
    wait("the function has sent a message", lambda: left(sqs, told) == 1)
    functions.update_function_configuration(FunctionName=name, Role="arn:aws:iam::000000000000:role/any")
    functions.get_waiter("function_updated").wait(FunctionName=name)
    sqs.send_message(QueueUrl=url, MessageBody="tell " + told.rsplit("/", 1)[1])
    wait("a function without the role sends nothing", lambda: left(sqs, dead) == 2)
    expect("messages of the function", left(sqs, told), 1)

    version = functions.publish_version(FunctionName=name)["Version"]
    functions.create_alias(FunctionName=name, Name="live", FunctionVersion=version)
    changed = functions.update_function_code(FunctionName=name, ZipFile=packed(module, "second"), Publish=True)
    expect("published version", changed["Version"], "2")
    expect("another package", changed["CodeSha256"] != made["CodeSha256"], True)
    functions.update_alias(FunctionName=name, Name="live", FunctionVersion="2")
    back = functions.update_alias(FunctionName=name, Name="live", FunctionVersion=version)
    expect("the alias after the roll-back", back["FunctionVersion"], version)
    answer = functions.invoke(FunctionName=name, Qualifier="live", LogType="Tail", Payload=b'{"Records": []}')
    expect("invocation", (answer["StatusCode"], answer.get("FunctionError"), answer["ExecutedVersion"]), (200, None, version))
    expect("log", base64.b64decode(answer["LogResult"]).startswith(b"START RequestId: "), True)
    expect("event", functions.invoke(FunctionName=name, InvocationType="Event", Payload=b'{"Records": []}')["StatusCode"], 202)

    # What becomes of asynchronous invocations is told to a queue.
    after = sqs.create_queue(QueueName=name + "-after")["QueueUrl"]
    after_arn = sqs.get_queue_attributes(QueueUrl=after, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    functions.put_function_event_invoke_config(
        FunctionName=name, MaximumRetryAttempts=0, DestinationConfig={"OnSuccess": {"Destination": after_arn}}
    )
    functions.invoke(FunctionName=name, InvocationType="Event", Payload=b'{"Records": []}')
    wait("the destination is told", lambda: left(sqs, after) == 1)
    record = json.loads(sqs.receive_message(QueueUrl=after)["Messages"][0]["Body"])
    expect("condition", record["requestContext"]["condition"], "Success")
    configured = functions.get_function_event_invoke_config(FunctionName=name)
    expect("retries", (configured["MaximumRetryAttempts"], configured["FunctionArn"]), (0, made["FunctionArn"] + ":$LATEST"))
    functions.delete_function_event_invoke_config(FunctionName=name)

    expect("tags", functions.list_tags(Resource=made["FunctionArn"])["Tags"], {"team": "shop"})
    listed = [f["FunctionName"] for page in functions.get_paginator("list_functions").paginate() for f in page["Functions"]]
    expect("list", name in listed, True)

    errors = functions.exceptions
    refused(lambda: functions.get_function(FunctionName="nobody"), errors.ResourceNotFoundException.__name__)
    refused(
        lambda: functions.create_event_source_mapping(FunctionName=name, EventSourceArn=arn),
        errors.ResourceConflictException.__name__,
    )
    refused(
        lambda: functions.update_function_code(FunctionName=name, ZipFile=b"no archive"),
        errors.InvalidParameterValueException.__name__,
    )
    refused(
        lambda: functions.update_function_code(FunctionName=name, ZipFile=packed(module, "x"), RevisionId="old"),
        errors.PreconditionFailedException.__name__,
    )
    print("ok    boto3 %s deploys a consumer that handles messages" % boto3.__version__)


main()
