"""The steps make the very tables that the packages own, up and down, once."""

from __future__ import annotations

import threading
from typing import Any, cast

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import inspect

from api import migrations
from api.migrations import METADATA, CannotMigrate
from tests.api.opened import records_engine


@pytest.fixture
def engine(tmp_path, each_empty_engine):
    made = records_engine(tmp_path, 10, owner=True)
    yield made
    made.dispose()


def test_up_makes_the_tables_of_all_packages_and_nothing_else(engine):
    assert migrations.upgrade(engine)
    with engine.connect() as connection:
        differences = compare_metadata(MigrationContext.configure(connection), cast("Any", list(METADATA)))
    assert differences == []


def test_up_twice_changes_nothing(engine):
    assert migrations.upgrade(engine)
    assert not migrations.upgrade(engine)
    assert migrations.current(engine) == migrations.HEAD


def test_down_removes_all_tables_and_up_makes_them_again(engine):
    migrations.upgrade(engine)
    migrations.downgrade(engine)
    assert set(inspect(engine).get_table_names()) == {"alembic_version"}
    assert migrations.upgrade(engine)


def test_the_newest_step_is_the_head(engine):
    from alembic.config import Config
    from alembic.script import ScriptDirectory

    config = Config()
    config.set_main_option("script_location", str(next(iter(migrations.__path__))))
    assert ScriptDirectory.from_config(config).get_heads() == [migrations.HEAD]


def test_several_starts_at_once_make_the_tables_once(tmp_path, engine):
    done: list[bool | BaseException] = []

    def start():
        own = records_engine(tmp_path, 10, owner=True)
        try:
            done.append(migrations.upgrade(own))
        except BaseException as error:
            done.append(error)
        own.dispose()

    threads = [threading.Thread(target=start) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(done, key=str) == [False, False, False, True]


def test_records_of_a_newer_version_are_refused_by_name(engine):
    migrations.upgrade(engine)
    with engine.connect() as connection:
        connection.exec_driver_sql("UPDATE alembic_version SET version_num = '9999'")
    with pytest.raises(CannotMigrate, match="9999, of a newer version"):
        migrations.upgrade(engine)
