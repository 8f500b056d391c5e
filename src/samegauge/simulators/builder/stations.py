"""The route: 54 assembly stations with their gates. Limits and spreads are assumed, of the trade's order of size."""

from __future__ import annotations

from dataclasses import dataclass

from samegauge.simulators.builder.records import Gate, Words

TABLE_TABLE, HEAD_TABLE, GANTRY = "TT5", "HT8", "GH20"
EVERY_MODEL = (TABLE_TABLE, HEAD_TABLE, GANTRY)
OPERATORS_PER_PHASE = 3

PHASES = {
    "structure": Words("Structure", "結構"),
    "axes": Words("Linear axes", "線性軸"),
    "spindle": Words("Spindle", "主軸"),
    "rotary": Words("Rotary axes", "旋轉軸"),
    "equipment": Words("Tool changer and fluids", "換刀與流體"),
    "electrics": Words("Electrics and control", "電氣與控制"),
    "geometry": Words("Geometry", "幾何精度"),
    "run_off": Words("Compensation and run-off", "補償與試車"),
}


@dataclass(frozen=True)
class Station:
    number: int
    phase: str
    name: Words
    minutes: int
    gates: tuple[Gate, ...]
    models: tuple[str, ...] = EVERY_MODEL

    @property
    def operators(self) -> tuple[str, ...]:
        first = list(PHASES).index(self.phase) * OPERATORS_PER_PHASE
        return tuple(f"OP-{number:02d}" for number in range(first + 1, first + 1 + OPERATORS_PER_PHASE))


def _upto(key: str, en: str, zh: str, unit: str, upper: float, spread: tuple[float, float]) -> Gate:
    """A form, position or run-out: the smaller the better, never below zero."""
    return Gate(key, Words(en, zh), unit, None, upper, *spread)


def _between(key: str, words: tuple[str, str], unit: str, limits: tuple[float, float], spread: float) -> Gate:
    """A setting, centred between its limits."""
    return Gate(key, Words(*words), unit, *limits, sum(limits) / 2, spread)


def _axis_guides(first: int, axis: str) -> tuple[Station, ...]:
    low = axis.lower()
    return (
        Station(
            first,
            "axes",
            Words(f"{axis} rails", f"{axis} 軸滑軌安裝"),
            260,
            (
                _upto(f"rail_parallel_{low}", f"{axis} rail parallelism", f"{axis} 軸滑軌平行度", "µm", 8, (4.0, 1.5)),
                _upto(f"rail_straight_{low}", f"{axis} rail straightness", f"{axis} 軸滑軌真直度", "µm", 8, (3.5, 1.0)),
            ),
        ),
        Station(
            first + 1,
            "axes",
            Words(f"{axis} screw bearing blocks", f"{axis} 軸螺桿軸承座"),
            150,
            (
                _upto(
                    f"block_coaxial_{low}",
                    f"{axis} bearing block coaxiality",
                    f"{axis} 軸軸承座同軸度",
                    "µm",
                    15,
                    (8.0, 2.5),
                ),
            ),
        ),
        Station(
            first + 2,
            "axes",
            Words(f"{axis} ball screw", f"{axis} 軸滾珠螺桿安裝"),
            190,
            (
                _upto(f"screw_runout_{low}", f"{axis} screw run-out", f"{axis} 軸螺桿偏擺", "µm", 12, (6.5, 2)),
                _upto(f"screw_play_{low}", f"{axis} screw axial play", f"{axis} 軸螺桿軸向竄動", "µm", 4, (1.8, 0.83)),
            ),
        ),
    )


def _axis_drive(first: int, axis: str) -> tuple[Station, ...]:
    low = axis.lower()
    return (
        Station(
            first,
            "axes",
            Words(f"{axis} drag torque", f"{axis} 軸拖動扭矩"),
            80,
            (_between(f"drag_{low}", (f"{axis} drag torque", f"{axis} 軸拖動扭矩"), "N·m", (1.5, 4.5), 0.45),),
        ),
        Station(
            first + 1,
            "axes",
            Words(f"{axis} motor and coupling", f"{axis} 軸馬達與聯軸器"),
            110,
            (
                _upto(
                    f"coupling_runout_{low}", f"{axis} coupling run-out", f"{axis} 軸聯軸器偏擺", "µm", 20, (10.0, 2.4)
                ),
            ),
        ),
        Station(
            first + 2,
            "axes",
            Words(f"{axis} encoder", f"{axis} 軸編碼器"),
            90,
            (
                _between(
                    f"encoder_signal_{low}",
                    (f"{axis} encoder signal", f"{axis} 軸編碼器訊號"),
                    "V",
                    (0.8, 1.2),
                    0.04,
                ),
            ),
        ),
    )


def _rotary(first: int, which: int) -> tuple[Station, ...]:
    en, zh = f"Rotary axis {which}", f"旋轉軸 {which}"
    return (
        Station(
            first,
            "rotary",
            Words(f"{en}: bearing", f"{zh}：軸承"),
            180,
            (
                _upto(f"axial_runout_r{which}", f"{en} axial run-out", f"{zh}軸向偏擺", "µm", 5, (2.4, 0.92)),
                _upto(f"radial_runout_r{which}", f"{en} radial run-out", f"{zh}徑向偏擺", "µm", 5, (2.6, 0.83)),
            ),
        ),
        Station(
            first + 1,
            "rotary",
            Words(f"{en}: motor and brake", f"{zh}：馬達與煞車"),
            140,
            (_between(f"brake_r{which}", (f"{en} brake torque", f"{zh}煞車扭矩"), "N·m", (1800, 2600), 120),),
        ),
        Station(
            first + 2,
            "rotary",
            Words(f"{en}: encoder", f"{zh}：編碼器"),
            120,
            (_upto(f"encoder_error_r{which}", f"{en} encoder error", f"{zh}編碼器誤差", "arcsec", 5, (2.6, 0.83)),),
        ),
    )


def _seat(number: int, axis: str) -> Station:
    low = axis.lower()
    points = (f"{axis} seat bearing points", f"{axis} 軸座面接觸點數")
    return Station(
        number,
        "structure",
        Words(f"{axis} guideway seat scraping", f"{axis} 軸滑軌座面刮研"),
        300,
        (
            _between(f"seat_points_{low}", points, "count", (8, 20), 1.5),
            _upto(f"seat_flat_{low}", f"{axis} seat flatness", f"{axis} 軸座面平面度", "µm", 6, (3.2, 1)),
        ),
    )


def _squareness(number: int, pair: str) -> Station:
    gate = _upto(
        f"square_{pair.lower()}", f"Squareness {pair} over 500 mm", f"{pair} 垂直度（500 mm）", "µm", 14, (5.0, 1.5)
    )
    return Station(number, "geometry", Words(f"Squareness {pair}", f"{pair} 垂直度調整"), 200, (gate,))


STRUCTURE = (
    Station(
        1,
        "structure",
        Words("Bed levelling", "床身調平"),
        150,
        (
            _upto("level_x", "Level along X", "X 向水平", "µm/m", 20, (9.0, 4.1)),
            _upto("level_y", "Level along Y", "Y 向水平", "µm/m", 20, (9.0, 4.1)),
        ),
    ),
    Station(
        2,
        "structure",
        Words("Column on the bed", "立柱安裝"),
        240,
        (_upto("column_joint", "Column joint gap", "立柱結合面間隙", "µm", 20, (9.0, 4.1)),),
        (TABLE_TABLE, HEAD_TABLE),
    ),
    Station(
        3,
        "structure",
        Words("Uprights on the bed", "龍門側柱安裝"),
        360,
        (
            _upto("upright_joint", "Upright joint gap", "側柱結合面間隙", "µm", 25, (11.0, 4.9)),
            _upto("upright_parallel", "Upright parallelism", "側柱平行度", "µm", 30, (14.0, 5.9)),
        ),
        (GANTRY,),
    ),
    Station(
        4,
        "structure",
        Words("Crossbeam on the uprights", "橫樑安裝"),
        330,
        (_upto("beam_parallel", "Crossbeam parallelism to the bed", "橫樑對床身平行度", "µm", 30, (13.0, 5.9)),),
        (GANTRY,),
    ),
    _seat(5, "X"),
    _seat(6, "Y"),
    _seat(7, "Z"),
    Station(
        8,
        "structure",
        Words("Structure bolts", "結構螺栓鎖緊"),
        100,
        (_between("bolt_torque", ("Bolt torque", "螺栓扭矩"), "N·m", (380, 440), 9),),
    ),
)

SPINDLE = (
    Station(
        27,
        "spindle",
        Words("Spindle bearings", "主軸軸承組裝"),
        240,
        (_between("bearing_preload", ("Bearing preload", "軸承預壓"), "N", (420, 580), 25),),
    ),
    Station(
        28,
        "spindle",
        Words("Spindle balancing", "主軸動平衡"),
        120,
        (_upto("spindle_vibration", "Spindle vibration", "主軸振動", "mm/s", 1.0, (0.5, 0.16)),),
    ),
    Station(
        29,
        "spindle",
        Words("Spindle run-in", "主軸跑合"),
        460,
        (_upto("runin_rise", "Temperature rise after run-in", "跑合溫升", "K", 18, (11.0, 2.6)),),
    ),
    Station(
        30,
        "spindle",
        Words("Spindle run-out", "主軸偏擺檢查"),
        90,
        (
            _upto("spindle_runout_nose", "Run-out at the nose", "鼻端偏擺", "µm", 2, (1.0, 0.29)),
            _upto("spindle_runout_300", "Run-out at 300 mm", "300 mm 處偏擺", "µm", 10, (4.6, 0.87)),
        ),
    ),
    Station(
        31,
        "spindle",
        Words("Drawbar force", "拉刀力"),
        60,
        (_between("drawbar_force", ("Drawbar force", "拉刀力"), "kN", (12, 18), 0.95),),
    ),
)

EQUIPMENT = (
    Station(
        39,
        "equipment",
        Words("Tool changer", "換刀裝置"),
        220,
        (_upto("changer_position", "Gripper position error", "夾爪定位誤差", "µm", 80, (38.0, 15)),),
    ),
    Station(
        40,
        "equipment",
        Words("Tool change cycle", "換刀循環"),
        90,
        (_upto("change_time", "Tool change time", "換刀時間", "s", 4.5, (3.4, 0.41)),),
    ),
    Station(
        41,
        "equipment",
        Words("Lubrication", "潤滑"),
        110,
        (_between("oil_pressure", ("Oil pressure", "潤滑壓力"), "bar", (18, 26), 1.2),),
    ),
    Station(
        42,
        "equipment",
        Words("Coolant and chiller", "切削液與冷卻機"),
        160,
        (_upto("chiller_band", "Chiller temperature band", "冷卻溫度波動", "K", 1.0, (0.5, 0.16)),),
    ),
)

ELECTRICS = (
    Station(
        43,
        "electrics",
        Words("Cabinet wiring", "電控箱配線"),
        420,
        (_between("insulation", ("Insulation resistance", "絕緣電阻"), "MΩ", (100, 900), 120),),
    ),
    Station(
        44,
        "electrics",
        Words("Protective earth", "保護接地"),
        60,
        (_upto("earth", "Earth resistance", "接地電阻", "mΩ", 100, (48.0, 18)),),
    ),
    Station(
        45,
        "electrics",
        Words("Drive tuning", "驅動器調適"),
        240,
        (_upto("following_error", "Following error", "追隨誤差", "µm", 12, (6.5, 2)),),
    ),
    Station(
        46,
        "electrics",
        Words("Safety circuit", "安全迴路"),
        130,
        (_upto("stop_time", "Stopping time", "停止時間", "ms", 300, (210.0, 30)),),
    ),
)

GEOMETRY = (
    _squareness(47, "XY"),
    _squareness(48, "YZ"),
    _squareness(49, "ZX"),
    Station(
        50,
        "geometry",
        Words("Spindle parallel to Z", "主軸與 Z 軸平行度"),
        140,
        (_upto("spindle_z", "Spindle to Z over 300 mm", "主軸對 Z 軸平行度（300 mm）", "µm", 10, (4.8, 1.6)),),
    ),
    Station(
        51,
        "geometry",
        Words("Spindle tram to the table", "主軸對工作台垂直度"),
        140,
        (_upto("tram", "Tram over 300 mm", "旋轉一周讀數差（300 mm）", "µm", 12, (5.8, 2)),),
    ),
)

RUN_OFF = (
    Station(
        52,
        "run_off",
        Words("Laser compensation", "雷射補償"),
        330,
        (_upto("residual_pitch", "Residual pitch error", "補償後節距誤差", "µm", 6, (3.2, 1)),),
    ),
    Station(
        53,
        "run_off",
        Words("Ball bar", "循圓測試"),
        120,
        (_upto("circularity", "Circular deviation", "循圓偏差", "µm", 9, (5.2, 1.4)),),
    ),
    Station(
        54,
        "run_off",
        Words("Run-off", "連續試車"),
        470,
        (_upto("spindle_rise", "Spindle temperature rise", "主軸溫升", "K", 20, (13.0, 2.5)),),
    ),
)

STATIONS = (
    *STRUCTURE,
    *_axis_guides(9, "X"),
    *_axis_drive(12, "X"),
    *_axis_guides(15, "Y"),
    *_axis_drive(18, "Y"),
    *_axis_guides(21, "Z"),
    *_axis_drive(24, "Z"),
    *SPINDLE,
    *_rotary(32, 1),
    *_rotary(35, 2),
    Station(
        38,
        "rotary",
        Words("Rotary axes to each other", "旋轉軸交會"),
        200,
        (_upto("axes_offset", "Offset of the rotary axes", "旋轉軸偏置", "µm", 15, (7.5, 2.6)),),
    ),
    *EQUIPMENT,
    *ELECTRICS,
    *GEOMETRY,
    *RUN_OFF,
)
