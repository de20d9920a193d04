"""Re-billing: a wrong invoice is cancelled and a new one, linked, takes its place.

Readings and tariffs are taken as they are now, for the same cycle; a billed
reading is corrected here too, since only a cancelled cycle lets it go.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from django.db import transaction

from comum.dinheiro import numero_br
from comum.django_base.gravacao import em_transacao
from comum.erros import DadoInvalidoError, DominioError
from comum.periodos import dia_civil
from faturamento.calculo.diferenca import Diferenca, comparar_demonstrativos
from faturamento.models import Fatura, Pagamento
from faturamento.servicos.apuracao import NaoApurada, apurar, montar_fatura
from faturamento.servicos.baixa import (
    creditar_transferidos,
    pagamentos_vivos,
    retirar_pagamentos,
    saldo_aberto,
)
from faturamento.servicos.cancelamento import cancelar_fatura, ler_motivo, travar_fatura
from faturamento.servicos.encerramento import emitir_fora_de_lote, sem_cip_repetida
from faturamento.servicos.lancamentos import lancamentos_abertos, liberar_lancamentos
from faturamento.servicos.medicao import Janela
from faturamento.servicos.parametros import Parametros
from medidores.calculo.critica import Destino
from medidores.models import Leitura
from medidores.servicos.julgamento import LeituraInformada, julgar_uma

# New values of the cycle's own readings, by their ids.
Correcoes = Mapping[int, Decimal]


class RefaturamentoImpossivelError(DominioError):
    """This invoice cannot be re-billed now; the code says why."""

    codigo = "REFATURAMENTO_IMPOSSIVEL"


class PreviaDesatualizadaError(DominioError):
    """What would be issued is no longer what the person saw."""

    codigo = "PREVIA_DESATUALIZADA"


@dataclass(frozen=True, slots=True)
class LeituraDoCiclo:
    """A reading that may be corrected: the one that ended a register's cycle."""

    leitura_id: int
    numero_medidor: str
    registrador: str
    data_leitura: datetime
    leitura_kwh: Decimal


@dataclass(frozen=True, slots=True)
class Previa:
    """What re-billing would change, and where the money paid would stand after it."""

    fatura: Fatura
    diferenca: Diferenca
    pago: Decimal

    @property
    def valor_novo(self) -> Decimal:
        return self.diferenca.total.valor_depois

    @property
    def saldo(self) -> Decimal:
        """What the customer would owe of the new invoice; negative when paid too much."""
        return self.valor_novo - self.pago


def leituras_do_ciclo(fatura: Fatura) -> list[LeituraDoCiclo]:
    """The readings of this invoice that re-billing may correct, as they are now."""
    ids = [leitura["atual"]["leitura_id"] for leitura in fatura.demonstrativo.get("leituras", ())]
    leituras = Leitura.objects.filter(pk__in=ids).select_related("medidor")
    return [
        LeituraDoCiclo(
            leitura.pk,
            leitura.medidor.numero_medidor,
            leitura.registrador,
            leitura.data_leitura,
            leitura.leitura_kwh,
        )
        for leitura in leituras.validas().order_by("medidor", "registrador")
    ]


def previa_do_refaturamento(
    *, fatura_id: int, agora: datetime, leituras: Correcoes | None = None
) -> Previa:
    """What `refaturar` would do, line by line; nothing is written.

    It is the very thing, done in a transaction that is rolled back: what is
    shown is what confirming gives.

    Raises:
        RefaturamentoImpossivelError, DadoInvalidoError: as `refaturar`.
    """
    with em_transacao():
        antiga = _travar_refaturavel(fatura_id)
        pago = sum((p.valor for p in pagamentos_vivos(antiga)), Decimal("0.00"))
        Fatura.objects.filter(pk=antiga.pk, situacao=Fatura.Situacao.EMITIDA).update(
            situacao=Fatura.Situacao.CANCELADA,
            cancelada_em=agora,
            motivo_cancelamento="prévia do refaturamento",
        )
        liberar_lancamentos(antiga)
        nova = _recalcular(antiga, leituras or {}, Parametros.carregar(), agora=agora)
        transaction.set_rollback(True)
    diferenca = comparar_demonstrativos(antiga.demonstrativo, nova.demonstrativo)
    return Previa(antiga, diferenca, pago)


def refaturar(
    *,
    fatura_id: int,
    motivo: str,
    agora: datetime,
    detalhe: str = "",
    leituras: Correcoes | None = None,
    valor_previsto: Decimal | None = None,
    usuario_id: int | None = None,
) -> Fatura:
    """Issues the invoice that replaces this one, and returns it.

    In one transaction: what was paid is taken off the old one, which is
    cancelled if it was not; readings are replaced; the cycle is calculated anew
    and issued; what was paid is credited to it. A shortage stays open, an
    excess stays to be seen as a negative balance. `valor_previsto` is what the
    person saw: another value is refused.

    Raises:
        NaoEncontradoError: no invoice has this id.
        DadoInvalidoError: the motive, or a corrected reading.
        RefaturamentoImpossivelError: AVULSA, a draft, replaced before, not the
            last cycle of its UC, or not calculable now.
        PreviaDesatualizadaError: the value is not the one that was seen.
    """
    ler_motivo(motivo, detalhe)
    with em_transacao():
        antiga = _travar_refaturavel(fatura_id)
        pagos: list[Pagamento] = []
        if antiga.situacao == Fatura.Situacao.EMITIDA:
            pagos = retirar_pagamentos(antiga, agora=agora, usuario_id=usuario_id)
            antiga = cancelar_fatura(
                fatura_id=antiga.pk,
                motivo=motivo,
                detalhe=detalhe,
                agora=agora,
                usuario_id=usuario_id,
            )
        parametros = Parametros.carregar()
        nova = _recalcular(antiga, leituras or {}, parametros, agora=agora)
        if valor_previsto is not None and nova.valor != valor_previsto:
            raise PreviaDesatualizadaError(
                f"A nova fatura seria de R$ {numero_br(nova.valor)}, e não mais de "
                f"R$ {numero_br(valor_previsto)}: leituras, tarifas ou lançamentos mudaram. "
                "Confira a diferença de novo."
            )
        emitir_fora_de_lote(nova, parametros, agora=agora)
        creditar_transferidos(pagos, nova, agora=agora, usuario_id=usuario_id)
    return nova


def frase_do_saldo(fatura: Fatura) -> str:
    """Where the money stands after a re-bill, for the person who did it."""
    saldo = saldo_aberto(fatura)
    if saldo > 0:
        return f"Falta pagar R$ {numero_br(saldo)}."
    if saldo < 0:
        return f"Pago a mais: R$ {numero_br(-saldo)}, que fica como crédito do cliente na fatura."
    return "Nada a pagar."


def _travar_refaturavel(fatura_id: int) -> Fatura:
    fatura = travar_fatura(fatura_id)
    if fatura.e_avulsa:
        raise RefaturamentoImpossivelError(
            f"A {fatura} não tem ciclo a recalcular. Corrija o valor dela, ou cancele-a e faça "
            "outra.",
            codigo="FATURA_SEM_CICLO",
        )
    if fatura.e_rascunho:
        raise RefaturamentoImpossivelError(
            f"O {fatura} ainda não foi emitido. Descarte-o e fature de novo.",
            codigo="FATURA_EM_RASCUNHO",
        )
    substituta = Fatura.objects.filter(substitui=fatura).first()
    if substituta is not None:
        raise RefaturamentoImpossivelError(
            f"A {fatura} já foi refaturada: vale a {substituta}. Refature aquela.",
            codigo="JA_REFATURADA",
        )
    _exigir_ultimo_ciclo(fatura)
    return fatura


def _exigir_ultimo_ciclo(fatura: Fatura) -> None:
    outras = Fatura.objects.de_ciclo().nao_canceladas().filter(unidade=fatura.unidade_id)
    outras = outras.exclude(pk=fatura.pk)
    posterior = (
        outras.filter(situacao=Fatura.Situacao.EMITIDA, ciclo_ate__gte=fatura.ciclo_ate)
        .order_by("ciclo_ate", "pk")
        .first()
    )
    if posterior is not None:
        dia = dia_civil(posterior.ciclo_ate)
        raise RefaturamentoImpossivelError(
            f"A unidade {fatura.unidade} já foi faturada até {dia:%d/%m/%Y} "
            f"pela {posterior}; só se refatura o último ciclo. Cancele antes as posteriores, ou "
            "acerte a diferença com um lançamento avulso na próxima fatura.",
            codigo="CICLO_JA_FATURADO",
        )
    if fatura.origem == Fatura.Origem.ENCERRAMENTO:
        return
    do_mes = outras.do_mes_da_unidade().do_mes(fatura.mes_referencia).order_by("pk").first()
    if do_mes is not None:
        raise RefaturamentoImpossivelError(
            f"A unidade {fatura.unidade} já tem outra fatura de {fatura.mes_referencia:%m/%Y} "
            f"({do_mes}). Cancele-a ou descarte-a antes, se é esta que deve valer.",
            codigo="MES_JA_FATURADO",
        )


def _recalcular(
    antiga: Fatura, leituras: Correcoes, parametros: Parametros, *, agora: datetime
) -> Fatura:
    """The invoice that takes the place of one already cancelled, not saved."""
    unidade = antiga.unidade
    if unidade is None or antiga.ciclo_ate is None:
        raise ValueError(f"{antiga} não tem ciclo")
    _corrigir_leituras(antiga, leituras, agora=agora)
    encerra = antiga.origem == Fatura.Origem.ENCERRAMENTO
    fim = antiga.ciclo_ate
    janela = Janela(antiga.mes_referencia, dia_civil(fim), instante=fim)
    [apurada] = apurar(
        [unidade],
        janela,
        parametros,
        titulares={unidade.pk: antiga.cliente},
        lancamentos=lancamentos_abertos(
            [unidade], ate_o_mes=None if encerra else antiga.mes_referencia
        ),
    )
    if isinstance(apurada, NaoApurada):
        raise RefaturamentoImpossivelError(apurada.mensagem, codigo=apurada.codigo)
    nova = montar_fatura(sem_cip_repetida(apurada, janela) if encerra else apurada, janela)
    nova.origem = Fatura.Origem.ENCERRAMENTO if encerra else Fatura.Origem.REFATURAMENTO
    nova.substitui = antiga
    nova.demonstrativo["substitui"] = {
        "fatura_id": antiga.pk,
        "serie": antiga.serie,
        "numero": antiga.numero,
        "valor": f"{antiga.valor:.2f}",
    }
    return nova


def _corrigir_leituras(antiga: Fatura, correcoes: Correcoes, *, agora: datetime) -> None:
    do_ciclo = {leitura.leitura_id: leitura for leitura in leituras_do_ciclo(antiga)}
    if alheias := sorted(correcoes.keys() - do_ciclo.keys()):
        raise DadoInvalidoError(
            f"A leitura {alheias[0]} não encerra o ciclo da {antiga}. "
            f"Podem ser corrigidas: {', '.join(map(str, do_ciclo)) or 'nenhuma'}.",
            campo="leituras",
            codigo="LEITURA_FORA_DO_CICLO",
        )
    for leitura_id, valor_kwh in sorted(correcoes.items()):
        if valor_kwh != do_ciclo[leitura_id].leitura_kwh:
            substituir_leitura(leitura_id, valor_kwh, agora=agora)


def substituir_leitura(leitura_id: int, valor_kwh: Decimal, *, agora: datetime) -> Leitura:
    """Puts a new reading, linked, in the place of one whose cycle is not billed any more.

    A value that the crítica would only hold is taken: a person gives it, and
    the code stays on the row. One that cannot be true is refused.

    Raises:
        DadoInvalidoError: the value cannot be true.
        ConflitoError: the reading is frozen (`PERIODO_FATURADO`).
    """
    antiga = Leitura.objects.select_related("medidor").get(pk=leitura_id)
    origem = antiga.origem
    if origem == Leitura.Origem.ESTIMADA:
        origem = Leitura.Origem.CAMPO
    informada = LeituraInformada(
        medidor_id=antiga.medidor_id,
        registrador=antiga.registrador,
        data_leitura=antiga.data_leitura,
        leitura_kwh=valor_kwh,
        origem=origem,
    )
    julgada = julgar_uma(informada, agora=agora, ignorar_id=antiga.pk)
    julgamento = julgada.julgamento
    if julgamento.destino is Destino.RECUSADA:
        raise DadoInvalidoError(julgamento.mensagem, campo="leituras", codigo=julgamento.codigo)
    with em_transacao():
        antiga.situacao = Leitura.Situacao.SUBSTITUIDA
        antiga.save(update_fields=["situacao"])
        nova = Leitura(
            medidor=antiga.medidor,
            registrador=antiga.registrador,
            data_leitura=antiga.data_leitura,
            leitura_kwh=valor_kwh,
            valor_informado=valor_kwh,
            origem=origem,
            ocorrencia=julgamento.codigo,
            observacao=f"Corrige a leitura de {numero_br(antiga.leitura_kwh)} no refaturamento.",
            substitui=antiga,
        )
        nova.save()
    return nova
