"""Published test data, from tests/vectors; each file names its source."""

import json


def load(name):
    with open(__file__.rsplit("/", 1)[0] + "/../vectors/" + name + ".json") as file:
        return json.load(file)
