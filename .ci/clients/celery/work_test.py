"""Celery workers on a queue: results, retries, order, and a worker that is killed."""

import os
import signal
import subprocess
import sys
import time
import unittest

import boto3
from celery import chain, group
from celery.exceptions import TimeoutError as NoResult

import work

TIMEOUT = 120


def setUpModule():
    # So that cleanups, which end the workers, run when this is told to stop.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))


class Worker:
    """A worker process, with its pool of processes in a group of their own."""

    def __init__(self, queues, concurrency):
        self.log = open(work.FOLDER / "worker.log", "ab")
        self.process = subprocess.Popen(
            [
                sys.executable, "-m", "celery", "--app", "work", "worker", "--queues", queues, "--concurrency", str(concurrency),
                "--without-gossip", "--without-mingle", "--without-heartbeat", "--loglevel", "INFO",
            ],
            stdout=self.log, stderr=self.log, start_new_session=True,
        )

    def stop(self):
        """Lets running tasks finish."""
        self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(TIMEOUT)
        finally:
            self.kill()

    def kill(self):
        try:
            os.killpg(self.process.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
        self.process.wait()
        self.log.close()


class WorkTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.sqs = boto3.client("sqs", region_name="us-east-1", endpoint_url=os.environ["SQS_ENDPOINT"])

    def worker(self, queues="default", concurrency=2):
        worker = Worker(queues, concurrency)
        self.addCleanup(worker.kill)
        return worker

    def result(self, promise):
        try:
            return promise.get(timeout=TIMEOUT, interval=0.05)
        except NoResult:
            self.fail("no result; the workers say:\n" + (work.FOLDER / "worker.log").read_text(encoding="utf-8"))

    def test_work(self):
        worker = self.worker()
        sums = group(work.add.s(number, number) for number in range(40)).apply_async()
        text = "é漢😀 <tag> & \"quoted\"\r\n\t\u2028"
        echoed = work.echo.delay(text)
        chained = chain(work.add.s(1, 2), work.add.s(3), work.add.s(4)).apply_async()
        retried = work.flaky.delay()
        failed = work.fail.delay()
        self.assertEqual(self.result(sums), [2 * number for number in range(40)])
        self.assertEqual(self.result(echoed), text)
        self.assertEqual(self.result(chained), 10)
        self.assertEqual(self.result(retried), 2)
        with self.assertRaisesRegex(ValueError, "no such order"):
            self.result(failed)
        # The worker is in a long poll now, which the next task ends.
        time.sleep(0.5)
        began = time.monotonic()
        self.assertEqual(self.result(work.add.delay(20, 22)), 42)
        self.assertLess(time.monotonic() - began, work.LONG_POLL - 1)
        self.assert_emptied("celery-default")
        worker.stop()

    def test_a_killed_worker_loses_nothing(self):
        worker = self.worker()
        promise = work.outlast.delay("attempts")
        attempts = work.FOLDER / "attempts"
        deadline = time.monotonic() + TIMEOUT
        while not attempts.exists():
            self.assertLess(time.monotonic(), deadline, "the task did not start")
            time.sleep(0.05)
        worker.kill()
        successor = self.worker()
        self.assertEqual(self.result(promise), 2)
        self.assert_emptied("celery-default")
        successor.stop()

    def test_a_fifo_queue_keeps_the_order_of_a_group(self):
        # One receive may hand out several messages of a group, which Celery runs at once.
        worker = self.worker("ordered.fifo", concurrency=1)
        promises = [
            work.append.apply_async(("order", number), queue="ordered.fifo", MessageGroupId="customer-1")
            for number in range(10)
        ]
        for promise in promises:
            self.result(promise)
        self.assert_emptied("celery-ordered.fifo")
        worker.stop()
        written = (work.FOLDER / "order").read_text(encoding="utf-8").split()
        self.assertEqual(written, [str(number) for number in range(10)])

    def assert_emptied(self, name):
        """Waits until every message is deleted.

        A worker that is stopped before it has acknowledged its last task may never end.
        """
        url = self.sqs.get_queue_url(QueueName=name)["QueueUrl"]
        deadline = time.monotonic() + TIMEOUT
        while True:
            attributes = self.sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["All"])["Attributes"]
            counts = [int(attributes["ApproximateNumberOfMessages" + suffix]) for suffix in ("", "NotVisible", "Delayed")]
            if not any(counts):
                return
            self.assertLess(time.monotonic(), deadline, f"{counts} messages are left in {name}")
            time.sleep(0.1)
