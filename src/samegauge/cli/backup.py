"""`samegauge backup FILE`: everything the site keeps, in one file, while it runs."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from samegauge.cli.output import DONE, QUARANTINED, CommandError, ProgressLine, say, say_json, text
from samegauge.cli.site import open_site

if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace


def add_arguments(parser: ArgumentParser) -> None:
    parser.add_argument("file", type=Path, help=text("new file to write", "要產生的檔案"), metavar="FILE")


def run(options: Namespace) -> int:
    site = open_site()
    from samegauge.core.backup.errors import BackupError
    from samegauge.core.backup.making import make_backup

    line = ProgressLine()
    try:
        made = make_backup(site.home, options.file, line.tell)
    except BackupError as error:
        raise CommandError(str(error), error.message_zh) from error
    finally:
        line.clear()
    manifest, mib = made.manifest, made.size_bytes / 2**20
    say(
        options,
        f"Wrote {made.path}: {mib:.1f} MiB, {manifest.rows} records, {manifest.vault_files} files of the vault, "
        f"{len(manifest.lakes)} lakes, in {made.elapsed_s:.1f} s. Signing keys are not in it: `samegauge backup-keys`.",
        f"已寫入 {made.path}：{mib:.1f} MiB，{manifest.rows} 筆資料、{manifest.vault_files} 個檔案、"
        f"{len(manifest.lakes)} 個資料湖，費時 {made.elapsed_s:.1f} 秒。"
        "不含簽章金鑰，請用 `samegauge backup-keys` 另行備份。",
    )
    for fault in manifest.faults:
        say(
            options,
            f"Not whole on this site: {fault}. Run `samegauge doctor`.",
            f"本站的檔案不完整：{fault}。執行 `samegauge doctor`。",
        )
    say_json(options, made.report())
    return QUARANTINED if manifest.faults else DONE
