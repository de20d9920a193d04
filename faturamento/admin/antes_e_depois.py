"""What a pedido would change, side by side, as the staff reads it."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import cached_property
from typing import Any

from django.apps import apps
from django.db import models

from comum.django_base.exibicao import JUNTO, VAZIO, brl, dia, ligacao_ao_objeto, numero
from comum.texto import com_numero
from faturamento.models import Distribuidora, PedidoDeAprovacao

LINHAS_MOSTRADAS = 500
UNIDADE_NO_FIM = re.compile(r" \((R\$|kWh)[^)]*\)$")
ROTULOS_DO_DESFAZIMENTO = {
    "rascunhos": "rascunhos",
    "outras": "faturas emitidas ou canceladas",
    "motivo": "motivo do desfazimento",
}


@dataclass(frozen=True, slots=True)
class Campo:
    """One value of a row, before and after."""

    rotulo: str
    antes: str
    depois: str
    mudou: bool


@dataclass(frozen=True, slots=True)
class Linha:
    """One row of a pedido of many."""

    registro: str
    antes: str
    depois: str


class Comparacao:
    """A pedido's rows; distributors are read once, whatever the number of rows."""

    def __init__(self, pedido: PedidoDeAprovacao) -> None:
        self.pedido = pedido
        self.modelo: Any = apps.get_model("faturamento", pedido.modelo)

    @cached_property
    def nomes(self) -> dict[str, str]:
        """Distributors by key, as text: what the tables refer to."""
        return {str(distribuidora.pk): str(distribuidora) for distribuidora in _distribuidoras()}

    @property
    def uma_so(self) -> bool:
        return len(self.pedido.linhas) == 1

    @property
    def registro(self) -> str:
        """A link to the row, where there is one still."""
        return ligacao_ao_objeto(
            self.modelo._default_manager.filter(pk=self.pedido.objeto_id).first()
        )

    @property
    def escondidas(self) -> int:
        return max(0, len(self.pedido.linhas) - LINHAS_MOSTRADAS)

    def campos(self) -> list[Campo]:
        """The values of the only row, what changes first."""
        return sorted(self._campos(self.pedido.linhas[0]), key=lambda campo: not campo.mudou)

    def linhas(self) -> Iterator[Linha]:
        """The rows of a pedido of many, each on one line."""
        for linha in self.pedido.linhas[:LINHAS_MOSTRADAS]:
            campos = [c for c in self._campos(linha) if c.antes != VAZIO or c.depois != VAZIO]
            yield Linha(
                str(linha["id"] or "novo"),
                _em_uma_linha(campos, "antes") if linha["antes"] else VAZIO,
                _em_uma_linha(campos, "depois") if linha["depois"] else VAZIO,
            )

    def resumo(self, lado: str) -> str:
        """What changes, on one line, by the row's own values; `lado` is `antes` or `depois`."""
        if not self.uma_so:
            quantas = sum(1 for linha in self.pedido.linhas if linha[lado])
            return com_numero(quantas, "registro") if quantas else VAZIO
        linha = self.pedido.linhas[0]
        if linha[lado] is None:
            return VAZIO
        campos = self._campos(linha, relacoes=False)  # in a list, no look-up for each row
        mudados = [c for c in campos if c.mudou and getattr(c, lado) != VAZIO]
        return _em_uma_linha(mudados, lado) or VAZIO

    def _campos(self, linha: dict[str, Any], *, relacoes: bool = True) -> Iterator[Campo]:
        antes, depois = linha["antes"] or {}, linha["depois"] or {}
        for nome in {**antes, **depois}:
            if nome == "distribuidora" and not relacoes:
                continue
            a, d = antes.get(nome), depois.get(nome)
            yield Campo(self._rotulo(nome), self._mostrar(nome, a), self._mostrar(nome, d), a != d)

    def _rotulo(self, nome: str) -> str:
        if self.pedido.tipo == PedidoDeAprovacao.Tipo.DESFAZIMENTO:
            return ROTULOS_DO_DESFAZIMENTO.get(nome, nome)
        rotulo = str(self.modelo._meta.get_field(nome).verbose_name)
        return UNIDADE_NO_FIM.sub("", rotulo)  # the value says it

    def _mostrar(self, nome: str, valor: str | None) -> str:
        if valor in (None, ""):
            return VAZIO
        if self.pedido.tipo == PedidoDeAprovacao.Tipo.DESFAZIMENTO:
            return str(valor)
        campo = self.modelo._meta.get_field(nome)
        if campo.is_relation:
            return self.nomes.get(str(valor), f"{campo.verbose_name} {valor}")
        lido = campo.to_python(valor)
        if campo.choices:
            return str(dict(campo.flatchoices).get(lido, lido))
        if isinstance(lido, Decimal):
            return _com_unidade(nome, lido)
        return dia(lido) if isinstance(lido, date) else str(lido)


def _com_unidade(nome: str, valor: Decimal) -> str:
    """The value as the bill would say it; the name of a field ends in its unit.

    >>> _com_unidade("tusd_brl_por_mwh", Decimal("480.10000000")).replace(JUNTO, " ")
    'R$ 480,10/MWh'
    >>> _com_unidade("aliquota", Decimal("0.180000")).replace(JUNTO, " ")
    '18 %'
    """
    if nome.endswith("_brl_por_mwh"):
        casas = max(2, -int(valor.normalize().as_tuple().exponent))
        return f"R${JUNTO}{numero(valor, casas)}/MWh"
    if nome.startswith("valor_"):
        return brl(valor)
    if nome.endswith("_kwh"):
        return f"{numero(valor.normalize() + 0)}{JUNTO}kWh"
    if nome == "aliquota":
        return f"{numero((valor * 100).normalize() + 0)}{JUNTO}%"
    return numero(valor.normalize() + 0)


def _em_uma_linha(campos: Sequence[Campo], lado: str) -> str:
    return "; ".join(f"{campo.rotulo}: {getattr(campo, lado)}" for campo in campos)


def _distribuidoras() -> models.QuerySet[Distribuidora]:
    return Distribuidora.objects.order_by("pk")
