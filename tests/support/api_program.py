"""A program that asks the API, as somebody's script would."""

from __future__ import annotations

import hashlib
import io
import json
from typing import TYPE_CHECKING, Any

from django.test import Client

from samegauge.core.organisations.models import Role

if TYPE_CHECKING:
    from tenancy.canaries import Firm


class Program:
    """A program that acts for one person of a firm."""

    def __init__(self, firm: Firm, role: Role = Role.OWNER, language: str = "en") -> None:
        self.headers = {"Authorization": f"Bearer {firm.tokens[role]}", "Accept-Language": language}
        self.client = Client()

    def get(self, path: str) -> Any:
        return self.client.get(f"/api/{path}", headers=self.headers)

    def post(self, path: str, said: Any = None) -> Any:
        body = said if isinstance(said, str | bytes) else json.dumps(said)
        return self.client.post(f"/api/{path}", body, content_type="application/json", headers=self.headers)

    def verify(self, content: bytes) -> dict[str, Any]:
        return self.client.post("/api/passports/verify", {"file": io.BytesIO(content)}, headers=self.headers).json()

    def uploads(self, kind: str, *contents: bytes, hashes: list[str] | None = None) -> Any:
        files = [io.BytesIO(content) for content in contents]
        for place, file in enumerate(files):
            file.name = f"file{place}.qif"
        hashes = hashes or [hashlib.sha256(content).hexdigest() for content in contents]
        return self.client.post("/api/imports", {"kind": kind, "sha256": hashes, "files": files}, headers=self.headers)
