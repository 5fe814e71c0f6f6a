"""The tree of commands."""

from __future__ import annotations

import typer

from casework import __version__, relay
from casework.cli import checks, doctor, editors, judging, surveying, tasks, trying, upkeep, verdicts
from casework.cli.drafts import drafts
from casework.cli.options import AsJson
from casework.cli.output import Output
from casework.cli.reviews import reviews
from casework.cli.rules import rules
from casework.cli.skeletons import skeletons

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    help="Casework: judge and land any change, next to the code.",
    epilog="Exit codes: 0 done, 1 refused, 2 usage, 3 trouble, 4 not in time, 130 interrupted.",
)
app.command("try")(trying.try_it)
app.add_typer(reviews, name="review")
app.command("survey")(surveying.survey)
app.command("next")(judging.next_thing)
app.command("approve")(verdicts.approve)
app.command("request-changes")(verdicts.request_changes)
app.command("undo")(verdicts.undo)
app.add_typer(tasks.tasks, name="task")
app.add_typer(skeletons, name="skeleton")
app.command("wait")(tasks.wait)
app.command("answer")(tasks.answer)
app.add_typer(drafts, name="draft")
app.add_typer(rules, name="rules")
app.add_typer(checks.checks, name="checks")
app.command("trust")(upkeep.trust)
app.command("journal")(upkeep.journal)
app.add_typer(upkeep.daemons, name="daemon")
app.command("doctor")(doctor.doctor)
app.command("purge")(upkeep.purge)
app.command("editor-config")(editors.editor_config)


@app.command("lsp")
def lsp() -> None:
    """Attach an editor to the daemon over stdin and stdout."""
    raise typer.Exit(relay.main([]))  # main.py starts the relay before any of this is imported; here for the help


@app.command("version")
def version(as_json: AsJson = False) -> None:
    """Print the version."""
    Output(as_json).give({"version": __version__}, __version__)
