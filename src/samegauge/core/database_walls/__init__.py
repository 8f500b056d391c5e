"""The second wall between organisations: the database's own, built from what the models declare.

On PostgreSQL row-level security lets a session see the rows of the organisation that it named and no others, and
composite foreign keys refuse references from one organisation into another. SQLite knows no sessions: there triggers
refuse the references.
"""
