"""A provider of OpenID Connect that says and signs whatever a test likes."""

import base64
import json
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlencode, urlsplit

from joserfc import jwt
from joserfc.jwk import OctKey, RSAKey

KEY = RSAKey.generate_key(2048)


class CheatingProvider:
    """``listed`` are the algorithms of its metadata, to which ``more`` is added; ``algorithm`` signs ``claims``."""

    def __init__(self):
        self.listed, self.algorithm, self.more = ["RS256"], "RS256", {}
        self.claims = {"sub": "writer", "email": "writer@example.com", "email_verified": True, "groups": []}
        self.claims["auth_time"] = int(time.time())
        self.nonce = ""
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self.url = f"http://127.0.0.1:{self.server.server_port}"

    def __enter__(self):
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *exc):
        self.server.shutdown()
        self.server.server_close()

    def answer(self, address):
        """The query with which a browser comes back that was sent to ``address``."""
        asked = parse_qs(urlsplit(address).query)
        self.nonce = asked["nonce"][0]
        return urlencode({"code": "c", "state": asked["state"][0]})

    def id_token(self):
        now = int(time.time())
        told = {"iss": self.url, "aud": "explorer", "exp": now + 60, "iat": now, "nonce": self.nonce, **self.claims}
        claims = {name: value for name, value in told.items() if value is not None}
        if self.algorithm == "none":
            parts = (json.dumps(part).encode() for part in ({"alg": "none"}, claims))
            return ".".join(base64.urlsafe_b64encode(part).rstrip(b"=").decode() for part in parts) + "."
        key = KEY if self.algorithm == "RS256" else OctKey.import_key("secret" * 8)
        return jwt.encode({"alg": self.algorithm}, claims, key, algorithms=[self.algorithm])

    def metadata(self):
        endpoints = {"authorization_endpoint": "/authorize", "token_endpoint": "/token", "jwks_uri": "/keys"}
        return {
            "issuer": self.url, "id_token_signing_alg_values_supported": self.listed,
            **{name: self.url + path for name, path in endpoints.items()}, **self.more,
        }  # fmt: skip

    def _handler(provider):  # noqa: N805
        class Handler(BaseHTTPRequestHandler):
            def do_GET(self):
                keys = {"keys": [KEY.as_dict(private=False)]}
                self.say(keys if self.path == "/keys" else provider.metadata())

            def do_POST(self):
                self.rfile.read(int(self.headers["Content-Length"]))
                self.say({"access_token": "a", "token_type": "Bearer", "id_token": provider.id_token()})

            def say(self, told):
                content = json.dumps(told).encode()
                self.send_response(200)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(content)))
                self.end_headers()
                self.wfile.write(content)

            def log_message(self, *arguments):
                pass

        return Handler
