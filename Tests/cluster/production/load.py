#!/usr/bin/env python3
"""Creates Pods through the API server in dry run, at a steady rate, and checks each answer.

    load.py http://127.0.0.1:PORT NAMESPACE IMAGES COUNT RATE

The address is that of `kubectl proxy`. IMAGES is the registry and folder of the tests' images. Every Pod with a Wasm image must
come back with Polypod's changes, every other Pod unchanged. If the API server itself cannot accept a request (it restarts),
the script sends the request again when the API server is ready, as every client does. A request that fails because of a
webhook is a failure. The script prints one line of JSON and exits with 1 if there was a failure.
"""

import collections
import json
import sys
import threading
import time
import urllib.error
import urllib.request

WORKERS = 8
CLASS = "crun-wasmedge"


def pods(images):
    def pod(*containers):
        return {
            "apiVersion": "v1",
            "kind": "Pod",
            "metadata": {"generateName": "load-"},
            "spec": {"containers": [{"name": name, "image": f"{images}/{image}"} for name, image in containers]},
        }

    return [
        (pod(("app", "hello:1")), True),
        (pod(("app", "hello:1"), ("sidecar", "native:1")), True),
        (pod(("web", "native:1")), False),
    ]


class Load:
    def __init__(self, address, namespace, images, count, rate):
        self.address = address
        self.url = f"{address}/api/v1/namespaces/{namespace}/pods?dryRun=All"
        self.pods = pods(images)
        self.count = count
        self.rate = rate
        self.lock = threading.Lock()
        self.next = 0
        self.began = time.monotonic()
        self.totals = collections.Counter()
        self.faults = []
        self.seconds = []

    def take(self):
        """Waits until the next Pod is due and returns its number; None at the end."""
        with self.lock:
            if self.next >= self.count:
                return None
            number = self.next
            self.next += 1
        time.sleep(max(0.0, self.began + number / self.rate - time.monotonic()))
        return number

    def fault(self, what):
        with self.lock:
            self.totals["wrong"] += 1
            if len(self.faults) < 10:
                self.faults.append(f"{time.monotonic() - self.began:.1f} s: {what}"[:400])

    def post(self, pod):
        """Returns the status and the answer; None if the API server itself did not accept the request."""
        request = urllib.request.Request(
            self.url, data=json.dumps(pod).encode(), headers={"Content-Type": "application/json"}
        )
        try:
            with urllib.request.urlopen(request, timeout=40) as answer:
                return answer.status, json.load(answer)
        except urllib.error.HTTPError as error:
            body = error.read()
            try:
                return error.code, json.loads(body)
            except ValueError:
                return None  # an error text from the proxy
        except (OSError, ValueError):
            return None

    def wait_until_ready(self):
        for _ in range(600):
            try:
                with urllib.request.urlopen(f"{self.address}/readyz", timeout=2) as answer:
                    if answer.status == 200:
                        return
            except OSError:
                pass
            time.sleep(0.1)

    def create(self, number):
        pod, is_wasm = self.pods[number % len(self.pods)]
        for _ in range(20):
            began = time.monotonic()
            answer = self.post(pod)
            if answer is not None:
                break
            with self.lock:
                self.totals["sent again"] += 1
            self.wait_until_ready()
        if answer is None:
            return self.fault("the API server does not answer")
        status, body = answer
        with self.lock:
            self.seconds.append(time.monotonic() - began)
        if status != 201:
            return self.fault(f"{status}: {body.get('message')}")
        found = body["spec"].get("runtimeClassName")
        variant = body["metadata"].get("annotations", {}).get("module.wasm.image/variant")
        expected = (CLASS, "compat-smart") if is_wasm else (None, None)
        if (found, variant) != expected:
            return self.fault(f"{'Wasm' if is_wasm else 'native'} Pod came back with class {found}, variant {variant}")
        with self.lock:
            self.totals["wasm" if is_wasm else "native"] += 1

    def work(self):
        while (number := self.take()) is not None:
            self.create(number)

    def run(self):
        threads = [threading.Thread(target=self.work) for _ in range(WORKERS)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.seconds.sort()
        at = lambda share: round(self.seconds[min(len(self.seconds) - 1, int(share * len(self.seconds)))] * 1000)
        totals = {name: self.totals[name] for name in ("wasm", "native", "wrong", "sent again")}
        print(json.dumps({**totals, "p50_ms": at(0.5), "p99_ms": at(0.99), "faults": self.faults}))
        return 0 if self.totals["wrong"] == 0 and totals["wasm"] + totals["native"] == self.count else 1


if __name__ == "__main__":
    address, namespace, images, count, rate = sys.argv[1:]
    sys.exit(Load(address, namespace, images, int(count), float(rate)).run())
