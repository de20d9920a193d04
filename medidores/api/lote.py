"""Arrays of readings: each element read, good or refused by its index."""

import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from functools import lru_cache
from typing import Any

from rest_framework import serializers
from rest_framework.exceptions import APIException, ParseError

from comum.django_base.api.campos import ID_MAXIMO, InstanteField, citar
from comum.vocabulario import Registrador
from medidores.api.serializers import LeituraSerializer
from medidores.models import Leitura
from medidores.servicos.julgamento import LeituraInformada
from medidores.servicos.leituras import RecusaDeLeitura

ELEMENTOS_MAXIMOS = 10_000
ATIVA_TOTAL = Registrador.ATIVA_TOTAL.value
REGISTRADORES = frozenset(str(registrador) for registrador in Registrador)
ESCRITOS = frozenset({"medidor_id", "leitura_kwh", "data_leitura", "registrador"})
ORIGEM = Leitura.Origem.API.value
VALOR_SIMPLES = re.compile(r"[0-9]{1,12}(?:\.[0-9]{1,3})?", re.ASCII)
CODIGOS = {"required": "CAMPO_OBRIGATORIO", "null": "CAMPO_OBRIGATORIO"}


def ler_lote(
    elementos: Sequence[Any], *, agora: datetime
) -> tuple[list[LeituraInformada], list[RecusaDeLeitura]]:
    """The readings of an array, `ordem` being their index, and the elements that are none.

    Raises:
        ParseError: the array is empty, or too long.
    """
    if not 1 <= len(elementos) <= ELEMENTOS_MAXIMOS:
        frase = f"Envie de 1 a {ELEMENTOS_MAXIMOS} leituras de cada vez; vieram {len(elementos)}."
        raise ParseError(frase, code="TAMANHO_DA_LISTA")
    serializer = LeituraSerializer()
    informadas, recusas = [], []
    for indice, elemento in enumerate(elementos):
        informada = ler_simples(elemento, agora=agora, ordem=indice)
        if informada is None:
            try:
                dados = serializer.run_validation(elemento)
            except APIException as erro:
                recusas.append(_recusa(indice, elemento, erro))
                continue
            informada = da_validada(dados, agora=agora, ordem=indice)
        informadas.append(informada)
    return informadas, recusas


def da_validada(dados: Mapping[str, Any], *, agora: datetime, ordem: int = 0) -> LeituraInformada:
    """The reading that the serializer made of an element."""
    return LeituraInformada(
        dados["medidor_id"],
        dados.get("registrador", ATIVA_TOTAL),
        dados.get("data_leitura", agora),
        dados["leitura_kwh"],
        ORIGEM,
        ordem=ordem,
    )


def ler_simples(elemento: Any, *, agora: datetime, ordem: int = 0) -> LeituraInformada | None:
    """The element, where nothing of it can be doubted; None: the serializer decides.

    A tenth of the serializer's time, which for an array is most of the whole.
    """
    if type(elemento) is not dict or not elemento.keys() <= ESCRITOS:
        return None
    medidor_id: Any = elemento.get("medidor_id")
    leitura_kwh = elemento.get("leitura_kwh")
    registrador = elemento.get("registrador", ATIVA_TOTAL)
    valor = str(leitura_kwh)
    simples = (
        type(medidor_id) is int
        and 0 < medidor_id <= ID_MAXIMO
        and type(leitura_kwh) in (str, int, Decimal)
        and VALOR_SIMPLES.fullmatch(valor)
        and type(registrador) is str
        and registrador in REGISTRADORES
    )
    if not simples:
        return None
    instante = agora
    if "data_leitura" in elemento:
        try:
            instante = _ler_instante(elemento["data_leitura"])
        except (serializers.ValidationError, TypeError):
            return None
    return LeituraInformada(medidor_id, registrador, instante, Decimal(valor), ORIGEM, ordem=ordem)


@lru_cache(maxsize=65_536)  # an array has few moments and many rows
def _ler_instante(texto: str) -> datetime:
    return _INSTANTE.run_validation(texto)


_INSTANTE = InstanteField()


def _recusa(indice: int, elemento: Any, erro: APIException) -> RecusaDeLeitura:
    detalhe: Any = erro.detail
    if not isinstance(elemento, dict) or not isinstance(detalhe, dict):
        frase = f"Envie um objeto JSON com os campos da leitura; veio {citar(elemento)}."
        return RecusaDeLeitura(indice, "", "CORPO_INVALIDO", frase)
    campo, frases = next(iter(detalhe.items()))
    do_campo = next(iter(frases))
    codigo = str(getattr(do_campo, "code", ""))
    codigo = codigo if codigo.isupper() else CODIGOS.get(codigo, "VALOR_INVALIDO")
    return RecusaDeLeitura(indice, campo, codigo, f"{campo}: {do_campo}")
