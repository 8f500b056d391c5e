"""An identity provider on this machine that signs with a key of its own, and lies where a test asks it to."""

from __future__ import annotations

import base64
import hashlib
import json
import threading
import time
from dataclasses import dataclass, field
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

import jwt
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

CLIENT_ID, CLIENT_SECRET = "samegauge", "a secret of the client"


@cache
def rsa_key(name: str) -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


def public_pem(name: str) -> bytes:
    return rsa_key(name).public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)


@dataclass
class IdentityProvider:
    """What it says; a test changes the parts that it wants wrong."""

    claims: dict[str, Any] = field(default_factory=dict)
    signing: tuple[str, str] = ("RS256", "right")
    configuration: dict[str, Any] = field(default_factory=dict)
    token_answer: bytes | None = None
    asked: list[tuple[str, dict[str, str]]] = field(default_factory=list)
    nonce: str = ""
    challenge: str = ""
    issuer: str = ""

    def start(self) -> None:
        provider = self

        class Answers(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                self._say(provider.document(urlsplit(self.path).path))

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"])).decode()
                said = {name: values[0] for name, values in parse_qs(body).items()}
                provider.asked.append((self.path, said))
                self._say(provider.token(said))

            def _say(self, data: bytes | None) -> None:
                self.send_response(200 if data is not None else 400)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(data or b"")))
                self.end_headers()
                self.wfile.write(data or b"")

            def log_message(self, *_said: Any) -> None:
                """Tests look at what was asked, not at a log."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Answers)
        self.issuer = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def stop(self) -> None:
        self.server.shutdown()
        self.server.server_close()

    def document(self, path: str) -> bytes | None:
        if path == "/.well-known/openid-configuration":
            return json.dumps(
                {
                    "issuer": self.issuer,
                    "authorization_endpoint": f"{self.issuer}/authorize",
                    "token_endpoint": f"{self.issuer}/token",
                    "jwks_uri": f"{self.issuer}/keys",
                }
                | self.configuration
            ).encode()
        if path == "/keys":
            key = json.loads(jwt.algorithms.RSAAlgorithm.to_jwk(rsa_key("right").public_key()))
            return json.dumps({"keys": [key | {"kid": "right", "alg": "RS256", "use": "sig"}]}).encode()
        return None

    def sign_in(self, location: str) -> str:
        """The person signs in there: remember what the site sent along, and return its state."""
        question = {name: values[0] for name, values in parse_qs(urlsplit(location).query).items()}
        self.nonce, self.challenge = question["nonce"], question["code_challenge"]
        assert question["code_challenge_method"] == "S256"
        assert set(question["scope"].split()) == {"openid", "profile", "email"}
        return question["state"]

    def token(self, said: dict[str, str]) -> bytes | None:
        if self.token_answer is not None:
            return self.token_answer
        proof = base64.urlsafe_b64encode(hashlib.sha256(said.get("code_verifier", "").encode()).digest())
        if said.get("client_secret") != CLIENT_SECRET or proof.rstrip(b"=").decode() != self.challenge:
            return None
        return json.dumps({"access_token": "opaque", "token_type": "Bearer", "id_token": self.id_token()}).encode()

    def id_token(self) -> str:
        now = int(time.time())
        claims = {
            "iss": self.issuer,
            "sub": "person-1",
            "aud": CLIENT_ID,
            "iat": now,
            "exp": now + 300,
            "nonce": self.nonce,
            "email": "lin@firm.example",
            "email_verified": True,
            "name": "Lin",
        } | self.claims
        algorithm, key = self.signing
        secret: Any = {"none": None, "HS256": public_pem("right")}.get(algorithm, rsa_key(key))
        if algorithm == "HS256":  # the library refuses to sign so
            return _signed_with_the_public_key(claims, secret)
        return jwt.encode(claims, secret, algorithm=algorithm, headers={"kid": "right"})


def _signed_with_the_public_key(claims: dict[str, Any], secret: bytes) -> str:
    import hmac

    def part(data: bytes) -> bytes:
        return base64.urlsafe_b64encode(data).rstrip(b"=")

    header = part(json.dumps({"alg": "HS256", "typ": "JWT", "kid": "right"}).encode())
    signed = header + b"." + part(json.dumps(claims).encode())
    return (signed + b"." + part(hmac.new(secret, signed, hashlib.sha256).digest())).decode()
