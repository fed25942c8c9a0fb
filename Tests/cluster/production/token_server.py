#!/usr/bin/env python3
"""A token server over TLS for the tests. Registries name it in their Bearer challenge.

    token_server.py HOST PORT KEY CERTIFICATE USER PASSWORD

A client with USER and PASSWORD gets a token (https://distribution.github.io/distribution/spec/auth/jwt/) with the requested
access. Every other client gets a token without access. openssl signs the token with KEY (RSA, PEM). The token contains
CERTIFICATE.
"""

import base64
import http.server
import json
import re
import ssl
import subprocess
import sys
import time
import urllib.parse

HOST, PORT, KEY, CERTIFICATE, USER, PASSWORD = sys.argv[1:]


def encoded(content):
    return base64.urlsafe_b64encode(content).rstrip(b"=")


def token(service, access):
    pem = open(CERTIFICATE).read()
    der = re.search("-+BEGIN CERTIFICATE-+(.*?)-+END", pem, re.S).group(1).replace("\n", "")
    now = int(time.time())
    header = {"typ": "JWT", "alg": "RS256", "x5c": [der]}
    claims = {
        "iss": "polypod-test", "sub": USER, "aud": service, "exp": now + 300, "nbf": now - 10, "iat": now,
        "jti": str(time.time_ns()), "access": access,
    }
    signed = b".".join(encoded(json.dumps(part).encode()) for part in (header, claims))
    command = ["openssl", "dgst", "-sha256", "-sign", KEY]
    signature = subprocess.run(command, input=signed, stdout=subprocess.PIPE, check=True).stdout
    return (signed + b"." + encoded(signature)).decode()


class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        query = urllib.parse.parse_qs(urllib.parse.urlparse(self.path).query)
        expected = "Basic " + base64.b64encode(f"{USER}:{PASSWORD}".encode()).decode()
        access = []
        if self.headers.get("Authorization") == expected:
            for scope in query.get("scope", []):
                kind, name, actions = scope.split(":")
                access.append({"type": kind, "name": name, "actions": actions.split(",")})
        text = token(query.get("service", [""])[0], access)
        body = json.dumps({"token": text, "access_token": text, "expires_in": 300}).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def do_POST(self):
        # If they have a password, the clients of Docker and containerd try OAuth 2 first, and use GET after a 404.
        self.send_error(404)


if __name__ == "__main__":
    server = http.server.ThreadingHTTPServer((HOST, int(PORT)), Handler)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(CERTIFICATE, KEY)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    print("listening", flush=True)
    server.serve_forever()
