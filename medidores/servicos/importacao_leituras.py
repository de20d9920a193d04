"""Import of a file of readings: each row has exactly one outcome."""

import hashlib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import asdict, dataclass, field
from datetime import datetime
from itertools import groupby, islice
from operator import attrgetter, itemgetter
from typing import IO

from django.db import transaction

from comum.csv_hostil import Recusa
from comum.django_base.gravacao import em_transacao
from comum.erros import DominioError, NaoEncontradoError
from medidores.calculo.critica import Destino
from medidores.importacao.leituras_csv import LinhaLeitura, ler_leituras
from medidores.models import ImportacaoLeituras, Leitura, Medidor
from medidores.servicos.faturado import faturado_ate_por_unidade, travar_unidades
from medidores.servicos.leituras import LeituraInformada, registrar_leituras

MEDIDORES_POR_VEZ = 500
LINHAS_POR_VEZ = 2_000


class ImportacaoFaturadaError(DominioError):
    """Some of its readings were billed, so the import stays."""

    codigo = "IMPORTACAO_FATURADA"


@dataclass(slots=True)
class ResumoImportacao:
    """The counts of an import: `linhas` is the sum of the other four."""

    linhas: int = 0
    aceitas: int = 0
    retidas: int = 0
    recusadas: int = 0
    repetidas: int = 0

    def como_json(self) -> dict[str, int]:
        return asdict(self)


@dataclass(slots=True)
class ResultadoImportacao:
    """`importacao` is None in a dry run, and when no row was new."""

    resumo: ResumoImportacao = field(default_factory=ResumoImportacao)
    recusas: list[Recusa] = field(default_factory=list)
    importacao: ImportacaoLeituras | None = None


def importar_leituras(
    bruto: IO[bytes],
    *,
    nome: str,
    agora: datetime,
    usuario_id: int | None = None,
    simular: bool = False,
    avisar: Callable[[int], None] = lambda _: None,
) -> ResultadoImportacao:
    """Imports a CSV of readings in one transaction: all of it, or nothing.

    `bruto` is a seekable binary file; `avisar` is called with the number of
    rows done, for a progress bar.

    Raises:
        ArquivoIlegivelError: the file as a whole cannot be used.
    """
    sha256 = hashlib.file_digest(bruto, "sha256").hexdigest()  # type: ignore[arg-type]
    bruto.seek(0)
    resultado = ResultadoImportacao()
    with em_transacao():
        importacao = ImportacaoLeituras.objects.create(
            arquivo_nome=nome[:255],
            sha256=sha256,
            importada_em=agora,
            importada_por_id=usuario_id,
        )
        for lote in _por_medidor(_resolver_medidores(ler_leituras(bruto), resultado)):
            _gravar_lote(lote, importacao, resultado, agora)
            avisar(resultado.resumo.linhas)
        resumo = resultado.resumo
        if simular:
            transaction.set_rollback(True)
        elif resumo.aceitas or resumo.retidas:
            for contagem, valor in resumo.como_json().items():
                setattr(importacao, contagem, valor)
            importacao.save()
            resultado.importacao = importacao
        else:
            importacao.delete()
    resultado.recusas.sort(key=attrgetter("linha"))
    return resultado


def desfazer_importacao(importacao_id: int, *, agora: datetime) -> int:
    """Takes back every reading of an import; returns how many.

    Raises:
        NaoEncontradoError: no such import.
        ImportacaoFaturadaError: one of its readings was billed.
    """
    with em_transacao():
        importacao = ImportacaoLeituras.objects.select_for_update().filter(pk=importacao_id).first()
        if importacao is None:
            raise NaoEncontradoError(f"Importação {importacao_id} não encontrada.")
        unidades = set(
            Medidor.objects.filter(leituras__importacao=importacao).values_list(
                "unidade_id", flat=True
            )
        )
        travar_unidades(unidades)
        faturado_ate = faturado_ate_por_unidade(unidades)
        validas = importacao.leituras.filter(situacao=Leitura.Situacao.VALIDA)
        for unidade_id, ate in faturado_ate.items():
            if validas.filter(medidor__unidade=unidade_id, data_leitura__lte=ate).exists():
                raise ImportacaoFaturadaError(
                    f"A importação {importacao} tem leituras já faturadas e não pode ser desfeita. "
                    "Cancele as faturas antes, ou corrija leitura por leitura."
                )
        apagadas, _ = importacao.leituras.all().delete()
        importacao.situacao = ImportacaoLeituras.Situacao.DESFEITA
        importacao.desfeita_em = agora
        importacao.save(update_fields=["situacao", "desfeita_em"])
    return apagadas


def _resolver_medidores(
    linhas: Iterable[LinhaLeitura | Recusa], resultado: ResultadoImportacao
) -> Iterator[tuple[int, LinhaLeitura]]:
    """Pairs each row with the id of its meter; refuses those without one."""
    linhas = iter(linhas)
    while lote := list(islice(linhas, LINHAS_POR_VEZ)):
        resultado.resumo.linhas += len(lote)
        numeros = {linha.numero_medidor for linha in lote if isinstance(linha, LinhaLeitura)}
        ids = dict(
            Medidor.objects.filter(numero_medidor__in=numeros).values_list("numero_medidor", "pk")
        )
        for linha in lote:
            if isinstance(linha, Recusa):
                _recusar(resultado, linha)
            elif linha.numero_medidor in ids:
                yield ids[linha.numero_medidor], linha
            else:
                mensagem = (
                    f"Medidor {linha.numero_medidor[:60]!r} não cadastrado. "
                    "Cadastre-o, ou corrija o número."
                )
                _recusar(
                    resultado,
                    Recusa(
                        linha.linha,
                        "numero_medidor",
                        "MEDIDOR_DESCONHECIDO",
                        mensagem,
                        linha.original,
                    ),
                )


def _por_medidor(
    linhas: Iterable[tuple[int, LinhaLeitura]],
) -> Iterator[list[tuple[int, LinhaLeitura]]]:
    """Cuts the rows, brought into order of meter, into lots of whole meters."""
    grupos = groupby(sorted(linhas, key=itemgetter(0)), key=itemgetter(0))
    while True:
        lote = [par for _, grupo in islice(grupos, MEDIDORES_POR_VEZ) for par in grupo]
        if not lote:
            return
        yield lote


def _gravar_lote(
    lote: list[tuple[int, LinhaLeitura]],
    importacao: ImportacaoLeituras,
    resultado: ResultadoImportacao,
    agora: datetime,
) -> None:
    por_linha = {linha.linha: linha for _, linha in lote}
    registradas = registrar_leituras(
        (
            LeituraInformada(
                medidor_id=medidor_id,
                registrador=linha.registrador,
                data_leitura=linha.data_leitura,
                leitura_kwh=linha.leitura_kwh,
                origem=linha.origem,
                observacao=linha.observacao,
                ordem=linha.linha,
            )
            for medidor_id, linha in lote
        ),
        agora=agora,
    )
    novas = []
    for registrada in registradas:
        if registrada.leitura is None:
            linha = por_linha[registrada.informada.ordem]
            julgamento = registrada.julgamento
            _recusar(
                resultado,
                Recusa(
                    linha.linha,
                    julgamento.campo,
                    julgamento.codigo,
                    julgamento.mensagem,
                    linha.original,
                ),
            )
        elif registrada.repetida:
            resultado.resumo.repetidas += 1
        else:
            registrada.leitura.importacao = importacao
            novas.append(registrada.leitura)
            if registrada.julgamento.destino is Destino.RETIDA:
                resultado.resumo.retidas += 1
            else:
                resultado.resumo.aceitas += 1
    Leitura.objects.bulk_create(novas, batch_size=LINHAS_POR_VEZ)


def _recusar(resultado: ResultadoImportacao, recusa: Recusa) -> None:
    resultado.resumo.recusadas += 1
    resultado.recusas.append(recusa)
