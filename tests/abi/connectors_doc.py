#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""docs/connectors.md from what the connectors say about themselves.

    python3 tests/abi/connectors_doc.py BUILD [--update]

Without --update it compares, and exits with 1 when the page is out of date.
"""
import difflib
import json
import os
import subprocess
import sys
import tempfile

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
PAGE = os.path.join(ROOT, "docs", "connectors.md")

TYPES = {
    "string": "text", "bool": "true or false", "int": "whole number", "float": "number",
    "bytes": "size", "duration": "duration", "enum": "choice", "path": "path", "url": "URL",
    "pair": "name=value",
}

HEAD = """\
# Connectors

<!-- Generated: python3 tests/abi/connectors_doc.py BUILD --update. Change the tables of the
     connectors, not this page. -->

What stands here is what each library says about itself: `orchestra connectors` lists them,
`orchestra connectors describe NAME` shows the same for the one that is installed (`--json` for
programs).

A script names a connector and its options in one table; on the command line an option is
`--set NAME=VALUE`.

| type | in a script | on the command line |
|---|---|---|
| text, path, URL | `delimiter = ";"` | `--set delimiter=';'` |
| true or false | `header = false` | `--set header=false` |
| whole number, number | `skip_lines = 2` | `--set skip_lines=2` |
| size | `max_record = "16MiB"` | `--set max_record=16MiB` |
| duration | `lock_wait = "10m"` | `--set lock_wait=10m` |
| choice | `short_rows = "null"` | `--set short_rows=null` |
| name=value | `fields = { meter = "../Id" }` | `--set fields=meter=../Id` |
| several | `null_words = { "NC", "-" }` | `--set null_words=NC --set null_words=-` |

`${env:NAME}` and `${file:PATH}` within any value stand for an environment variable and for the
content of a file; what they bring in is never shown again. So is the value of an option marked
*secret*. An unknown option, a wrong type, a value out of range and a missing required option stop
the run before anything is read, with the place in the script and the nearest name.

A source that reads files takes `path` and `encoding`, which the host brings: it opens, decodes and
hashes the files, the connector needs neither the file system nor the network. A destination takes
`mode` (`append`, `replace`, `upsert`) and, for `upsert`, the `key` columns; these two are the
pipeline's and no options of the connector.
"""


def ask(build, *words):
    program = os.path.join(build, "bin", "orchestra")
    # The connectors of this build only, whatever is installed on this machine or taken away.
    env = {k: v for k, v in os.environ.items() if k not in ("ORCHESTRA_CONNECTORS", "HOME")}
    with tempfile.NamedTemporaryFile(prefix="orchestra-conf-") as conf:
        done = subprocess.run([program, *words, "--json"], capture_output=True, text=True,
                              env={**env, "ORCHESTRA_CONF": conf.name})
    if done.returncode != 0:
        sys.exit(f"FAIL orchestra {' '.join(words)}: {done.stderr}")
    return json.loads(done.stdout)


def describe(build, name):
    """The connector of a manifest with what the host adds, as one table."""
    said = ask(build, "connectors", "describe", name)
    connector = said["connectors"][0]
    return {**connector, "options": said["host_options"] + connector["options"],
            **{key: said[key] for key in ("plugin", "version", "license", "home")}}


def quoted(text):
    return "`" + text + "`" if "`" not in text else "`` " + text + " ``"


def literal(option, text):
    """A value as a script says it."""
    if option["type"] in ("bool", "int", "float"):
        return text
    if option["type"] == "pair":
        name, value = text.split("=", 1)
        return "{ " + name + " = " + json.dumps(value, ensure_ascii=False) + " }"
    return json.dumps(text, ensure_ascii=False)


def number(value):
    return str(int(value)) if value == int(value) else str(value)


def kind(option, connector):
    words = [TYPES[option["type"]]]
    if option["type"] == "enum":
        words = [" or ".join(quoted(json.dumps(c)) for c in option["choices"])]
    unit = " " + option["unit"] if option["unit"] else ""
    if "min" in option and "max" in option:
        words.append(f"{number(option['min'])} to {number(option['max'])}{unit}")
    elif "min" in option:
        words.append(f"at least {number(option['min'])}{unit}")
    elif "max" in option:
        words.append(f"at most {number(option['max'])}{unit}")
    elif unit:
        words.append("in" + unit)
    for flag in ("required", "repeated", "secret", "deprecated"):
        if option[flag]:
            words.append({"repeated": "several"}.get(flag, flag))
    if len(connector["roles"]) > len(option["roles"]):
        words.append(option["roles"][0] + " only")
    return ", ".join(words)


def usage(connector, role):
    needed = [o for o in connector["options"] if o["required"] and role in o["roles"]]
    inside = ", ".join(f"{o['name']} = {literal(o, o['example'] or '...')}" for o in needed)
    table = "{ " + inside + " }" if inside else "{}"
    return f"{role} = o.{role}.{connector['name']} {table}"


def facts(connector):
    lines = [("roles", ", ".join(connector["roles"]))]
    if connector["write_modes"]:
        lines.append(("write modes", ", ".join(connector["write_modes"])))
    lines.append(("its process needs", ", ".join(connector["needs"]) or "nothing"))
    if connector["transactional"]:
        lines.append(("commit", "rows, rejects and ledger in one transaction"))
    if connector["resume"]:
        lines.append(("resumes", "yes, from the position of the last run"))
    if connector["personal"]:
        lines.append(("columns about persons", connector["personal"]))
    return [f"* {name}: {value}" for name, value in lines]


def cell(text):
    return text.replace("|", "\\|").replace("\n", " ")


def row(option, connector):
    meaning = option["summary"]
    if option["example"]:
        meaning += " Example: " + quoted(literal(option, option["example"])) + "."
    default = quoted(literal(option, option["default"])) if option["default"] is not None else ""
    cells = ("`" + option["name"] + "`", kind(option, connector), default, meaning)
    return "| " + " | ".join(cell(c) for c in cells) + " |"


def section(connector):
    lines = [f"## {connector['name']}", "", sentence(connector["summary"]), ""]
    lines += facts(connector)
    lines += ["", "```lua"] + [usage(connector, role) for role in connector["roles"]] + ["```", ""]
    lines += ["| option | type | default | meaning |", "|---|---|---|---|"]
    lines += [row(o, connector) for o in connector["options"]]
    return lines


def sentence(text):
    return text if text.endswith(".") else text + "."


def page(build):
    connectors = [describe(build, c["name"])
                  for c in sorted(ask(build, "connectors"), key=lambda c: c["name"])]
    lines = HEAD.splitlines() + ["", "| connector | roles | |", "|---|---|---|"]
    for c in connectors:
        lines.append(f"| [{c['name']}](#{c['name']}) | {', '.join(c['roles'])} "
                     f"| {cell(sentence(c['summary']))} |")
    for c in connectors:
        lines += [""] + section(c)
    return "\n".join(lines) + "\n"


def main():
    made = page(sys.argv[1])
    if "--update" in sys.argv[2:]:
        with open(PAGE, "w", encoding="utf-8") as f:
            f.write(made)
        return 0
    with open(PAGE, encoding="utf-8") as f:
        kept = f.read()
    sys.stdout.writelines(difflib.unified_diff(
        kept.splitlines(True), made.splitlines(True), "docs/connectors.md", "what they say"))
    if kept != made:
        print(f"\nupdate it: python3 tests/abi/connectors_doc.py {sys.argv[1]} --update")
    return kept != made


if __name__ == "__main__":
    sys.exit(main())
