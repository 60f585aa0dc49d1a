"""The page `docs/prompt-lint.md`, made from the table of rules."""

from __future__ import annotations

import inspect

from limner.prompts.lint import ALWAYS, RULES

_INTRODUCTION = """\
# Prompt lint

What is likely to go wrong with a prompt, said before it is sent. Nothing leaves the machine.

    limner prompt lint "A photo of a street with no cars" --aspect 16:9

In Python:

```python
from limner.prompts.lint import lint

for finding in lint("A photo of a street in Lisbon with no cars"):
    print(finding.level, finding.message)  # warn Negations are often drawn. Say what should be there instead.
```

An *error* almost certainly fails or is not what was meant, a *warn* often fails, an *info* could be better. The command
exits with 1 on errors, with 2 on warnings under `--strict`. `--off PL016` silences a rule, any but {always}.
Rules marked E know English words; they are silent on other languages. Quoted words count as lettering where a word such
as "title", "sign" or "says" stands before them. A fix is offered, never applied by itself.

This page is made from the table in `limner/prompts/lint.py`.

| rule | name | level | | speaks of |
|---|---|---|---|---|
"""


def markdown() -> str:
    """The page."""
    rows = (
        f"| {rule.id} | {rule.name} | {rule.level} | {'E' if rule.english else ''} | {inspect.getdoc(rule.check)} |"
        for rule in RULES
    )
    return _INTRODUCTION.format(always=" and ".join(sorted(ALWAYS))) + "\n".join(rows) + "\n"
