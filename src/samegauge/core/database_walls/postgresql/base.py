from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import psycopg
from django.db.backends.base.base import NO_DB_ALIAS
from django.db.backends.postgresql import base

from samegauge.core.database_walls.roles import TELL, roles_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    # Role, organisation, reason, grant of the window, organisation that looks through it.
    Told = tuple[str, str, str, str, str]

OWNER: Told = ("none", "", "the tables' owner makes and changes them", "", "")


class DatabaseWrapper(base.DatabaseWrapper):
    """What the session was told is forgotten wherever PostgreSQL forgets it too: when work is rolled back."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._told: Told | None = None
        # Without a database there are no tables, and no roles for them.
        self._owners = int(self.alias == NO_DB_ALIAS)
        self.execute_wrappers.append(self._tell)

    @contextmanager
    def as_owner(self) -> Iterator[None]:
        """Let statements run as the role that logged in, which owns the tables."""
        self._owners += 1
        try:
            yield
        finally:
            self._owners -= 1

    @contextmanager
    def schema_editor(self, *args: Any, **kwargs: Any) -> Iterator[Any]:  # type: ignore[override]
        with self.as_owner(), super().schema_editor(*args, **kwargs) as editor:
            yield editor

    def init_connection_state(self) -> None:
        self._told = None
        super().init_connection_state()

    def _tell(self, execute: Callable[..., Any], sql: Any, params: Any, many: bool, context: Any) -> Any:  # noqa: FBT001 - Django's signature
        wanted = self._wanted()
        # In a transaction that failed PostgreSQL takes no statement but its end.
        if wanted != self._told and self.connection.info.transaction_status != psycopg.pq.TransactionStatus.INERROR:
            self._told = None
            self._say(wanted)
            self._told = wanted
        return execute(sql, params, many, context)

    def _wanted(self) -> Told:
        # Not above: to define its models, Django asks for this backend first.
        from samegauge.core.scope import open_scope

        if self._owners:
            return OWNER
        roles, scope = roles_of(self.settings_dict["NAME"]), open_scope()
        if scope is None:
            return roles.site, "", "", "", ""
        if scope.window is not None:
            return roles.window, "", "", str(scope.window.grant_id), str(scope.window.reader_id)
        return roles.site, str(scope.organisation_id or ""), scope.reason, "", ""

    def _say(self, wanted: Told) -> None:
        with self.wrap_database_errors:  # type: ignore[attr-defined]
            try:
                self.connection.execute(TELL, wanted)
            except (psycopg.errors.InvalidParameterValue, psycopg.errors.InsufficientPrivilege) as error:
                said = f"The site cannot work as {wanted[0]}: run `samegauge migrate`."
                raise psycopg.OperationalError(said) from error

    def _commit(self) -> None:
        # A constraint checked only now may refuse the work, which rolls it back.
        told, self._told = self._told, None
        super()._commit()  # type: ignore[misc]
        self._told = told

    def _rollback(self) -> None:
        self._told = None
        super()._rollback()  # type: ignore[misc]

    def _savepoint_rollback(self, sid: str) -> None:
        super()._savepoint_rollback(sid)  # type: ignore[misc]
        self._told = None
