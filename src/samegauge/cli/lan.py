"""`samegauge run --lan`: https in one's own network, and a page that shows tablets how to trust it.

A browser gives pages a camera and work without network only inside https. No public authority signs for addresses of a
factory's network, so this site makes one of its own, which may sign for nothing else.
"""

from __future__ import annotations

import html
import io
import os
import sys
from dataclasses import dataclass
from datetime import UTC, datetime
from ipaddress import ip_address
from typing import TYPE_CHECKING

from samegauge.cli.output import MISUSED, CommandError, say, warn
from samegauge.core.site import home_folder
from samegauge.doors import crypto, ports

if TYPE_CHECKING:
    from argparse import Namespace
    from pathlib import Path

TABLET = "stations/tablet/"
AUTHORITY_FILE = "/samegauge-authority.crt"
HERE = ("127.0.0.1", "localhost")
EVERY_ADDRESS = "0.0.0.0"  # noqa: S104 - whoever asks for --lan wants other machines in
STEPS = (
    (
        "Android",
        "Download the file. Settings, Security, Encryption and credentials, Install a certificate, CA certificate.",
        "下載下方檔案。設定、安全性、加密與憑證、安裝憑證、CA 憑證：選擇該檔案。",
    ),
    (
        "iPad",
        "Download it in Safari. Settings, Profile downloaded: install. General, About, Certificate Trust Settings: on.",
        "用 Safari 下載下方檔案。設定、已下載描述檔：安裝。再到一般、關於本機、憑證信任設定：開啟。",
    ),
    (
        "Windows",
        "Open the file below: Install Certificate, Local Machine, Trusted Root Certification Authorities.",
        "開啟下方檔案：安裝憑證、本機電腦、受信任的根憑證授權單位。",
    ),
)


@dataclass(frozen=True)
class Lan:
    """The certificate of this start, and where tablets find the authority behind it."""

    address: str
    certificate: Path
    key: Path
    authority_file: Path
    authority: crypto.Authority

    @property
    def words(self) -> tuple[str, ...]:
        return ("--certificate", str(self.certificate), "--key", str(self.key))


def prepare(options: Namespace) -> Lan:
    """Make the certificate and tell this process and its children that the site is met by https."""
    if os.environ.get("SAMEGAUGE_HTTPS") == "1":
        raise CommandError(
            "SAMEGAUGE_HTTPS=1 says that a proxy speaks https. Leave out --lan, or unset it.",
            "SAMEGAUGE_HTTPS=1 表示已有 https 代理。請拿掉 --lan，或取消該設定。",
            MISUSED,
        )
    address = _address(options)
    names = [address, *ports.local_names(), *HERE]
    folder, now = home_folder() / "keys" / "lan", datetime.now(UTC)
    try:
        authority = crypto.load_or_create_authority(folder, names, now)
        certificate, key = crypto.store_certificate(authority, names, now, folder)
    except crypto.CryptoError as error:
        raise CommandError(
            str(error), f"{folder}：區域網路憑證無法使用。移除該資料夾後會重新產生，平板須重新信任。"
        ) from error
    hosts = [host for host in os.environ.get("SAMEGAUGE_HOSTS", "").split(",") if host]
    shown = [f"[{name}]" if ":" in name else name for name in names]
    os.environ.update(SAMEGAUGE_HTTPS="1", SAMEGAUGE_LAN="1", SAMEGAUGE_HOSTS=",".join([*shown, *hosts]))
    return Lan(shown[0], certificate, key, folder / "authority.pem", authority)


def _address(options: Namespace) -> str:
    """Return where others reach this machine; without --host it listens at every address."""
    if options.host not in {*HERE, EVERY_ADDRESS}:
        return options.host
    options.host = EVERY_ADDRESS
    try:
        return ports.lan_address()
    except ports.PortError as error:
        raise CommandError(
            f"--lan needs a network: {error}. Connect this machine, or name its address with --host.",
            "--lan 需要網路：這台電腦沒有連上網路。先連線，或用 --host 指定位址。",
        ) from error


def show(options: Namespace, lan: Lan, port: int) -> tuple[ports.OpenPages, str]:
    """Serve the page that shows how to trust the authority, and print its code."""
    trust_port = ports.free_port(options.host, port + 1)
    trust = f"http://{lan.address}:{trust_port}/"
    page = trust_page(lan, trust, f"https://{lan.address}:{port}/{TABLET}")
    pages = {
        "/": ("text/html; charset=utf-8", page.encode()),
        AUTHORITY_FILE: ("application/x-x509-ca-cert", lan.authority.der),
    }
    served = ports.OpenPages(options.host, trust_port, pages)
    say(
        options,
        f"Tablets trust this site once, at {trust}\nSHA-256 of its authority: {lan.authority.fingerprint}",
        f"平板請先開啟 {trust} 信任本站（一次即可）\n授權單位的 SHA-256：{lan.authority.fingerprint}",
    )
    if is_public(lan.address):
        warn(
            f"{lan.address} is met from outside your network. Strangers do not trust this site's own authority: "
            "get a certificate from a public one (docs: HTTPS).",
            f"{lan.address} 可由外部網路連線。外人不信任本站自己的授權單位：請改用公信憑證（說明文件：HTTPS）。",
        )
    if sys.stdout.isatty() and not options.json:
        sys.stdout.write(_drawn(trust))
    return served, trust


def is_public(name: str) -> bool:
    """Whether an address, or a name that others resolve, lies outside one's own network."""
    try:
        return ip_address(name).is_global
    except ValueError:
        return "." in name and not name.endswith(tuple(f".{domain}" for domain in crypto.OWN_DOMAINS))


def _drawn(address: str) -> str:
    import segno  # comes with the platform

    picture = io.StringIO()
    segno.make(address, micro=False).terminal(picture, border=2, compact=True)
    return picture.getvalue()


def _square(address: str) -> str:
    import segno  # comes with the platform

    return segno.make(address, micro=False).svg_inline(scale=5, border=2)


def trust_page(lan: Lan, trust: str, tablet: str) -> str:
    """One page in both languages, without script, that works in any browser over plain HTTP."""
    steps = "".join(
        f'<li><strong>{device}</strong><br><span lang="zh-Hant-TW">{chinese}</span><br>{english}</li>'
        for device, english, chinese in STEPS
    )
    return f"""<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>同規 samegauge</title>
<style>
body {{ max-width: 46rem; margin: 0 auto; padding: 16px; color: #1A2026; background: #fff; }}
body {{ font: 18px/1.6 system-ui, "Noto Sans TC", sans-serif; }}
a.go {{ display: block; margin: 16px 0; padding: 18px; border-radius: 8px; background: #1B5E9E; color: #fff; }}
a.go {{ font-weight: 700; text-align: center; text-decoration: none; }}
code {{ overflow-wrap: anywhere; }}
li {{ margin: 8px 0; }}
.codes {{ display: flex; flex-wrap: wrap; gap: 24px; }}
figure {{ margin: 0; }}
</style></head><body>
<h1><span lang="zh-Hant-TW">信任這個站台</span> · Trust this site</h1>
<p><span lang="zh-Hant-TW">平板要離線工作、使用相機，須先信任本站的授權單位，一次即可。它只能為區域網路簽章。</span><br>
A tablet works without network, and lends its camera, only to a site that it trusts. Do this once. The authority can
sign for addresses of this network and for nothing else.</p>
<a class="go" href="{AUTHORITY_FILE}"><span lang="zh-Hant-TW">下載憑證</span> · Download the certificate</a>
<p><span lang="zh-Hant-TW">安裝前，把平板顯示的 SHA-256 與伺服器終端機上的這一行比對：</span><br>
Before installing, compare the SHA-256 that the tablet shows with the line on the server's own screen:<br>
<code>{html.escape(lan.authority.fingerprint)}</code></p>
<ol>{steps}</ol>
<a class="go" href="{html.escape(tablet)}"><span lang="zh-Hant-TW">開啟工站平板</span> · Open the station tablet</a>
<div class="codes">
<figure>{_square(trust)}<figcaption><span lang="zh-Hant-TW">這一頁</span> · This page</figcaption></figure>
<figure>{_square(tablet)}<figcaption><span lang="zh-Hant-TW">工站平板</span> · Station tablet</figcaption></figure>
</div>
</body></html>
"""
