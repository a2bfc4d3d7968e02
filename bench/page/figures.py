# SPDX-License-Identifier: BSL-1.0
# What results/all.json says, for the tools here.
import json

# What a reader looks for first.
ORDER = ["start", "stop", "status", "reload", "detach", "signal", "many", "descriptors", "logs", "code", "idle"]


class Figures:
    def __init__(self, path):
        with open(path, encoding="utf-8") as file:
            self.questions = json.load(file)
        self.questions.sort(key=lambda q: ORDER.index(q["question"]) if q["question"] in ORDER else len(ORDER))

    def tables(self):
        """All tables that have an id, by it."""
        return {t["id"]: t for q in self.questions for t in q["tables"] if t["id"]}

    def all(self, what):
        """The goals or costs of all questions."""
        return [one for q in self.questions for one in q[what]]

    def machine(self):
        """One line: where and when."""
        machine = self.questions[0]["machine"]
        dates = sorted({q["date"][:10] for q in self.questions})
        when = dates[0] if len(dates) == 1 else f"{dates[0]} to {dates[-1]}"
        count = int(machine["processors"])
        processors = f"{count} processor{'s' if count != 1 else ''}"
        return (
            f"{machine['processor']}, {processors}, {machine['kernel'].split('-')[0]}, "
            f"GCC {machine['compiler'].split()[0]}, {when}"
        )


def digits(value):
    """Three digits that count, none that say nothing."""
    if value is None:
        return "?"
    size = abs(value)
    places = 0 if size >= 100 or value == int(value) else 1 if size >= 10 else 2
    return f"{value:,.{places}f}".replace(",", " ")
