"""`samegauge witness`: a witness in a folder, for another machine or another organisation; no database, no network.

Exit status 0: signed, or told its key; 1: refused, and a rewritten history is said loudly; 2: wrong use.
"""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from samegauge.cli.output import DONE, FAILED, MISUSED, CommandError, say, say_json, text, warn
from samegauge.core.merkle_log.witness import Status, WitnessError, open_witness
from samegauge.core.site import home_folder
from samegauge.doors.crypto import CryptoError
from samegauge.formats.checkpoint import MOST_BYTES, CheckpointError, NoteKey

if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace

    from samegauge.core.merkle_log.witness import Witness


def add_arguments(parser: ArgumentParser) -> None:
    parser.add_argument(
        "request", nargs="?", type=Path, help=text("what the log's owner sent", "紀錄擁有者送來的檔案"), metavar="FILE"
    )
    parser.add_argument(
        "--folder",
        type=Path,
        help=text("where the witness keeps its key and memory", "見證人存放金鑰與記憶的資料夾"),
        metavar="DIR",
    )
    parser.add_argument(
        "--name",
        default="",
        help=text(
            "make a witness of this name, such as association.example/w1",
            "建立此名稱的見證人，例如 association.example/w1",
        ),
        metavar="NAME",
    )
    parser.add_argument(
        "--add-log",
        default="",
        help=text("believe this key of a log from now on", "從現在起信任這個紀錄的金鑰"),
        metavar="KEY",
    )
    parser.add_argument(
        "--out", type=Path, help=text("file for the signature, to give back", "簽章檔案，交還給擁有者"), metavar="FILE"
    )


def run(options: Namespace) -> int:
    folder = options.folder or home_folder() / "witness"
    try:
        witness = open_witness(folder, options.name)
        if options.add_log:
            witness.add_log(NoteKey.from_text(options.add_log))
        if options.request is not None:
            return _answer(options, witness)
    except WitnessError as error:
        raise CommandError(
            f"{error} Name the folder of one with --folder, or make one with --name.",
            f"{folder}：{error} 用 --folder 指定見證人的資料夾，或用 --name 建立。",
            MISUSED,
        ) from error
    except (CheckpointError, CryptoError) as error:
        raise CommandError(str(error), f"無法使用：{error}", MISUSED) from error
    say(options, f"Key of this witness: {witness.key.text}", f"這個見證人的金鑰：{witness.key.text}")
    for origin, size in witness.logs():
        say(options, f"  {origin}: {size} entries seen", f"  {origin}：已見 {size} 筆")
    say_json(options, {"name": witness.name, "key": witness.key.text, "logs": dict(witness.logs())})
    return DONE


def _answer(options: Namespace, witness: Witness) -> int:
    try:
        with options.request.open("rb") as stream:
            data = stream.read(MOST_BYTES + 1)
    except OSError as error:
        raise CommandError(
            f"{options.request} cannot be read: {error.strerror}.",
            f"無法讀取 {options.request}：{error.strerror}。",
            MISUSED,
        ) from error
    decision = witness.answer(data, datetime.now(UTC))
    outcome = {"status": int(decision.status), "answer": decision.body, "alarm": decision.shout}
    if decision.status is not Status.SIGNED:
        if decision.shout:
            warn(f"*** ALARM: {decision.shout} ***", f"*** 警報：{decision.shout_zh} ***")
        said = decision.body.strip()
        warn(f"Refused ({int(decision.status)}): {said}", f"拒絕（{int(decision.status)}）：{said}")
        say_json(options, outcome)
        return FAILED
    target = options.out or options.request.with_suffix(".signed.txt")
    target.write_text(decision.body, "utf-8")
    say(options, f"Signed. Give {target} back.", f"已簽署。把 {target} 交還。")
    say_json(options, {**outcome, "file": str(target)})
    return DONE
