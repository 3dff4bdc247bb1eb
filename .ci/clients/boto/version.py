"""Prints the version of boto3 and the protocol that it speaks with SQS by itself."""

import boto3
import botocore.session

model = botocore.session.Session().get_service_model("sqs")
print(boto3.__version__, model.metadata["protocol"])
