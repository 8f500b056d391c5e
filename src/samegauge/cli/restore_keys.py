"""`samegauge restore-keys FILE`: the signing keys back in their place; one that is there is never replaced."""

from __future__ import annotations

from typing import TYPE_CHECKING

from samegauge.cli.output import DONE, CommandError, say, say_json
from samegauge.cli.passphrase import add_key_file_arguments, asked_passphrase
from samegauge.core.site import home_folder

if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace


def add_arguments(parser: ArgumentParser) -> None:
    add_key_file_arguments(parser, "file made by backup-keys", "backup-keys 產生的檔案")


def run(options: Namespace) -> int:
    from samegauge.core.backup.errors import BackupError
    from samegauge.core.backup.keys import restore_keys

    try:
        key_ids = restore_keys(home_folder(), options.file, asked_passphrase(options, twice=False))
    except BackupError as error:
        raise CommandError(str(error), error.message_zh) from error
    except OSError as error:
        raise CommandError(
            f"{options.file}: {error}. Check the path.", f"{options.file}：{error}。確認路徑。"
        ) from error
    say(options, f"{len(key_ids)} signing keys are in place.", f"{len(key_ids)} 把簽章金鑰已就位。")
    say_json(options, {"file": str(options.file), "key_ids": key_ids})
    return DONE
