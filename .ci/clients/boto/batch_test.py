"""Batches, whose entries fail one by one."""

from case import DIFFICULT, Case, bodies


def entry(number, **more):
    return {"Id": str(number), "MessageBody": f"body {number}", **more}


def failures(answer):
    return {failed["Id"]: (failed["Code"], failed["SenderFault"]) for failed in answer.get("Failed", [])}


class BatchTest(Case):
    def test_round(self):
        url = self.queue()
        attributes = {"blob": {"DataType": "Binary", "BinaryValue": b"\x00\xff"}, "text": {"DataType": "String", "StringValue": DIFFICULT}}
        sent = self.sqs.send_message_batch(
            QueueUrl=url, Entries=[entry(number, MessageAttributes=attributes) for number in range(10)],
        )
        self.assertNotIn("Failed", sent)
        self.assertEqual([one["Id"] for one in sent["Successful"]], [str(number) for number in range(10)])
        messages = self.receive_all(url, 10)
        self.assertEqual(sorted(bodies(messages)), sorted(f"body {number}" for number in range(10)))
        for message in messages:
            self.assertEqual(message["MessageAttributes"], attributes)
        changed = self.sqs.change_message_visibility_batch(QueueUrl=url, Entries=[
            {"Id": str(number), "ReceiptHandle": message["ReceiptHandle"], "VisibilityTimeout": 0 if number < 4 else 600}
            for number, message in enumerate(messages)
        ])
        self.assertEqual(len(changed["Successful"]), 10)
        self.assertEqual(self.counts(url), (4, 6, 0))
        deleted = self.sqs.delete_message_batch(QueueUrl=url, Entries=[
            {"Id": f"d-{number}", "ReceiptHandle": message["ReceiptHandle"]} for number, message in enumerate(messages)
        ])
        self.assertEqual([one["Id"] for one in deleted["Successful"]], [f"d-{number}" for number in range(10)])
        self.assertEqual(self.counts(url), (0, 0, 0))

    def test_entries_fail_alone(self):
        url = self.queue(MaximumMessageSize="1024")
        sent = self.sqs.send_message_batch(QueueUrl=url, Entries=[
            entry(1),
            entry(2, DelaySeconds=901),
            {"Id": "3", "MessageBody": "x" * 1025},
            entry(4, MessageAttributes={"AWS.reserved": {"DataType": "String", "StringValue": "x"}}),
            entry(5),
        ])
        self.assertEqual([one["Id"] for one in sent["Successful"]], ["1", "5"])
        self.assertEqual(failures(sent), {name: ("InvalidParameterValue", True) for name in "234"})
        self.assertEqual(
            next(one["Message"] for one in sent["Failed"] if one["Id"] == "3"),
            "One or more parameters cannot be validated. Reason: Message must be shorter than 1024 bytes.",
        )
        messages = self.receive_all(url, 2)
        changed = self.sqs.change_message_visibility_batch(QueueUrl=url, Entries=[
            {"Id": "good", "ReceiptHandle": messages[0]["ReceiptHandle"], "VisibilityTimeout": 60},
            {"Id": "handle", "ReceiptHandle": "garbage", "VisibilityTimeout": 60},
            {"Id": "timeout", "ReceiptHandle": messages[1]["ReceiptHandle"], "VisibilityTimeout": 43201},
        ])
        self.assertEqual([one["Id"] for one in changed["Successful"]], ["good"])
        self.assertEqual(failures(changed), {
            "handle": ("ReceiptHandleIsInvalid", True), "timeout": ("InvalidParameterValue", True),
        })
        deleted = self.sqs.delete_message_batch(QueueUrl=url, Entries=[
            {"Id": "garbage", "ReceiptHandle": "garbage"},
            {"Id": "good", "ReceiptHandle": messages[0]["ReceiptHandle"]},
        ])
        self.assertEqual([one["Id"] for one in deleted["Successful"]], ["good"])
        self.assertEqual(failures(deleted), {"garbage": ("ReceiptHandleIsInvalid", True)})
        self.assertEqual(self.counts(url), (0, 1, 0))

    def test_refused_whole(self):
        url = self.queue()
        prefix = "AWS.SimpleQueueService."
        for name, entries in {
            "BatchEntryIdsNotDistinct": [entry(1), entry(2), entry(1)],
            "EmptyBatchRequest": [],
            "InvalidBatchEntryId": [entry("a b")],
            "TooManyEntriesInBatchRequest": [entry(number) for number in range(11)],
            "BatchRequestTooLong": [{"Id": "1", "MessageBody": "x" * (1 << 20)}, entry(2)],
        }.items():
            with self.subTest(name):
                self.assert_refused(name, prefix + name, 400, self.sqs.send_message_batch, QueueUrl=url, Entries=entries)
        for call in (self.sqs.delete_message_batch, self.sqs.change_message_visibility_batch):
            with self.subTest(call.__name__):
                self.assert_refused("EmptyBatchRequest", prefix + "EmptyBatchRequest", 400, call, QueueUrl=url, Entries=[])
        self.assertEqual(self.counts(url), (0, 0, 0))
