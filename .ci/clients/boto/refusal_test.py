"""Errors as programs see them: class, code, status and text."""

import endpoint
from case import Case, new_client


class RefusalTest(Case):
    def test_missing_queue(self):
        text = self.assert_refused(
            "QueueDoesNotExist", "AWS.SimpleQueueService.NonExistentQueue", 400,
            self.sqs.get_queue_url, QueueName="absent",
        )
        expected = "The specified queue does not exist"
        self.assertEqual(text, expected + ("." if self.protocol == "json" else " for this wsdl version."))
        for call, more in (
            (self.sqs.receive_message, {}),
            (self.sqs.delete_message, {"ReceiptHandle": "x"}),
            (self.sqs.purge_queue, {}),
            (self.sqs.list_queue_tags, {}),
            (self.sqs.list_dead_letter_source_queues, {}),
        ):
            with self.subTest(call.__name__):
                self.assert_refused(
                    "QueueDoesNotExist", "AWS.SimpleQueueService.NonExistentQueue", 400,
                    call, QueueUrl=f"{endpoint.URL}/{endpoint.ACCOUNT}/absent", **more,
                )

    def test_receipt_handles(self):
        url, other = self.queue(), self.queue()
        text = self.assert_refused(
            "ReceiptHandleIsInvalid", "ReceiptHandleIsInvalid", 404,
            self.sqs.delete_message, QueueUrl=url, ReceiptHandle="garbage",
        )
        self.assertEqual(text, 'The input receipt handle "garbage" is not a valid receipt handle.')
        self.send(url, "mine")
        (message,) = self.receive(url)
        for call, more in ((self.sqs.delete_message, {}), (self.sqs.change_message_visibility, {"VisibilityTimeout": 1})):
            with self.subTest(call.__name__):
                self.assert_refused(
                    "ReceiptHandleIsInvalid", "ReceiptHandleIsInvalid", 404,
                    call, QueueUrl=other, ReceiptHandle=message["ReceiptHandle"], **more,
                )

    def test_names_and_contents(self):
        url = self.queue()
        for exception, code, call, parameters in (
            ("InvalidAttributeName", "InvalidAttributeName", self.sqs.get_queue_attributes, {"QueueUrl": url, "AttributeNames": ["Foobar"]}),
            ("InvalidAttributeName", "InvalidAttributeName", self.sqs.set_queue_attributes, {"QueueUrl": url, "Attributes": {"QueueArn": "x"}}),
            ("InvalidMessageContents", "InvalidMessageContents", self.sqs.send_message, {"QueueUrl": url, "MessageBody": "bell \ufffe"}),
            (None, "InvalidParameterValue", self.sqs.create_queue, {"QueueName": "not a name"}),
            (None, "InvalidParameterValue", self.sqs.send_message, {"QueueUrl": url, "MessageBody": "x", "DelaySeconds": 901}),
            (None, "InvalidParameterValue", self.sqs.receive_message, {"QueueUrl": url, "MaxNumberOfMessages": 11}),
            (None, "InvalidParameterValue", self.sqs.receive_message, {"QueueUrl": url, "WaitTimeSeconds": 21}),
            (None, "MissingParameter", self.sqs.send_message, {"QueueUrl": url, "MessageBody": ""}),
            ("UnsupportedOperation", "AWS.SimpleQueueService.UnsupportedOperation", self.sqs.send_message, {
                "QueueUrl": url, "MessageBody": "x",
                "MessageAttributes": {"list": {"DataType": "String", "StringListValues": ["a"]}},
            }),
        ):
            with self.subTest(parameters=parameters):
                self.assert_refused(exception, code, 400, call, **parameters)

    def test_over_limit(self):
        actions = [
            "ChangeMessageVisibility", "DeleteMessage", "GetQueueAttributes", "GetQueueUrl",
            "ListDeadLetterSourceQueues", "PurgeQueue", "ReceiveMessage", "SendMessage",
        ]
        self.assert_refused(
            "OverLimit", "OverLimit", 403, self.sqs.add_permission,
            QueueUrl=self.queue(), Label="all", AWSAccountIds=[endpoint.OTHER_ACCOUNT], Actions=actions,
        )

    def test_wrong_keys(self):
        access, secret, _ = endpoint.OWNER_KEY
        for code, key in (("SignatureDoesNotMatch", (access, "wrong", None)), ("InvalidClientTokenId", ("AKIDUNKNOWN", secret, None))):
            with self.subTest(code):
                self.assert_refused(None, code, 403, new_client(key).list_queues)
