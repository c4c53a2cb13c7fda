"""Parameters of an older schema brought forward: each step, what is refused, and a power cut in any operation."""

import json

from suanpan.errors import ParametersError, ParametersNewer
from suanpan.ledger.migrations import STEPS, migrate
from suanpan.ledger.parameters import Parameters
from test_ledger_files import GOOD, PARAMETERS, FileTestCase, read, write

HEAP = "1m"  # a flash of 64 KB for each test
TIMEOUT = 120

NEWEST = GOOD["schema"]
BROUGHT = {  # by each step: the values of the schema that it leads to, and what they are for those who had none
    1: {
        "suite": "tdes",
        "batch_limit": 300,
        "offline_amount": 100000,
        "offline_count": 20,
        "offline_total": 1000000,
        "offline_hours": 24,
    },
    2: {"administrator_tries": 10, "refund_amount": 10000000},
    3: {"link": "tcp"},
    4: {},
}
DROPPED = {2: {"operators": {"01": {"salt": "00" * 16, "hash": "ff" * 32, "iterations": 500}}}}  # by each step


def of_schema(schema):
    """A good file of that schema."""
    values = dict(GOOD, schema=schema)
    for step in range(schema, NEWEST):
        for name in BROUGHT[step]:
            del values[name]
        values.update(DROPPED.get(step, {}))
    return values


def after(schema):
    """The same when the step from that schema has been taken."""
    values = dict(of_schema(schema), **BROUGHT[schema])
    for name in DROPPED.get(schema, {}):
        del values[name]
    return values


def expected(schema):
    """The same, brought forward."""
    values = dict(GOOD)
    for step in range(schema, NEWEST):
        values.update(BROUGHT[step])
    return values


class MigrationTestCase(FileTestCase):
    def write(self, values):
        write(PARAMETERS, json.dumps(values).encode())

    def stored(self):
        with open(PARAMETERS, "rb") as file:
            return json.load(file)

    def assertRefused(self, values, expected=ParametersError):
        """Refused, and the file stays as it was."""
        self.write(values)
        before = read(PARAMETERS)
        for _ in range(2):
            raised = None
            try:
                Parameters.load(PARAMETERS)
            except ParametersError as error:
                raised = type(error)
            self.assertEqual(raised, expected)
            self.assertEqual(read(PARAMETERS), before)


class TestSteps(MigrationTestCase):
    def test_there_is_a_step_from_each_older_schema(self):
        self.assertEqual(sorted(STEPS), list(range(1, NEWEST)))
        self.assertEqual(sorted(BROUGHT), sorted(STEPS))

    def test_each_alone_and_twice(self):
        for schema, step in STEPS.items():
            values = of_schema(schema)
            step(values)
            self.assertEqual(values, after(schema))
            step(values)
            self.assertEqual(values, after(schema))

    def test_a_value_that_is_there_already_is_kept(self):
        for schema, step in STEPS.items():
            values = dict(GOOD, schema=schema)
            step(values)
            self.assertEqual(values, dict(GOOD, schema=schema))

    def test_all_of_them_in_their_order(self):
        for schema in STEPS:
            values = of_schema(schema)
            migrate(values, NEWEST)
            self.assertEqual(values, expected(schema))
            migrate(values, NEWEST)
            self.assertEqual(values, expected(schema))


class TestLoad(MigrationTestCase):
    def test_brought_forward_and_written_when_saved(self):
        for schema in STEPS:
            self.write(of_schema(schema))
            parameters = Parameters.load(PARAMETERS)
            self.assertTrue(parameters.brought_forward)
            for name, value in expected(schema).items():
                if name not in ("schema", "of_the_future"):
                    self.assertEqual(getattr(parameters, name), value)
            parameters.save()
            self.assertFalse(parameters.brought_forward)
            self.assertEqual(self.stored(), expected(schema))  # with what is not known
            self.assertFalse(Parameters.load(PARAMETERS).brought_forward)

    def test_until_then_the_firmware_before_could_come_back(self):
        """An update that is rolled back finds the file as it left it, however often this one was switched on."""
        for schema in STEPS:
            self.write(of_schema(schema))
            before = bytes(self.flash.cells)
            for _ in range(3):
                Parameters.load(PARAMETERS)
            self.assertTrue(self.flash.cells == before)

    def test_the_newest_is_not_written_anew(self):
        self.write(GOOD)
        before = bytes(self.flash.cells)
        self.assertFalse(Parameters.load(PARAMETERS).brought_forward)
        self.assertTrue(self.flash.cells == before)

    def test_a_newer_one_is_refused_by_name(self):
        for schema in (NEWEST + 1, NEWEST + 7, 10**12):
            self.assertRefused(dict(GOOD, schema=schema), ParametersNewer)
        self.assertEqual(ParametersNewer().code, "L16")

    def test_no_schema_at_all(self):
        for schema in (0, -1, -(10**12), True, None, "1", 1.0, [1]):
            self.assertRefused(dict(of_schema(1), schema=schema))

    def test_one_that_fails_the_check_afterwards_stays_as_it_is(self):
        for name, value in (
            ("terminal_id", "1"),
            ("hosts", []),
            ("suite", "des"),
            ("suite", None),
            ("batch_limit", 0),
            ("offline_hours", "24"),
        ):
            self.assertRefused(dict(of_schema(1), **{name: value}))
        values = of_schema(1)
        del values["serial"]
        self.assertRefused(values)


class TestPowerCut(MigrationTestCase):
    def test_each_step_cut_in_every_operation(self):
        for schema in STEPS:
            self.flash.power_on()
            self.write(of_schema(schema))
            self.assertOldOrNew(
                lambda: Parameters.load(PARAMETERS).save(), self.stored, of_schema(schema), expected(schema)
            )

    def test_a_brought_forward_file_next_to_what_a_cut_left(self):
        """A half written new file is no obstacle, and nothing of it stays."""
        self.write(of_schema(1))
        write(PARAMETERS + ".new", b'{"schema": 2, "terminal_id"')
        Parameters.load(PARAMETERS).save()
        self.assertEqual(self.stored(), expected(1))
