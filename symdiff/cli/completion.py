"""``symdiff completion``: scripts for shells, by which they complete commands, options and files."""

from __future__ import annotations

import argparse
from collections.abc import Iterator

from symdiff.cli.commands import COMMANDS, Argument, Command, Result

_BASH = """\
# symdiff completion bash; put this into ~/.bashrc:  eval "$(symdiff completion bash)"
_symdiff() {{
    local current=${{COMP_WORDS[COMP_CWORD]}} previous=${{COMP_WORDS[COMP_CWORD-1]}} words=
    if [[ $COMP_CWORD == 1 ]]; then
        COMPREPLY=($(compgen -W "{commands} --help --version" -- "$current"))
        return
    fi
    case "${{COMP_WORDS[1]}} $previous" in
{values}
    esac
    case "${{COMP_WORDS[1]}}" in
{options}
    esac
    if [[ $current == -* ]]; then
        COMPREPLY=($(compgen -W "$words" -- "$current"))
    else
        COMPREPLY=($(compgen -f -- "$current"))
    fi
}}
complete -o filenames -F _symdiff symdiff
"""
_ZSH = """\
#compdef symdiff
# symdiff completion zsh; put this into ~/.zshrc:  eval "$(symdiff completion zsh)"
_symdiff() {{
    local -a commands
    commands=(
{commands}
    )
    if (( CURRENT == 2 )); then
        _describe command commands
        return
    fi
    local command=$words[2]
    shift words
    (( CURRENT-- ))
    case $command in
{options}
    esac
}}
compdef _symdiff symdiff
"""


def run(options: argparse.Namespace) -> Result:
    """Prints the script."""
    return Result({"bash": _bash, "zsh": _zsh, "fish": _fish}[options.shell]())


def _bash() -> str:
    values, flags = [], []
    for command in COMMANDS.values():
        for argument in command.arguments:
            choices = argument.choices
            if choices and argument.is_option:
                cases = "|".join(f'"{command.name} {flag}"' for flag in argument.flags)
                values.append(
                    f'        {cases}) COMPREPLY=($(compgen -W "{" ".join(choices)}" -- "$current")); return;;'
                )
            elif choices:
                flags.append(
                    f'        {command.name}) COMPREPLY=($(compgen -W "{" ".join(choices)}" -- "$current")); return;;'
                )
        if words := _flags(command):
            flags.append(f'        {command.name}) words="{" ".join(words)}";;')
    return _BASH.format(commands=" ".join(COMMANDS), values="\n".join(values), options="\n".join(flags))


def _flags(command: Command) -> list[str]:
    own = [flag for argument in command.arguments if argument.is_option for flag in argument.flags]
    return [*own, "--help"] if own else []


def _zsh() -> str:
    commands = [f"        {_quoted(f'{command.name}:{command.help}')}" for command in COMMANDS.values()]
    options = []
    for command in COMMANDS.values():
        specs = " ".join(_quoted(spec) for argument in command.arguments for spec in _zsh_specs(argument))
        options.append(f"        {command.name}) _arguments {specs};;")
    return _ZSH.format(commands="\n".join(commands), options="\n".join(options))


def _zsh_specs(argument: Argument) -> Iterator[str]:
    """What ``_arguments`` is told of an argument."""
    help = argument.help.replace("[", "\\[").replace("]", "\\]").replace(":", "\\:")
    choices = argument.choices
    values = f"({' '.join(choices)})" if choices else "_files" if argument.files else " "
    if not argument.is_option:
        yield f"*:{argument.flags[0]}:{values}"
    for flag in argument.flags if argument.is_option else ():
        yield f"*{flag}[{help}]" + (f":value:{values}" if argument.takes_value else "")


def _fish() -> str:
    lines = ["# symdiff completion fish; put this into ~/.config/fish/config.fish:  symdiff completion fish | source"]
    for command in COMMANDS.values():
        lines.append(f"complete -c symdiff -n __fish_use_subcommand -f -a {command.name} -d {_quoted(command.help)}")
    for command in COMMANDS.values():
        there = f"complete -c symdiff -n '__fish_seen_subcommand_from {command.name}'"
        lines += [f"{there}{_fish_words(argument)} -d {_quoted(argument.help)}" for argument in command.arguments]
    return "\n".join([*lines, ""])


def _fish_words(argument: Argument) -> str:
    """How fish is told of an argument: its spellings, and what may follow."""
    choices = argument.choices
    given = f" -a {_quoted(' '.join(choices))}" if choices else ""
    if not argument.is_option:
        return f" -f{given}" if choices else " -F"
    spelled = "".join(f" -l {f[2:]}" if f.startswith("--") else f" -s {f[1:]}" for f in argument.flags)
    follows = " -r" if argument.files else " -x" if argument.takes_value else ""
    return f"{spelled}{follows}{given}"


def _quoted(text: str) -> str:
    """In single quotes, as bash, zsh and fish read them."""
    return "'" + text.replace("'", "’") + "'"
