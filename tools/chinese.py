"""Chinese as Taiwan prints it: spacing, punctuation, traditional characters, Taiwan's terms, a sober address."""

from __future__ import annotations

import ast
import json
import re
import tomllib
from html.parser import HTMLParser
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tools.source import Finding, Repository, Source

HAN = "[\u3400-\u4dbf\u4e00-\u9fff]"
LATIN = "[A-Za-z0-9]"
WIDE = "[，。；：？、「」『』（）《》]"
HAS_HAN = re.compile(HAN)
# Stands for what a placeholder will put in: neither Han nor Latin, so nothing is said about the place beside it.
UNKNOWN = "\ufffc"

RULES = tuple(
    (re.compile(pattern), advice)
    for pattern, advice in (
        (f"{HAN}{LATIN}|{LATIN}{HAN}", "one space between Han and Latin or digits"),
        (f"{HAN} {{2,}}{LATIN}|{LATIN} {{2,}}{HAN}", "one space, not more, between Han and Latin or digits"),
        (rf"{HAN} ?[,;?]|[,;] ?{HAN}|{HAN} ?:(?!//)|{HAN}\.(?=\s|$|{HAN})", "full-width punctuation: ，；？：。"),
        (rf"{HAN} ?\(|\([^()]*{HAN}[^()]*\)", "full-width parentheses: （）"),
        (f"[\"'“”‘’]{HAN}|{HAN}[\"'“”‘’]", "Chinese quotation marks: 「」"),
        (rf"\S +{WIDE}|{WIDE} +\S", "no space beside full-width punctuation"),
        ("[Ａ-Ｚａ-ｚ０-９％]", "half-width letters and digits"),
        (f"！|{HAN}!", "no exclamation marks"),
        ("您", "你, or no pronoun at all"),
    )
)

# Frequent characters that only the simplified script has; those both scripts use (后 里 干 只 面 台 云) are left out.
SIMPLIFIED = re.compile(
    "[这们个说时会国过为产发经学机车东业动长门问间见现实点电应该专与两开关无种进还让给对将带头"
    "义乌乐习书买乱争亏亚亿仅从仓仪价众优传伤伦伪体佣侠侣侥侦侧债倾偿储儿兑兰兴养兽"
    "军农冯冲决况冻净凉减凤击创删刘则刚别剂剑剧劝办务劳势华协单卖卢卫却厂历厉压厌厕"
    "变叶号叹听启员响哑哗唤喷嘱团园围图圆圣场坏块坚坛坝坟坠垄垒垦垫墙壮声壳处备够夹夺奋奖妇妈娱孙宁宝宪宫宽宾寝寻导寿尘尝层屡岁岂岗岛岭峡币帅师帐帮归录忆怀态怜总恋恶恼悦悬惊惧惨惩惯愤愿懒戏战户执扩扫扬扰抚抛抢护报担拟拥择挂挤挥捞损换据掷"
    "敌数斩断旧旷显晓暂术杂权条极构枪柜栏标栋树样桥检楼榄欢欧歼残毁毕毙气汇汉汤沟泪泻泽洁浅测济浓涛润涨渐渔湿滚满滤滥潜灭灯灵灾炉炼烂烟烦烧热爱爷牵犹狱猪献环电画畅疗监盖盘眯码砖础确碍离稳穷窃竖竞笔筑签简类粮紧纠红纤约级纪纯纲纳纵纷纸纹纺线练组细织终绍绑结绕绘络绝统继绩绪续维综绿缓编缘缩网罗罚职联聪肃肤胁胜胶脉脏脑脚脱脸腾舰艺节芦苏苹范茧荐药莱获萧营虏虑虫虽蚀补袭装观规视览觉触订计认讨训议记讲许论设访证评识诉词译试诗询详语误请诸读课谁调谈谢谱贝负责贤败货质贩贪贫购贯贴贵费资赋赏赔赖赚赛赢赵跃践踪转轮软轴轻载较辅辆辉输边达迁运近远违连迟适选递遗邮邻郑释鉴针钉钟钢钥钱铁铃铜银铸铺链销锁锅错锻键镇镜闭闲闸闻阀阅队阳阴阵阶际陆陈险随隐难顶项顺须顾顿预领频题额风飞饭饮馆驱验驶鱼鲁鸟鸡鸣麦黄齐龙龟]"
)
# Characters of the list above that Taiwan prints as well.
BOTH_SCRIPTS = frozenset("冲别却占近气虫画黄据范户夹")

TERMS = {
    "軟件": "軟體",
    "硬件": "硬體",
    "信息": "資訊或訊息",
    "默認": "預設",
    "缺省": "預設",
    "網絡": "網路",
    "服務器": "伺服器",
    "文件夾": "資料夾",
    "打印": "列印",
    "視頻": "影片",
    "屏幕": "螢幕",
    "硬盤": "硬碟",
    "鼠標": "滑鼠",
    "字符": "字元",
    "兼容": "相容",
    "數據庫": "資料庫",
    "接口": "介面",
    "機床": "工具機",
    "數控": "數值控制",
}


def plain(text: str) -> str:
    """The text as it will be read: mark-up gone, placeholders unknown, numbers as a digit."""
    text = re.sub(r"%%", "%", re.sub(r"%\(\w+\)d|%d", "0", text))
    text = re.sub(r"%\(\w+\)[a-z]|%s|\{\{.*?\}\}|\{%.*?%\}|\{[^{}]*\}|&#?\w+;|`[^`]*`", UNKNOWN, text)
    return re.sub(r"</?[A-Za-z][^<>]*>", "", text)


def faults(text: str) -> Iterator[str]:
    if not HAS_HAN.search(text):
        return
    read = plain(text)
    for rule, advice in RULES:
        for match in rule.finditer(read):
            around = read[max(0, match.start() - 4) : match.end() + 4]
            yield f"{around!r}: {advice}"
    for character in sorted(set(SIMPLIFIED.findall(read)) - BOTH_SCRIPTS):
        yield f"{character!r}: a simplified character"
    for term, taiwan in TERMS.items():
        if term in read:
            yield f"{term!r}: Taiwan says {taiwan}"


class VisibleText(HTMLParser):
    """Text nodes and the attributes a person reads or hears, with their lines; code and scripts left out."""

    SILENT = frozenset(("script", "style", "code", "pre", "kbd", "samp"))
    SPOKEN = frozenset(("alt", "title", "placeholder", "aria-label", "aria-description", "label"))

    def __init__(self) -> None:
        super().__init__()
        self.found: list[tuple[int, str]] = []
        self._silent = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._silent += tag in self.SILENT
        for name, value in attrs:
            if value and name in self.SPOKEN:
                self.found.append((self.getpos()[0], value))

    def handle_endtag(self, tag: str) -> None:
        self._silent -= tag in self.SILENT and self._silent > 0

    def handle_data(self, data: str) -> None:
        start = self.getpos()[0]
        for offset, line in enumerate(data.splitlines()):
            if line.strip() and not self._silent:
                self.found.append((start + offset, line.strip()))


def blanked(template: str) -> str:
    """Template tags and comments as the unknown mark, over as many lines as they took."""
    tags = re.compile(r"\{%\s*comment.*?endcomment\s*%\}|\{#.*?#\}|\{\{.*?\}\}|\{%.*?%\}", re.DOTALL)
    text = tags.sub(lambda match: UNKNOWN + "\n" * match.group().count("\n"), template)
    # An element whose name a tag chooses is an element still.
    return re.sub(rf"(</?){UNKNOWN}", r"\1x", text)


def visible(template: str) -> list[tuple[int, str]]:
    parser = VisibleText()
    parser.feed(blanked(template))
    parser.close()
    return parser.found


def joined(node: ast.JoinedStr) -> str:
    return "".join(str(part.value) if isinstance(part, ast.Constant) else UNKNOWN for part in node.values)


def in_python(source: Source) -> Iterator[tuple[int, str]]:
    """Texts as they will be shown: docstrings are left out, an f-string is one text."""
    f_strings = [node for node in source.nodes if isinstance(node, ast.JoinedStr)]
    passed_over = {id(part) for node in f_strings for part in ast.walk(node)}
    passed_over |= {id(node.value) for node in source.nodes if isinstance(node, ast.Expr)}
    yield from ((node.lineno, joined(node)) for node in f_strings)
    for node in source.nodes:
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in passed_over:
            yield node.lineno, node.value


def in_document(value: object) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for item in value.values():
            yield from in_document(item)
    elif isinstance(value, list):
        for item in value:
            yield from in_document(item)


def in_markdown(source: Source) -> Iterator[tuple[int, str]]:
    fenced = False
    for number, line in enumerate(source.lines, 1):
        fenced ^= line.lstrip().startswith(("```", "~~~"))
        if not fenced:
            yield number, re.sub(r"\]\([^)]*\)|[\[*_]|^[#>\-|\s]+|\s*\|\s*", "\t", line)


def in_quotes(source: Source) -> Iterator[tuple[int, str]]:
    for number, line in enumerate(source.lines, 1):
        for text in re.findall(r'"([^"]*)"', line):
            yield number, text


def strings(source: Source) -> Iterator[tuple[int, str]]:
    kind = source.path.rpartition(".")[2]
    if kind == "py":
        yield from in_python(source)
    elif kind in {"html", "svg"}:
        yield from visible(source.text)
    elif kind == "md":
        yield from in_markdown(source)
    elif kind in {"json", "toml"}:
        loads = json.loads if kind == "json" else tomllib.loads
        yield from ((1, text) for text in in_document(loads(source.text)))
    else:
        yield from in_quotes(source)


def findings(repository: Repository) -> Iterator[Finding]:
    kinds = (".py", ".html", ".svg", ".md", ".json", ".toml", ".typ", ".ts", ".js", ".po")
    for source in repository.texts(("src/", "data/", "docs/", "examples/", "README"), kinds):
        if not HAS_HAN.search(source.text):
            continue
        for number, text in strings(source):
            for fault in faults(text):
                yield source.finding(number, fault)
