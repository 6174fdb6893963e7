"""`nattevagt learn`: the process that learns from what became of people. One is enough; two do no harm."""

import asyncio
import signal

import click

from schemas.errors import ConfigurationError, NattevagtError, StateError, UnavailableError
from schemas.topics import EXAMPLES, LEARNER_STATE, MODELS
from streams.adapters import logs
from streams.adapters.admin import refuse_unsafe
from streams.adapters.learn_metrics import LearnMetrics
from streams.adapters.settings import Settings
from streams.agents.learn import Learning
from streams.agents.room import EXIT_FAILED, EXIT_REFUSED, end_process
from streams.cli.given import with_settings


@click.command()
@click.option("--once", is_flag=True, help="Read to where the examples end now, then end.")
@click.option("--anew", is_flag=True, help="Forget what was learned and begin with the oldest example.")
@click.option(
    "--metrics-port", type=click.IntRange(0, 65535), default=9466, show_default=True, help="/metrics; 0 = none."
)
@with_settings
def command(settings: Settings, metrics_port: int, *, once: bool, anew: bool) -> None:
    """Learn from examples.v1 until told to stop (SIGTERM, Ctrl-C), and publish snapshots on models.v1.

    Exit codes: 0 told to stop; 70 failed, start it again; 78 refused, a person must mend something first.
    """
    logs.configure(settings.log_level)
    metrics = LearnMetrics()
    try:
        _serve(metrics, metrics_port, settings)
        asyncio.run(_learn(settings, metrics, once=once, anew=anew))
    except (StateError, ConfigurationError) as error:
        end_process(error, EXIT_FAILED if isinstance(error, UnavailableError) else EXIT_REFUSED)
    except NattevagtError as error:
        end_process(error, EXIT_FAILED)


def _serve(metrics: LearnMetrics, port: int, settings: Settings) -> None:
    try:
        metrics.serve(port, settings.metrics_host)
    except OSError:
        raise ConfigurationError(
            f"--metrics-port: {port} cannot be opened.", next_step="Give another port, or 0 for none."
        ) from None


async def _learn(settings: Settings, metrics: LearnMetrics, *, once: bool, anew: bool) -> None:
    await refuse_unsafe(settings, only=(EXAMPLES, LEARNER_STATE, MODELS))
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    await Learning(settings, metrics).run(stop, once=once, anew=anew)
