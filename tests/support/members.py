"""Adds a person for each role to the simulated builder, and one to a customer: python members.py; prints nothing."""

from __future__ import annotations

from samegauge.cli.site import open_site

PASSWORD = "a gauge for every bore"


def add_members() -> None:
    from samegauge.core.organisations.models import Membership, Organisation, Person, Role

    builder = Organisation.objects.get(kind="machine_builder", is_simulated=True)
    customer = Organisation.objects.get(name="Simulated customer A")
    works = Organisation.objects.create(name="Harbour Works", name_zh="海港工廠", kind="machine_builder")
    members = [(str(role), builder, role) for role in Role]
    members += [("customer", customer, Role.OWNER), ("newcomer", works, Role.OWNER)]
    for name, organisation, role in members:
        person = Person.objects.create_user(username=name, password=PASSWORD, email=f"{name}@example.org")
        Membership.objects.create(person=person, organisation=organisation, role=role)


if __name__ == "__main__":
    open_site()
    add_members()
