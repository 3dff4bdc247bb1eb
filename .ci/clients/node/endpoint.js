// The server under test, as `run` names it, and a queue for each test.

import { randomUUID } from "node:crypto";
import { after } from "node:test";
import { CreateQueueCommand, DeleteQueueCommand, GetQueueAttributesCommand, SQSClient } from "@aws-sdk/client-sqs";

export const account = process.env.SQS_ACCOUNT;
export const endpoint = process.env.SQS_ENDPOINT;

// newClient makes a client; the key comes from the environment unless it is given. A
// request that must be tried again is a failure of the server here.
export function newClient(options = {}) {
  const client = new SQSClient({ region: "us-east-1", endpoint, maxAttempts: 1, ...options });
  after(() => client.destroy());
  return client;
}

// newQueue creates a queue that ends with the tests and returns its URL.
export async function newQueue(client, attributes = {}) {
  const suffix = attributes.FifoQueue ? ".fifo" : "";
  const { QueueUrl } = await client.send(
    new CreateQueueCommand({ QueueName: "js-" + randomUUID() + suffix, Attributes: attributes }),
  );
  after(() => client.send(new DeleteQueueCommand({ QueueUrl })));
  return QueueUrl;
}

export async function attributesOf(client, QueueUrl, ...names) {
  const answer = await client.send(new GetQueueAttributesCommand({ QueueUrl, AttributeNames: names }));
  return answer.Attributes;
}

// countsOf returns the numbers of visible, held and delayed messages.
export async function countsOf(client, QueueUrl) {
  const all = await attributesOf(client, QueueUrl, "All");
  return ["", "NotVisible", "Delayed"].map((suffix) => Number(all["ApproximateNumberOfMessages" + suffix]));
}
