"""Drafts looked at before they are issued: what is odd waits until a person lets it go."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any, NamedTuple

from django.db.models import Count, F, Window
from django.db.models.functions import RowNumber

from auditoria.servicos.eventos import registrar_evento
from clientes.models import Cliente
from comum.django_base.gravacao import em_transacao
from comum.erros import DadoInvalidoError, DominioError, NaoEncontradoError
from faturamento.calculo.conferencia_de_rascunhos import (
    Achado,
    CicloFaturado,
    LimitesDoRascunho,
    Rascunho,
    conferir_rascunho,
)
from faturamento.models import (
    AlertaDeGrupo,
    AlertaDeRascunho,
    ExecucaoFaturamento,
    Fatura,
    LimiteConferencia,
)
from medidores.calculo.estimativa import CICLOS_DA_MEDIA
from medidores.models import Medidor

# The customers of the meters that served each UC in its cycle, by id of UC.
Donos = Mapping[int | None, Sequence[Cliente]]


class RascunhoEmConferenciaError(DominioError):
    """The draft waits for a person."""

    codigo = "RASCUNHO_EM_CONFERENCIA"

    def __init__(self, fatura: Fatura, motivos: Sequence[str]) -> None:
        super().__init__(
            f"O {fatura}, da unidade {fatura.unidade}, espera conferência: {' '.join(motivos)} "
            "Confira-o e libere-o, ou descarte-o e fature de novo."
        )


class NadaALiberarError(DominioError):
    """No alert of it is open."""

    codigo = "NADA_A_LIBERAR"


@dataclass(slots=True)
class Conferencia:
    """Drafts in two heaps; `gravar` keeps why those in `em_espera` wait."""

    agora: datetime
    em_ordem: list[Fatura] = field(default_factory=list)
    em_espera: list[Fatura] = field(default_factory=list)
    achados: list[tuple[Fatura, Achado]] = field(default_factory=list)

    def gravar(self) -> None:
        """Stores the findings of drafts that are written by now; again is harmless."""
        if not self.achados:
            return
        _completar_ids(self.em_espera)
        AlertaDeRascunho.objects.bulk_create(
            (
                AlertaDeRascunho(
                    fatura_id=fatura.pk,
                    codigo=achado.codigo,
                    mensagem=achado.mensagem[:500],
                    registrado_em=self.agora,
                )
                for fatura, achado in self.achados
            ),
            ignore_conflicts=True,
        )


class _Ciclo(NamedTuple):
    """One issued invoice of a UC."""

    origem: str
    ciclo_ate: datetime
    consumo_kwh: Decimal
    valor_energia: Decimal
    valor_bandeira: Decimal
    cliente_id: int
    cliente__nome: str


def conferir_rascunhos(
    faturas: Sequence[Fatura],
    *,
    agora: datetime,
    donos: Donos | None = None,
) -> Conferencia:
    """Looks at drafts, saved or not yet; the number of queries does not depend on theirs.

    In a lot: called before numbers are taken, so that only `em_ordem` is issued,
    and `gravar()` after the drafts are written. `donos`, by UC, are the customers of the
    meters that each bill names, where they were read already.
    """
    conferencia = Conferencia(agora)
    if not faturas:
        return conferencia
    limites = defaultdict(
        LimitesDoRascunho,
        {linha.classe: linha.como_limites() for linha in LimiteConferencia.objects.all()},
    )
    ciclos = _ultimos_ciclos(fatura.unidade_id for fatura in faturas)
    if donos is None:
        donos = _donos_dos_medidores(faturas)
    for fatura in faturas:
        rascunho = _rascunho(fatura, ciclos.get(fatura.unidade_id, []), donos)
        classe = fatura.unidade.classe if fatura.unidade else ""
        achados = conferir_rascunho(rascunho, limites[classe])
        (conferencia.em_espera if achados else conferencia.em_ordem).append(fatura)
        conferencia.achados += [(fatura, achado) for achado in achados]
    return conferencia


def _rascunho(fatura: Fatura, ciclos: Sequence[_Ciclo], donos: Donos) -> Rascunho:
    anteriores = [c for c in ciclos if fatura.ciclo_de and c.ciclo_ate <= fatura.ciclo_de]
    titular_anterior = _outro_titular(fatura, anteriores, donos)
    return Rascunho(
        consumo_kwh=fatura.consumo_kwh or Decimal(0),
        consumo_faturado_kwh=fatura.consumo_faturado_kwh or Decimal(0),
        valor_brl=fatura.valor_energia + fatura.valor_bandeira,
        total_brl=fatura.valor,
        # A closing bill has few days: it is no measure of a cycle.
        historico=[
            CicloFaturado(c.consumo_kwh, c.valor_energia + c.valor_bandeira)
            for c in anteriores
            if c.origem != Fatura.Origem.ENCERRAMENTO
        ],
        titular=_nome(fatura.cliente_id, fatura.cliente.nome) if titular_anterior else "",
        titular_anterior=titular_anterior,
    )


def _outro_titular(fatura: Fatura, anteriores: Sequence[_Ciclo], donos: Donos) -> str:
    """Who else the cycle may belong to: another meter's customer, or the last one billed.

    A closing bill settles with the last customer: after it, the next one is nobody's surprise.
    """
    for dono in donos.get(fatura.unidade_id, ()):
        if dono.id != fatura.cliente_id:
            return _nome(dono.id, dono.nome)
    if not anteriores or anteriores[0].origem == Fatura.Origem.ENCERRAMENTO:
        return ""
    ultimo = anteriores[0]
    outro = ultimo.cliente_id != fatura.cliente_id
    return _nome(ultimo.cliente_id, ultimo.cliente__nome) if outro else ""


def _nome(cliente_id: int, nome: str) -> str:
    return f"{nome} (cliente {cliente_id})"


def _ultimos_ciclos(unidade_ids: Iterable[int | None]) -> dict[int | None, list[_Ciclo]]:
    """The last issued cycles of each UC, the newest first."""
    posicao = Window(
        RowNumber(), partition_by=[F("unidade")], order_by=[F("ciclo_ate").desc(), F("pk").desc()]
    )
    emitidas = Fatura.objects.de_ciclo().filter(
        situacao=Fatura.Situacao.EMITIDA,
        unidade__um_de={pk for pk in unidade_ids if pk is not None},
    )
    linhas = emitidas.annotate(posicao=posicao).filter(posicao__lte=CICLOS_DA_MEDIA)
    ciclos = defaultdict(list)
    for unidade_id, *dados in linhas.order_by("unidade", "posicao").values_list(
        "unidade", *_Ciclo._fields
    ):
        ciclos[unidade_id].append(_Ciclo(*dados))
    return dict(ciclos)


def _leituras(fatura: Fatura) -> Sequence[dict[str, Any]]:
    return (fatura.demonstrativo or {}).get("leituras") or ()


def _donos_dos_medidores(faturas: Sequence[Fatura]) -> Donos:
    por_unidade = {
        fatura.unidade_id: [leitura["medidor_id"] for leitura in _leituras(fatura)]
        for fatura in faturas
    }
    medidor_ids = {pk for ids in por_unidade.values() for pk in ids}
    medidores = Medidor.objects.filter(pk__um_de=medidor_ids).select_related("cliente")
    clientes = {medidor.id: medidor.cliente for medidor in medidores}
    return {
        unidade_id: [clientes[pk] for pk in ids if pk in clientes]
        for unidade_id, ids in por_unidade.items()
    }


def _completar_ids(faturas: Sequence[Fatura]) -> None:
    """The ids of drafts that were written by COPY, which tells none."""
    sem_id = {(f.unidade_id, f.mes_referencia): f for f in faturas if f.pk is None}
    if not sem_id:
        return
    gravados = Fatura.objects.em_rascunho().filter(unidade__in={u for u, _ in sem_id})
    for pk, unidade_id, mes in gravados.values_list("pk", "unidade_id", "mes_referencia"):
        if (fatura := sem_id.get((unidade_id, mes))) is not None:
            fatura.pk = pk


def motivos_da_espera(fatura_ids: Sequence[int]) -> dict[int, list[str]]:
    """Why each of these drafts may not be issued yet; those that may are not in it."""
    em_espera = Fatura.objects.em_conferencia().filter(pk__um_de=fatura_ids)
    motivos: dict[int, list[str]] = defaultdict(list)
    for alerta in AlertaDeRascunho.objects.em_aberto().filter(fatura__in=em_espera).order_by("pk"):
        motivos[alerta.fatura_id].append(alerta.mensagem)
    grupos = em_espera.values_list("pk", "execucao", "unidade__grupo_leitura")
    de_grupo = {
        (alerta.execucao_id, alerta.grupo_leitura): alerta.mensagem
        for alerta in AlertaDeGrupo.objects.em_aberto().filter(execucao__faturas__in=em_espera)
    }
    for fatura_id, execucao_id, grupo in grupos:
        if mensagem := de_grupo.get((execucao_id, grupo)):
            motivos[fatura_id].append(mensagem)
    return dict(motivos)


def liberar_rascunho(
    *, fatura_id: int, motivo: str, agora: datetime, usuario_id: int | None = None
) -> int:
    """Lets one draft go, by name and reason; returns how many alerts that closed.

    Raises:
        NaoEncontradoError: no invoice has this id.
        DadoInvalidoError: the reason is blank.
        NadaALiberarError: no alert of its own is open.
    """
    with em_transacao():
        fatura = Fatura.objects.select_for_update().filter(pk=fatura_id).first()
        if fatura is None:
            raise NaoEncontradoError(f"Fatura {fatura_id} não encontrada.")
        abertos = AlertaDeRascunho.objects.em_aberto().filter(fatura=fatura)
        return _liberar(abertos, fatura, motivo=motivo, agora=agora, usuario_id=usuario_id)


def liberar_grupo(
    *,
    execucao_id: int,
    grupo_leitura: str,
    motivo: str,
    agora: datetime,
    usuario_id: int | None = None,
) -> int:
    """Lets the drafts of one group of a run go, by name and reason.

    Raises:
        DadoInvalidoError: the reason is blank.
        NadaALiberarError: the group is not held in that run.
    """
    with em_transacao():
        abertos = AlertaDeGrupo.objects.em_aberto().filter(
            execucao=execucao_id, grupo_leitura=grupo_leitura
        )
        alvo = f"grupo {grupo_leitura}"
        return _liberar(abertos, alvo, motivo=motivo, agora=agora, usuario_id=usuario_id)


def _liberar(
    abertos: Any, alvo: object, *, motivo: str, agora: datetime, usuario_id: int | None
) -> int:
    motivo = " ".join(motivo.split())[:300]
    if not motivo:
        raise DadoInvalidoError("Informe o motivo da liberação.", campo="motivo")
    quantos = abertos.update(liberado_em=agora, liberado_por_id=usuario_id, motivo=motivo)
    if not quantos:
        raise NadaALiberarError(f"Nada a liberar: {alvo} não está em conferência.")
    registrar_evento(
        "CONFERENCIA_LIBERADA",
        f"{alvo}: {motivo}",
        agora=agora,
        usuario_id=usuario_id,
        objeto=alvo if isinstance(alvo, Fatura) else None,
        dados={"alertas": quantos},
    )
    return quantos


def apagar_rascunhos(fatura_ids: Sequence[int]) -> int:
    """Deletes drafts, with what was found about them; returns how many drafts.

    The caller holds their locks. Each run they came from counts them, so that its
    account still closes.
    """
    AlertaDeRascunho.objects.filter(fatura__in=fatura_ids).delete()
    rascunhos = Fatura.objects.em_rascunho().filter(pk__in=fatura_ids)
    das_execucoes = rascunhos.exclude(execucao=None).values_list("execucao").order_by("execucao")
    for execucao_id, quantos in das_execucoes.annotate(quantos=Count("pk")):
        ExecucaoFaturamento.objects.filter(pk=execucao_id).update(
            descartadas=F("descartadas") + quantos
        )
    return rascunhos.delete()[1].get(Fatura._meta.label, 0)
