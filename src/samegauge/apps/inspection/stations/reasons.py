"""Why an entry does not do what it was meant to do: kept with it, in both languages, for whoever reads it later."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    Said = Mapping[str, str]

MOST_NAMED = 3


def said(en: str, zh: str) -> dict[str, str]:
    return {"en": en, "zh": zh}


def taken_back() -> Said:
    return said("It was taken back.", "已收回。")


def not_here_yet() -> Said:
    return said(
        "The entry that it takes back has not arrived. It counts as soon as that one does.",
        "要收回的那一筆還沒送到；送到後就會生效。",
    )


def not_to_be_taken_back() -> Said:
    return said(
        "Only an entry of a step at the same unit and station can be taken back.",
        "只能收回同一台、同一站的步驟紀錄。",
    )


def not_ones_own() -> Said:
    return said(
        "Somebody else recorded it. Ask that person or a supervisor to take it back.",
        "這一筆是別人記錄的。請本人或主管收回。",
    )


def closed_since() -> Said:
    return said(
        "The station was finished since. Ask a supervisor to take it back.",
        "之後這一站已報完工。請主管收回。",
    )


def not_on_the_way(station: str) -> Said:
    return said(f"Station {station} is not on the route of this unit.", f"這一台的途程不經過 {station} 站。")


def not_in_force() -> Said:
    return said(
        "Its revision of the procedure did not hold for this serial number at that time. Do the step again by the one "
        "that does, or have a supervisor release the station.",
        "當時這個版次的作業標準不適用於這個序號。改用適用的版次重做，或由主管放行。",
    )


def no_such_step(procedure: str) -> Said:
    return said(
        f"{procedure}, by which the work was begun, has no such step.", f"開始作業時的 {procedure} 沒有這個步驟。"
    )


def used_in(serial: str, holder: str) -> Said:
    return said(
        f"{serial} is in {holder}. Scan the right one, or have its removal recorded.",
        f"{serial} 已裝在 {holder}。掃描正確的那顆，或先登記拆除。",
    )


def unknown_part(serial: str) -> Said:
    return said(
        f"No part with the serial number {serial} is registered. Scan another, or have it registered first.",
        f"沒有登錄過序號 {serial} 的零件。掃描另一顆，或先登錄。",
    )


def wrong_part(serial: str, item: str, wanted: str) -> Said:
    return said(f"{serial} is a {item}; this step needs a {wanted}.", f"{serial} 是 {item}；這個步驟需要 {wanted}。")


def blocked_part(serial: str, why: str) -> Said:
    return said(
        f"{serial} is blocked: {why}. Scan another, or have it released.",
        f"{serial} 已被封鎖：{why}。掃描另一顆，或先解除封鎖。",
    )


def failed_part(serial: str) -> Said:
    return said(
        f"{serial} did not pass its inspection. Scan another, or have it decided what becomes of it.",
        f"{serial} 檢驗未通過。掃描另一顆，或先決定如何處置。",
    )


def itself(serial: str) -> Said:
    return said(f"{serial} cannot go into itself.", f"{serial} 不能裝入自己。")


def no_instrument() -> Said:
    return said("No instrument is named. Measure again and say with which.", "沒有指明量具。重新量測並選擇量具。")


def wrong_instrument(number: str, wanted: Said) -> Said:
    return said(
        f"{number} is not of the kind that this step needs: {wanted['en']}.",
        f"{number} 不是這個步驟需要的量具種類：{wanted['zh']}。",
    )


def outside() -> Said:
    return said(
        "The value is outside the limits; the step stays open. Adjust and measure again, or record a nonconformity.",
        "數值超出界限，步驟未完成。調整後重新量測，或登記不合格。",
    )


def unchecked() -> Said:
    return said("It is not checked off.", "還沒確認。")


def not_passing() -> Said:
    return said("This choice does not close the step.", "選了這一項，步驟不算完成。")


def no_picture() -> Said:
    return said("Its picture has not arrived yet.", "照片還沒送到。")


def missing(texts: Sequence[Said]) -> Said:
    named = texts[:MOST_NAMED]
    more, more_zh = (" …", "…") if len(texts) > MOST_NAMED else ("", "")
    en = "; ".join(text.get("en", "") for text in named)
    zh = "、".join(text.get("zh") or text.get("en", "") for text in named)
    return said(
        f"{len(texts)} steps are not done: {en}{more}. Do them, then ask again."
        if len(texts) > 1
        else f"One step is not done: {en}. Do it, then ask again.",
        f"還有 {len(texts)} 個步驟未完成：{zh}{more_zh}。完成後再報完工。",
    )


def held() -> Said:
    return said(
        "Something outside the station holds the unit. Clear it, then ask again.",
        "有站外的原因扣住這一台。排除後再報完工。",
    )


def waits_for(stations: Sequence[str]) -> Said:
    named = ", ".join(stations[:MOST_NAMED]) + (" …" if len(stations) > MOST_NAMED else "")
    return said(f"Done here; the unit leaves when {named} is released.", f"本站已完成；{named} 放行後才能往下一站。")
