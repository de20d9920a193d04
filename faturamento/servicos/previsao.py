"""What each decision about a held reading would bill; reads only."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal

from comum.erros import DominioError
from comum.periodos import dia_civil, primeiro_dia_do_mes
from faturamento.models import Fatura
from faturamento.servicos.apuracao import Apurada, apurar_medida
from faturamento.servicos.lancamentos import LancamentosAbertos, lancamentos_abertos
from faturamento.servicos.medicao import Medicao, carregar_medicao, janela_da_competencia
from faturamento.servicos.parametros import Parametros
from medidores.models import Leitura
from medidores.servicos.decisoes import Decisao, EmDuvida, propor


@dataclass(frozen=True, slots=True)
class Previsao:
    """The reading that would stand, and the month's bill by it.

    `impedimento` says why it cannot be decided so, `pendencia` why no bill can
    be calculated then; both are "" where all is well.
    """

    decisao: Decisao
    leitura_kwh: Decimal | None = None
    consumo_kwh: Decimal | None = None
    valor: Decimal | None = None
    impedimento: str = ""
    pendencia: str = ""


def prever_decisoes(
    duvida: EmDuvida, *, valor_kwh: Decimal | None = None, agora: datetime
) -> list[Previsao]:
    """One preview for each decision that fits, in a fixed number of queries.

    `valor_kwh` is the value that CORRIGIR would bill; without it that row is empty.
    """
    leitura = duvida.leitura
    unidade = leitura.medidor.unidade
    mes_referencia = primeiro_dia_do_mes(dia_civil(leitura.data_leitura))
    pendencia = _fora_da_execucao(duvida)
    medicao, parametros = None, None
    lancamentos: LancamentosAbertos = {}
    if not pendencia:
        medicao = _sem_esta(
            carregar_medicao([unidade], janela_da_competencia(mes_referencia)), leitura
        )
        parametros = Parametros.carregar()
        lancamentos = lancamentos_abertos([unidade], ate_o_mes=mes_referencia)
    previsoes = []
    for decisao in _cabiveis(duvida):
        if decisao == Decisao.CORRIGIR and valor_kwh is None:
            previsoes.append(Previsao(decisao))
            continue
        try:
            proposta = propor(duvida, decisao, valor_kwh=valor_kwh, agora=agora)
        except DominioError as erro:
            previsoes.append(Previsao(decisao, impedimento=str(erro)))
            continue
        rejeitada = decisao == Decisao.REJEITAR
        previsao = Previsao(
            decisao, None if rejeitada else proposta.leitura_kwh, pendencia=pendencia
        )
        if medicao is not None and parametros is not None:
            suposta = (
                medicao
                if rejeitada
                else medicao.supondo(proposta, duvida.historico.media_mensal_kwh)
            )
            apurada = apurar_medida(unidade, suposta, parametros, lancamentos=lancamentos)
            previsao = (
                replace(
                    previsao,
                    consumo_kwh=apurada.demonstrativo.consumo_kwh,
                    valor=apurada.demonstrativo.valor,
                )
                if isinstance(apurada, Apurada)
                else replace(previsao, pendencia=apurada.mensagem)
            )
        previsoes.append(previsao)
    return previsoes


def _cabiveis(duvida: EmDuvida) -> Iterator[Decisao]:
    """A rollover is a choice only where the register shows less than before."""
    for decisao in Decisao:
        if decisao != Decisao.VIRADA or duvida.parece_virada:
            yield decisao


def _fora_da_execucao(duvida: EmDuvida) -> str:
    """Why no run would bill this reading's month for this UC now; "" where one would."""
    leitura = duvida.leitura
    unidade = leitura.medidor.unidade
    if unidade.situacao != unidade.Situacao.ATIVA:
        return f"A unidade {unidade} está {unidade.get_situacao_display()} e não é faturada."
    mes_referencia = primeiro_dia_do_mes(dia_civil(leitura.data_leitura))
    faturas = Fatura.objects.do_mes_da_unidade().do_mes(mes_referencia).filter(unidade=unidade)
    emitida = faturas.exclude(situacao=Fatura.Situacao.RASCUNHO).order_by("pk").first()
    if emitida is not None:
        return (
            f"A unidade {unidade} já tem a {emitida} de {mes_referencia:%m/%Y}. A leitura só muda "
            "o valor se essa fatura for cancelada e refaturada."
        )
    return ""


def _sem_esta(medicao: Medicao, leitura: Leitura) -> Medicao:
    """The measurement as if this one were held no more."""
    outras = Leitura.objects.retidas().filter(
        medidor=leitura.medidor_id,
        data_leitura__gte=medicao.janela.inicio,
        data_leitura__lt=medicao.janela.fim,
    )
    if outras.exclude(pk=leitura.pk).exists():
        return medicao
    return replace(medicao, retidas=medicao.retidas - {leitura.medidor_id})
