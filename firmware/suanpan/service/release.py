"""What this firmware is called: the version that the project's packages have (pyproject.toml)."""

VERSION = "0.1.0"
