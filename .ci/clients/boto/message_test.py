"""Messages of standard queues, one at a time."""

import threading
import time

from case import DIFFICULT, Case, bodies

ATTRIBUTES = {
    "text": {"DataType": "String", "StringValue": DIFFICULT},
    "city.name": {"DataType": "String.place", "StringValue": "Zürich"},
    "number": {"DataType": "Number", "StringValue": "42.50"},
    "exact": {"DataType": "Number.custom", "StringValue": "-1e-3"},
    "blob": {"DataType": "Binary", "BinaryValue": bytes(range(256))},
    "picture": {"DataType": "Binary.png", "BinaryValue": b"\x89PNG\r\n\x00"},
}
TRACE = "Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=1"


class MessageTest(Case):
    def test_everything_comes_back(self):
        url = self.queue()
        before = int(time.time() * 1000)
        sent = self.send(
            url, DIFFICULT, MessageAttributes=ATTRIBUTES,
            MessageSystemAttributes={"AWSTraceHeader": {"DataType": "String", "StringValue": TRACE}},
        )
        self.assertEqual(sent["MD5OfMessageSystemAttributes"], "5ae4d5d7636402d80f4eb6d213245a88")
        self.assertIn("MD5OfMessageAttributes", sent)
        self.assertNotIn("SequenceNumber", sent)
        (message,) = self.receive(url)
        self.assertEqual(message["MessageId"], sent["MessageId"])
        self.assertEqual(message["Body"], DIFFICULT)
        self.assertEqual(message["MessageAttributes"], ATTRIBUTES)
        self.assertEqual(message["MD5OfBody"], sent["MD5OfMessageBody"])
        self.assertEqual(message["MD5OfMessageAttributes"], sent["MD5OfMessageAttributes"])
        system = message["Attributes"]
        self.assertEqual(system["ApproximateReceiveCount"], "1")
        self.assertEqual(system["AWSTraceHeader"], TRACE)
        self.assertTrue(system["SenderId"])
        self.assertLessEqual(before - 1000, int(system["SentTimestamp"]))
        self.assertLessEqual(int(system["SentTimestamp"]), int(system["ApproximateFirstReceiveTimestamp"]))

    def test_published_digests(self):
        url = self.queue()
        hello = {"Hello": {"DataType": "String", "StringValue": "There"}}
        sent = self.send(url, "This is a test message", MessageAttributes=hello)
        self.assertEqual(sent["MD5OfMessageBody"], "fafb00f5732ab283681e124bf8747ed1")
        self.assertEqual(sent["MD5OfMessageAttributes"], "a311262e065454b75da111d535b8dacd")
        # A receive digests only the attributes that it returns.
        self.send(url, "three", MessageAttributes={
            **hello,
            "General": {"DataType": "String", "StringValue": "Kenobi"},
            "Help.Me": {"DataType": "String", "StringValue": "Me"},
        })
        chosen = self.receive(url, MessageAttributeNames=["Hel.*"], VisibilityTimeout=0)
        digests = {m["Body"]: m["MD5OfMessageAttributes"] for m in chosen}
        self.assertEqual(digests["three"], "83fee93c1bcd8b9a5a923ffacdc636c7")
        for message in self.receive(url, MessageAttributeNames=["absent"]):
            self.assertNotIn("MessageAttributes", message)
            self.assertNotIn("MD5OfMessageAttributes", message)

    def test_largest(self):
        url = self.queue()
        body = "é" * (1 << 19)
        self.send(url, body)
        self.assertEqual(bodies(self.receive(url)), [body])
        text = self.assert_refused(None, "InvalidParameterValue", 400, self.send, url, body + "!")
        self.assertEqual(text, "One or more parameters are invalid. Reason: Message must be shorter than 1048576 bytes.")

    def test_visibility(self):
        url = self.queue(VisibilityTimeout="5")
        self.send(url, "again")
        (first,) = self.receive(url)
        self.assertEqual(self.receive(url), [])
        self.assertEqual(self.counts(url), (0, 1, 0))
        (second,) = self.receive(url, wait=20, VisibilityTimeout=600)
        self.assertEqual(second["MessageId"], first["MessageId"])
        self.assertNotEqual(second["ReceiptHandle"], first["ReceiptHandle"])
        self.assertEqual(second["Attributes"]["ApproximateReceiveCount"], "2")
        self.sqs.change_message_visibility(QueueUrl=url, ReceiptHandle=second["ReceiptHandle"], VisibilityTimeout=0)
        (third,) = self.receive(url, VisibilityTimeout=0)
        self.assertEqual(third["Attributes"]["ApproximateReceiveCount"], "3")
        (fourth,) = self.receive(url, VisibilityTimeout=60)
        self.delete(url, fourth)
        self.delete(url, fourth)  # deleting is idempotent
        self.assertEqual(self.counts(url), (0, 0, 0))
        text = self.assert_refused(
            None, "InvalidParameterValue", 400, self.sqs.change_message_visibility,
            QueueUrl=url, ReceiptHandle=fourth["ReceiptHandle"], VisibilityTimeout=5,
        )
        self.assertIn("Message does not exist or is not available for visibility timeout change.", text)

    def test_delay(self):
        url = self.queue(DelaySeconds="600")
        self.send(url, "at once", DelaySeconds=0)
        self.send(url, "soon", DelaySeconds=5)
        self.send(url, "later")
        self.assertEqual(self.counts(url), (1, 0, 2))
        self.assertEqual(bodies(self.receive(url)), ["at once"])
        self.assertEqual(bodies(self.receive(url, wait=20)), ["soon"])

    def test_long_poll_ends_with_a_send(self):
        url = self.queue(ReceiveMessageWaitTimeSeconds="20")
        self.assertEqual(self.receive(url, wait=0), [])  # goes before the queue's wait
        late = threading.Timer(0.5, self.send, (url, "wake up"))
        late.start()
        self.addCleanup(late.join)
        started = time.monotonic()
        answer = self.sqs.receive_message(QueueUrl=url)
        took = time.monotonic() - started
        self.assertEqual(bodies(answer["Messages"]), ["wake up"])
        self.assertGreater(took, 0.4)
        self.assertLess(took, 15)  # it would end by itself after twenty

    def test_long_poll_ends_empty(self):
        url = self.queue()
        started = time.monotonic()
        self.assertNotIn("Messages", self.sqs.receive_message(QueueUrl=url, WaitTimeSeconds=1))
        self.assertGreater(time.monotonic() - started, 0.9)

    def test_purge(self):
        url = self.queue()
        self.send(url, "held")
        self.receive(url)
        self.send(url, "visible")
        self.send(url, "delayed", DelaySeconds=900)
        self.assertEqual(self.counts(url), (1, 1, 1))
        self.sqs.purge_queue(QueueUrl=url)
        self.assertEqual(self.counts(url), (0, 0, 0))
        self.send(url, "after")
        self.assertEqual(bodies(self.receive(url)), ["after"])

    def test_message_group_of_a_standard_queue(self):
        url = self.queue()
        sent = self.send(url, "fair", MessageGroupId="tenant-1")
        self.assertNotIn("SequenceNumber", sent)
        (message,) = self.receive(url)
        self.assertEqual(message["Attributes"]["MessageGroupId"], "tenant-1")

    def test_work(self):
        """Three producers and three consumers move 900 messages, each once."""
        url = self.queue(VisibilityTimeout="60")
        total, seen, lock, failures = 900, [], threading.Lock(), []

        def guarded(work):
            def run():
                try:
                    work()
                except Exception as error:
                    failures.append(error)
            return threading.Thread(target=run)

        def produce():
            for number in range(total // 3 // 10):
                self.sqs.send_message_batch(QueueUrl=url, Entries=[
                    {"Id": str(entry), "MessageBody": f"{threading.get_ident()}-{number}-{entry}"} for entry in range(10)
                ])

        def consume():
            while len(seen) < total and not failures:
                messages = self.receive(url, wait=1)
                if messages:
                    self.sqs.delete_message_batch(QueueUrl=url, Entries=[
                        {"Id": str(number), "ReceiptHandle": message["ReceiptHandle"]}
                        for number, message in enumerate(messages)
                    ])
                with lock:
                    seen.extend(bodies(messages))

        threads = [guarded(work) for work in (produce, consume) * 3]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.assertEqual(failures, [])
        self.assertEqual((len(seen), len(set(seen))), (total, total))
        self.assertEqual(self.counts(url), (0, 0, 0))
