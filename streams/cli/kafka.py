"""`nattevagt kafka start|stop|status`: a Kafka for development that outlives the command."""

from pathlib import Path

import click
import orjson

from streams.adapters.broker import answers, detached, obtain

DEFAULT_PORT = 9092  # where every Kafka client looks first
NOT_ANSWERING, NOT_RUNNING = 1, 3  # the codes of the Linux Standard Base for `status`


@click.group()
def command() -> None:
    """Start, stop or look at a local Apache Kafka."""


@command.command()
@click.option("--port", type=click.IntRange(1, 65535), default=DEFAULT_PORT, show_default=True)
@click.option(
    "--data",
    type=click.Path(file_okay=False, path_type=Path),
    help="Folder that keeps the log. [default: kafka-data in the run folder]",
)
def start(port: int, data: Path | None) -> None:
    """Start a broker and leave it running. Exit code 0 also when one runs already."""
    if (known := detached.recorded()) and known.runs():
        click.echo(f"Kafka runs already at {known.address} ({_where(known)}).")
        return
    kept = data or detached.folder() / "kafka-data"
    broker = obtain(data=kept, port=port, detach=True, say=click.echo)
    detached.record(broker, kept)


@command.command()
def stop() -> None:
    """Stop the broker that `start` started, and no other. Exit code 0 also when there is none."""
    known = detached.recorded()
    if known is None:
        click.echo("Kafka: nothing was started here.")
        return
    if known.runs():
        known.end()
        click.echo(f"Kafka at {known.address} stopped; its data stay in {known.data}.")
    else:
        click.echo(f"Kafka at {known.address} had ended already ({_where(known)}); nothing was ended.")
    detached.forget()


@command.command()
@click.option("--json", "as_json", is_flag=True, help="One JSON object instead of a line.")
@click.pass_context
def status(ctx: click.Context, *, as_json: bool) -> None:
    """Say what runs. Exit code 0: it answers; 1: it runs and does not answer; 3: nothing of ours runs."""
    known = detached.recorded()
    runs = known is not None and known.runs()
    answering = known is not None and runs and answers.answers(known.address)
    if as_json:
        click.echo(orjson.dumps(_facts(known, runs=runs, answering=answering)))
    elif known is None or not runs:
        click.echo("Kafka: nothing of ours runs. Start it with: nattevagt kafka start")
    else:
        verdict = "answers" if answering else "does not answer"
        click.echo(f"Kafka at {known.address} {verdict} ({_where(known)}, data {known.data}).")
    ctx.exit(0 if answering else NOT_ANSWERING if runs else NOT_RUNNING)


def _where(known: detached.Record) -> str:
    return f"{known.how}, container {known.container}" if known.container else f"{known.how}, pid {known.pid}"


def _facts(known: detached.Record | None, *, runs: bool, answering: bool) -> dict[str, object]:
    if known is None or not runs:
        return {"running": False, "answers": False}
    return {
        "running": True,
        "answers": answering,
        "address": known.address,
        "how": known.how,
        "pid": known.pid,
        "container": known.container,
        "data": known.data,
    }
