// @aws-sdk/client-sqs, which sends JSON and checks every MD5 that it is answered.

import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import test from "node:test";
import * as sqs from "@aws-sdk/client-sqs";
import { account, attributesOf, countsOf, endpoint, newClient, newQueue } from "./endpoint.js";

const difficult = "é漢😀 \"quoted\" \\ <tag> & 'line'\r\nbreak\ttab \u2028 + % end]]>";
const client = newClient();

async function receive(QueueUrl, parameters = {}) {
  const answer = await client.send(
    new sqs.ReceiveMessageCommand({
      QueueUrl,
      MaxNumberOfMessages: 10,
      MessageAttributeNames: ["All"],
      MessageSystemAttributeNames: ["All"],
      ...parameters,
    }),
  );
  return answer.Messages ?? [];
}

const send = (QueueUrl, MessageBody, parameters = {}) =>
  client.send(new sqs.SendMessageCommand({ QueueUrl, MessageBody, ...parameters }));

test("queues, attributes, tags, pages", async () => {
  const prefix = "js-list-" + randomUUID();
  const urls = [];
  for (const number of [1, 2, 3]) {
    const made = await client.send(
      new sqs.CreateQueueCommand({ QueueName: `${prefix}-${number}`, tags: { team: "orders", "Zürich": "" } }),
    );
    urls.push(made.QueueUrl);
  }
  assert.equal(urls[0], `${endpoint}/${account}/${prefix}-1`);
  const pages = [];
  for await (const page of sqs.paginateListQueues({ client, pageSize: 2 }, { QueueNamePrefix: prefix })) {
    pages.push(page.QueueUrls);
  }
  assert.deepEqual(pages, [urls.slice(0, 2), urls.slice(2)]);
  const [QueueUrl] = urls;
  const found = await client.send(new sqs.GetQueueUrlCommand({ QueueName: `${prefix}-1` }));
  assert.equal(found.QueueUrl, QueueUrl);
  await client.send(new sqs.SetQueueAttributesCommand({ QueueUrl, Attributes: { VisibilityTimeout: "7" } }));
  assert.deepEqual(await attributesOf(client, QueueUrl, "VisibilityTimeout"), { VisibilityTimeout: "7" });
  assert.equal(Object.keys(await attributesOf(client, QueueUrl, "All")).length, 12);
  await client.send(new sqs.UntagQueueCommand({ QueueUrl, TagKeys: ["Zürich"] }));
  await client.send(new sqs.TagQueueCommand({ QueueUrl, Tags: { stage: "test" } }));
  const { Tags } = await client.send(new sqs.ListQueueTagsCommand({ QueueUrl }));
  assert.deepEqual(Tags, { team: "orders", stage: "test" });
  await client.send(
    new sqs.AddPermissionCommand({ QueueUrl, Label: "l", AWSAccountIds: ["111122223333"], Actions: ["SendMessage"] }),
  );
  assert.match((await attributesOf(client, QueueUrl, "Policy")).Policy, /"Sid":"l"/);
  await client.send(new sqs.RemovePermissionCommand({ QueueUrl, Label: "l" }));
  assert.equal(await attributesOf(client, QueueUrl, "Policy"), undefined);
  for (const url of urls) {
    await client.send(new sqs.DeleteQueueCommand({ QueueUrl: url }));
  }
  const { QueueUrls } = await client.send(new sqs.ListQueuesCommand({ QueueNamePrefix: prefix }));
  assert.equal(QueueUrls, undefined);
});

test("a message comes back whole", async () => {
  const queue = await newQueue(client);
  const MessageAttributes = {
    text: { DataType: "String", StringValue: difficult },
    "number.exact": { DataType: "Number.custom", StringValue: "42.50" },
    blob: { DataType: "Binary", BinaryValue: Uint8Array.from({ length: 256 }, (_, byte) => byte) },
  };
  const AWSTraceHeader = { DataType: "String", StringValue: "Root=1-5759e988-bd862e3fe1be46a994272793" };
  const sent = await send(queue, difficult, { MessageAttributes, MessageSystemAttributes: { AWSTraceHeader } });
  const [message] = await receive(queue);
  assert.equal(message.MessageId, sent.MessageId);
  assert.equal(message.Body, difficult);
  assert.deepEqual(message.MessageAttributes, MessageAttributes);
  assert.equal(message.MD5OfMessageAttributes, sent.MD5OfMessageAttributes);
  assert.equal(message.Attributes.AWSTraceHeader, AWSTraceHeader.StringValue);
  assert.equal(message.Attributes.ApproximateReceiveCount, "1");
  const { ReceiptHandle } = message;
  await client.send(new sqs.ChangeMessageVisibilityCommand({ QueueUrl: queue, ReceiptHandle, VisibilityTimeout: 0 }));
  const [again] = await receive(queue);
  assert.equal(again.Attributes.ApproximateReceiveCount, "2");
  await client.send(new sqs.DeleteMessageCommand({ QueueUrl: queue, ReceiptHandle: again.ReceiptHandle }));
  assert.deepEqual(await countsOf(client, queue), [0, 0, 0]);
});

test("batches fail by their entries", async () => {
  const QueueUrl = await newQueue(client, { MaximumMessageSize: "1024" });
  const sent = await client.send(
    new sqs.SendMessageBatchCommand({
      QueueUrl,
      Entries: [
        { Id: "good", MessageBody: difficult },
        { Id: "large", MessageBody: "x".repeat(1025) },
        { Id: "late", MessageBody: "x", DelaySeconds: 901 },
        { Id: "also", MessageBody: "good" },
      ],
    }),
  );
  assert.deepEqual(sent.Successful.map((entry) => entry.Id), ["good", "also"]);
  assert.deepEqual(
    sent.Failed.map((entry) => [entry.Id, entry.Code, entry.SenderFault]),
    [["large", "InvalidParameterValue", true], ["late", "InvalidParameterValue", true]],
  );
  const messages = await receive(QueueUrl);
  const handles = messages.map((message, Id) => ({ Id: String(Id), ReceiptHandle: message.ReceiptHandle }));
  const changed = await client.send(
    new sqs.ChangeMessageVisibilityBatchCommand({
      QueueUrl,
      Entries: handles.map((entry) => ({ ...entry, VisibilityTimeout: 60 })),
    }),
  );
  assert.equal(changed.Successful.length, messages.length);
  const deleted = await client.send(
    new sqs.DeleteMessageBatchCommand({ QueueUrl, Entries: [...handles, { Id: "bad", ReceiptHandle: "garbage" }] }),
  );
  assert.equal(deleted.Successful.length, messages.length);
  assert.deepEqual(deleted.Failed.map((entry) => entry.Code), ["ReceiptHandleIsInvalid"]);
});

test("a send ends a long poll", async () => {
  const queue = await newQueue(client);
  const polling = receive(queue, { WaitTimeSeconds: 20 });
  await sleep(300);
  const began = performance.now();
  await send(queue, "wake up");
  const [message] = await polling;
  assert.equal(message.Body, "wake up");
  assert.ok(performance.now() - began < 15_000);
});

test("an aborted long poll takes no message with it", async () => {
  const queue = await newQueue(client);
  const hangUp = new AbortController();
  const polling = client.send(new sqs.ReceiveMessageCommand({ QueueUrl: queue, WaitTimeSeconds: 20 }), {
    abortSignal: hangUp.signal,
  });
  const failed = assert.rejects(polling, { name: "AbortError" });
  await sleep(200);
  hangUp.abort();
  await failed;
  await send(queue, "for the next one");
  assert.equal((await receive(queue, { WaitTimeSeconds: 20 }))[0].Body, "for the next one");
});

test("FIFO order and deduplication", async () => {
  const queue = await newQueue(client, { FifoQueue: "true", ContentBasedDeduplication: "true" });
  const first = await send(queue, "a", { MessageGroupId: "g" });
  const twice = await send(queue, "a", { MessageGroupId: "g" });
  assert.equal(twice.MessageId, first.MessageId);
  assert.match(first.SequenceNumber, /^\d{20}$/);
  await send(queue, "b", { MessageGroupId: "g" });
  const [head] = await receive(queue, { MaxNumberOfMessages: 1 });
  assert.deepEqual(await receive(queue), []);
  await client.send(new sqs.DeleteMessageCommand({ QueueUrl: queue, ReceiptHandle: head.ReceiptHandle }));
  assert.deepEqual((await receive(queue)).map((message) => message.Body), ["b"]);
});

test("dead letters and their way back", async () => {
  const dead = await newQueue(client);
  const { QueueArn: SourceArn } = await attributesOf(client, dead, "QueueArn");
  const queue = await newQueue(client, {
    VisibilityTimeout: "0",
    RedrivePolicy: JSON.stringify({ deadLetterTargetArn: SourceArn, maxReceiveCount: 1 }),
  });
  await send(queue, "poison");
  assert.equal((await receive(queue)).length, 1);
  assert.equal((await receive(queue)).length, 0);
  assert.deepEqual(await countsOf(client, dead), [1, 0, 0]);
  const { queueUrls } = await client.send(new sqs.ListDeadLetterSourceQueuesCommand({ QueueUrl: dead }));
  assert.deepEqual(queueUrls, [queue]);
  const { TaskHandle } = await client.send(new sqs.StartMessageMoveTaskCommand({ SourceArn }));
  assert.ok(TaskHandle);
  let task;
  do {
    await sleep(50);
    ({ Results: [task] } = await client.send(new sqs.ListMessageMoveTasksCommand({ SourceArn })));
  } while (task.Status === "RUNNING");
  assert.deepEqual([task.Status, task.ApproximateNumberOfMessagesMoved], ["COMPLETED", 1]);
  assert.deepEqual((await receive(queue)).map((message) => message.Body), ["poison"]);
});

test("purge", async () => {
  const QueueUrl = await newQueue(client);
  await send(QueueUrl, "x");
  await send(QueueUrl, "y", { DelaySeconds: 900 });
  await client.send(new sqs.PurgeQueueCommand({ QueueUrl }));
  assert.deepEqual(await countsOf(client, QueueUrl), [0, 0, 0]);
});

test("errors have their classes", async (t) => {
  const QueueUrl = await newQueue(client);
  const name = QueueUrl.split("/").at(-1);
  const batch = (...ids) =>
    new sqs.SendMessageBatchCommand({ QueueUrl, Entries: ids.map((Id) => ({ Id, MessageBody: "x" })) });
  const nobody = newClient({ credentials: { accessKeyId: "AKIDUNKNOWN", secretAccessKey: "x" } });
  const liar = newClient({ credentials: { accessKeyId: process.env.AWS_ACCESS_KEY_ID, secretAccessKey: "wrong" } });
  const prefix = "AWS.SimpleQueueService.";
  for (const [kind, code, status, command, caller] of [
    [sqs.QueueDoesNotExist, prefix + "NonExistentQueue", 400, new sqs.GetQueueUrlCommand({ QueueName: "absent" })],
    [sqs.QueueNameExists, "QueueAlreadyExists", 400, new sqs.CreateQueueCommand({ QueueName: name, Attributes: { DelaySeconds: "9" } })],
    [sqs.ReceiptHandleIsInvalid, "ReceiptHandleIsInvalid", 404, new sqs.DeleteMessageCommand({ QueueUrl, ReceiptHandle: "x" })],
    [sqs.InvalidAttributeName, "InvalidAttributeName", 400, new sqs.GetQueueAttributesCommand({ QueueUrl, AttributeNames: ["Foo"] })],
    [sqs.InvalidAttributeValue, "InvalidAttributeValue", 400, new sqs.SetQueueAttributesCommand({ QueueUrl, Attributes: { DelaySeconds: "901" } })],
    [sqs.InvalidMessageContents, "InvalidMessageContents", 400, new sqs.SendMessageCommand({ QueueUrl, MessageBody: "\u0001" })],
    [sqs.BatchEntryIdsNotDistinct, prefix + "BatchEntryIdsNotDistinct", 400, batch("a", "a")],
    [sqs.EmptyBatchRequest, prefix + "EmptyBatchRequest", 400, batch()],
    [sqs.InvalidBatchEntryId, prefix + "InvalidBatchEntryId", 400, batch("a b")],
    [sqs.TooManyEntriesInBatchRequest, prefix + "TooManyEntriesInBatchRequest", 400, batch(..."abcdefghijk")],
    [sqs.ResourceNotFoundException, "ResourceNotFoundException", 404, new sqs.ListMessageMoveTasksCommand({ SourceArn: "arn:aws:sqs:us-east-1:000000000000:absent" })],
    [sqs.SQSServiceException, "InvalidParameterValue", 400, new sqs.ReceiveMessageCommand({ QueueUrl, MaxNumberOfMessages: 11 })],
    [sqs.SQSServiceException, "InvalidClientTokenId", 403, new sqs.ListQueuesCommand({}), nobody],
    [sqs.SQSServiceException, "SignatureDoesNotMatch", 403, new sqs.ListQueuesCommand({}), liar],
  ]) {
    await t.test(code, () =>
      assert.rejects((caller ?? client).send(command), (error) => {
        assert.ok(error instanceof kind, `${error.constructor.name}: ${error.message}`);
        assert.equal(error.Code ?? error.name, code);
        assert.equal(error.$metadata.httpStatusCode, status);
        return true;
      }),
    );
  }
});
