"""Distributor, tariffs, flags, taxes and CIP from one JSON file; safe to repeat."""

import json
from dataclasses import asdict, dataclass
from datetime import datetime
from decimal import Decimal
from typing import IO, Any

from django.core.exceptions import ValidationError
from django.db import models

from auditoria.servicos.eventos import registrar_evento
from comum.django_base.gravacao import em_transacao, gravar
from comum.documentos import normalizar_documento
from comum.erros import ArquivoIlegivelError
from comum.texto import com_numero
from faturamento.models import AliquotaTributo, Bandeira, Distribuidora, FaixaCip, Tarifa

TABELAS: dict[str, type[models.Model]] = {
    "tarifas": Tarifa,
    "bandeiras": Bandeira,
    "aliquotas": AliquotaTributo,
    "faixas_cip": FaixaCip,
}


@dataclass(slots=True)
class ResumoParametros:
    """How many rows came in, and how many were there already."""

    novas: int = 0
    repetidas: int = 0

    def como_json(self) -> dict[str, int]:
        return asdict(self)


def importar_parametros(bruto: IO[bytes], *, agora: datetime) -> ResumoParametros:
    """Reads the tables of `exemplos/parametros.json` into the database, all or nothing.

    A row equal to one that is there is left alone.

    Raises:
        ArquivoIlegivelError: not JSON, an unknown table or field, or a row that
            the rules refuse; names the table, the position and the reason.
    """
    try:
        dados = json.loads(bruto.read(), parse_float=Decimal)
    except (ValueError, RecursionError) as erro:
        raise ArquivoIlegivelError(f"O arquivo não é um JSON válido: {erro}.") from erro
    if not isinstance(dados, dict) or not set(dados) <= {"distribuidora", *TABELAS}:
        raise ArquivoIlegivelError(
            f"O arquivo deve ser um objeto JSON com: distribuidora, {', '.join(TABELAS)}."
        )
    resumo = ResumoParametros()
    with em_transacao():
        distribuidora = _importar_distribuidora(dados.get("distribuidora"), resumo)
        for tabela, modelo in TABELAS.items():
            for posicao, linha in enumerate(dados.get(tabela, [])):
                _importar_linha(modelo, linha, f"{tabela}[{posicao}]", distribuidora, resumo)
        registrar_evento(
            "PARAMETROS_IMPORTADOS",
            f"{com_numero(resumo.novas, 'nova')}, {com_numero(resumo.repetidas, 'repetida')}",
            agora=agora,
            dados=resumo.como_json(),
        )
    return resumo


def _importar_distribuidora(dado: Any, resumo: ResumoParametros) -> Distribuidora | None:
    if dado is None:
        return None
    try:
        cnpj = normalizar_documento(str(dado["cnpj"]))
        existente = Distribuidora.objects.filter(cnpj=cnpj).first()
        if existente is not None:
            resumo.repetidas += 1
            return existente
        resumo.novas += 1
        return gravar(Distribuidora(**dado))
    except (KeyError, TypeError, ValidationError) as erro:
        raise _ilegivel("distribuidora", erro) from erro


def _importar_linha(
    modelo: type[models.Model],
    linha: Any,
    caminho: str,
    distribuidora: Distribuidora | None,
    resumo: ResumoParametros,
) -> None:
    try:
        campos = dict(linha)
        if modelo is not Bandeira and campos.pop("da_distribuidora", modelo is not AliquotaTributo):
            campos["distribuidora"] = distribuidora
        objeto = modelo(**campos)
        objeto.full_clean(validate_constraints=False)
        iguais = {
            campo.name: getattr(objeto, campo.name)
            for campo in modelo._meta.local_fields
            if not campo.primary_key
        }
        if modelo._default_manager.filter(**iguais).exists():
            resumo.repetidas += 1
            return
        gravar(objeto)
        resumo.novas += 1
    except (TypeError, ValueError, ValidationError) as erro:
        raise _ilegivel(caminho, erro) from erro


def _ilegivel(caminho: str, erro: Exception) -> ArquivoIlegivelError:
    if isinstance(erro, ValidationError):
        campo, frases = next(iter(erro.message_dict.items()))
        motivo = frases[0] if campo == "__all__" else f"{campo}: {frases[0]}"
    else:
        motivo = f"campo ausente ou desconhecido ({erro})"
    return ArquivoIlegivelError(f"{caminho}: {motivo} Nada foi gravado.")
