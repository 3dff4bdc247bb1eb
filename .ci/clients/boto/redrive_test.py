"""Dead-letter queues and message move tasks."""

import json
import time

from case import Case, bodies


class RedriveCase(Case):
    def pair(self, receives=2, fifo=False):
        dead = self.queue(fifo=fifo)
        policy = {"deadLetterTargetArn": self.arn(dead), "maxReceiveCount": receives}
        return self.queue(fifo=fifo, VisibilityTimeout="0", RedrivePolicy=json.dumps(policy)), dead

    def bury(self, url):
        """Receives until nothing comes any more."""
        while self.receive(url):
            pass


class RedriveTest(RedriveCase):
    def test_a_message_received_too_often_moves(self):
        url, dead = self.pair()
        self.assertEqual(json.loads(self.attributes(url)["RedrivePolicy"]), {"deadLetterTargetArn": self.arn(dead), "maxReceiveCount": 2})
        sent = self.send(url, "poison", MessageAttributes={"k": {"DataType": "String", "StringValue": "x"}})
        self.assertEqual(len(self.receive(url)), 1)
        self.assertEqual(len(self.receive(url)), 1)
        self.assertEqual(self.receive(url), [])
        self.assertEqual(self.counts(url), (0, 0, 0))
        (message,) = self.receive(dead)
        self.assertEqual(message["MessageId"], sent["MessageId"])
        self.assertEqual(message["MD5OfMessageAttributes"], "a45daa70926828a2f0a1db3418e6feb4")
        self.assertEqual(message["Attributes"]["ApproximateReceiveCount"], "3")
        self.assertEqual(message["Attributes"]["DeadLetterQueueSourceArn"], self.arn(url))

    def test_a_poisoned_fifo_group_goes_on(self):
        url, dead = self.pair(receives=1, fifo=True)
        for text in ("poison", "good"):
            self.send(url, text, MessageGroupId="g", MessageDeduplicationId=text)
        self.assertEqual(bodies(self.receive(url, count=1)), ["poison"])
        self.assertEqual(bodies(self.receive(url, count=1)), ["good"])
        (message,) = self.receive(dead)
        self.assertEqual(message["Body"], "poison")
        self.assertEqual(message["Attributes"]["MessageGroupId"], "g")

    def test_sources_of_a_dead_letter_queue(self):
        dead = self.queue()
        none = self.sqs.list_dead_letter_source_queues(QueueUrl=dead)
        self.assertEqual(none.get("queueUrls"), [] if self.protocol == "json" else None)
        policy = json.dumps({"deadLetterTargetArn": self.arn(dead), "maxReceiveCount": "3"})
        sources = sorted(self.queue(RedrivePolicy=policy) for _ in range(3))
        self.assertEqual(sorted(self.sqs.list_dead_letter_source_queues(QueueUrl=dead)["queueUrls"]), sources)
        pages = self.sqs.get_paginator("list_dead_letter_source_queues").paginate(
            QueueUrl=dead, PaginationConfig={"PageSize": 2},
        )
        self.assertEqual([len(page["queueUrls"]) for page in pages], [2, 1])
        self.sqs.set_queue_attributes(QueueUrl=sources[0], Attributes={"RedrivePolicy": ""})
        self.assertEqual(sorted(self.sqs.list_dead_letter_source_queues(QueueUrl=dead)["queueUrls"]), sources[1:])

    def test_allow_policy(self):
        dead = self.queue(RedriveAllowPolicy=json.dumps({"redrivePermission": "denyAll"}))
        policy = json.dumps({"deadLetterTargetArn": self.arn(dead), "maxReceiveCount": 1})
        self.assert_refused(
            None, "InvalidParameterValue", 400,
            self.sqs.set_queue_attributes, QueueUrl=self.queue(), Attributes={"RedrivePolicy": policy},
        )


class MoveTaskTest(RedriveCase):
    def setUp(self):
        if not self.new_names:
            self.skipTest("this boto3 does not know message move tasks")

    def finished(self, arn):
        """Waits for the newest task on a queue and returns it."""
        deadline = time.monotonic() + 60
        while True:
            (task,) = self.sqs.list_message_move_tasks(SourceArn=arn)["Results"]
            if task["Status"] not in ("RUNNING", "CANCELLING"):
                return task
            self.assertLess(time.monotonic(), deadline, f"still {task}")
            time.sleep(0.05)

    def test_back_to_the_source(self):
        url, dead = self.pair(receives=1)
        for number in range(20):
            self.send(url, f"body {number}")
        self.bury(url)
        self.assertEqual(self.counts(dead), (20, 0, 0))
        handle = self.sqs.start_message_move_task(SourceArn=self.arn(dead))["TaskHandle"]
        self.assertTrue(handle)
        task = self.finished(self.arn(dead))
        self.assertEqual(task["Status"], "COMPLETED")
        self.assertEqual((task["ApproximateNumberOfMessagesMoved"], task["ApproximateNumberOfMessagesToMove"]), (20, 20))
        self.assertNotIn("TaskHandle", task)
        self.assertNotIn("DestinationArn", task)
        self.assertGreater(task["StartedTimestamp"], 1_600_000_000_000)
        self.assertEqual(self.counts(dead), (0, 0, 0))
        self.assertEqual(sorted(bodies(self.receive_all(url, 20, VisibilityTimeout=60))), sorted(f"body {n}" for n in range(20)))

    def test_cancelled(self):
        url, dead = self.pair(receives=1)
        other = self.queue()
        for number in range(10):
            self.send(url, f"body {number}")
        self.bury(url)
        handle = self.sqs.start_message_move_task(
            SourceArn=self.arn(dead), DestinationArn=self.arn(other), MaxNumberOfMessagesPerSecond=1,
        )["TaskHandle"]
        (task,) = self.sqs.list_message_move_tasks(SourceArn=self.arn(dead), MaxResults=10)["Results"]
        self.assertEqual(
            (task["Status"], task["TaskHandle"], task["DestinationArn"], task["MaxNumberOfMessagesPerSecond"]),
            ("RUNNING", handle, self.arn(other), 1),
        )
        self.assert_refused(
            None, "InvalidParameterValue", 400, self.sqs.start_message_move_task, SourceArn=self.arn(dead),
        )
        self.sqs.cancel_message_move_task(TaskHandle=handle)
        self.assertEqual(self.finished(self.arn(dead))["Status"], "CANCELLED")
        self.assertEqual(sum(self.counts(dead)) + sum(self.counts(other)), 10)

    def test_refused(self):
        text = self.assert_refused(
            None, "InvalidParameterValue", 400, self.sqs.start_message_move_task, SourceArn=self.arn(self.queue()),
        )
        self.assertEqual(text, "Source queue must be configured as a Dead Letter Queue.")
        self.assert_refused(
            "ResourceNotFoundException", "ResourceNotFoundException", 404,
            self.sqs.start_message_move_task, SourceArn=self.arn(self.queue()) + "-gone",
        )
