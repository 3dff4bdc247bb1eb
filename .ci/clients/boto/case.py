"""What the tests of every operation share: clients, queues of their own, receives."""

import unittest
import uuid

import boto3
import botocore
import botocore.session
from botocore.config import Config
from botocore.exceptions import ClientError

import endpoint
from querymodel import QueryLoader

# Text that every escaping and every digest has to get right.
DIFFICULT = "é漢😀 \"quoted\" \\ <tag> & 'line'\r\nbreak\ttab \u2028 + % end]]>"


def new_client(key=endpoint.OWNER_KEY, url=endpoint.URL):
    """Makes a client that speaks the protocol under test and checks what it is sent."""
    session = botocore.session.Session()
    if endpoint.PROTOCOL == "query":
        session.register_component("data_loader", QueryLoader(session.get_config_variable("data_path")))
    access, secret, token = key
    return boto3.session.Session(botocore_session=session).client(
        "sqs",
        region_name=endpoint.REGION,
        endpoint_url=url,
        aws_access_key_id=access,
        aws_secret_access_key=secret,
        aws_session_token=token,
        # A request that must be tried again is a failure of the server here.
        config=Config(retries={"max_attempts": 0}, read_timeout=40),
    )


class Case(unittest.TestCase):
    """A test with a client and queues that end with it."""

    maxDiff = None

    @classmethod
    def setUpClass(cls):
        cls.sqs = new_client()
        cls.protocol = cls.sqs.meta.service_model.metadata["protocol"]
        cls.new_names = hasattr(cls.sqs, "start_message_move_task")

    def queue(self, fifo=False, **attributes):
        """Creates a queue and returns its URL."""
        name = "t-" + uuid.uuid4().hex
        if fifo:
            name += ".fifo"
            attributes["FifoQueue"] = "true"
        url = self.sqs.create_queue(QueueName=name, Attributes=attributes)["QueueUrl"]
        self.addCleanup(self.delete_queue, url)
        return url

    def delete_queue(self, url):
        try:
            self.sqs.delete_queue(QueueUrl=url)
        except self.sqs.exceptions.QueueDoesNotExist:
            pass  # the test did

    def arn(self, url):
        return self.attributes(url, "QueueArn")["QueueArn"]

    def attributes(self, url, *names):
        answer = self.sqs.get_queue_attributes(QueueUrl=url, AttributeNames=list(names) or ["All"])
        return answer.get("Attributes", {})

    def counts(self, url):
        """The numbers of visible, held and delayed messages."""
        attributes = self.attributes(url)
        return tuple(
            int(attributes["ApproximateNumberOfMessages" + suffix]) for suffix in ("", "NotVisible", "Delayed")
        )

    def send(self, url, body, **parameters):
        return self.sqs.send_message(QueueUrl=url, MessageBody=body, **parameters)

    def receive(self, url, count=10, wait=0, **parameters):
        """Receives messages with all their attributes."""
        names = "MessageSystemAttributeNames" if self.new_names else "AttributeNames"
        parameters = {names: ["All"], "MessageAttributeNames": ["All"], **parameters}
        answer = self.sqs.receive_message(
            QueueUrl=url, MaxNumberOfMessages=count, WaitTimeSeconds=wait, **parameters,
        )
        return answer.get("Messages", [])

    def receive_all(self, url, count, **parameters):
        """Receives until there are that many messages."""
        messages = []
        while len(messages) < count:
            got = self.receive(url, wait=20, **parameters)
            self.assertTrue(got, f"only {len(messages)} of {count} messages came")
            messages += got
        self.assertEqual(len(messages), count)
        return messages

    def delete(self, url, message):
        return self.sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])

    def assert_refused(self, exception, code, status, call, *args, **parameters):
        """Checks the class, the code and the status of an error and returns its text.

        Without a class it is an error that the model of the client does not know.
        """
        with self.assertRaises(ClientError) as caught:
            call(*args, **parameters)
        # Every client has classes of its own, so they are compared by name.
        self.assertEqual(type(caught.exception).__name__, exception or "ClientError")
        response = caught.exception.response
        self.assertEqual(response["Error"]["Code"], code)
        self.assertEqual(response["ResponseMetadata"]["HTTPStatusCode"], status)
        return response["Error"]["Message"]


def bodies(messages):
    return [message["Body"] for message in messages]
