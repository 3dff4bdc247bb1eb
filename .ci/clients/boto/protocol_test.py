"""Which protocol the client speaks, and that it is told so on the wire."""

import endpoint
from case import Case


class ProtocolTest(Case):
    def test_protocol(self):
        requests = []
        self.sqs.meta.events.register("before-send.sqs", lambda request, **_: requests.append(request))
        answer = self.sqs.list_queues(QueueNamePrefix="none")
        headers = answer["ResponseMetadata"]["HTTPHeaders"]
        self.assertRegex(answer["ResponseMetadata"].get("RequestId") or headers["x-amzn-requestid"], "^[0-9a-f-]{36}$")
        (request,) = requests
        if endpoint.PROTOCOL:
            self.assertEqual(self.protocol, endpoint.PROTOCOL)
        if self.protocol == "json":
            self.assertEqual(request.headers["X-Amz-Target"], b"AmazonSQS.ListQueues")
            self.assertEqual(headers["content-type"], "application/x-amz-json-1.0")
        else:
            self.assertIn("Action=ListQueues", request.body)
            self.assertEqual(headers["content-type"], "text/xml")
