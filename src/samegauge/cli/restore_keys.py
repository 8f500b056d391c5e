"""`samegauge restore-keys FILE`: the signing keys back in their place; one that is there is never replaced."""

from __future__ import annotations

from typing import TYPE_CHECKING

from samegauge.cli.output import DONE, say, say_json
from samegauge.cli.passphrase import add_key_file_arguments, with_keys

if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace


def add_arguments(parser: ArgumentParser) -> None:
    add_key_file_arguments(parser, "file made by backup-keys", "backup-keys 產生的檔案")


def run(options: Namespace) -> int:
    from samegauge.core.backup.keys import restore_keys

    key_ids = with_keys(options, restore_keys, twice=False)
    say(options, f"{len(key_ids)} signing keys are in place.", f"{len(key_ids)} 把簽章金鑰已就位。")
    say_json(options, {"file": str(options.file), "key_ids": key_ids})
    return DONE
