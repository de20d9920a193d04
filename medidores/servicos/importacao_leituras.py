"""Import of a file of readings: each row has exactly one outcome.

All of it or nothing: rows are put in order on the workbench, judged in that order
and written, in one transaction. Memory does not grow with the file.
"""

import hashlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from itertools import islice
from typing import IO, Any

from django.db import connection
from django.db.models import Q

from auditoria.servicos.eventos import registrar_evento
from comum.csv_hostil import Recusa, escrever_recusas, ler_originais
from comum.django_base.copia import renovar_estatisticas_depois
from comum.django_base.gravacao import em_transacao
from comum.erros import DominioError, NaoEncontradoError
from comum.memoria import coleta_espacada
from comum.texto import com_numero
from medidores.importacao.leituras_csv import ler_leituras
from medidores.models import DecisaoLeitura, ImportacaoLeituras, Leitura, Medidor
from medidores.servicos.bancada import Bancada, RecusaNaBancada
from medidores.servicos.faturado import faturado_ate_por_unidade, travar_unidades
from medidores.servicos.julgamento import Julgada, LeituraInformada, julgar_por_fatia
from medidores.servicos.leituras import Contagem, gravar_julgadas

RECUSAS_GUARDADAS = 200
MUITAS_LINHAS = 10_000


class ImportacaoFaturadaError(DominioError):
    """Some of its readings were billed, so the import stays."""

    codigo = "IMPORTACAO_FATURADA"


class ImportacaoJaDesfeitaError(DominioError):
    """There is nothing of it to take back."""

    codigo = "IMPORTACAO_JA_DESFEITA"


@dataclass(slots=True)
class ResultadoImportacao:
    """What came of a file.

    `importacao` is None in a dry run and when no row was new. `recusas` are the
    first refused rows, in the order of the file.
    """

    resumo: Contagem = field(default_factory=Contagem)
    recusas: list[Recusa] = field(default_factory=list)
    avisos: list[str] = field(default_factory=list)
    importacao: ImportacaoLeituras | None = None


def importar_leituras(
    bruto: IO[bytes],
    *,
    nome: str,
    agora: datetime,
    usuario_id: int | None = None,
    importacao_id: int | None = None,
    simular: bool = False,
    recusas_para: IO[bytes] | None = None,
    avisar: Callable[..., None] = lambda *_: None,
) -> ResultadoImportacao:
    """Imports a CSV of readings in one transaction: all of it, or nothing.

    `bruto` is a seekable binary file; `avisar(done, total)` follows the rows,
    for a progress bar. `recusas_para` takes all refused rows as CSV, in the
    order of the file. `importacao_id` is the record of an uploaded file; without
    it one is made where some row is new.

    Raises:
        ArquivoIlegivelError: the file as a whole cannot be used.
    """
    resultado = ResultadoImportacao()
    with coleta_espacada(), Bancada() as bancada, em_transacao():
        _conferir_chaves_por_fatia()
        total = bancada.receber(ler_leituras(bruto, avisar=resultado.avisos.append))
        importacao = None if simular else _abrir(bruto, nome, agora, usuario_id, importacao_id)
        recusadas = _Recusadas(bancada)

        def seguir(feitas: int) -> None:
            recusadas.guardar()
            avisar(feitas, total)

        gravar_julgadas(
            julgar_por_fatia(recusadas.separar(bancada.em_ordem()), agora=agora),
            resultado.resumo,
            recusadas.recusar,
            agora=agora,
            importacao_id=None if importacao is None else importacao.pk,
            simular=simular,
            avisar=seguir,
        )
        recusadas.guardar()
        resultado.resumo.recusadas += total - resultado.resumo.linhas
        resultado.resumo.linhas = total
        recusas = _em_ordem_e_guardadas(bancada, bruto, resultado)
        if recusas_para is not None:
            escrever_recusas(recusas_para, recusas)
        else:
            for _ in islice(recusas, RECUSAS_GUARDADAS):
                pass
        if importacao is not None:
            resultado.importacao = _concluir(importacao, resultado.resumo, importacao_id)
            _anotar(resultado, importacao, agora=agora)
            if resultado.resumo.aceitas + resultado.resumo.retidas >= MUITAS_LINHAS:
                renovar_estatisticas_depois(Leitura)
    avisar(total, total)
    return resultado


def _conferir_chaves_por_fatia() -> None:
    """Foreign keys are checked as rows come, not all at the commit: that queue is memory."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
            cursor.execute("SET LOCAL work_mem = '64MB'")


def _abrir(
    bruto: IO[bytes], nome: str, agora: datetime, usuario_id: int | None, importacao_id: int | None
) -> ImportacaoLeituras:
    if importacao_id is not None:
        return ImportacaoLeituras.objects.get(pk=importacao_id)
    bruto.seek(0)
    return ImportacaoLeituras.objects.create(
        arquivo_nome=nome[:255],
        sha256=hashlib.file_digest(bruto, "sha256").hexdigest(),  # type: ignore[arg-type]
        situacao=ImportacaoLeituras.Situacao.CONFIRMADA,
        importada_em=agora,
        importada_por_id=usuario_id,
    )


def _concluir(
    importacao: ImportacaoLeituras, resumo: Contagem, importacao_id: int | None
) -> ImportacaoLeituras | None:
    if importacao_id is None and not (resumo.aceitas or resumo.retidas):
        importacao.delete()
        return None
    for contagem, valor in resumo.como_json().items():
        setattr(importacao, contagem, valor)
    importacao.situacao = ImportacaoLeituras.Situacao.CONCLUIDA
    importacao.save(update_fields=[*resumo.como_json(), "situacao"])
    return importacao


def _anotar(
    resultado: ResultadoImportacao, importacao: ImportacaoLeituras, *, agora: datetime
) -> None:
    """One event for the file: its rows pass by history."""
    if resultado.importacao is not None:
        registrar_evento(
            "LEITURAS_IMPORTADAS",
            f"arquivo {importacao.arquivo_nome}: {com_numero(resultado.resumo.aceitas, 'aceita')}, "
            f"{com_numero(resultado.resumo.retidas, 'retida')}, "
            f"{com_numero(resultado.resumo.recusadas, 'recusada')}",
            agora=agora,
            usuario_id=importacao.importada_por_id,
            objeto=importacao,
            dados=resultado.resumo.como_json(),
        )


class _Recusadas:
    """Refusals on their way to the workbench, a slice at a time."""

    def __init__(self, bancada: Bancada) -> None:
        self._bancada = bancada
        self._espera: list[RecusaNaBancada] = []

    def separar(
        self, linhas: Iterator[LeituraInformada | RecusaNaBancada]
    ) -> Iterator[LeituraInformada]:
        """The readings; what was refused already is put aside."""
        for linha in linhas:
            if isinstance(linha, LeituraInformada):
                yield linha
            else:
                self._esperar(linha)

    def recusar(self, julgada: Julgada) -> None:
        julgamento = julgada.julgamento
        self._esperar(
            RecusaNaBancada(
                julgada.informada.ordem, julgamento.codigo, julgamento.campo, julgamento.mensagem
            )
        )

    def _esperar(self, recusa: RecusaNaBancada) -> None:
        self._espera.append(recusa)

    def guardar(self) -> None:
        if self._espera:
            self._bancada.recusar(self._espera)
            self._espera = []


def _em_ordem_e_guardadas(
    bancada: Bancada, bruto: IO[bytes], resultado: ResultadoImportacao
) -> Iterator[Recusa]:
    """All refused rows in the order of the file, with their text; the first ones are kept."""
    originais = ler_originais(bruto, (recusa.linha for recusa in bancada.recusas()))
    for linha, codigo, coluna, mensagem in bancada.recusas():
        recusa = Recusa(linha, coluna, codigo, mensagem, next(originais))
        if len(resultado.recusas) < RECUSAS_GUARDADAS:
            resultado.recusas.append(recusa)
        yield recusa


def desfazer_importacao(
    importacao_id: int, *, agora: datetime, usuario_id: int | None = None
) -> int:
    """Takes back every reading of an import, and what was decided about them; returns how many.

    Raises:
        NaoEncontradoError: no such import.
        ImportacaoJaDesfeitaError: it is not one that stands.
        ImportacaoFaturadaError: one of its readings was billed.
    """
    with em_transacao():
        importacao = ImportacaoLeituras.objects.select_for_update().filter(pk=importacao_id).first()
        if importacao is None:
            raise NaoEncontradoError(f"Importação {importacao_id} não encontrada.")
        if importacao.situacao != ImportacaoLeituras.Situacao.CONCLUIDA:
            raise ImportacaoJaDesfeitaError(
                f"A importação {importacao} está {importacao.get_situacao_display()}; só uma "
                "importação concluída pode ser desfeita."
            )
        unidades = set(
            Medidor.objects.filter(leituras__importacao=importacao)
            .order_by()
            .values_list("unidade_id", flat=True)
            .distinct()
        )
        travar_unidades(unidades)
        _recusar_se_faturada(importacao, unidades)
        apagadas = _apagar_leituras(importacao)
        importacao.situacao = ImportacaoLeituras.Situacao.DESFEITA
        importacao.desfeita_em = agora
        importacao.desfeita_por_id = usuario_id
        importacao.save(update_fields=["situacao", "desfeita_em", "desfeita_por"])
        registrar_evento(
            "LEITURAS_DESFEITAS",
            f"arquivo {importacao.arquivo_nome}: {com_numero(apagadas, 'leitura apagada')}",
            agora=agora,
            usuario_id=usuario_id,
            objeto=importacao,
            dados={"leituras": apagadas},
        )
    return apagadas


def _recusar_se_faturada(importacao: ImportacaoLeituras, unidades: set[int]) -> None:
    # Only the few UCs billed past the first reading of the file can be in question.
    primeira = importacao.leituras.order_by("data_leitura").first()
    if primeira is None:
        return
    faturado_ate = faturado_ate_por_unidade(unidades)
    for unidade_id, ate in faturado_ate.items():
        if ate < primeira.data_leitura:
            continue
        validas = importacao.leituras.validas().filter(
            medidor__unidade=unidade_id, data_leitura__lte=ate
        )
        if validas.exists():
            raise ImportacaoFaturadaError(
                f"A importação {importacao} tem leituras já faturadas e não pode ser desfeita. "
                "Cancele as faturas antes, ou corrija leitura por leitura."
            )


def _apagar_leituras(importacao: ImportacaoLeituras) -> int:
    """Set-based: the rows of a file of millions are not brought here to be deleted."""
    dela: Any = importacao.leituras.all()
    substitutas = Leitura.objects.filter(substitui__importacao=importacao)
    DecisaoLeitura.objects.filter(
        Q(leitura__importacao=importacao) | Q(leitura__in=substitutas.values("pk"))
    ).delete()
    substitutas.delete()
    return dela._raw_delete(dela.db)
