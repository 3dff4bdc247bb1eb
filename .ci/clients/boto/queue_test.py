"""Queues: their life, attributes, tags, lists and permissions."""

import json
import uuid

import endpoint
from case import Case, new_client


class QueueTest(Case):
    def test_life(self):
        name = "life-" + uuid.uuid4().hex
        url = self.sqs.create_queue(QueueName=name, Attributes={"VisibilityTimeout": "45"})["QueueUrl"]
        self.assertEqual(url, f"{endpoint.URL}/{endpoint.ACCOUNT}/{name}")
        self.assertEqual(self.sqs.get_queue_url(QueueName=name)["QueueUrl"], url)
        owned = self.sqs.get_queue_url(QueueName=name, QueueOwnerAWSAccountId=endpoint.ACCOUNT)
        self.assertEqual(owned["QueueUrl"], url)
        again = self.sqs.create_queue(QueueName=name)
        self.assertEqual(again["QueueUrl"], url)
        self.assert_refused(
            "QueueNameExists", "QueueAlreadyExists", 400,
            self.sqs.create_queue, QueueName=name, Attributes={"VisibilityTimeout": "46"},
        )
        self.sqs.delete_queue(QueueUrl=url)
        self.assert_refused(
            "QueueDoesNotExist", "AWS.SimpleQueueService.NonExistentQueue", 400, self.send, url, "late",
        )
        self.assertEqual(self.sqs.create_queue(QueueName=name)["QueueUrl"], url)
        self.assertEqual(self.attributes(url, "VisibilityTimeout"), {"VisibilityTimeout": "30"})
        self.sqs.delete_queue(QueueUrl=url)

    def test_urls_of_any_host(self):
        url = self.queue()
        name = url.rsplit("/", 1)[1]
        self.send(url, "hello")
        for other in (name, f"http://a.b/1/{name}", f"https://sqs.us-east-1.amazonaws.com/{endpoint.ACCOUNT}/{name}"):
            with self.subTest(url=other):
                self.assertEqual(self.attributes(other, "ApproximateNumberOfMessages"), {"ApproximateNumberOfMessages": "1"})

    def test_attributes(self):
        url = self.queue(DelaySeconds="1")
        attributes = self.attributes(url)
        self.assertGreater(int(attributes.pop("CreatedTimestamp")), 1_600_000_000)
        self.assertGreater(int(attributes.pop("LastModifiedTimestamp")), 1_600_000_000)
        self.assertEqual(attributes, {
            "ApproximateNumberOfMessages": "0",
            "ApproximateNumberOfMessagesDelayed": "0",
            "ApproximateNumberOfMessagesNotVisible": "0",
            "DelaySeconds": "1",
            "MaximumMessageSize": "1048576",
            "MessageRetentionPeriod": "345600",
            "QueueArn": f"arn:aws:sqs:{endpoint.REGION}:{endpoint.ACCOUNT}:{url.rsplit('/', 1)[1]}",
            "ReceiveMessageWaitTimeSeconds": "0",
            "SqsManagedSseEnabled": "true",
            "VisibilityTimeout": "30",
        })
        changes = {
            "DelaySeconds": "0",
            "KmsDataKeyReusePeriodSeconds": "600",
            "KmsMasterKeyId": "alias/aws/sqs",
            "MaximumMessageSize": "2048",
            "MessageRetentionPeriod": "3600",
            "ReceiveMessageWaitTimeSeconds": "2",
            "VisibilityTimeout": "7",
        }
        self.sqs.set_queue_attributes(QueueUrl=url, Attributes=changes)
        self.assertEqual(self.attributes(url, *changes), changes)
        self.assertEqual(self.attributes(url, "SqsManagedSseEnabled"), {"SqsManagedSseEnabled": "false"})
        # One wrong value, and none is set.
        self.assert_refused(
            "InvalidAttributeValue" if self.new_names else None, "InvalidAttributeValue", 400,
            self.sqs.set_queue_attributes,
            QueueUrl=url, Attributes={"VisibilityTimeout": "8", "DelaySeconds": "901"},
        )
        self.assertEqual(self.attributes(url, "VisibilityTimeout"), {"VisibilityTimeout": "7"})
        for names in ({}, {"AttributeNames": []}):
            self.assertNotIn("Attributes", self.sqs.get_queue_attributes(QueueUrl=url, **names))
        self.assertNotIn("Attributes", self.sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["Policy"]))

    def test_tags(self):
        name = "tags-" + uuid.uuid4().hex
        url = self.sqs.create_queue(QueueName=name, tags={"team": "orders", "Zürich": "ü + b"})["QueueUrl"]
        self.addCleanup(self.delete_queue, url)
        self.assertEqual(self.sqs.list_queue_tags(QueueUrl=url)["Tags"], {"team": "orders", "Zürich": "ü + b"})
        self.sqs.tag_queue(QueueUrl=url, Tags={"team": "billing", "empty": ""})
        self.sqs.untag_queue(QueueUrl=url, TagKeys=["Zürich", "never there"])
        self.assertEqual(self.sqs.list_queue_tags(QueueUrl=url)["Tags"], {"team": "billing", "empty": ""})
        self.sqs.untag_queue(QueueUrl=url, TagKeys=["team", "empty"])
        self.assertNotIn("Tags", self.sqs.list_queue_tags(QueueUrl=url))

    def test_list(self):
        prefix = "list-" + uuid.uuid4().hex
        self.assertNotIn("QueueUrls", self.sqs.list_queues(QueueNamePrefix=prefix))
        urls = [self.sqs.create_queue(QueueName=f"{prefix}-{number}")["QueueUrl"] for number in range(5)]
        for url in urls:
            self.addCleanup(self.delete_queue, url)
        answer = self.sqs.list_queues(QueueNamePrefix=prefix)
        self.assertEqual(answer["QueueUrls"], urls)
        self.assertNotIn("NextToken", answer)
        pages = self.sqs.get_paginator("list_queues").paginate(
            QueueNamePrefix=prefix, PaginationConfig={"PageSize": 2},
        )
        self.assertEqual([page["QueueUrls"] for page in pages], [urls[:2], urls[2:4], urls[4:]])

    def test_permissions(self):
        url = self.queue()
        other = new_client(endpoint.OTHER_KEY)
        # To a stranger the queue does not exist; to one who may do some things it does.
        self.assert_refused(
            "QueueDoesNotExist", "AWS.SimpleQueueService.NonExistentQueue", 400, other.receive_message, QueueUrl=url,
        )
        self.sqs.add_permission(
            QueueUrl=url, Label="share", AWSAccountIds=[endpoint.OTHER_ACCOUNT], Actions=["SendMessage", "GetQueueUrl"],
        )
        statement = json.loads(self.attributes(url, "Policy")["Policy"])["Statement"][0]
        self.assertEqual(statement["Sid"], "share")
        self.assertEqual(statement["Principal"], {"AWS": f"arn:aws:iam::{endpoint.OTHER_ACCOUNT}:root"})
        self.assertEqual(sorted(statement["Action"]), ["SQS:GetQueueUrl", "SQS:SendMessage"])
        found = other.get_queue_url(QueueName=url.rsplit("/", 1)[1], QueueOwnerAWSAccountId=endpoint.ACCOUNT)
        self.assertEqual(found["QueueUrl"], url)
        other.send_message(QueueUrl=url, MessageBody="from the neighbour")
        self.assertEqual([m["Body"] for m in self.receive(url)], ["from the neighbour"])
        self.assert_refused(None, "AccessDenied", 403, other.receive_message, QueueUrl=url)
        self.sqs.remove_permission(QueueUrl=url, Label="share")
        self.assertEqual(self.attributes(url, "Policy"), {})
        self.assert_refused(
            "QueueDoesNotExist", "AWS.SimpleQueueService.NonExistentQueue", 400,
            other.send_message, QueueUrl=url, MessageBody="x",
        )

    def test_session_token(self):
        client = new_client(endpoint.SESSION_KEY)
        self.assertEqual(client.get_queue_url(QueueName=self.queue().rsplit("/", 1)[1])["ResponseMetadata"]["HTTPStatusCode"], 200)
        access, secret, _ = endpoint.SESSION_KEY
        self.assert_refused(
            None, "InvalidClientTokenId", 403, new_client((access, secret, "stale")).list_queues,
        )
