"""FIFO queues: order, groups, deduplication, receipt handles."""

import hashlib
import uuid

from case import Case, bodies


class FIFOTest(Case):
    def put(self, url, group, *texts):
        return [
            self.send(url, text, MessageGroupId=group, MessageDeduplicationId=uuid.uuid4().hex) for text in texts
        ]

    def test_attributes(self):
        url = self.queue(
            fifo=True, ContentBasedDeduplication="true",
            DeduplicationScope="messageGroup", FifoThroughputLimit="perMessageGroupId",
        )
        names = ("FifoQueue", "ContentBasedDeduplication", "DeduplicationScope", "FifoThroughputLimit")
        self.assertEqual(self.attributes(url, *names), {
            "FifoQueue": "true", "ContentBasedDeduplication": "true",
            "DeduplicationScope": "messageGroup", "FifoThroughputLimit": "perMessageGroupId",
        })
        self.assert_refused(
            None, "InvalidParameterValue", 400,
            self.sqs.create_queue, QueueName="no-suffix", Attributes={"FifoQueue": "true"},
        )

    def test_order_of_groups(self):
        url = self.queue(fifo=True)
        sent = self.put(url, "g1", "1a") + self.put(url, "g2", "2a") + self.put(url, "g1", "1b", "1c")
        numbers = [one["SequenceNumber"] for one in sent]
        self.assertEqual([len(number) for number in numbers], [20] * 4)
        self.assertEqual(numbers, sorted(numbers))
        messages = self.receive(url)
        self.assertEqual(bodies(messages), ["1a", "1b", "1c", "2a"])
        self.assertEqual([m["Attributes"]["MessageGroupId"] for m in messages], ["g1", "g1", "g1", "g2"])
        self.assertEqual(messages[1]["Attributes"]["SequenceNumber"], numbers[2])

    def test_a_held_head_blocks_its_group(self):
        url = self.queue(fifo=True, VisibilityTimeout="60")
        self.put(url, "g1", "1a", "1b")
        self.put(url, "g2", "2a")
        (head,) = self.receive(url, count=1)
        self.assertEqual(bodies(self.receive(url)), ["2a"])
        self.assertEqual(self.receive(url), [])
        self.assertEqual(self.counts(url), (1, 2, 0))
        self.delete(url, head)
        self.assertEqual(bodies(self.receive(url)), ["1b"])

    def test_a_failed_message_comes_first_again(self):
        url = self.queue(fifo=True, VisibilityTimeout="60")
        self.put(url, "g", "a", "b", "c")
        first, second = self.receive(url, count=2)
        for message in (first, second):
            self.sqs.change_message_visibility(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"], VisibilityTimeout=0)
        self.assertEqual(bodies(self.receive(url)), ["a", "b", "c"])

    def test_deduplication(self):
        url = self.queue(fifo=True, ContentBasedDeduplication="true")
        first = self.send(url, '{"foo": "bar"}', MessageGroupId="g")
        again = self.send(url, '{"foo": "bar"}', MessageGroupId="other")
        self.assertEqual(again["MessageId"], first["MessageId"])
        explicit = self.send(url, '{"foo": "bar"}', MessageGroupId="g", MessageDeduplicationId="mine")
        self.assertNotEqual(explicit["MessageId"], first["MessageId"])
        messages = self.receive(url)
        self.assertEqual([m["MessageId"] for m in messages], [first["MessageId"], explicit["MessageId"]])
        self.assertEqual(
            [m["Attributes"]["MessageDeduplicationId"] for m in messages],
            [hashlib.sha256(b'{"foo": "bar"}').hexdigest(), "mine"],
        )
        for message in messages:
            self.delete(url, message)
        self.assertEqual(self.send(url, "x", MessageGroupId="g", MessageDeduplicationId="mine")["MessageId"], explicit["MessageId"])
        self.assertEqual(self.receive(url), [])
        self.sqs.purge_queue(QueueUrl=url)
        self.send(url, "x", MessageGroupId="g", MessageDeduplicationId="mine")
        self.assertEqual(bodies(self.receive(url)), ["x"])

    def test_expired_handle(self):
        url = self.queue(fifo=True, VisibilityTimeout="1")
        self.put(url, "g", "slow")
        (first,) = self.receive(url)
        (second,) = self.receive(url, wait=20, VisibilityTimeout=600)
        text = self.assert_refused(None, "InvalidParameterValue", 400, self.delete, url, first)
        self.assertEqual(text, f"Value {first['ReceiptHandle']} for parameter ReceiptHandle is invalid. Reason: The receipt handle has expired.")
        self.delete(url, second)

    def test_attempt_is_repeated(self):
        url = self.queue(fifo=True)
        self.put(url, "g", "a", "b")
        first = self.receive(url, ReceiveRequestAttemptId="attempt-1")
        again = self.receive(url, ReceiveRequestAttemptId="attempt-1")
        self.assertEqual(bodies(again), ["a", "b"])
        self.assertEqual([m["Attributes"]["ApproximateReceiveCount"] for m in again], ["1", "1"])
        self.assertEqual([m["ReceiptHandle"] for m in again], [m["ReceiptHandle"] for m in first])
        self.delete(url, first[0])
        self.delete(url, again[1])
        self.assertEqual(self.counts(url), (0, 0, 0))

    def test_refused(self):
        url = self.queue(fifo=True)
        text = self.assert_refused(None, "MissingParameter", 400, self.send, url, "x", MessageDeduplicationId="d")
        self.assertEqual(text, "The request must contain the parameter MessageGroupId.")
        text = self.assert_refused(None, "InvalidParameterValue", 400, self.send, url, "x", MessageGroupId="g")
        self.assertEqual(text, "The queue should either have ContentBasedDeduplication enabled or MessageDeduplicationId provided explicitly")
        self.assert_refused(
            None, "InvalidParameterValue", 400,
            self.send, url, "x", MessageGroupId="g", MessageDeduplicationId="d", DelaySeconds=2,
        )
        self.send(url, "accepted", MessageGroupId="g", MessageDeduplicationId="d", DelaySeconds=0)

    def test_batch(self):
        url = self.queue(fifo=True)
        entries = [
            {"Id": str(n), "MessageBody": str(n), "MessageGroupId": f"g{n % 2}", "MessageDeduplicationId": str(n // 9)}
            for n in range(10)
        ]
        sent = self.sqs.send_message_batch(QueueUrl=url, Entries=entries)
        identities = {one["MessageId"] for one in sent["Successful"]}
        self.assertEqual((len(sent["Successful"]), len(identities)), (10, 2))
        self.assertEqual(bodies(self.receive(url)), ["0", "9"])
