"""The command `nattevagt`: one subcommand per file, imported only when it is called."""

import importlib
import sys
from typing import Any

import click

from schemas.errors import NattevagtError

# name -> module with a `command`; the help line stands here so that `--help` imports none of them
COMMANDS = {
    "demo": ("streams.cli.demo", "show it at work: Kafka, workers and a night of thirteen people who do not exist"),
    "produce": ("streams.cli.produce", "send readings as a device would, and tell what became of them"),
    "acknowledge": ("streams.cli.acknowledge", "take, hand over, snooze or close an alert, and say whom was reached"),
    "correct": ("streams.cli.correct", "say whose a reading was, or withdraw one that was never true"),
    "explain": ("streams.cli.explain", "tell why an alert was raised, and decide it once more"),
    "history": ("streams.cli.history", "tell who was told of an alert, with what result, who saw it and who acted"),
    "tail": ("streams.cli.tail", "watch alerts, audit, overviews, refusals or events as they come"),
    "rejected": ("streams.cli.rejected", "list, show and redrive what was refused"),
    "report": ("streams.cli.report", "a team's week or day on one page; who sends and is not watched"),
    "month": ("streams.cli.month", "simulate a month over Easter with three teams, and print how the ladder held"),
    "worker": ("streams.cli.worker", "run one worker"),
    "learn": ("streams.cli.learn", "learn from what became of people, and publish what was learned"),
    "model": ("streams.cli.model", "show, compare, promote, freeze and roll back what was learned"),
    "watchdog": ("streams.cli.watchdog", "page somebody when readings no longer become alerts"),
    "state": ("streams.cli.state", "compare and rebuild what the worker remembers"),
    "topics": ("streams.cli.topics", "make and check topics, print the rights they need"),
    "notify": ("streams.cli.notify", "hand notices to people and report what became of them"),
    "registry": ("streams.cli.registry", "say of a device that two people claim at once who had it first"),
    "coverage": ("streams.cli.coverage", "publish, check and show which teams answer, and when nobody does"),
    "rules": ("streams.cli.rules", "rehearse, publish and show the numbers that decide"),
    "questionnaire": ("streams.cli.questionnaire", "import, check and show questionnaires, add them to a rule bundle"),
    "doctor": ("streams.cli.doctor", "look at everything and say what is wrong"),
    "config": ("streams.cli.config", "show every setting and where it comes from"),
    "backtest": ("streams.cli.backtest", "say what models and rules would have made of the past, with figures"),
    "replay": ("streams.cli.replay", "play recorded readings again through Kafka, and compare"),
    "docs": ("streams.cli.docs", "write the JSON Schemas and tables of the papers, or check them"),
    "kafka": ("streams.cli.kafka", "start, stop or look at a local Apache Kafka"),
}


class LazyGroup(click.Group):
    """A click group whose subcommands are imported on first use: `nattevagt --help` stays fast."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's signature
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002 - click's signature
        if cmd_name not in COMMANDS:
            return None
        command: click.Command = importlib.import_module(COMMANDS[cmd_name][0]).command
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002 - click's signature
        with formatter.section("Commands"):
            formatter.write_dl([(name, text) for name, (_, text) in COMMANDS.items()])


@click.group(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="nattevagt")
def group() -> None:
    """The night watch: telemonitoring on Kafka."""


def main(**extra: Any) -> None:
    """Run the command line; a NattevagtError becomes one readable line and exit code 2."""
    try:
        group(**extra)
    except NattevagtError as error:
        click.echo(f"nattevagt: {error}", err=True)
        sys.exit(2)
