"""For every test: pytest's plugins, ours and others'."""

from hypothesis import settings

pytest_plugins = ["pytester", "tests.plugins.debian"]

# The machine is shared and its speed no property of the code; a failing example can be had again.
settings.register_profile("suanpan", deadline=None, print_blob=True)
settings.load_profile("suanpan")
