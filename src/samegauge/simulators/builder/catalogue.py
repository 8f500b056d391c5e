"""Three five-axis models of nobody's, what they are built of, and who supplies it. Prices and lives are assumed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from samegauge.simulators.builder.records import Gate, Party, Words
from samegauge.simulators.builder.stations import GANTRY, HEAD_TABLE, TABLE_TABLE

if TYPE_CHECKING:
    from collections.abc import Iterator

BUILDER = Words("Simulated machine builder", "模擬工具機廠")
FOUNDRIES = (
    Party("FA", Words("Simulated foundry A", "模擬鑄造廠 A")),
    Party("FB", Words("Simulated foundry B", "模擬鑄造廠 B")),
)
SUPPLIERS = tuple(Party(f"S{n}", Words(f"Simulated supplier {n}", f"模擬供應商 {n}")) for n in range(1, 7))
CUSTOMERS = tuple(Party(f"C-{x}", Words(f"Simulated customer {x}", f"模擬客戶 {x}")) for x in "ABCDEF")
REVISION_DAYS = {"A": -200, "B": 150, "C": 420}
"""Day of release of each design revision, counted from the start."""


@dataclass(frozen=True)
class Model:
    code: str
    name: Words
    kinematics: str
    size: int
    """0, 1, 2: which size of bought parts it takes."""
    castings: tuple[str, ...]
    share: float


MODELS = {
    TABLE_TABLE: Model(
        TABLE_TABLE,
        Words("Five-axis machine, trunnion table", "五軸加工機，搖籃工作台"),
        "table/table",
        0,
        ("bed", "column", "saddle", "headstock", "cradle"),
        0.5,
    ),
    HEAD_TABLE: Model(
        HEAD_TABLE,
        Words("Five-axis machine, swivel head and rotary table", "五軸加工機，擺頭與旋轉工作台"),
        "head/table",
        1,
        ("bed", "column", "saddle", "headstock", "table"),
        0.3,
    ),
    GANTRY: Model(
        GANTRY,
        Words("Five-axis gantry machine, swivel head", "五軸龍門加工機，雙擺頭"),
        "head/head",
        2,
        ("bed", "upright", "crossbeam", "saddle", "ram"),
        0.2,
    ),
}

OPTIONS: dict[str, tuple[tuple[str, float], ...]] = {
    "spindle_rpm": (("12000", 0.4), ("15000", 0.35), ("20000", 0.25)),
    "magazine": (("30", 0.45), ("40", 0.3), ("60", 0.25)),
    "linear_scales": (("no", 0.45), ("yes", 0.55)),
    "probe": (("no", 0.3), ("yes", 0.7)),
    "through_coolant": (("no", 0.4), ("yes", 0.6)),
}


@dataclass(frozen=True)
class Casting:
    name: Words
    foundry: str
    mass_kg: tuple[int, int, int]
    """By size of model."""


CASTINGS = {
    "bed": Casting(Words("Bed", "床身"), "FA", (2600, 4200, 9800)),
    "column": Casting(Words("Column", "立柱"), "FA", (1500, 2400, 0)),
    "upright": Casting(Words("Upright", "側柱"), "FA", (0, 0, 3600)),
    "saddle": Casting(Words("Saddle", "鞍座"), "FB", (700, 1100, 1900)),
    "headstock": Casting(Words("Headstock", "主軸頭"), "FB", (420, 650, 0)),
    "cradle": Casting(Words("Trunnion cradle", "搖籃"), "FB", (520, 0, 0)),
    "table": Casting(Words("Table", "工作台"), "FB", (0, 900, 0)),
    "crossbeam": Casting(Words("Crossbeam", "橫樑"), "FB", (0, 0, 5200)),
    "ram": Casting(Words("Ram", "滑枕"), "FB", (0, 0, 1300)),
}

STRAIGHTNESS_X = "straightness_x"
RESIDUAL_STRESS = "residual_stress"
CASTING_PLAN = (
    Gate("hardness", Words("Brinell hardness", "布氏硬度"), "HB", 190, 240, 213.0, 5.0, 0),
    Gate("tensile", Words("Tensile strength", "抗拉強度"), "MPa", 280, None, 312.0, 8.0, 0),
    Gate(RESIDUAL_STRESS, Words("Residual stress, hole drilling", "殘留應力（鑽孔法）"), "MPa", None, 90, 38.0, 5.5, 1),
    Gate("seat_height", Words("Seat height deviation", "座面高度偏差"), "mm", -0.2, 0.2, 0.0, 0.045, 3),
)


@dataclass(frozen=True)
class Life:
    """How a kind of part fails: Weibull over running hours, what is seen, what it was, what it takes."""

    shape: float
    scale_h: float
    alarm: str
    symptom: Words
    cause: Words
    repair_h: float
    price_twd: int


@dataclass(frozen=True)
class Bought:
    """A kind of bought part; its item number is `code` and, where it has them, a size or what an option says."""

    code: str
    name: Words
    supplier: str
    lot_size: int
    life: Life
    plan: tuple[Gate, ...] = ()
    option: str = ""
    sized: bool = False

    def item(self, model: Model, options: dict[str, str]) -> str:
        if self.option:
            return f"{self.code}-{options[self.option]}"
        return f"{self.code}-{'SML'[model.size]}" if self.sized else self.code


def _life(weibull: tuple[float, float], alarm: str, symptom: Words, cause: Words, effort: tuple[float, int]) -> Life:
    return Life(*weibull, alarm, symptom, cause, *effort)


BOUGHT = {
    kind.code: kind
    for kind in (
        Bought(
            "SCREW",
            Words("Ball screw", "滾珠螺桿"),
            "S1",
            12,
            _life(
                (2.2, 34000),
                "A3101",
                Words("Position error grows, noise in the axis", "位置誤差變大，軸有異音"),
                Words("Ball screw worn", "滾珠螺桿磨耗"),
                (14.0, 68000),
            ),
            (
                Gate("lead_error", Words("Lead error ep", "導程誤差 ep"), "µm", None, 12, 6.2, 2.1),
                Gate("drag", Words("Preload drag torque", "預壓扭矩"), "N·m", 0.4, 1.2, 0.8, 0.15, 2),
            ),
            sized=True,
        ),
        Bought(
            "RAIL",
            Words("Guideway rail with carriages", "線性滑軌組"),
            "S1",
            24,
            _life(
                (2.0, 60000),
                "A3205",
                Words("Chatter marks, straightness out of limit", "加工面振紋，真直度超差"),
                Words("Guideway worn", "滑軌磨耗"),
                (16.0, 42000),
            ),
            (Gate("rail_parallel", Words("Running parallelism", "行走平行度"), "µm", None, 9, 4.6, 1.5),),
            sized=True,
        ),
        Bought(
            "MOTOR",
            Words("Servo motor", "伺服馬達"),
            "S2",
            16,
            _life(
                (1.3, 62000),
                "A2410",
                Words("Drive overload", "驅動器過載"),
                Words("Motor winding", "馬達繞組劣化"),
                (5.0, 36000),
            ),
            sized=True,
        ),
        Bought(
            "ENC",
            Words("Motor encoder", "馬達編碼器"),
            "S2",
            20,
            _life(
                (1.1, 70000),
                "A2501",
                Words("Encoder signal lost", "編碼器訊號中斷"),
                Words("Encoder failed", "編碼器故障"),
                (4.0, 14000),
            ),
        ),
        Bought(
            "SCALE",
            Words("Linear scale", "光學尺"),
            "S2",
            9,
            _life(
                (1.2, 65000),
                "A2502",
                Words("Scale signal weak", "光學尺訊號過弱"),
                Words("Scale contaminated", "光學尺污染"),
                (5.0, 48000),
            ),
            (Gate("scale_error", Words("Scale error over the length", "光學尺全長誤差"), "µm", None, 5, 2.4, 0.8),),
            sized=True,
        ),
        Bought(
            "BRG",
            Words("Spindle bearing set", "主軸軸承組"),
            "S3",
            7,
            _life(
                (2.0, 30000),
                "A5102",
                Words("Spindle hot and loud", "主軸過熱、異音"),
                Words("Spindle bearing damaged", "主軸軸承損壞"),
                (22.0, 85000),
            ),
            (Gate("ring_runout", Words("Ring run-out", "內環偏擺"), "µm", None, 2.5, 1.2, 0.4, 2),),
        ),
        Bought(
            "SPM",
            Words("Spindle motor", "主軸馬達"),
            "S3",
            8,
            _life(
                (1.3, 70000),
                "A5201",
                Words("Spindle drive overcurrent", "主軸驅動過電流"),
                Words("Spindle motor insulation", "主軸馬達絕緣不良"),
                (12.0, 120000),
            ),
            option="spindle_rpm",
        ),
        Bought(
            "DRB",
            Words("Drawbar", "拉刀桿"),
            "S3",
            10,
            _life(
                (1.8, 28000),
                "A5310",
                Words("Tool not clamped", "刀具未夾緊"),
                Words("Disc springs broken", "碟形彈簧斷裂"),
                (8.0, 22000),
            ),
        ),
        Bought(
            "RBRG",
            Words("Rotary axis bearing", "旋轉軸軸承"),
            "S4",
            10,
            _life(
                (2.0, 46000),
                "A6102",
                Words("Rotary axis error grows", "旋轉軸誤差變大"),
                Words("Rotary bearing worn", "旋轉軸軸承磨耗"),
                (20.0, 76000),
            ),
            (Gate("axial", Words("Axial run-out", "軸向偏擺"), "µm", None, 4, 2.0, 0.64),),
            sized=True,
        ),
        Bought(
            "TQM",
            Words("Torque motor", "力矩馬達"),
            "S4",
            10,
            _life(
                (1.2, 80000),
                "A6201",
                Words("Rotary axis overcurrent", "旋轉軸過電流"),
                Words("Torque motor winding", "力矩馬達繞組劣化"),
                (12.0, 98000),
            ),
            sized=True,
        ),
        Bought(
            "AENC",
            Words("Angle encoder", "角度編碼器"),
            "S2",
            14,
            _life(
                (1.1, 70000),
                "A6301",
                Words("Angle signal lost", "角度訊號中斷"),
                Words("Angle encoder failed", "角度編碼器故障"),
                (6.0, 56000),
            ),
            (Gate("angle_error", Words("Angle error", "角度誤差"), "arcsec", None, 4, 2.0, 0.64),),
        ),
        Bought(
            "BRK",
            Words("Rotary brake", "旋轉軸煞車"),
            "S4",
            12,
            _life(
                (1.7, 34000),
                "A6402",
                Words("Axis moves when clamped", "夾緊後軸仍移動"),
                Words("Brake lining worn", "煞車片磨耗"),
                (7.0, 18000),
            ),
            sized=True,
        ),
        Bought(
            "MAG",
            Words("Tool magazine", "刀庫"),
            "S5",
            6,
            _life(
                (1.4, 16000),
                "A7003",
                Words("Tool change stopped", "換刀中斷"),
                Words("Magazine chain or gripper", "刀鏈或夾爪磨耗"),
                (6.0, 26000),
            ),
            option="magazine",
        ),
        Bought(
            "CNC",
            Words("Numerical control", "數值控制器"),
            "S6",
            10,
            _life(
                (1.0, 60000),
                "A1001",
                Words("Control does not start", "控制器無法開機"),
                Words("Control board", "控制器主板故障"),
                (5.0, 90000),
            ),
        ),
        Bought(
            "DRV",
            Words("Drive module", "驅動模組"),
            "S6",
            16,
            _life(
                (1.0, 48000),
                "A2405",
                Words("Drive alarm", "驅動器警報"),
                Words("Power stage", "功率級故障"),
                (4.0, 34000),
            ),
        ),
        Bought(
            "CHL",
            Words("Chiller", "冷卻機"),
            "S5",
            8,
            _life(
                (1.5, 19000),
                "A8104",
                Words("Coolant temperature high", "冷卻溫度過高"),
                Words("Chiller pump", "冷卻機泵浦故障"),
                (5.0, 31000),
            ),
        ),
        Bought(
            "LUB",
            Words("Lubrication unit", "潤滑單元"),
            "S5",
            8,
            _life(
                (1.4, 24000),
                "A8201",
                Words("Lubrication pressure low", "潤滑壓力不足"),
                Words("Lubrication pump", "潤滑泵故障"),
                (3.0, 9000),
            ),
        ),
    )
}

ADJUSTMENT = _life(
    (1.0, 5200),
    "A9001",
    Words("Machine stopped, limit or hose", "停機，極限開關或管路"),
    Words("Adjusted or resealed, nothing replaced", "調整或重新密封，未更換零件"),
    (2.5, 0),
)
"""What stops a machine without any of its listed parts being replaced."""


@dataclass(frozen=True)
class Place:
    """Where a part goes: its position, the assembly that holds it, and the station that puts it in."""

    position: str
    assembly: str
    kind: str
    station: int


ASSEMBLIES: dict[str, tuple[Words, int]] = {
    "STR": (Words("Structure", "結構總成"), 8),
    "AX": (Words("X axis", "X 軸總成"), 14),
    "AY": (Words("Y axis", "Y 軸總成"), 20),
    "AZ": (Words("Z axis", "Z 軸總成"), 26),
    "SPN": (Words("Spindle unit", "主軸總成"), 31),
    "ROT": (Words("Rotary axes", "旋轉軸總成"), 38),
    "EQP": (Words("Tool changer and fluids", "換刀與流體總成"), 42),
    "CAB": (Words("Electrical cabinet", "電控箱"), 46),
}
"""Each assembly and the station after which it is part of the machine."""


def bought_places(options: dict[str, str]) -> Iterator[Place]:
    """Where bought parts go in a machine with these options."""
    for axis, first in (("X", 9), ("Y", 15), ("Z", 21)):
        assembly = f"A{axis}"
        yield Place(f"{axis}-RAIL-1", assembly, "RAIL", first)
        yield Place(f"{axis}-RAIL-2", assembly, "RAIL", first)
        yield Place(f"{axis}-SCREW", assembly, "SCREW", first + 2)
        yield Place(f"{axis}-MOTOR", assembly, "MOTOR", first + 4)
        yield Place(f"{axis}-ENC", assembly, "ENC", first + 5)
        if options["linear_scales"] == "yes":
            yield Place(f"{axis}-SCALE", assembly, "SCALE", first + 5)
    yield Place("SPN-BRG", "SPN", "BRG", 27)
    yield Place("SPN-MOTOR", "SPN", "SPM", 28)
    yield Place("SPN-DRB", "SPN", "DRB", 31)
    for which, first in ((1, 32), (2, 35)):
        yield Place(f"R{which}-BRG", "ROT", "RBRG", first)
        yield Place(f"R{which}-MOTOR", "ROT", "TQM", first + 1)
        yield Place(f"R{which}-BRK", "ROT", "BRK", first + 1)
        yield Place(f"R{which}-ENC", "ROT", "AENC", first + 2)
    yield Place("MAG", "EQP", "MAG", 39)
    yield Place("LUB", "EQP", "LUB", 41)
    yield Place("CHL", "EQP", "CHL", 42)
    yield Place("CNC", "CAB", "CNC", 43)
    yield Place("DRV-AXES", "CAB", "DRV", 43)
    yield Place("DRV-SPN", "CAB", "DRV", 43)


def casting_places(model: Model) -> Iterator[Place]:
    """A gantry stands on two uprights; everything else is there once."""
    for name in model.castings:
        if name == "upright":
            yield Place("UPRIGHT-L", "STR", name, 3)
            yield Place("UPRIGHT-R", "STR", name, 3)
        else:
            yield Place(name.upper(), "STR", name, 1 if name == "bed" else 8)


def casting_item(model: Model, kind: str) -> str:
    return f"{model.code}-{kind.upper()}"


_FINAL_AXIS = tuple(
    gate
    for axis in "XYZ"
    for gate in (
        Gate(
            f"position_{axis.lower()}",
            Words(f"Positioning accuracy {axis}", f"{axis} 軸定位精度"),
            "µm",
            None,
            9,
            5.2,
            0.7,
        ),
        Gate(
            f"repeat_{axis.lower()}",
            Words(f"Repeatability {axis}", f"{axis} 軸重現性"),
            "µm",
            None,
            4,
            2.2,
            0.35,
        ),
    )
)
FINAL_MEASURED = (
    *_FINAL_AXIS,
    Gate("rotary_1", Words("Positioning rotary axis 1", "旋轉軸 1 定位精度"), "arcsec", None, 8, 4.8, 0.7),
    Gate("rotary_2", Words("Positioning rotary axis 2", "旋轉軸 2 定位精度"), "arcsec", None, 8, 4.9, 0.7),
    Gate("cone_frustum", Words("Cone frustum roundness", "圓錐台真圓度"), "µm", None, 18, 11.0, 1.5),
    Gate("noise", Words("Noise", "噪音"), "dB", None, 80, 73.0, 1.5, 1),
)
"""Measured anew at the end."""

FINAL_CARRIED: tuple[tuple[Gate, str], ...] = (
    *(
        (
            Gate(
                f"straightness_{axis.lower()}",
                Words(f"Straightness {axis}", f"{axis} 軸真直度"),
                "µm",
                None,
                9,
                0.0,
                0.35,
            ),
            f"rail_straight_{axis.lower()}",
        )
        for axis in "XYZ"
    ),
    *(
        (
            Gate(
                f"squareness_{pair.lower()}",
                Words(f"Squareness {pair} over 500 mm", f"{pair} 垂直度（500 mm）"),
                "µm",
                None,
                15,
                0.0,
                0.5,
            ),
            f"square_{pair.lower()}",
        )
        for pair in ("XY", "YZ", "ZX")
    ),
    (Gate("runout_300", Words("Run-out at 300 mm", "300 mm 處偏擺"), "µm", None, 11, 0.0, 0.3), "spindle_runout_300"),
)
"""Carried by what a station left: the station's value and the spread of measuring it again."""

VOLUMETRIC = Gate("volumetric", Words("Volumetric accuracy", "空間精度"), "µm", None, 22, 0.0, 0.0)
"""Root of the sum of squares of the positioning, straightness and squareness deviations."""
