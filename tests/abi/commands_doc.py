#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The manual page and the completions know every command and option, and no other:

    python3 tests/abi/commands_doc.py BUILD
"""
import os
import re
import subprocess
import sys

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
COMPLETIONS = os.path.join(ROOT, "scripts", "completions")
failed = False


def fail(text):
    global failed
    failed = True
    print("FAIL", text)


def read(*parts):
    with open(os.path.join(ROOT, *parts), encoding="utf-8") as f:
        return f.read()


def help_of(build, *words):
    program = os.path.join(build, "bin", "orchestra")
    done = subprocess.run([program, *words, "--help"], capture_output=True, text=True, check=True)
    return done.stdout


def options_in(text):
    return set(re.findall(r"--[a-z][a-z-]*", text))


def commands_of(build):
    """{command: its options}, [(exit code, meaning)]"""
    top = help_of(build)
    head, _, tail = top.partition("Exit codes:")
    names = re.findall(r"^  ([a-z]+) ", head, re.M)
    exits = re.findall(r"^ +(\d+)  (.+)$", tail, re.M)
    options = {n: set(re.findall(r"^  (--[a-z-]+)", help_of(build, n), re.M)) for n in names}
    return options, exits


def compare(where, command, found, expected):
    for option in sorted(expected - found):
        fail(f"{where}: {command} lacks {option}")
    for option in sorted(found - expected):
        fail(f"{where}: {command} has no option {option}")


# ---- manual page ---------------------------------------------------------------------------------

def plain(roff):
    roff = re.sub(r"^\.\\\".*$", "", roff, flags=re.M)
    roff = re.sub(r"\\f[BIRP]", "", roff)
    return roff.replace("\\-", "-").replace("\\&", "").replace("\\(aq", "'").replace("\\e", "\\")


def section(page, name):
    found = re.search(rf"^\.SH \"?{name}\"?\n(.*?)(?=^\.SH |\Z)", page, re.M | re.S)
    return found.group(1) if found else ""


def check_manual(options, exits):
    page = plain(read("docs", "orchestra.1"))
    blocks = dict(re.findall(r"^\.SS (\S+)\n(.*?)(?=^\.SS |\Z)", section(page, "COMMANDS"),
                             re.M | re.S))
    compare("orchestra.1", "COMMANDS", set(blocks), set(options))
    for command, expected in options.items():
        # --help is said once for all commands.
        compare("orchestra.1", command, options_in(blocks.get(command, "")) - {"--help"},
                expected - {"--help"})
    described = set(re.findall(r"^\.TP\n\.B[RI]? (--[a-z-]+)", section(page, "OPTIONS"),
                              re.M))
    compare("orchestra.1", "OPTIONS", described - {"--version"}, set().union(*options.values()))
    status = " ".join(section(page, "EXIT STATUS").split())
    for code, meaning in exits:
        if f".B {code} {meaning}" not in status:
            fail(f"orchestra.1: exit status {code} is not: {meaning}")
    return page


def check_environment(page):
    source = subprocess.run(["grep", "-rhoE", r"getenv\(\"[A-Z_]+\"", os.path.join(ROOT, "host")],
                            capture_output=True, text=True, check=False).stdout
    known = section(page, "ENVIRONMENT")
    for name in sorted(set(re.findall(r"\"([A-Z_]+)\"", source))):
        if not re.search(rf"^\.B {name}$", known, re.M):
            fail(f"orchestra.1: ENVIRONMENT lacks {name}")


# ---- completions ---------------------------------------------------------------------------------

def bash_offers(*words):
    script = ('. "$0"; COMP_WORDS=(orchestra "$@"); COMP_CWORD=$#; _orchestra; '
              'printf "%s\\n" "${COMPREPLY[@]}"')
    done = subprocess.run(["bash", "-c", script, os.path.join(COMPLETIONS, "orchestra.bash"),
                           *words], capture_output=True, text=True, check=True)
    return set(done.stdout.split())


def check_bash(options):
    offered = bash_offers("") - {"--help", "--version"}
    compare("orchestra.bash", "orchestra", offered, set(options))
    for command, expected in options.items():
        compare("orchestra.bash", command, bash_offers(command, "--"), expected)
        for option in sorted(expected & {"--log-level", "--log-format"}):
            if not bash_offers(command, option, ""):
                fail(f"orchestra.bash: {option} offers no value")


def check_zsh(options):
    text = read("scripts", "completions", "_orchestra")
    lists = dict(re.findall(r"^    (log|script|looks)=\((.*?)\)$", text, re.M | re.S))
    blocks = dict(re.findall(r"^        ([a-z]+)\)\n(.*?)^            ;;$", text, re.M | re.S))
    described = set(re.findall(r"'([a-z]+):", text[text.index("commands="):]))
    compare("_orchestra", "orchestra", set(options) & described, set(options))
    compare("_orchestra", "orchestra", set(blocks), set(options))
    for command, expected in options.items():
        block = blocks.get(command, "")
        for name, items in lists.items():
            if "$" + name in block:
                block += items
        compare("_orchestra", command, set(re.findall(r"(--[a-z-]+)\[", block)), expected)


def check_fish(options):
    found = {command: {"--help"} for command in options}
    offered = set()
    for line in read("scripts", "completions", "orchestra.fish").splitlines():
        of = re.search(r"-n '__fish_seen_subcommand_from ([a-z ]+)'", line)
        option = re.search(r" -l ([a-z-]+)", line)
        command = re.search(r"-n \"not __fish_seen_subcommand_from \$commands\" -a ([a-z]+)", line)
        if command:
            offered.add(command.group(1))
        if of and option:
            for name in of.group(1).split():
                found.setdefault(name, set()).add("--" + option.group(1))
    compare("orchestra.fish", "orchestra", offered, set(options))
    for command, expected in options.items():
        compare("orchestra.fish", command, found[command], expected)


def main():
    options, exits = commands_of(sys.argv[1])
    if not options or not exits:
        fail("orchestra --help lists nothing")
    page = check_manual(options, exits)
    check_environment(page)
    check_bash(options)
    check_zsh(options)
    check_fish(options)
    return failed


if __name__ == "__main__":
    sys.exit(main())
