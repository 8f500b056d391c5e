"""What the sanity check says: what is wrong, where, and what to do, in both languages."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Any


class Weight(StrEnum):
    FAULT = "fault"  # data are lost, damaged or in danger
    REMARK = "remark"  # nothing is lost; somebody should look


@dataclass(frozen=True)
class Finding:
    kind: str
    where: str
    detail: str = ""
    detail_zh: str = ""

    @property
    def weight(self) -> Weight:
        return TEXTS[self.kind][0]

    @property
    def message(self) -> str:
        return f"{TEXTS[self.kind][1]} ({self.where}{_after_colon(self.detail)}) {TEXTS[self.kind][2]}"

    @property
    def message_zh(self) -> str:
        return (
            f"{TEXTS[self.kind][3]}（{self.where}{_after_colon(self.detail_zh or self.detail)}）。{TEXTS[self.kind][4]}"
        )

    def as_json(self) -> dict[str, Any]:
        return {
            "kind": self.kind,
            "weight": self.weight.value,
            "where": self.where,
            "detail": self.detail,
            "message": self.message,
            "message_zh": self.message_zh,
        }


def _after_colon(detail: str) -> str:
    return f": {detail}" if detail else ""


_RESTORE = "Restore a backup.", "從備份還原。"
# kind -> weight, what is wrong, what to do, and both in Chinese
TEXTS: dict[str, tuple[Weight, str, str, str, str]] = {
    "database_missing": (
        Weight.FAULT,
        "There is no database.",
        "Start the platform once, or restore a backup.",
        "找不到資料庫",
        "啟動平台一次，或從備份還原。",
    ),
    "database_damaged": (
        Weight.FAULT,
        "The database is damaged.",
        _RESTORE[0],
        "資料庫已損壞",
        _RESTORE[1],
    ),
    "reference_broken": (
        Weight.FAULT,
        "A record refers to another that does not exist.",
        _RESTORE[0],
        "有資料參照到不存在的資料",
        _RESTORE[1],
    ),
    "migration_missing": (
        Weight.REMARK,
        "The tables are of an older version.",
        "They are brought up to date at the next start; the records were not looked at.",
        "資料表屬於較舊的版本",
        "下次啟動時會更新；這次沒有檢查資料內容。",
    ),
    "migration_unknown": (
        Weight.FAULT,
        "The tables are of a newer version than this program.",
        "Install the newest samegauge.",
        "資料表比程式的版本新",
        "安裝最新版的同規。",
    ),
    "event_altered": (
        Weight.FAULT,
        "An event is not what was sealed when it was recorded.",
        "Compare it with a backup, and find out who had access to the database.",
        "事件與記錄當時封存的內容不符",
        "與備份比對，並查明誰存取過資料庫。",
    ),
    "log_entry_altered": (
        Weight.FAULT,
        "The log of all events is not what it was when this got its place in it.",
        "Compare it with a backup and with what a witness signed, and find out who had access to the database.",
        "事件紀錄的這個位置與當時寫入的內容不符",
        "與備份及見證人簽署的內容比對，並查明誰存取過資料庫。",
    ),
    "log_state_altered": (
        Weight.FAULT,
        "A signed state of the log does not fit the log.",
        "Compare it with a backup and with what a witness signed, and find out who had access to the database.",
        "已簽署的紀錄狀態與紀錄內容不符",
        "與備份及見證人簽署的內容比對，並查明誰存取過資料庫。",
    ),
    "event_not_logged": (
        Weight.FAULT,
        "An event has no place in the log: it came into the database past this program.",
        "Find out who had access to the database.",
        "事件不在紀錄中：它是繞過本程式寫入資料庫的",
        "查明誰存取過資料庫。",
    ),
    "event_missing": (
        Weight.FAULT,
        "What stands in the log is not there any more.",
        "Restore a backup, and find out who had access to the database.",
        "紀錄中的內容已不存在",
        "從備份還原，並查明誰存取過資料庫。",
    ),
    "row_altered": (
        Weight.FAULT,
        "A row is not what it was when this program wrote it.",
        "Compare it with a backup, and find out who had access to the database.",
        "資料列與本程式寫入時的內容不符",
        "與備份比對，並查明誰存取過資料庫。",
    ),
    "row_missing": (
        Weight.FAULT,
        "A row that this program wrote is gone.",
        "Compare with a backup, and find out who had access to the database.",
        "本程式寫入的資料列已不存在",
        "與備份比對，並查明誰存取過資料庫。",
    ),
    "row_added": (
        Weight.FAULT,
        "A row came into the database past this program.",
        "Compare with a backup, and find out who had access to the database.",
        "資料列是繞過本程式寫入資料庫的",
        "與備份比對，並查明誰存取過資料庫。",
    ),
    "row_contradicts_event": (
        Weight.FAULT,
        "A row says something else than the event behind it.",
        "The event counts. Compare the row with a backup, and find out who had access to the database.",
        "資料列與它所依據的事件不一致",
        "以事件為準。與備份比對該資料列，並查明誰存取過資料庫。",
    ),
    "event_back_dated": (
        Weight.REMARK,
        "An event came into the log long after it says it was taken in.",
        "An interrupted import does this; else find out who recorded it.",
        "事件寫入紀錄的時間遠晚於它宣稱的收件時間",
        "匯入中斷會造成這種情形；若不是，查明由誰記錄。",
    ),
    "witness_refuses": (
        Weight.FAULT,
        "A witness refuses to sign the log: it is not the one that it saw before.",
        "After a restore: see the guide “Prove that nothing was changed”. Else find out who rewrote it.",
        "見證人拒絕簽署紀錄：它與先前所見的不同",
        "還原備份後會發生，處理方式見說明「證明沒有被更改」。若不是，查明由誰改寫。",
    ),
    "log_behind": (
        Weight.REMARK,
        "Events have been waiting for their place in the log for more than an hour.",
        "The worker has to run: start the platform.",
        "事件等候寫入紀錄已超過一小時",
        "背景工作程式必須執行：啟動平台。",
    ),
    "log_not_begun": (
        Weight.REMARK,
        "What was recorded before there was a log is not in it yet.",
        "The worker does it once: start the platform.",
        "建立紀錄之前的資料尚未寫入",
        "背景工作程式會執行一次：啟動平台。",
    ),
    "vault_file_missing": (
        Weight.FAULT,
        "A file of the vault is missing.",
        "Copy it back from a backup: the archive is a zip and holds it at this path.",
        "檔案庫缺少檔案",
        "從備份複製回來；備份檔是 zip，檔案就在同一個路徑。",
    ),
    "vault_file_damaged": (
        Weight.FAULT,
        "A file of the vault is not what was put in.",
        "Copy it back from a backup: the archive is a zip and holds it at this path.",
        "檔案庫中的檔案內容已改變",
        "從備份複製回來；備份檔是 zip，檔案就在同一個路徑。",
    ),
    "vault_file_unknown": (
        Weight.REMARK,
        "A file of the vault belongs to no record: an interrupted import left it.",
        "It does no harm; it may be deleted while nothing is being imported.",
        "檔案庫中有不屬於任何資料的檔案，是匯入中斷後留下的",
        "不影響使用；沒有匯入進行時可以刪除。",
    ),
    "lake_log_unreadable": (
        Weight.FAULT,
        "The log of a lake cannot be read.",
        _RESTORE[0],
        "資料湖的紀錄檔無法讀取",
        _RESTORE[1],
    ),
    "lake_file_missing": (Weight.FAULT, "A file of a lake is missing.", _RESTORE[0], "資料湖缺少檔案", _RESTORE[1]),
    "lake_file_damaged": (Weight.FAULT, "A file of a lake is damaged.", _RESTORE[0], "資料湖的檔案已損壞", _RESTORE[1]),
    "lake_ledger_disagrees": (
        Weight.FAULT,
        "The ledger of a lake and its rows differ.",
        _RESTORE[0],
        "資料湖的帳與內容不符",
        _RESTORE[1],
    ),
    "lake_file_unknown": (
        Weight.REMARK,
        "A file of a lake is not in its log: an interrupted import left it.",
        "It does no harm; it may be deleted while nothing is being imported.",
        "資料湖中有紀錄檔未列的檔案，是匯入中斷後留下的",
        "不影響使用；沒有匯入進行時可以刪除。",
    ),
    "readings_missing": (
        Weight.FAULT,
        "A file counts as imported, but its readings are not in the lake.",
        "Undo its import with a reason and import the file again, or restore a backup.",
        "檔案顯示已匯入，但資料湖中沒有它的觀測值",
        "註明原因撤銷該次匯入後重新匯入，或從備份還原。",
    ),
    "search_disagrees": (
        Weight.REMARK,
        "The search knows more or fewer records than there are.",
        "Nothing is lost. Run: samegauge reindex.",
        "搜尋索引的筆數與資料不符",
        "資料沒有遺失。執行 samegauge reindex。",
    ),
    "import_unfinished": (
        Weight.REMARK,
        "An import was interrupted and nobody works on it.",
        "Import the same files again: it goes on where it stopped.",
        "匯入中斷且無人處理",
        "再匯入同樣的檔案，會從中斷處繼續。",
    ),
    "import_half_undone": (
        Weight.REMARK,
        "An undone import is still in the lake.",
        "The next import or undo takes it out.",
        "已撤銷的匯入仍在資料湖中",
        "下一次匯入或撤銷時會移除。",
    ),
    "key_unusable": (
        Weight.FAULT,
        "A signing key cannot be used.",
        "Do what the reason says, or bring the key back with `samegauge restore-keys`.",
        "簽章金鑰無法使用",
        "依原因處理，或用 `samegauge restore-keys` 還原金鑰。",
    ),
    "key_missing": (
        Weight.FAULT,
        "The signing key of an organisation that issued passports is gone.",
        "Bring it back with `samegauge restore-keys`; without it the next passport is signed by a new key.",
        "曾簽發履歷護照的組織缺少簽章金鑰",
        "用 `samegauge restore-keys` 還原；否則下一份履歷護照會以新金鑰簽章。",
    ),
    "key_not_trusted": (
        Weight.FAULT,
        "A signing key is not the one that this site trusts under its name.",
        "Bring the right key back with `samegauge restore-keys`.",
        "簽章金鑰與本站信任的公鑰不符",
        "用 `samegauge restore-keys` 還原正確的金鑰。",
    ),
    "open_to_others": (
        Weight.FAULT,
        "Others on this machine can read what is for its owner alone.",
        "Run: chmod go-rwx on it.",
        "這台電腦的其他使用者可以讀取",
        "對它執行 chmod go-rwx。",
    ),
    "disk_nearly_full": (
        Weight.FAULT,
        "The disk is nearly full: imports and backups will stop.",
        "Make room, or move the data folder.",
        "磁碟即將用盡，匯入與備份將會中斷",
        "騰出空間，或搬移資料夾。",
    ),
    "walls_altered": (
        Weight.FAULT,
        "A part of the walls between organisations is missing or was altered in the database.",
        "Stop the platform and run `samegauge migrate`, which builds them anew; find out who altered them.",
        "資料庫中隔開各組織的機制有缺漏或被更動",
        "停止平台並執行 `samegauge migrate` 重新建立，並查明是誰更動的。",
    ),
    "second_place_away": (
        Weight.FAULT,
        "The second place for backups cannot be used.",
        "Do what the reason says; until then there is no new backup.",
        "無法使用第二備份位置",
        "依原因處理；在此之前不會有新的備份。",
    ),
    "backup_overdue": (
        Weight.FAULT,
        "There has been no good backup for more than two days.",
        "Open the page “Backup”: it says why the last one failed. The worker has to run.",
        "超過兩天沒有完好的備份",
        "開啟「備份」頁面查看上次失敗的原因，並確認背景工作程式正在執行。",
    ),
    "key_not_backed_up": (
        Weight.REMARK,
        "A signing key is in no sealed copy that this site knows of.",
        "Run `samegauge backup-keys FILE` and keep the file apart from the backups.",
        "簽章金鑰沒有已知的加密副本",
        "執行 `samegauge backup-keys FILE`，並把檔案與備份分開保存。",
    ),
    "key_backup_old": (
        Weight.REMARK,
        "For more than a year nobody has shown that the sealed copy of the signing keys can be opened.",
        "Make a new one with `samegauge backup-keys FILE`.",
        "超過一年沒有確認簽章金鑰的加密副本仍可開啟",
        "用 `samegauge backup-keys FILE` 重新產生一份。",
    ),
    "clock_behind": (
        Weight.FAULT,
        "The clock of this machine is behind the newest event.",
        "Set the clock; turn time synchronisation on.",
        "這台電腦的時鐘落後於最新的事件",
        "校正時鐘並開啟時間同步。",
    ),
}
