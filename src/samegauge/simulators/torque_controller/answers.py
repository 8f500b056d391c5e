"""What a controller says to each request: plant and request in, messages out."""

from __future__ import annotations

from typing import TYPE_CHECKING

from samegauge.formats.open_protocol import message

if TYPE_CHECKING:
    from collections.abc import Callable

    from samegauge.formats.open_protocol import Message, Value
    from samegauge.simulators.torque_controller.plant import Plant

    Said = tuple[Message, ...]

NO_SUCH_SET, NO_SUCH_RESULT, NO_ALARM, BUSY, OLD_REVISION, UNKNOWN = 2, 15, 58, 96, 97, 99


def refused(mid: int, code: int) -> Message:
    return message("refused", refused_mid=mid, code=code)


def accepted(asked: Message) -> Message:
    return message("accepted", accepted_mid=asked.mid)


def alarm_status(plant: Plant) -> Message:
    values: dict[str, Value] = {"active": int(bool(plant.alarm)), "code": plant.alarm, "controller_ready": 1}
    return message("alarm_status", 1, **values, tool_ready=int(not plant.alarm), raised_at=plant.now())


def _started(plant: Plant, asked: Message) -> Said:
    values: dict[str, Value] = {"cell_id": 1, "channel_id": 1, "controller_name": plant.name, "supplier_code": "SIM"}
    return (message("communication_started", asked.revision, **values, controller_software="samegauge"),)


def _parameter_sets(plant: Plant, _asked: Message) -> Said:
    return (message("parameter_sets", numbers=tuple(sorted(plant.parameter_sets))),)


def _parameter_set(plant: Plant, asked: Message) -> Said:
    one = plant.parameter_sets.get(asked.number("parameter_set"))
    if one is None:
        return (refused(asked.mid, NO_SUCH_SET),)
    names = ("batch_size", "torque_min", "torque_max", "torque_target", "angle_min", "angle_max", "angle_target")
    values: dict[str, Value] = {name: getattr(one, name) for name in names}
    return (message("parameter_set", 1, **values, parameter_set=one.number, parameter_set_name=one.name, rotation=1),)


def _selected(plant: Plant, asked: Message) -> Said:
    number = asked.number("parameter_set")
    if number not in plant.parameter_sets:
        return (refused(asked.mid, NO_SUCH_SET),)
    plant.selected, plant.batch_counter = number, 0
    return accepted(asked), message("selected_parameter_set", parameter_set=number, changed_at=plant.now())


def _tool(plant: Plant, _asked: Message) -> Said:
    return (message("tool", tool_serial="SIM-0001", tightenings=plant.last_id, controller_serial="SIM-1"),)


def _switched(plant: Plant, asked: Message) -> Said:
    plant.enabled = asked.name == "enable_tool"
    return (accepted(asked),)


def _identified(plant: Plant, asked: Message) -> Said:
    plant.identifier = asked.text("identifier")
    return accepted(asked), message("identifier", identifier=plant.identifier)


def _old_result(plant: Plant, asked: Message) -> Said:
    values = plant.results.get(asked.number("tightening_id") or plant.last_id)
    if values is None:
        return (refused(asked.mid, NO_SUCH_RESULT),)
    return (message("old_result", asked.revision, **values),)


def _alarm_silenced(plant: Plant, asked: Message) -> Said:
    if not plant.alarm:
        return (refused(asked.mid, NO_ALARM),)
    code, plant.alarm = plant.alarm, ""
    return accepted(asked), message("alarm_acknowledged", code=code)


def _time(plant: Plant, _asked: Message) -> Said:
    return (message("time", time=plant.now()),)


def _plainly_accepted(_plant: Plant, asked: Message) -> Said:
    return (accepted(asked),)


def _alive(_plant: Plant, asked: Message) -> Said:
    return (asked,)


ANSWERS: dict[str, Callable[[Plant, Message], Said]] = {
    "communication_start": _started,
    "communication_stop": _plainly_accepted,
    "ask_parameter_sets": _parameter_sets,
    "ask_parameter_set": _parameter_set,
    "select_parameter_set": _selected,
    "ask_tool": _tool,
    "disable_tool": _switched,
    "enable_tool": _switched,
    "download_identifier": _identified,
    "ask_old_result": _old_result,
    "acknowledge_alarm_on_controller": _alarm_silenced,
    "ask_time": _time,
    "set_time": _plainly_accepted,
    "keep_alive": _alive,
}
# What is told besides an answer goes to those who subscribed to it.
TOLD_TO = {"selected_parameter_set": "parameter_set", "identifier": "identifier", "alarm_acknowledged": "alarms"}
# What a (un)subscription is about, whether it begins, and the code if it is so already.
SUBSCRIPTIONS = {
    "subscribe_results": ("results", True, 9),
    "unsubscribe_results": ("results", False, 10),
    "subscribe_alarms": ("alarms", True, 11),
    "unsubscribe_alarms": ("alarms", False, 12),
    "subscribe_selected_parameter_set": ("parameter_set", True, 13),
    "unsubscribe_selected_parameter_set": ("parameter_set", False, 14),
    "subscribe_identifier": ("identifier", True, 6),
    "unsubscribe_identifier": ("identifier", False, 7),
}
