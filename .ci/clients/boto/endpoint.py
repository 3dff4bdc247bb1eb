"""The server under test and the accounts that may call it, as `run` names them."""

import os

URL = os.environ["SQS_ENDPOINT"]
REGION = "us-east-1"
ACCOUNT = os.environ["SQS_ACCOUNT"]
OTHER_ACCOUNT = os.environ["SQS_OTHER_ACCOUNT"]

OWNER_KEY = (os.environ["AWS_ACCESS_KEY_ID"], os.environ["AWS_SECRET_ACCESS_KEY"], None)
OTHER_KEY = (os.environ["SQS_OTHER_ACCESS_KEY_ID"], os.environ["SQS_OTHER_SECRET_ACCESS_KEY"], None)
SESSION_KEY = (
    os.environ["SQS_SESSION_ACCESS_KEY_ID"],
    os.environ["SQS_SESSION_SECRET_ACCESS_KEY"],
    os.environ["SQS_SESSION_TOKEN"],
)

# "json" or "query" when the client must speak that one, "" for the one it brings.
PROTOCOL = os.environ.get("SQS_PROTOCOL", "")
