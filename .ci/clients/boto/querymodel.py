"""The JSON service model of a current botocore as the query model that it replaced.

Current models do not say how entries of lists and maps are named in query requests.
The names here are those of the AWS API reference, whose examples are query requests.
"""

from botocore.loaders import Loader

NAMESPACE = "http://queue.amazonaws.com/doc/2012-11-05/"

ENTRIES = {
    "ActionNameList": "ActionName",
    "AttributeNameList": "AttributeName",
    "AWSAccountIdList": "AWSAccountId",
    "BatchResultErrorEntryList": "BatchResultErrorEntry",
    "ChangeMessageVisibilityBatchRequestEntryList": "ChangeMessageVisibilityBatchRequestEntry",
    "ChangeMessageVisibilityBatchResultEntryList": "ChangeMessageVisibilityBatchResultEntry",
    "DeleteMessageBatchRequestEntryList": "DeleteMessageBatchRequestEntry",
    "DeleteMessageBatchResultEntryList": "DeleteMessageBatchResultEntry",
    "ListMessageMoveTasksResultEntryList": "ListMessageMoveTasksResultEntry",
    "MessageAttributeNameList": "MessageAttributeName",
    "MessageBodyAttributeMap": "MessageAttribute",
    "MessageBodySystemAttributeMap": "MessageSystemAttribute",
    "MessageList": "Message",
    "MessageSystemAttributeList": "MessageSystemAttributeName",
    "MessageSystemAttributeMap": "Attribute",
    "QueueAttributeMap": "Attribute",
    "QueueUrlList": "QueueUrl",
    "SendMessageBatchRequestEntryList": "SendMessageBatchRequestEntry",
    "SendMessageBatchResultEntryList": "SendMessageBatchResultEntry",
    "TagKeyList": "TagKey",
    "TagMap": "Tag",
}

CODES = {
    "QueueDoesNotExist": "AWS.SimpleQueueService.NonExistentQueue",
    "QueueNameExists": "QueueAlreadyExists",
    **{
        name: "AWS.SimpleQueueService." + name
        for name in (
            "BatchEntryIdsNotDistinct",
            "BatchRequestTooLong",
            "EmptyBatchRequest",
            "InvalidBatchEntryId",
            "PurgeQueueInProgress",
            "QueueDeletedRecently",
            "TooManyEntriesInBatchRequest",
            "UnsupportedOperation",
        )
    },
}


class QueryLoader(Loader):
    """Loads the model of SQS as a query model, and every other as it is."""

    def load_service_model(self, service_name, type_name, api_version=None):
        model = super().load_service_model(service_name, type_name, api_version)
        if service_name == "sqs" and type_name == "service-2" and model["metadata"]["protocol"] == "json":
            _convert(model)
        return model


def _convert(model):
    for key in ("awsQueryCompatible", "jsonVersion", "targetPrefix", "protocols"):
        model["metadata"].pop(key, None)
    model["metadata"].update(protocol="query", xmlNamespace=NAMESPACE)
    for name, operation in model["operations"].items():
        if "output" in operation:
            operation["output"]["resultWrapper"] = name + "Result"
    for name, shape in model["shapes"].items():
        if name in CODES:
            shape["error"] = {"code": CODES[name], "httpStatusCode": 400, "senderFault": True}
        if shape["type"] == "map":
            shape["locationName"] = ENTRIES[name]
            shape["key"]["locationName"] = "Key" if name == "TagMap" else "Name"
            shape["value"]["locationName"] = "Value"
        elif name in ENTRIES:
            shape["member"]["locationName"] = ENTRIES[name]
