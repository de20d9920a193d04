"""Issue of invoices: the only door from RASCUNHO to EMITIDA, and the only giver of numbers."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from datetime import date, datetime

from django.db.models import QuerySet

from auditoria.servicos.eventos import registrar_evento
from comum.django_base.gravacao import em_transacao
from comum.django_base.instancias import ler_instancias
from comum.erros import DominioError, NaoEncontradoError
from comum.periodos import dia_civil
from comum.texto import com_numero
from comum.vocabulario import Classe
from faturamento.calculo.vencimento import calcular_vencimento
from faturamento.models import ExecucaoFaturamento, Fatura, SequenciaFatura
from faturamento.servicos.apuracao import apurar_hashes
from faturamento.servicos.avisos import avisar_emissao
from faturamento.servicos.conferencia_de_rascunhos import (
    RascunhoEmConferenciaError,
    motivos_da_espera,
)
from faturamento.servicos.gravacao_de_faturas import gravar_emissao
from faturamento.servicos.lancamentos import marcar_faturados, referencias
from faturamento.servicos.medicao import Janela, janela_da_competencia
from faturamento.servicos.parametros import Parametros
from medidores.servicos.faturado import travar_unidades

FATURAS_POR_TRANSACAO = 2_000
FATURAS_POR_BLOCO = 10_000
SEM_LANCAMENTOS: frozenset[int] = frozenset()


class FaturaJaEmitidaError(DominioError):
    """The invoice has left RASCUNHO and cannot be issued again."""

    codigo = "FATURA_JA_EMITIDA"

    def __init__(self, fatura: Fatura) -> None:
        super().__init__(f"A {fatura} já foi emitida; para corrigir, cancele e refature.")


class RascunhoVencidoError(DominioError):
    """What the draft was calculated from has changed since."""

    codigo = "RASCUNHO_DESATUALIZADO"

    def __init__(self, fatura: Fatura) -> None:
        super().__init__(
            f"Leituras, tarifas ou cadastro mudaram depois que o {fatura} foi calculado. "
            "Descarte-o e fature de novo."
        )


@dataclass(frozen=True, slots=True)
class RecusaEmissao:
    fatura_id: int
    codigo: str
    mensagem: str


@dataclass(slots=True)
class ResultadoEmissao:
    """`emitidas` holds ids in order of number."""

    emitidas: list[int] = field(default_factory=list)
    recusas: list[RecusaEmissao] = field(default_factory=list)


def emitir_fatura(*, fatura_id: int, agora: datetime) -> Fatura:
    """Issues one draft and returns it.

    Raises:
        NaoEncontradoError: no invoice has this id.
        FaturaJaEmitidaError: it is not a draft.
        RascunhoVencidoError: its inputs changed.
    """
    resultado = emitir_faturas([fatura_id], agora=agora)
    fatura = Fatura.objects.com_relacionados().filter(pk=fatura_id).first()
    if fatura is None:
        raise NaoEncontradoError(f"Fatura {fatura_id} não encontrada.")
    if resultado.recusas:
        [recusa] = resultado.recusas
        if recusa.codigo == FaturaJaEmitidaError.codigo:
            raise FaturaJaEmitidaError(fatura)
        raise DominioError(recusa.mensagem, codigo=recusa.codigo)
    return fatura


def emitir_faturas(
    fatura_ids: Iterable[int], *, agora: datetime, parametros: Parametros | None = None
) -> ResultadoEmissao:
    """Issues these drafts, so many a transaction; a refused one stops no other.

    `parametros` are the tables to hold them against, those of now unless they are given.
    """
    resultado = ResultadoEmissao()
    ids = sorted(set(fatura_ids))
    if parametros is None:
        parametros = Parametros.carregar()
    for inicio in range(0, len(ids), FATURAS_POR_TRANSACAO):
        _emitir_lote(ids[inicio : inicio + FATURAS_POR_TRANSACAO], parametros, resultado, agora)
    return resultado


def em_blocos(rascunhos: "QuerySet[Fatura]") -> Iterator[list[int]]:
    """The ids of these drafts in order, some at a time; one refused is not met again."""
    ultimo = 0
    ids = rascunhos.order_by("pk").values_list("pk", flat=True)
    while bloco := list(ids.filter(pk__gt=ultimo)[:FATURAS_POR_BLOCO]):
        yield bloco
        ultimo = bloco[-1]


def _emitir_lote(
    ids: Sequence[int], parametros: Parametros, resultado: ResultadoEmissao, agora: datetime
) -> None:
    recusas: list[RecusaEmissao] = []
    with em_transacao():
        unidades = Fatura.objects.filter(pk__um_de=ids).values_list("unidade", flat=True)
        travar_unidades(pk for pk in unidades if pk is not None)
        faturas = _ler_travadas(ids)
        com_lancamentos = _ler_documentos_com_lancamentos(faturas)
        atuais = _hashes_atuais([f for f in faturas if f.e_rascunho], parametros)
        em_espera = motivos_da_espera([f.pk for f in faturas])
        a_emitir = []
        tomados: set[int] = set()
        for fatura in faturas:
            lancamentos = referencias(fatura) if fatura.pk in com_lancamentos else SEM_LANCAMENTOS
            if not fatura.e_rascunho:
                erro: DominioError = FaturaJaEmitidaError(fatura)
            # Of two drafts of one UC, the first takes a one-off line: the other is stale by it.
            elif atuais.get(fatura.pk) != fatura.insumos_hash or tomados & lancamentos:
                erro = RascunhoVencidoError(fatura)
            elif fatura.pk in em_espera:
                erro = RascunhoEmConferenciaError(fatura, em_espera[fatura.pk])
            else:
                a_emitir.append(fatura)
                tomados |= lancamentos
                continue
            recusas.append(RecusaEmissao(fatura.pk, erro.codigo, str(erro)))
        preparar_emissao(a_emitir, parametros, agora=agora)
        gravar_emissao(a_emitir)
        avisar_emissao(a_emitir, agora=agora)
        marcar_faturados([fatura for fatura in a_emitir if fatura.pk in com_lancamentos])
        anotar_emissao(a_emitir, agora=agora)
    resultado.recusas += recusas
    resultado.emitidas += [fatura.pk for fatura in a_emitir]


def _ler_travadas(ids: Sequence[int]) -> list[Fatura]:
    """These invoices, locked, each with its UC and its run; their documents are not read."""
    linhas = Fatura.objects.filter(pk__um_de=ids).order_by("pk")
    list(linhas.select_for_update().values_list("pk", flat=True))
    faturas = list(ler_instancias(linhas, "unidade", sem=("demonstrativo",)))
    execucoes = ExecucaoFaturamento.objects.in_bulk(
        {fatura.execucao_id for fatura in faturas if fatura.execucao_id is not None}
    )
    for fatura in faturas:
        if fatura.execucao_id is not None:
            fatura.execucao = execucoes[fatura.execucao_id]
    return faturas


def _ler_documentos_com_lancamentos(faturas: Sequence[Fatura]) -> AbstractSet[int]:
    """Reads the documents that name one-off lines, as few do; returns whose they are."""
    ids = [fatura.pk for fatura in faturas]
    com_lancamentos = Fatura.objects.filter(
        pk__um_de=ids, demonstrativo__entrada__has_key="lancamentos"
    )
    documentos = dict(com_lancamentos.values_list("pk", "demonstrativo"))
    for fatura in faturas:
        if fatura.pk in documentos:
            fatura.demonstrativo = documentos[fatura.pk]
    return documentos.keys()


def anotar_emissao(faturas: Sequence[Fatura], *, agora: datetime) -> None:
    """One event for the lot; it names the block of numbers of each série."""
    if faturas:
        registrar_evento(
            "FATURAS_EMITIDAS",
            f"{com_numero(len(faturas), 'fatura')}: {blocos_por_extenso(faturas)}",
            agora=agora,
            objeto=faturas[0] if len(faturas) == 1 else None,
            dados={"faturas": len(faturas), "blocos": blocos_de_numeros(faturas)},
        )


def blocos_de_numeros(faturas: Iterable[Fatura]) -> dict[str, list[int]]:
    """The first and the last number of each série: a lot takes them in one block."""
    blocos: dict[str, list[int]] = {}
    for fatura in faturas:
        numero = fatura.numero or 0
        bloco = blocos.setdefault(fatura.serie, [numero, numero])
        bloco[:] = [min(bloco[0], numero), max(bloco[1], numero)]
    return blocos


def blocos_por_extenso(faturas: Iterable[Fatura]) -> str:
    blocos = blocos_de_numeros(faturas).items()
    return ", ".join(
        f"{serie}-{de}" if de == ate else f"{serie}-{de} a {ate}" for serie, (de, ate) in blocos
    )


def _hashes_atuais(rascunhos: Sequence[Fatura], parametros: Parametros) -> dict[int, str]:
    """What each draft's inputs hash to now; a UC that cannot be billed any more has none."""
    por_janela: defaultdict[Janela, list[Fatura]] = defaultdict(list)
    for rascunho in rascunhos:
        ate = rascunho.execucao.ate if rascunho.execucao else None
        por_janela[janela_da_competencia(rascunho.mes_referencia, ate)].append(rascunho)
    hashes: dict[int, str] = {}
    for janela, faturas in por_janela.items():
        unidades = {f.unidade.pk: f.unidade for f in faturas if f.unidade is not None}
        atuais = apurar_hashes(list(unidades.values()), janela, parametros)
        hashes |= {f.pk: atuais[f.unidade_id] for f in faturas if f.unidade_id in atuais}
    return hashes


def preparar_emissao(faturas: Sequence[Fatura], parametros: Parametros, *, agora: datetime) -> None:
    """Gives state, dates and numbers to drafts in memory; the caller writes them at once.

    Numbers are taken last, under the lock of the série's row, in the caller's
    transaction: a rollback gives the block back, and no number is skipped.
    """
    hoje = dia_civil(agora)
    por_serie: defaultdict[str, list[Fatura]] = defaultdict(list)
    vencimentos: dict[tuple[int, str], date] = {}
    for fatura in faturas:
        unidade = fatura.unidade
        if unidade is None:
            raise ValueError(f"{fatura} não tem unidade consumidora")
        chave = (unidade.dia_vencimento, unidade.classe)
        if chave not in vencimentos:
            vencimentos[chave] = calcular_vencimento(
                emissao=hoje, dia_vencimento=unidade.dia_vencimento, classe=Classe(unidade.classe)
            )
        fatura.situacao = Fatura.Situacao.EMITIDA
        fatura.data_emissao = hoje
        fatura.data_vencimento = vencimentos[chave]
        fatura.emitida_em = agora
        fatura.serie = parametros.distribuidora_de(unidade).serie
        por_serie[fatura.serie].append(fatura)
    for serie, do_bloco in sorted(por_serie.items()):
        primeiro = _tomar_numeros(serie, len(do_bloco))
        for numero, fatura in enumerate(do_bloco, start=primeiro):
            fatura.numero = numero


def _tomar_numeros(serie: str, quantos: int) -> int:
    """Takes a block of numbers; returns its first."""
    SequenciaFatura.objects.get_or_create(serie=serie)
    sequencia = SequenciaFatura.objects.select_for_update().get(serie=serie)
    primeiro = sequencia.ultimo_numero + 1
    sequencia.ultimo_numero += quantos
    sequencia.save(update_fields=["ultimo_numero"])
    return primeiro
