"""`samegauge account-reset NAME`: gives an account back to its person, also the last owner's, from this machine.

Second factors, sessions and locks are removed, and a one-time link for a new password is printed. It is written down.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from samegauge.cli.output import DONE, CommandError, say, say_json, text
from samegauge.cli.site import open_site

if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace


def add_arguments(parser: ArgumentParser) -> None:
    parser.add_argument("name", metavar=text("NAME", "登入名稱"), help=text("sign-in name", "登入名稱"))


def run(options: Namespace) -> int:
    open_site()
    from samegauge.core.organisations.models import Person
    from samegauge.core.organisations.sign_in_rules import open_again

    person = Person.objects.filter(username__iexact=options.name, is_active=True).first()
    if person is None:
        raise CommandError(
            f"Nobody here signs in as {options.name!r}. The page “People” lists the names.",
            f"沒有登入名稱為「{options.name}」的人。「人員」頁列出所有名稱。",
        )
    path = open_again(person)
    say(
        options,
        f"{person.username} has no second factor and no open session any more. "
        f"Give the person this link, after the address of the site; it works once and for three days:\n{path}",
        f"已清除 {person.username} 的雙重驗證與所有工作階段。"
        f"把以下連結接在本站網址之後交給本人，三天內可用一次：\n{path}",
    )
    say_json(options, {"person": person.username, "link": path})
    return DONE
