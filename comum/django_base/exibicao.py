"""Values as the staff reads them: R$ 1.234,56, 1.234,567 kWh, 05/01/2026, and links."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from urllib.parse import urlsplit

from django.apps import apps
from django.contrib import admin
from django.db import models
from django.urls import Resolver404, resolve, reverse
from django.utils.formats import number_format
from django.utils.html import format_html
from django.utils.http import urlencode

from comum.django_base.autoria import autor_atual
from comum.periodos import FUSO

VAZIO = "–"
JUNTO = "\N{NO-BREAK SPACE}"  # a value and its unit stay on one line
CURTO = 24

_SEM_HTML: ContextVar[bool] = ContextVar("sem_html", default=False)


@contextmanager
def sem_html() -> Iterator[None]:
    """Inside, links and labels are their bare texts: what a file of the list holds."""
    antes = _SEM_HTML.set(True)
    try:
        yield
    finally:
        _SEM_HTML.reset(antes)


def numero(valor: Decimal | float | None, casas: int | None = None) -> str:
    """The number in Brazilian form; without `casas`, with the places it has.

    >>> numero(Decimal("1234.5"), 2)
    '1.234,50'
    """
    if valor is None:
        return VAZIO
    return number_format(valor, casas, use_l10n=True, force_grouping=True)


def brl(valor: Decimal | None) -> str:
    """Money, with its sign in front.

    >>> brl(Decimal("-1234.5")).replace(JUNTO, " ")
    '-R$ 1.234,50'
    """
    if valor is None:
        return VAZIO
    sinal = "-" if valor < 0 else ""
    return f"{sinal}R${JUNTO}{numero(abs(valor), 2)}"


def kwh(valor: Decimal | None) -> str:
    """Energy with its 3 places.

    >>> kwh(Decimal("150")).replace(JUNTO, " ")
    '150,000 kWh'
    """
    return VAZIO if valor is None else f"{numero(valor, 3)}{JUNTO}kWh"


def dia(valor: date | datetime | None) -> str:
    """A civil day; of an instant, its São Paulo day.

    >>> dia(date(2026, 1, 5))
    '05/01/2026'
    """
    if valor is None:
        return VAZIO
    if isinstance(valor, datetime):
        valor = valor.astimezone(FUSO)
    return f"{valor:%d/%m/%Y}"


def instante(valor: datetime | None) -> str:
    """Day and time in São Paulo."""
    return VAZIO if valor is None else f"{valor.astimezone(FUSO):%d/%m/%Y %H:%M}"


def mes(valor: date | None) -> str:
    """A month, named by its first day.

    >>> mes(date(2026, 1, 1))
    '01/2026'
    """
    return VAZIO if valor is None else f"{valor:%m/%Y}"


def etiqueta(objeto: Any, campo: str, cores: Mapping[str, str]) -> str:
    """The label of a field with choices, small and coloured; grey without a colour of its own."""
    rotulo = getattr(objeto, f"get_{campo}_display")()
    if _SEM_HTML.get():
        return str(rotulo)
    cor = cores.get(getattr(objeto, campo), "cinza")
    return format_html('<span class="en-etiqueta en-{}">{}</span>', cor, rotulo)


def endereco_da_lista(modelo: type[models.Model], **filtros: Any) -> str:
    """The address of a model's list in the admin, filtered."""
    opcoes = modelo._meta
    endereco = reverse(f"admin:{opcoes.app_label}_{opcoes.model_name}_changelist")
    return f"{endereco}?{urlencode(filtros)}" if filtros else endereco


def endereco_do_objeto(objeto: models.Model, pagina: str = "change") -> str:
    """The address of an object's page in the admin; `pagina` may be an action's name."""
    opcoes = objeto._meta
    return reverse(f"admin:{opcoes.app_label}_{opcoes.model_name}_{pagina}", args=[objeto.pk])


def pode_ver(modelo: type[models.Model]) -> bool:
    """Whether who is being answered may open the pages of a model; outside a request, yes."""
    return pode_agir(modelo, "change")


def pode_agir(modelo: type[models.Model], pagina: str) -> bool:
    """The same of one page of the model: the list, an object's, or that of an action.

    Asks for the permission, not for the state of an object: an action that came too
    late says so on its own page.
    """
    pedido = autor_atual().pedido
    if pedido is None:
        return True
    if not admin.site.is_registered(modelo):
        return False
    do_modelo: Any = admin.site.get_model_admin(modelo)
    if pagina in ("add", "delete"):
        return bool(getattr(do_modelo, f"has_{pagina}_permission")(pedido))
    pedidas = getattr(getattr(do_modelo, pagina, None), "allowed_permissions", None) or ["view"]
    return all(_permite(do_modelo, pedido, permissao) for permissao in pedidas)


def _permite(do_modelo: Any, pedido: Any, permissao: str) -> bool:
    if "." in permissao:
        return bool(pedido.user.has_perm(permissao))
    return bool(getattr(do_modelo, f"has_{permissao}_permission")(pedido))


def pode_abrir(endereco: str) -> bool:
    """The same of an address of the admin; what is not a page of a model, anyone may."""
    pedido = autor_atual().pedido
    try:
        destino = resolve(urlsplit(str(endereco)).path)
    except Resolver404:
        return True
    if pedido is not None and destino.url_name == "app_list":
        return bool(admin.site.get_app_list(pedido, destino.kwargs["app_label"]))
    app, _, resto = (destino.url_name or "").partition("_")
    nome, _, pagina = resto.partition("_")
    try:
        modelo = apps.get_model(app, nome)
    except LookupError:
        return True
    return pode_agir(modelo, pagina)


def ligacao(endereco: str, texto: object) -> str:
    """An HTML link, escaped; a short one, as a code is, stays on one line."""
    classe = "text-link en-junto" if len(str(texto)) <= CURTO else "text-link"
    return format_html('<a href="{}" class="{}">{}</a>', endereco, classe, texto)


def ligar(endereco: str, texto: object) -> object:
    """The text, as a link where there is an address that this person may open."""
    return ligacao(endereco, texto) if endereco and pode_abrir(endereco) else texto


def ligacao_ao_ato(objeto: models.Model, ato: str, texto: object) -> str:
    """A link to an action's page, for who may take it; for others, nothing to see."""
    if not pode_agir(type(objeto), ato):
        return VAZIO
    return ligacao(endereco_do_objeto(objeto, ato), texto)


def ligacao_ao_objeto(objeto: models.Model | None, texto: object = None) -> str:
    """A link to the object's page, named by itself; for who may not open it, the name alone."""
    if objeto is None:
        return VAZIO
    if _SEM_HTML.get() or not pode_ver(type(objeto)):
        return str(texto if texto is not None else objeto)
    return ligacao(endereco_do_objeto(objeto), texto if texto is not None else objeto)
