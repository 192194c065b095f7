"""What a mapping must obey before any header is seen (MAP-8, MAP-9, LKP)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from models.catalogue import reserved_names
from models.fields import Field, FieldType, Module, Need, module_named, module_place
from models.modules import (
    ColumnField,
    ConstantField,
    CopyField,
    FieldForm,
    LookupField,
    MappedModule,
    RowNumberField,
    UnknownField,
)
from models.problems import Path, Problem, choose_from
from models.sources import Source
from models.values import canonical_constant

if TYPE_CHECKING:
    from models.configuration import Configuration


def module_problems(configuration: Configuration) -> Iterator[Problem]:
    """Yield unknown sources and fields, impossible forms, columns read twice, taken names."""
    modules, sources = configuration.modules, configuration.sources
    for name, module in modules.mapped().items():
        place: Path = module_place(name)
        if module.source not in sources:
            message = f"no source {module.source!r}{choose_from(module.source, sources)}"
            yield Problem((*place, "from"), message, f"source {module.source}")
        yield from _field_problems(module_named(name), module, place)
        for field, form in module.fields.items():
            if isinstance(form, LookupField):
                yield from _lookup_problems(form, sources, (*place, "fields", field, "lookup"))
        yield from _column_problems(module, place)
        for custom in module.custom:
            if custom in reserved_names(name):
                message = f"{custom!r} is a field of {name} already; choose another name"
                yield Problem((*place, "custom", custom), message)
    amount_from = getattr(modules.deals, "amount_from", "deal")
    if amount_from == "lines" and "deal_lines" not in modules.mapped():
        message = "amounts come from lines, but deal_lines is not mapped"
        yield Problem(("modules", "deals", "amount_from"), message)


def _field_problems(known: Module, module: MappedModule, place: Path) -> Iterator[Problem]:
    for name, form in module.fields.items():
        here = (*place, "fields", name)
        if name not in known.field_names:
            advice = choose_from(name, known.field_names)
            yield Problem(here, f"{known.name} have no field {name!r}{advice}")
        else:
            yield from _form_problems(known, known.field(name), form, here)


def _form_problems(known: Module, field: Field, form: FieldForm, path: Path) -> Iterator[Problem]:
    if isinstance(form, CopyField) and form.copy_of not in known.field_names:
        advice = choose_from(form.copy_of, known.field_names)
        yield Problem((*path, "copy"), f"{known.name} have no field {form.copy_of!r}{advice}")
    if isinstance(form, RowNumberField) and field.need is not Need.KEY and field.name != "line_id":
        yield Problem(path, f"only a key can be a row number; of {known.name} it is {known.key!r}")
    if isinstance(form, UnknownField) and field.need is Need.KEY:
        yield Problem(path, "a key cannot be unknown; map it, or write {row_number: true}")
    if isinstance(form, ConstantField):
        yield from _constant_problems(form, field.type, (*path, "value"))


def _lookup_problems(
    form: LookupField, sources: Mapping[str, Source], path: Path
) -> Iterator[Problem]:
    name = form.lookup.split(".", 1)[0]
    if name not in sources:
        yield Problem(path, f"no source {name!r}{choose_from(name, sources)}", f"source {name}")
    elif sources[name].database is not None:
        message = f"{name!r} is a database: join the tables there, in a view, and map the view"
        yield Problem(path, message)


def _constant_problems(form: ConstantField, type_: FieldType, path: Path) -> Iterator[Problem]:
    try:
        canonical_constant(form.value, type_)
    except ValueError as error:
        yield Problem(path, str(error))


def _column_problems(module: MappedModule, path: Path) -> Iterator[Problem]:
    """One source column may be read by one field only (MAP-8)."""
    readers: dict[str, str] = {}
    declared = [
        (("fields", field), form.column)
        for field, form in module.fields.items()
        if isinstance(form, ColumnField)
    ]
    declared += [(("custom", field), form.column) for field, form in module.custom.items()]
    for place, column in declared:
        other = readers.setdefault(column, place[1])
        if other != place[1]:
            message = f"column {column!r} is already read by {other!r} (MAP-8); write {{copy: …}}"
            yield Problem((*path, *place), message)
