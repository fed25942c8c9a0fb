#!/usr/bin/env python3
"""Checks all rights of a service account at the API server against the expected rights.

    rights.py http://127.0.0.1:PORT EXPECTED.json

The address is that of `kubectl proxy`. EXPECTED.json contains the name of the account ("user"), lists of "namespaces" and
"names", and the "rules" with the expected rights: verbs, resources as group/resource[/subresource], and optionally a
namespace or names. The script asks for every verb on every resource of the API server, in each namespace of the list,
without a name and with each name of the list. It prints each right that is allowed and not expected, or expected and not
allowed, and at the end the number of questions.
"""

import concurrent.futures
import json
import sys
import urllib.request

VERBS = ["get", "list", "watch", "create", "update", "patch", "delete", "deletecollection"]


def ask(address, path, body=None):
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(address + path, data=data, headers={"Content-Type": "application/json"})
    with urllib.request.urlopen(request, timeout=30) as answer:
        return json.load(answer)


def resources(address):
    """Returns (group, resource with subresource, whether it is namespaced), each once."""
    paths = [("", "/api/v1")]
    for group in ask(address, "/apis")["groups"]:
        paths.append((group["name"], "/apis/" + group["preferredVersion"]["groupVersion"]))
    found = {}
    for group, path in paths:
        for resource in ask(address, path)["resources"]:
            found[group, resource["name"]] = resource["namespaced"]
    return [(group, name, namespaced) for (group, name), namespaced in sorted(found.items())]


def questions(address, expected):
    for group, resource, namespaced in resources(address):
        for namespace in expected["namespaces"] if namespaced else [""]:
            for verb in VERBS:
                for name in [""] + expected["names"]:
                    if name and verb in ("list", "create", "deletecollection"):
                        continue
                    yield namespace, verb, group, resource, name


def is_allowed(address, user, question):
    namespace, verb, group, resource, name = question
    plain, _, subresource = resource.partition("/")
    spec = {
        "user": user,
        "groups": ["system:serviceaccounts", "system:authenticated"],
        "resourceAttributes": {
            "namespace": namespace, "verb": verb, "group": group, "resource": plain, "subresource": subresource,
            "name": name,
        },
    }
    review = {"apiVersion": "authorization.k8s.io/v1", "kind": "SubjectAccessReview", "spec": spec}
    return ask(address, "/apis/authorization.k8s.io/v1/subjectaccessreviews", review)["status"]["allowed"]


def is_expected(rules, question):
    namespace, verb, group, resource, name = question
    return any(
        verb in rule["verbs"]
        and f"{group}/{resource}" in rule["resources"]
        and ("namespace" not in rule or namespace == rule["namespace"])
        and ("names" not in rule or name in rule["names"])
        for rule in rules
    )


def main():
    address = sys.argv[1]
    expected = json.load(open(sys.argv[2]))
    wrong = 0
    asked = list(questions(address, expected))
    with concurrent.futures.ThreadPoolExecutor(16) as pool:
        answers = pool.map(lambda question: is_allowed(address, expected["user"], question), asked)
        for question, allowed in zip(asked, answers):
            if allowed != is_expected(expected["rules"], question):
                wrong += 1
                print("allowed, not expected:" if allowed else "expected, not allowed:", *(part or "-" for part in question))
    print(f"{len(asked)} questions, {wrong} with an unexpected answer")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
