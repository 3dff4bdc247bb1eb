// The batch helper of Powertools for AWS Lambda: records as an event source mapping
// makes them of received messages, and only those deleted that the helper says are done.

import assert from "node:assert/strict";
import test from "node:test";
import { BatchProcessor, EventType, SqsFifoPartialProcessorAsync, processPartialResponse } from "@aws-lambda-powertools/batch";
import {
  ChangeMessageVisibilityBatchCommand,
  DeleteMessageBatchCommand,
  ReceiveMessageCommand,
  SendMessageBatchCommand,
} from "@aws-sdk/client-sqs";
import { attributesOf, countsOf, newClient, newQueue } from "./endpoint.js";

const client = newClient();
const context = { getRemainingTimeInMillis: () => 30_000 };

// An attribute as it is in an event: the same names, but in lower case at first.
function attributeOf({ DataType, StringValue, BinaryValue }) {
  return { dataType: DataType, stringValue: StringValue, binaryValue: BinaryValue && Buffer.from(BinaryValue).toString("base64") };
}

function recordOf(message, eventSourceARN) {
  return {
    messageId: message.MessageId,
    receiptHandle: message.ReceiptHandle,
    body: message.Body,
    md5OfBody: message.MD5OfBody,
    attributes: message.Attributes,
    messageAttributes: Object.fromEntries(
      Object.entries(message.MessageAttributes ?? {}).map(([name, value]) => [name, attributeOf(value)]),
    ),
    eventSource: "aws:sqs",
    eventSourceARN,
    awsRegion: "us-east-1",
  };
}

async function send(QueueUrl, entries) {
  for (let first = 0; first < entries.length; first += 10) {
    const { Failed } = await client.send(
      new SendMessageBatchCommand({
        QueueUrl,
        Entries: entries.slice(first, first + 10).map((entry, n) => ({ Id: `e${n}`, ...entry })),
      }),
    );
    assert.equal(Failed, undefined);
  }
}

// map feeds a queue to a handler until it is empty, as Lambda does. What failed can be
// received again at once.
async function map(QueueUrl, processor, handler) {
  const { QueueArn } = await attributesOf(client, QueueUrl, "QueueArn");
  for (;;) {
    const { Messages } = await client.send(
      new ReceiveMessageCommand({
        QueueUrl,
        MaxNumberOfMessages: 10,
        MessageAttributeNames: ["All"],
        MessageSystemAttributeNames: ["All"],
      }),
    );
    if (!Messages) {
      return;
    }
    const event = { Records: Messages.map((message) => recordOf(message, QueueArn)) };
    const { batchItemFailures } = await processPartialResponse(event, handler, processor, {
      context,
      throwOnFullBatchFailure: false,
    });
    const failed = new Set(batchItemFailures.map((failure) => failure.itemIdentifier));
    const entries = (failing, more = {}) =>
      Messages.filter((message) => failed.has(message.MessageId) === failing).map((message, n) => ({
        Id: `e${n}`,
        ReceiptHandle: message.ReceiptHandle,
        ...more,
      }));
    const [done, again] = [entries(false), entries(true, { VisibilityTimeout: 0 })];
    if (done.length > 0) {
      const { Successful } = await client.send(new DeleteMessageBatchCommand({ QueueUrl, Entries: done }));
      assert.equal(Successful.length, done.length);
    }
    if (again.length > 0) {
      const { Successful } = await client.send(new ChangeMessageVisibilityBatchCommand({ QueueUrl, Entries: again }));
      assert.equal(Successful.length, again.length);
    }
  }
}

test("a hundred records, of which some fail once and one always", { timeout: 60_000 }, async () => {
  const dead = await newQueue(client);
  const { QueueArn } = await attributesOf(client, dead, "QueueArn");
  const queue = await newQueue(client, {
    RedrivePolicy: JSON.stringify({ deadLetterTargetArn: QueueArn, maxReceiveCount: 2 }),
  });
  await send(
    queue,
    Array.from({ length: 100 }, (_, number) => ({
      MessageBody: JSON.stringify({ number }),
      MessageAttributes: { seal: { DataType: "Binary", BinaryValue: Buffer.from([0, number, 255]) } },
    })),
  );
  const done = new Set();
  await map(queue, new BatchProcessor(EventType.SQS), async (record) => {
    const { number } = JSON.parse(record.body);
    assert.deepEqual([...Buffer.from(record.messageAttributes.seal.binaryValue, "base64")], [0, number, 255]);
    const first = record.attributes.ApproximateReceiveCount === "1";
    if (number === 42 || (number % 10 === 7 && first)) {
      throw new Error("not now");
    }
    done.add(number);
  });
  assert.equal(done.size, 99);
  assert.deepEqual(await countsOf(client, queue), [0, 0, 0]);
  assert.deepEqual(await countsOf(client, dead), [1, 0, 0]);
});

test("groups of a FIFO queue go on in order after a failure", { timeout: 60_000 }, async () => {
  const queue = await newQueue(client, { FifoQueue: "true", ContentBasedDeduplication: "true" });
  await send(
    queue,
    Array.from({ length: 60 }, (_, number) => ({ MessageBody: String(number), MessageGroupId: `g${number % 3}` })),
  );
  const done = { g0: [], g1: [], g2: [] };
  const failedOnce = new Set();
  await map(queue, new SqsFifoPartialProcessorAsync(), async (record) => {
    const number = Number(record.body);
    if (number % 7 === 5 && !failedOnce.has(number)) {
      failedOnce.add(number);
      throw new Error("not now");
    }
    done[record.attributes.MessageGroupId].push(number);
  });
  for (const [group, numbers] of Object.entries(done)) {
    assert.deepEqual(numbers, Array.from({ length: 20 }, (_, n) => Number(group[1]) + 3 * n), group);
  }
});
