"""`samegauge backup-keys FILE`: the signing keys, sealed with a passphrase, to be kept apart from the backups."""

from __future__ import annotations

from typing import TYPE_CHECKING

from samegauge.cli.output import DONE, say, say_json
from samegauge.cli.passphrase import add_key_file_arguments, with_keys

if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace


def add_arguments(parser: ArgumentParser) -> None:
    add_key_file_arguments(parser, "new file to write", "要產生的檔案")


def run(options: Namespace) -> int:
    from samegauge.core.backup.keys import backup_keys

    key_ids = with_keys(options, backup_keys, twice=True)
    say(
        options,
        f"Wrote {options.file} with {len(key_ids)} keys. Without the passphrase nobody can use it, you neither.",
        f"已寫入 {options.file}，共 {len(key_ids)} 把金鑰。沒有密語就無法使用，請妥善保管。",
    )
    say_json(options, {"file": str(options.file), "key_ids": key_ids})
    return DONE
