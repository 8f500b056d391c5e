"""What a password must and must not be (ASVS 5.0.0 V6.2; with the stricter rules the Taiwan baseline, level 中)."""

from __future__ import annotations

import re
import unicodedata
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from django.contrib.auth.hashers import check_password
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from samegauge.core.organisations.models import KeptPassword, Organisation, Role

if TYPE_CHECKING:
    from samegauge.core.organisations.models import Person

SHORTEST = 12
LONGEST = 1000
LEFT_WITHOUT_CONTEXT = 8
KEPT = 3
# Words that anybody tries here first; the names of organisations and roles come from the records.
PRODUCT_WORDS = ("samegauge", "同規", "password", "密碼")


class LengthValidator:
    """Counts code points, so that a Chinese sentence counts its characters."""

    def validate(self, password: str, user: Person | None = None) -> None:  # noqa: ARG002 - Django's signature
        if len(password) < SHORTEST:
            raise ValidationError(
                _("This password has %(length)d characters; %(shortest)d are needed at least. A sentence will do.")
                % {"length": len(password), "shortest": SHORTEST}
            )
        if len(password) > LONGEST:
            raise ValidationError(_("This password has more than %(longest)d characters.") % {"longest": LONGEST})

    def get_help_text(self) -> str:
        return _("At least %(shortest)d characters. A short sentence is easy to remember.") % {"shortest": SHORTEST}


class ContextWordsValidator:
    """Refuses a password of which little is left without the words that belong to this place."""

    def validate(self, password: str, user: Person | None = None) -> None:  # noqa: ARG002 - Django's signature
        left = _plain(password)
        for word in context_words():
            left = left.replace(word, "")
        if len(left) < LEFT_WITHOUT_CONTEXT and left != _plain(password):
            raise ValidationError(
                _("This password is made of names that belong to this place. Choose words that nobody expects here.")
            )

    def get_help_text(self) -> str:
        return _("Not made of the names of the product, of organisations or of roles.")


class KindsOfCharactersValidator:
    """Upper case, lower case, digit and sign: what the Taiwan baseline calls complexity."""

    def validate(self, password: str, user: Person | None = None) -> None:  # noqa: ARG002 - Django's signature
        if not all(re.search(kind, password) for kind in ("[A-Z]", "[a-z]", "[0-9]", "[^A-Za-z0-9]")):
            raise ValidationError(_("A capital letter, a small letter, a digit and another sign must all be in it."))

    def get_help_text(self) -> str:
        return _("With a capital letter, a small letter, a digit and another sign.")


class NotTheLastValidator:
    """Keeps the hashes of the last passwords and refuses to take one of them again."""

    def validate(self, password: str, user: Person | None = None) -> None:
        if user is None or user.pk is None:
            return
        kept = KeptPassword.objects.filter(person=user).order_by("-set_at", "-pk").values_list("password", flat=True)
        if any(check_password(password, each) for each in (user.password, *kept[:KEPT])):
            raise ValidationError(_("This is one of the last %(kept)d passwords. Choose another.") % {"kept": KEPT})

    def password_changed(self, password: str, user: Person) -> None:  # noqa: ARG002 - Django's signature
        KeptPassword.objects.create(person=user, password=user.password)
        old = KeptPassword.objects.filter(person=user).order_by("-set_at", "-pk").values_list("pk", flat=True)[KEPT:]
        KeptPassword.objects.filter(pk__in=list(old)).delete()

    def get_help_text(self) -> str:
        return _("None of the last %(kept)d.") % {"kept": KEPT}


def context_words() -> list[str]:
    """Longest first, so that no word hides in what another one leaves."""
    words = {*PRODUCT_WORDS, *Role.values, *(str(label) for label in Role.labels)}
    for name, name_zh in Organisation.objects.values_list("name", "name_zh"):
        words |= {name, name_zh, *name.split()}
    plain = {_plain(word) for word in words}
    return sorted((word for word in plain if len(word) > 1), key=len, reverse=True)


def is_expired(person: Person, days: int | None) -> bool:
    if days is None or not person.has_usable_password():
        return False
    kept = KeptPassword.objects.filter(person=person).order_by("-set_at").values_list("set_at", flat=True).first()
    return datetime.now(UTC) - (kept or person.date_joined) > timedelta(days=days)


def _plain(text: str) -> str:
    return re.sub(r"[\s._-]", "", unicodedata.normalize("NFKC", text).casefold())
