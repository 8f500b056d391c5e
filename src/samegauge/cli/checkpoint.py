"""`samegauge checkpoint`: the signed state of the log as a file for a witness, and the witness's file back."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from samegauge.cli.importing import add_organisation_argument, chosen_organisation
from samegauge.cli.output import DONE, MISUSED, CommandError, say, say_json, text
from samegauge.cli.site import open_site
from samegauge.doors.crypto import CryptoError
from samegauge.formats.checkpoint import MOST_BYTES

if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace


def add_arguments(parser: ArgumentParser) -> None:
    parser.add_argument(
        "--out", type=Path, help=text("file to write for a witness", "交給見證人的檔案"), metavar="FILE"
    )
    parser.add_argument(
        "--since",
        type=int,
        default=0,
        help=text("how many entries that witness signed last", "該見證人上次簽署的筆數"),
        metavar="SIZE",
    )
    parser.add_argument(
        "--take", type=Path, help=text("file that the witness gave back", "見證人交還的檔案"), metavar="FILE"
    )
    parser.add_argument(
        "--new-name",
        action="store_true",
        help=text("go on under a new name, after a backup took the log back", "還原備份使紀錄倒退後，改用新名稱繼續"),
    )
    add_organisation_argument(parser)


def run(options: Namespace) -> int:
    open_site()
    from samegauge.core.merkle_log.tree import LogKeyGoneError
    from samegauge.core.merkle_log.witnessing import AnswerError
    from samegauge.core.scope import organisation_scope

    with organisation_scope(chosen_organisation(options.org)):
        try:
            outcome = _taken(options) if options.take else _signed(options)
        except AnswerError as error:
            raise CommandError(str(error), error.message_zh) from error
        except (LogKeyGoneError, CryptoError) as error:
            raise CommandError(str(error), f"無法簽署：{error}") from error
        except OSError as error:
            raise CommandError(
                f"{error.filename}: {error.strerror}.", f"{error.filename}：{error.strerror}。", MISUSED
            ) from error
    say_json(options, outcome)
    return DONE


def _taken(options: Namespace) -> dict[str, Any]:
    from samegauge.core.merkle_log.witnessing import take_signatures

    with options.take.open("rb") as stream:
        names = take_signatures(stream.read(MOST_BYTES))
    say(options, f"Signed by {', '.join(names)}.", f"見證人 {'、'.join(names)} 已簽署。")
    return {"witnesses": names}


def _signed(options: Namespace) -> dict[str, Any]:
    from samegauge.core.merkle_log.tree import begin_anew, checkpoint_of, current_log, log_key, sign_newest, take_over
    from samegauge.core.merkle_log.witnessing import request_for

    if options.new_name:
        begin_anew()
    take_over()
    state = sign_newest(datetime.now(UTC))
    if state is None:
        raise CommandError("The log is empty: nothing has been recorded yet.", "紀錄是空的：尚未記錄任何內容。")
    log, checkpoint = current_log(), checkpoint_of(state).checkpoint
    since = options.since if 0 <= options.since <= state.size else 0
    if options.out:
        options.out.write_text(request_for(state, since).text, "utf-8")
        say(options, f"Wrote {options.out}: give it to the witness.", f"已寫入 {options.out}：交給見證人。")
    say(
        options,
        f"{checkpoint.origin}: {state.size} entries, root {checkpoint.root.hex()}",
        f"{checkpoint.origin}：{state.size} 筆，根雜湊 {checkpoint.root.hex()}",
    )
    key = log_key(log).text
    say(options, f"Key of the log: {key}", f"紀錄的金鑰：{key}")
    return {"origin": checkpoint.origin, "size": state.size, "root": checkpoint.root.hex(), "key": key}
