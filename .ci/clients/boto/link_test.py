"""Calls that are nothing but a URL, by a client that knows nothing of AWS."""

import json
import subprocess
import xml.etree.ElementTree as tree

from botocore.auth import SigV4QueryAuth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

import endpoint
from case import DIFFICULT, Case, new_client

NAMESPACE = "{http://queue.amazonaws.com/doc/2012-11-05/}"


def link(url, **parameters):
    """Signs a GET of a queue URL that works for a minute."""
    request = AWSRequest("GET", url, params=parameters)
    SigV4QueryAuth(Credentials(*endpoint.OWNER_KEY), "sqs", endpoint.REGION, expires=60).add_auth(request)
    return request.url


def curl(url, *options):
    """Returns the status and the body of an answer."""
    command = ["curl", "--silent", "--show-error", "--noproxy", "*", "--write-out", "\n%{http_code}", *options, url]
    body, status = subprocess.run(command, check=True, capture_output=True).stdout.rsplit(b"\n", 1)
    return int(status), body


class LinkTest(Case):
    def test_queue_url(self):
        url = self.queue()
        status, body = curl(link(url, Action="SendMessage", MessageBody=DIFFICULT))
        self.assertEqual(status, 200, body)
        sent = tree.fromstring(body).find(f"{NAMESPACE}SendMessageResult/{NAMESPACE}MessageId").text
        status, body = curl(link(url, Action="ReceiveMessage", **{"AttributeName.1": "All"}))
        self.assertEqual(status, 200, body)
        message = tree.fromstring(body).find(f"{NAMESPACE}ReceiveMessageResult/{NAMESPACE}Message")
        self.assertEqual(message.find(NAMESPACE + "MessageId").text, sent)
        self.assertEqual(message.find(NAMESPACE + "Body").text, DIFFICULT)
        status, body = curl(link(url, Action="DeleteMessage", ReceiptHandle=message.find(NAMESPACE + "ReceiptHandle").text))
        self.assertEqual(status, 200, body)
        self.assertEqual(self.counts(url), (0, 0, 0))

    def test_json_on_demand(self):
        url = self.queue()
        status, body = curl(link(url, Action="GetQueueAttributes", **{"AttributeName.1": "QueueArn"}), "--header", "Accept: application/json")
        self.assertEqual(status, 200, body)
        result = json.loads(body)["GetQueueAttributesResponse"]["GetQueueAttributesResult"]
        self.assertEqual(result["Attributes"], [{"Name": "QueueArn", "Value": self.arn(url)}])

    def test_client_made(self):
        """The SDK's own presigned URLs are for SDKs that send query requests."""
        if self.protocol != "query":
            self.skipTest("JSON requests have a body, which a link has not")
        url = self.queue()
        made = self.sqs.generate_presigned_url("send_message", {"QueueUrl": url, "MessageBody": "by link"}, HttpMethod="GET")
        status, body = curl(made)
        self.assertEqual(status, 200, body)
        self.assertEqual([m["Body"] for m in self.receive(url)], ["by link"])

    def test_refused(self):
        url = self.queue()
        status, body = curl(link(url, Action="SendMessage", MessageBody="x").replace("MessageBody=x", "MessageBody=y"))
        self.assertEqual(status, 403, body)
        self.assertEqual(tree.fromstring(body).find(f"{NAMESPACE}Error/{NAMESPACE}Code").text, "SignatureDoesNotMatch")
        status, body = curl(url)
        self.assertEqual((status, body), (404, b"<UnknownOperationException/>"))

    def test_peek(self):
        """Looking at messages as LocalStack's users do leaves them as they are."""
        url = self.queue()
        self.send(url, DIFFICULT)
        peeking = new_client(url=endpoint.URL + "/_aws/sqs/messages")
        for _ in range(2):
            (message,) = peeking.receive_message(QueueUrl=url)["Messages"]
            self.assertEqual(message["Body"], DIFFICULT)
        self.assertEqual(self.counts(url), (1, 0, 0))
        (message,) = self.receive(url)
        self.assertEqual(message["Attributes"]["ApproximateReceiveCount"], "1")
