"""Starts the platform: tables, web server and worker, under one supervisor."""

from __future__ import annotations

import contextlib
import ipaddress
import os
import shutil
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from samegauge.cli import home_lock, lan, schema, supervisor
from samegauge.cli.going_back import GoingBack
from samegauge.cli.output import DONE, MISUSED, CommandError, say, say_json, text
from samegauge.cli.site import refuse_unfinished_restore
from samegauge.core.site import Site, home_folder
from samegauge.doors import ports, process

if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace
    from pathlib import Path

WAIT_FOR_OWN_PORT_S = 10.0
FORGOTTEN_AFTER_S = 3600.0


def add_arguments(parser: ArgumentParser) -> None:
    parser.add_argument(
        "--host",
        default="127.0.0.1",
        help=text("address to listen on (default: this machine alone)", "監聽位址（預設僅限本機）"),
    )
    parser.add_argument("--port", type=int, default=8000, help=text("port (default: 8000)", "連接埠（預設 8000）"))
    parser.add_argument(
        "--lan",
        action="store_true",
        help=text(
            "serve tablets in this network over https, with a certificate of this site's own",
            "以本站自有憑證提供 https，供區域網路內的平板連線",
        ),
    )


def run(options: Namespace) -> int:
    refuse_unfinished_restore(home_folder())
    network = lan.prepare(options) if options.lan else None
    site = Site.from_environment()
    _refuse_plain_http(options.host, site)
    with home_lock.held(site.home) as lock:
        port = _port(options, lock.left_behind)
        address = f"https://{network.address}:{port}/" if network else f"http://{_shown(options.host)}:{port}/"
        if network:
            os.environ.setdefault("SAMEGAUGE_ADDRESS", address)
        lock.write({"pid": os.getpid(), "port": port, "address": address})
        keeper, back = supervisor.Supervisor(), GoingBack(site.home)
        start = Start(port, address, network)
        keeper.listen_for_signals()
        back.begin_with()
        _sweep(site.home)
        if not schema.is_current(site):
            say(options, "Preparing the database.", "正在準備資料庫。")
            _ours("migrate")
        try:
            while _kept_up(options, keeper, start, back):
                keeper.end()
                back.exchange()
        finally:
            back.end()
            keeper.end()
            if start.pages:
                start.pages.end()
            schema.settle(site)
            _sweep(site.home)
    say(options, "Stopped.", "已停止。")
    return DONE


@dataclass
class Start:
    """Where this start is met; the page for tablets is opened with the first answer and stays."""

    port: int
    address: str
    network: lan.Lan | None
    pages: ports.OpenPages | None = None


def _kept_up(options: Namespace, keeper: supervisor.Supervisor, start: Start, back: GoingBack) -> bool:
    """Run web and worker until asked to stop; True when they have to make way for a backup."""
    network = start.network
    words = ("web", "--host", options.host, "--port", str(start.port), *(network.words if network else ()))
    with ThreadPoolExecutor(1) as beside:
        path = beside.submit(_ours, "first-link")
        keeper.keep(supervisor.Kept("web", words))
        if not keeper.wait_until_ready(options.host, start.port, network.authority_file if network else None):
            return False
    # Not before: on a small machine it would make the first page wait.
    keeper.keep(supervisor.Kept("worker", ("worker",)))
    _announce(options, start, path.result())
    return keeper.run(until=back.is_ready)


def _refuse_plain_http(host: str, site: Site) -> None:
    """Passwords and sessions go over a network only inside https."""
    if site.https or site.plain_http or host == "localhost":
        return
    with contextlib.suppress(ValueError):
        if ipaddress.ip_address(host).is_loopback:
            return
    raise CommandError(
        f"{host} is open to other machines, and plain HTTP would show them passwords. Put a proxy that speaks https in "
        "front and set SAMEGAUGE_HTTPS=1, or, in a network of your own for a trial, set SAMEGAUGE_PLAIN_HTTP=1.",
        f"{host} 可由其他電腦連入，以未加密的 HTTP 連線會洩漏密碼。請在前面架設 https 代理並設定 SAMEGAUGE_HTTPS=1；"
        "若僅在自己的網路試用，請設定 SAMEGAUGE_PLAIN_HTTP=1。",
        MISUSED,
    )


def _sweep(home: Path) -> None:
    """Remove what killed processes left of uploads; the vault's own may belong to an import in another terminal."""
    shutil.rmtree(home / "incoming", ignore_errors=True)
    for path in (home / "vault" / "incoming").glob("*"):
        with contextlib.suppress(FileNotFoundError):
            if time.time() - path.stat().st_mtime > FORGOTTEN_AFTER_S:
                path.unlink()


def _announce(options: Namespace, start: Start, path: str) -> None:
    """Say the address, and where nobody has an account yet, the `path` of the link that makes the first."""
    address = start.address
    say(options, f"samegauge runs at {address}  (Ctrl-C stops it)", f"同規已啟動：{address}　（按 Ctrl-C 停止）")
    facts: dict[str, Any] = {"address": address, "setup_link": None}
    if path:
        facts["setup_link"] = address.rstrip("/") + path
        say(
            options,
            f"Nobody has an account yet. This link makes the owner's, once: {facts['setup_link']}",
            f"尚無任何帳號。用這個一次性連結建立負責人帳號：{facts['setup_link']}",
        )
    if start.network and start.pages is None:
        start.pages, facts["trust"] = lan.show(options, start.network, start.port)
        facts["fingerprint"] = start.network.authority.fingerprint
    say_json(options, facts)


def _port(options: Namespace, left_behind: dict[str, Any]) -> int:
    wait_s = WAIT_FOR_OWN_PORT_S if left_behind.get("port") == options.port else 0.0
    try:
        port = ports.free_port(options.host, options.port, wait_s)
    except ports.PortError as error:
        raise CommandError(
            f"This address cannot be used: {error}. Choose another --host or --port.",
            f"無法使用這個位址：{error}。改用其他 --host 或 --port。",
        ) from error
    if port != options.port:
        say(
            options,
            f"Port {options.port} is taken by another program; port {port} is used instead.",
            f"連接埠 {options.port} 已被其他程式使用，改用 {port}。",
        )
    return port


def _shown(host: str) -> str:
    return f"[{host}]" if ":" in host else host


def _ours(*words: str) -> str:
    try:
        return process.run(supervisor.command(*words)).text
    except process.ProgramFailedError as error:
        raise CommandError(str(error), f"內部指令 {words[0]} 失敗：{error}") from error
