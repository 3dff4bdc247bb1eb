// sqs-producer and sqs-consumer, as a worker that takes orders uses them.

import assert from "node:assert/strict";
import { once } from "node:events";
import test from "node:test";
import { Consumer } from "sqs-consumer";
import { Producer } from "sqs-producer";
import { attributesOf, countsOf, newClient, newQueue } from "./endpoint.js";

const client = newClient();

async function emptied(queueUrl) {
  while ((await countsOf(client, queueUrl)).some((count) => count > 0)) {
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

test("a worker takes a hundred orders, one of them poisoned", { timeout: 60_000 }, async () => {
  const dead = await newQueue(client);
  const { QueueArn } = await attributesOf(client, dead, "QueueArn");
  const queueUrl = await newQueue(client, {
    VisibilityTimeout: "60",
    RedrivePolicy: JSON.stringify({ deadLetterTargetArn: QueueArn, maxReceiveCount: 3 }),
  });
  const producer = Producer.create({ queueUrl, sqs: client });
  const handled = new Map();
  const attempts = [];
  const consumer = Consumer.create({
    queueUrl,
    sqs: client,
    batchSize: 10,
    waitTimeSeconds: 20,
    terminateVisibilityTimeout: true,
    messageAttributeNames: ["All"],
    messageSystemAttributeNames: ["All"],
    handleMessage: async (message) => {
      if (message.Body === "order 42") {
        attempts.push(message.Attributes.ApproximateReceiveCount);
        throw new Error("no such article");
      }
      handled.set(message.Body, message.MessageAttributes.customer.StringValue);
      return message;
    },
  });
  const errors = [];
  consumer.on("error", (error) => errors.push(error));
  consumer.start();
  const sent = await producer.send(
    Array.from({ length: 100 }, (_, number) => ({
      id: `order-${number}`,
      body: `order ${number}`,
      messageAttributes: { customer: { DataType: "String", StringValue: `Zoë ${number}` } },
    })),
  );
  assert.equal(sent.length, 100);
  await emptied(queueUrl);
  const stopped = once(consumer, "stopped");
  consumer.stop({ abort: true });
  await stopped;
  assert.deepEqual(errors, []);
  assert.equal(handled.size, 99);
  assert.equal(handled.get("order 7"), "Zoë 7");
  assert.deepEqual(attempts, ["1", "2", "3"]);
  assert.deepEqual(await countsOf(client, dead), [1, 0, 0]);
  assert.equal(await producer.queueSize(), 0);
});

test("a slow worker keeps its messages by heartbeats", { timeout: 60_000 }, async () => {
  const queueUrl = await newQueue(client, { VisibilityTimeout: "4" });
  await Producer.create({ queueUrl, sqs: client }).send(["slow"]);
  let calls = 0;
  const consumer = Consumer.create({
    queueUrl,
    sqs: client,
    visibilityTimeout: 4,
    heartbeatInterval: 1,
    waitTimeSeconds: 1,
    handleMessage: async (message) => {
      calls += 1;
      await new Promise((resolve) => setTimeout(resolve, 5500));
      return message;
    },
  });
  const rival = Consumer.create({ queueUrl, sqs: client, waitTimeSeconds: 1, handleMessage: async (message) => ((calls += 1), message) });
  const processed = once(consumer, "message_processed");
  consumer.start();
  await once(consumer, "message_received");
  rival.start();
  await processed;
  await emptied(queueUrl);
  const stopped = [once(consumer, "stopped"), once(rival, "stopped")];
  consumer.stop({ abort: true });
  rival.stop({ abort: true });
  await Promise.all(stopped);
  assert.equal(calls, 1);
});

test("whole batches of a FIFO queue keep their order", { timeout: 60_000 }, async () => {
  const queueUrl = await newQueue(client, { FifoQueue: "true", ContentBasedDeduplication: "true" });
  const seen = new Map([["a", []], ["b", []]]);
  const consumer = Consumer.create({
    queueUrl,
    sqs: client,
    batchSize: 10,
    waitTimeSeconds: 20,
    suppressFifoWarning: true,
    messageSystemAttributeNames: ["MessageGroupId"],
    handleMessageBatch: async (messages) => {
      for (const message of messages) {
        seen.get(message.Attributes.MessageGroupId).push(Number(message.Body));
      }
      return messages;
    },
  });
  consumer.start();
  await Producer.create({ queueUrl, sqs: client }).send(
    Array.from({ length: 60 }, (_, number) => ({ id: `m${number}`, body: String(number), groupId: "ab"[number % 2] })),
  );
  await emptied(queueUrl);
  const stopped = once(consumer, "stopped");
  consumer.stop({ abort: true });
  await stopped;
  assert.deepEqual(seen.get("a"), Array.from({ length: 30 }, (_, number) => 2 * number));
  assert.deepEqual(seen.get("b"), Array.from({ length: 30 }, (_, number) => 2 * number + 1));
});
