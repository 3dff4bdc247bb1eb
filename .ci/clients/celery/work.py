"""A Celery application as its users write one: broker SQS, results in files."""

import os
import time
from pathlib import Path
from urllib.parse import quote, urlsplit

from celery import Celery
from kombu import Queue

ENDPOINT = urlsplit(os.environ["SQS_ENDPOINT"])
KEY, SECRET = (quote(os.environ[name], safe="") for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"))
FOLDER = Path(os.environ["CELERY_FOLDER"])
VISIBILITY_TIMEOUT = 5
LONG_POLL = 10

app = Celery(
    "work",
    broker=f"sqs://{KEY}:{SECRET}@{ENDPOINT.hostname}:{ENDPOINT.port}//",
    backend=FOLDER.as_uri(),
)
app.conf.update(
    broker_transport_options={
        "region": "us-east-1",
        "is_secure": False,
        "queue_name_prefix": "celery-",
        "visibility_timeout": VISIBILITY_TIMEOUT,
        "wait_time_seconds": LONG_POLL,
    },
    task_default_queue="default",
    task_queues=[Queue("default"), Queue("ordered.fifo")],
    task_acks_late=True,
    task_track_started=True,
    worker_enable_remote_control=False,
    worker_prefetch_multiplier=1,
)


@app.task
def add(x, y):
    return x + y


@app.task
def echo(text):
    return text


@app.task(bind=True, max_retries=3)
def flaky(self):
    if self.request.retries < 2:
        raise self.retry(countdown=1)
    return self.request.retries


@app.task
def fail():
    raise ValueError("no such order")


@app.task
def append(name, entry):
    with open(FOLDER / name, "a", encoding="utf-8") as file:
        file.write(f"{entry}\n")


@app.task
def outlast(name):
    """Runs too long the first time, and at once when it is delivered again."""
    attempts = FOLDER / name
    with open(attempts, "a", encoding="utf-8") as file:
        file.write("attempt\n")
    attempt = len(attempts.read_text(encoding="utf-8").splitlines())
    if attempt == 1:
        time.sleep(120)
    return attempt
