"""`quintile voice teach` and `quintile voice read`: your own engine, and what an engine hears."""

from __future__ import annotations

import sys
from contextlib import AbstractContextManager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from orchestration.commands.tables import show_json, show_table
from orchestration.options import (
    DEFAULT,
    CommandError,
    ConfigurationOption,
    HomeOption,
    JsonOption,
    configured,
    home_of,
    reporting,
    say,
)

if TYPE_CHECKING:
    import pandas as pd

    from ml.voice.engine import Engine
    from models.voice_of_customer import VoiceOfCustomer

voice = typer.Typer(
    help="Teach the engine that reads what customers write, and ask it what it hears.",
    no_args_is_help=True,
    rich_markup_mode=None,
)

_LANGUAGES: Final = {"en": "English", "zh": "Chinese", "zxx": "emoji alone"}


@voice.command()
@reporting
def teach(
    lexicon: Annotated[
        Path | None,
        typer.Option(help="CSV of your words: phrase, language, weight[, kind, label]."),
    ] = None,
    examples: Annotated[
        Path | None, typer.Option(help="CSV of labelled texts: text, label, language[, kind].")
    ] = None,
    aliases: Annotated[
        Path | None,
        typer.Option(
            help="CSV of names: name, alias[, is_competitor, needs_capital, needs_context]."
        ),
    ] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Show the report card; write nothing.")
    ] = False,
    config: ConfigurationOption = DEFAULT,
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """Train your own engine from up to three tables, and show how much better it reads.

    lexicon: a word or phrase and what it is worth, -4 to 4. 0 takes its opinion away. Your words
    always win. kind is sentiment (default), intent (label names the intent that the phrase means)
    or keyword (always listed; weight 0: never).

    examples: texts of your customers and how they are meant: positive, negative, neutral. With kind
    intent, the label is an intent, your own ones too; an empty label says that it has none.
    Training starts at 30 texts of a language with 5 of each label; 200 are worth much more.

    aliases: competitors, and your own names and products (is_competitor: false), which are no
    opinion. A name that is an ordinary word should need a capital and a context (switch to ...).

    language is en or zh. The report card tests every example by an engine that has not seen it.
    What was learned is used only where it reads better. All tables together make the engine:
    give them again to change one.

    Examples: quintile voice teach --examples labelled.csv
              quintile voice teach --lexicon words.csv --examples labelled.csv --aliases names.csv
    """
    from assets.lesson_files import read_lessons
    from assets.voice_engines import write_engine
    from ml.voice.names import aliases_of
    from ml.voice.teaching import Taught
    from ml.voice.teaching import teach as train
    from ml.voice.vectors import installed

    files = {
        name: path
        for name, path in (("lexicon", lexicon), ("examples", examples), ("aliases", aliases))
        if path is not None
    }
    if not files:
        raise CommandError("give at least one of --lexicon, --examples, --aliases", 2)
    lessons = read_lessons(files)
    counted = {name: len(getattr(lessons, name)) for name in files}
    if not sum(counted.values()):
        raise CommandError("the files hold no row below their header: nothing is taught", 2)
    _progress("read " + ", ".join(f"{count:,} rows of {name}" for name, count in counted.items()))
    names = (*lessons.aliases, *aliases_of(_technique(config).competitors))
    with _one_thread():
        found = train(replace(lessons, aliases=names), installed(), _progress)
    # Competitors stay in the configuration: an engine need not be taught again when they change.
    engine = found.engine.with_lessons(lessons)
    written = None
    if not dry_run:
        written = write_engine(home_of(config, home).voice, Taught(engine, found.report))
    if as_json:
        show_json(
            {
                "version": None if written is None else written.version,
                "folder": None if written is None else str(written.folder),
                "engine_version": engine.version,
                "report": found.report.astype(object)
                .where(found.report.notna(), None)
                .to_dict("records"),
            }
        )
        return
    _show_report(found.report)
    say()
    if written is None:
        say("Nothing was written (--dry-run).")
    else:
        say(f"Taught engine {written.version}: {written.folder}")
        say("Runs use it where techniques.voice_of_customer.engine is `trained`.")
        say('Try it: quintile voice read "Your portal is great, but the export keeps failing."')


def _show_report(report: pd.DataFrame) -> None:
    rows = [
        [
            _LANGUAGES[row["language"]],
            row["kind"],
            row["example_count"],
            *(_share(row[f"{engine}_macro_f1"]) for engine in ("default", "untrained", "trained")),
            *(_share(row[f"{engine}_accuracy"]) for engine in ("default", "untrained", "trained")),
            bool(row["is_used"]),
        ]
        for row in report.to_dict("records")
    ]
    header = ["language", "kind", "examples", "F1 default", "with your words", "taught",
              "right default", "with your words", "taught", "used"]  # fmt: skip
    show_table(
        header, rows, title="Report card", empty="no examples: only your words and names are taught"
    )
    for row in report.to_dict("records"):
        if isinstance(row["reason"], str):
            say(f"  {_LANGUAGES[row['language']]} {row['kind']}: {row['reason']}")
    if rows:
        say("  F1 is the mean over the labels, right the share of texts; both of texts not seen.")


def _share(value: Any) -> str:
    return "-" if value is None or value != value else f"{value:.3f}"


@voice.command()
@reporting
def read(
    text: Annotated[
        str | None, typer.Argument(help="What a customer wrote; - reads it from standard input.")
    ] = None,
    file: Annotated[
        Path | None, typer.Option("--file", "-f", help="A file with the text instead (UTF-8).")
    ] = None,
    subject: Annotated[str | None, typer.Option(help="Subject line of the mail.")] = None,
    untrained: Annotated[
        bool, typer.Option("--untrained", help="Ask the default engine, not the taught one.")
    ] = False,
    config: ConfigurationOption = DEFAULT,
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """Tell what is heard in a text, and why.

    Sentiment, emotion, intents, keywords and what is said of each, mentions of competitors, and the
    words that moved the sentiment (+ towards positive, - towards negative). Only the customer's own
    words are read: not salutation, signature or quoted mails. Competitors are those of the
    configuration and of the taught engine, which is asked where there is one.

    Examples: quintile voice read "Great service, thanks! Can we add ten more seats?"
              quintile voice read --file mail.txt --subject "Re: Renewal"
              cat mail.txt | quintile voice read -
    """
    import pandas as pd

    body = _body(text, file)
    with _one_thread():
        engine, name = _engine(config, home, untrained)
        heard = engine.classify(pd.DataFrame({"body": [body], "subject": [subject]}, dtype=object))
    row: Any = heard.astype(object).where(heard.notna(), None).to_dict("records")[0]
    own = engine.read(body, subject).cleaned.read
    if as_json:
        show_json({**row, "read": own})
        return
    if row["sentiment"] is None:
        say(f"Not analysed: {row['unsupported_reason']}.")
        _mentions(row)
        return
    _show(row, own, name)


def _show(row: dict[str, Any], own: str, name: str) -> None:
    say(f"read        {' '.join(own.split())}")
    say(f"language    {_LANGUAGES[row['language']]}")
    say(
        f"sentiment   {row['sentiment']} (score {row['sentiment_score']:+.2f}, "
        f"margin {row['margin']:.2f}), {row['emotion']}"
    )
    moved = ", ".join(f"{word} {value:+.2f}" for word, value in row["moved_by"])
    say(f"moved by    {moved or 'no word: nothing speaks for or against'}")
    say(f"intents     {', '.join(row['intents']) or 'none'}")
    said = ", ".join(f"{keyword} ({sentiment})" for keyword, sentiment in row["keywords"])
    say(f"keywords    {said or 'none'}")
    _mentions(row)
    say(f"engine      {row['engine']}: {name}, {row['engine_version']}")


def _mentions(row: dict[str, Any]) -> None:
    said = ", ".join(f"{name} ({sentiment or 'unknown'})" for name, sentiment in row["competitors"])
    say(f"competitors {said or 'none'}")


def _engine(config: Path, home: Path | None, untrained: bool) -> tuple[Engine, str]:
    """The engine to ask and what to call it: the taught one, where there is one."""
    from assets.voice_engines import default_engine, engine_in_use, knowing, read_engine

    technique = _technique(config)
    found = None if untrained else engine_in_use(home_of(config, home).voice)
    if found is None:
        return knowing(default_engine(), technique), "the default engine"
    return knowing(read_engine(found), technique), f"taught engine {found.version}"


def _technique(config: Path) -> VoiceOfCustomer:
    """The technique as configured; without a configuration, with its defaults."""
    from models.voice_of_customer import VoiceOfCustomer

    if config == DEFAULT and not config.exists():
        return VoiceOfCustomer()
    return configured(config).techniques.voice_of_customer or VoiceOfCustomer()


def _body(text: str | None, file: Path | None) -> str:
    if (text is None) == (file is None):
        raise CommandError('give a text, or --file, one of them: quintile voice read "..."', 2)
    if file is not None:
        try:
            return file.read_bytes().decode("utf-8-sig")
        except OSError as error:
            reason = error.strerror or error
            raise CommandError(f"{file} cannot be read ({reason}); check the path", 2) from error
        except UnicodeDecodeError as error:
            raise CommandError(f"{file} is not UTF-8: save it as UTF-8", 2) from error
    if text == "-":
        return sys.stdin.read()
    return str(text)


def _one_thread() -> AbstractContextManager[object]:
    """Small matrices by one thread: on a busy machine several of them wait for each other."""
    from threadpoolctl import threadpool_limits

    limits: AbstractContextManager[object] = threadpool_limits(1)
    return limits


def _progress(line: str) -> None:
    """Tell on standard error how far it is, so that what is asked for stays alone on the other."""
    say(f"  {line}", is_error=True)


__all__ = ["voice"]
