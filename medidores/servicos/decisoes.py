"""What people decide about held readings: which value is billed, who said so, and why."""

from collections.abc import Callable, Collection, Sequence
from copy import copy
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal

from auditoria.servicos.eventos import registrar_evento
from comum.dinheiro import MILESIMO, numero_br
from comum.django_base.gravacao import em_transacao
from comum.erros import DadoInvalidoError, DominioError, NaoEncontradoError
from comum.periodos import FUSO, dia_civil
from comum.texto import com_numero
from medidores.calculo.critica import Destino, Julgamento, Limites, Mostrador, julgar_leitura
from medidores.calculo.decisao import (
    VIRADA_CONFIRMADA,
    estimar_leitura_kwh,
    so_regressao,
    sugerir_correcao_kwh,
)
from medidores.calculo.historico import Historico
from medidores.models import DecisaoLeitura, Leitura, Medidor
from medidores.servicos.faturado import faturado_ate_por_unidade, travar_unidades
from medidores.servicos.julgamento import historicos_ate, limites_por_classe
from medidores.servicos.rejulgamento import rejulgar_seguintes

Decisao = DecisaoLeitura.Decisao
MOTIVO_MAXIMO = 300
RAZAO_MAXIMA = 100  # what the history's column holds


class LeituraNaoRetidaError(DominioError):
    """Somebody decided before, or it was never held: nothing was changed."""

    codigo = "LEITURA_NAO_RETIDA"


class DecisaoRecusadaError(DominioError):
    """The reading cannot be billed as decided; the code says why."""

    codigo = "DECISAO_RECUSADA"


@dataclass(frozen=True, slots=True)
class EmDuvida:
    """A held reading between its neighbours."""

    leitura: Leitura
    mostrador: Mostrador
    historico: Historico
    posterior_kwh: Decimal | None
    faturado_ate: datetime | None
    limites: Limites

    @property
    def parece_virada(self) -> bool:
        """Whether the register shows less than before."""
        anterior_kwh = self.historico.leitura_kwh
        return anterior_kwh is not None and self.leitura.leitura_kwh < anterior_kwh

    @property
    def faturada(self) -> bool:
        return self.faturado_ate is not None and self.leitura.data_leitura <= self.faturado_ate

    @property
    def correcao_sugerida_kwh(self) -> Decimal | None:
        """What a slip of the keyboard would explain, if one does."""
        leitura = self.leitura
        return sugerir_correcao_kwh(
            leitura.leitura_kwh, self.historico, self.mostrador, leitura.data_leitura
        )


def examinar(leitura: Leitura) -> EmDuvida:
    """What a decision about this reading goes by, in a fixed number of queries."""
    medidor, quando = leitura.medidor, leitura.data_leitura
    historicos = historicos_ate([medidor], registrador=leitura.registrador, antes_de=quando)
    posteriores = Leitura.objects.medidas().filter(
        medidor=medidor, registrador=leitura.registrador, data_leitura__gt=quando
    )
    return EmDuvida(
        leitura=leitura,
        mostrador=Mostrador(
            medidor.digitos, medidor.constante, medidor.data_instalacao, medidor.data_retirada
        ),
        historico=historicos.get(medidor.pk)
        or Historico(digitos=medidor.digitos, constante=medidor.constante),
        posterior_kwh=posteriores.order_by("data_leitura", "pk")
        .values_list("leitura_kwh", flat=True)
        .first(),
        faturado_ate=faturado_ate_por_unidade([medidor.unidade_id]).get(medidor.unidade_id),
        limites=limites_por_classe()[medidor.unidade.classe],
    )


def propor(
    duvida: EmDuvida, decisao: str, *, valor_kwh: Decimal | None = None, agora: datetime
) -> Leitura:
    """The reading that would stand by this decision, not saved; a preview asks the same.

    Raises:
        DecisaoRecusadaError: it could not be billed so.
        DadoInvalidoError: `valor_kwh` is missing or cannot be true.
        SemHistoricoError: there is no mean to go by.
    """
    proposta = copy(duvida.leitura)
    if decisao == Decisao.REJEITAR:
        proposta.situacao = Leitura.Situacao.REJEITADA
        return proposta
    if duvida.faturada:
        raise DecisaoRecusadaError(_frase_de_faturada(duvida), codigo="PERIODO_FATURADO")
    if decisao == Decisao.MEDIA:
        return _pela_media(duvida, agora)
    proposta.situacao = Leitura.Situacao.VALIDA
    if decisao == Decisao.ACEITAR:
        _exigir_crivel(duvida, proposta.leitura_kwh, agora)
    elif decisao == Decisao.VIRADA:
        _exigir_virada(duvida, agora)
        proposta.ocorrencia = VIRADA_CONFIRMADA
    elif decisao == Decisao.CORRIGIR:
        proposta.leitura_kwh = _conferir_correcao(duvida, valor_kwh)
        proposta.ocorrencia = _exigir_crivel(duvida, proposta.leitura_kwh, agora).codigo
    else:
        raise ValueError(f"decisão desconhecida: {decisao!r}")
    return proposta


def _frase_de_faturada(duvida: EmDuvida) -> str:
    ate = dia_civil(duvida.faturado_ate or duvida.leitura.data_leitura)
    return (
        f"A unidade {duvida.leitura.medidor.unidade} está faturada até {ate:%d/%m/%Y}. Rejeite a "
        "leitura, ou cancele a fatura, decida de novo e refature."
    )


def _julgar(
    duvida: EmDuvida, leitura_kwh: Decimal, historico: Historico, agora: datetime
) -> Julgamento:
    """What the crítica says where a person's word overrules the mean."""
    return julgar_leitura(
        leitura_kwh=leitura_kwh,
        data_leitura=duvida.leitura.data_leitura,
        mostrador=duvida.mostrador,
        historico=historico,
        posterior_kwh=duvida.posterior_kwh,
        faturado_ate=duvida.faturado_ate,
        limites=so_regressao(duvida.limites),
        agora=agora,
    )


def _exigir_crivel(duvida: EmDuvida, leitura_kwh: Decimal, agora: datetime) -> Julgamento:
    """Refuses a value that a register cannot show between its neighbours."""
    julgamento = _julgar(duvida, leitura_kwh, duvida.historico, agora)
    if julgamento.destino is Destino.RECUSADA:
        raise DadoInvalidoError(julgamento.mensagem, campo="valor_kwh", codigo=julgamento.codigo)
    if julgamento.destino is Destino.RETIDA:
        anterior_kwh = duvida.historico.leitura_kwh
        if anterior_kwh is not None and leitura_kwh < anterior_kwh:
            frase = (
                f"{numero_br(leitura_kwh)} é menor que a leitura anterior, "
                f"{numero_br(anterior_kwh)}, e uma virada não é plausível. Se o mostrador virou, "
                "aceite como virada; senão corrija, use a média ou rejeite."
            )
        else:
            frase = (
                f"{numero_br(leitura_kwh)} é maior que a leitura seguinte, "
                f"{numero_br(duvida.posterior_kwh or Decimal(0))}. Corrija para um valor que caiba "
                "entre as duas, use a média ou rejeite."
            )
        raise DecisaoRecusadaError(frase, codigo=julgamento.codigo)
    return julgamento


def _exigir_virada(duvida: EmDuvida, agora: datetime) -> None:
    leitura = duvida.leitura
    if not duvida.parece_virada:
        raise DecisaoRecusadaError(
            f"{numero_br(leitura.leitura_kwh)} não é menor que a leitura anterior: o mostrador "
            "não virou. Aceite a leitura como veio, corrija-a ou rejeite-a.",
            codigo="VIRADA_SEM_QUEDA",
        )
    sem_passado = Historico(digitos=duvida.mostrador.digitos, constante=duvida.mostrador.constante)
    julgamento = _julgar(duvida, leitura.leitura_kwh, sem_passado, agora)
    if julgamento.destino is not Destino.ACEITA:
        raise DecisaoRecusadaError(
            "Depois desta virada, a leitura seguinte ainda seria menor: "
            f"{numero_br(duvida.posterior_kwh or Decimal(0))}. Corrija a leitura, use a média ou "
            "rejeite.",
            codigo=julgamento.codigo,
        )


def _conferir_correcao(duvida: EmDuvida, valor_kwh: Decimal | None) -> Decimal:
    if valor_kwh is None:
        raise DadoInvalidoError(
            "Informe o valor corrigido da leitura.", campo="valor_kwh", codigo="VALOR_AUSENTE"
        )
    if not valor_kwh.is_finite() or valor_kwh != round(valor_kwh, 3):
        raise DadoInvalidoError(
            "O valor corrigido deve ser um número com até 3 casas decimais.",
            campo="valor_kwh",
            codigo="VALOR_INVALIDO",
        )
    if valor_kwh == duvida.leitura.leitura_kwh:
        raise DadoInvalidoError(
            f"O valor corrigido é o mesmo da leitura, {numero_br(valor_kwh)}. Informe outro, ou "
            "aceite a leitura como veio.",
            campo="valor_kwh",
            codigo="VALOR_IGUAL",
        )
    return valor_kwh.quantize(MILESIMO)


def _pela_media(duvida: EmDuvida, agora: datetime) -> Leitura:
    """The estimated reading that takes the place of the held one."""
    retida, historico = duvida.leitura, duvida.historico
    leitura_kwh = estimar_leitura_kwh(historico, duvida.mostrador, retida.data_leitura)
    _exigir_crivel(duvida, leitura_kwh, agora)
    return Leitura(
        medidor=retida.medidor,
        registrador=retida.registrador,
        data_leitura=retida.data_leitura,
        leitura_kwh=leitura_kwh,
        valor_informado=leitura_kwh,
        origem=Leitura.Origem.ESTIMADA,
        observacao=f"Pela média de {com_numero(historico.ciclos, 'ciclo')}, no lugar da leitura "
        f"{numero_br(retida.leitura_kwh)}.",
        substitui=retida,
    )


def _ignorar(_: Leitura) -> None:
    """What is done with a reading set free where nobody asks."""


def decidir_leitura(
    *,
    leitura_id: int,
    decisao: str,
    motivo: str,
    valor_kwh: Decimal | None = None,
    usuario_id: int | None,
    agora: datetime,
    ao_liberar: Callable[[Leitura], None] = _ignorar,
    preservar: Collection[int] = (),
) -> Leitura:
    """Settles one held reading; returns the reading that stands.

    Later readings of the register are then judged again, but for those in
    `preservar`; `ao_liberar` is told of each that is held no more.

    Raises:
        NaoEncontradoError: no such reading.
        LeituraNaoRetidaError: it was decided already.
        DadoInvalidoError: no reason given, or a value that cannot be true.
        DecisaoRecusadaError, SemHistoricoError: it cannot be billed so.
        ConflitoError: the database refused it (`PERIODO_FATURADO`).
    """
    motivo = motivo.strip()
    if not motivo or len(motivo) > MOTIVO_MAXIMO:
        raise DadoInvalidoError(
            f"Informe o motivo da decisão, com até {MOTIVO_MAXIMO} caracteres.", campo="motivo"
        )
    with em_transacao():
        medidor = Medidor.objects.filter(leituras=leitura_id)
        travar_unidades(medidor.values_list("unidade", flat=True))
        leitura = _ler_retida(leitura_id)
        proposta = propor(examinar(leitura), decisao, valor_kwh=valor_kwh, agora=agora)
        codigo = leitura.ocorrencia
        if proposta.substitui is leitura:
            leitura.situacao = Leitura.Situacao.SUBSTITUIDA
            _gravar_com_razao(leitura, motivo)
        _gravar_com_razao(proposta, motivo)
        DecisaoLeitura.objects.create(
            leitura=leitura,
            decisao=decisao,
            codigo=codigo,
            valor_kwh=None if decisao == Decisao.REJEITAR else proposta.leitura_kwh,
            motivo=motivo,
            decidida_em=agora,
            decidida_por_id=usuario_id,
        )
        liberadas = rejulgar_seguintes(proposta, agora=agora, preservar=preservar)
    for liberada in liberadas:
        ao_liberar(liberada)
    return proposta


def _ler_retida(leitura_id: int) -> Leitura:
    """The reading as it is under the lock, which must still be held."""
    leituras = Leitura.objects.select_related("medidor__unidade")
    leitura = leituras.filter(pk=leitura_id).first()
    if leitura is None:
        raise NaoEncontradoError(f"Leitura {leitura_id} não encontrada.")
    if leitura.situacao != Leitura.Situacao.RETIDA:
        raise LeituraNaoRetidaError(frase_da_decisao(leitura))
    return leitura


def frase_da_decisao(leitura: Leitura) -> str:
    """Who settled a reading that is held no more, when and how."""
    decisoes = leitura.decisoes.select_related("decidida_por").order_by("-pk")
    ultima = decisoes.first()
    if ultima is None:
        return (
            f"A leitura não está retida: está {leitura.get_situacao_display()}. Nada foi alterado."
        )
    quando = ultima.decidida_em.astimezone(FUSO)
    autor = f" por {ultima.decidida_por}" if ultima.decidida_por else ""
    return (
        f"A leitura já foi decidida{autor} em {quando:%d/%m/%Y %H:%M}: "
        f"{ultima.get_decisao_display()} ({ultima.motivo}). A sua decisão não foi gravada."
    )


def _gravar_com_razao(leitura: Leitura, motivo: str) -> None:
    leitura._change_reason = motivo[:RAZAO_MAXIMA]  # type: ignore[attr-defined]
    leitura.save()


@dataclass(frozen=True, slots=True)
class RecusaDeDecisao:
    """A reading of a bulk decision that stayed as it was, and why."""

    leitura_id: int
    codigo: str
    mensagem: str


@dataclass(slots=True)
class ResultadoDasDecisoes:
    decididas: int = 0
    liberadas: int = 0
    recusas: list[RecusaDeDecisao] = field(default_factory=list)


def decidir_leituras(
    *,
    leitura_ids: Sequence[int],
    decisao: str,
    motivo: str,
    usuario_id: int | None,
    agora: datetime,
) -> ResultadoDasDecisoes:
    """The same decision for many, each in its own transaction; a refused one stops no other.

    In order of instant, so that each is judged by what was decided before it.
    """
    resultado = ResultadoDasDecisoes()
    liberadas: list[Leitura] = []
    em_ordem = Leitura.objects.filter(pk__in=leitura_ids).order_by("data_leitura", "pk")
    existentes = list(em_ordem.values_list("pk", flat=True))
    for leitura_id in [*existentes, *sorted(set(leitura_ids) - set(existentes))]:
        try:
            decidir_leitura(
                leitura_id=leitura_id,
                decisao=decisao,
                motivo=motivo,
                usuario_id=usuario_id,
                agora=agora,
                ao_liberar=liberadas.append,
                preservar=leitura_ids,
            )
        except DominioError as erro:
            recusa = RecusaDeDecisao(leitura_id, erro.codigo, str(erro))
            resultado.recusas.append(recusa)
        else:
            resultado.decididas += 1
    resultado.liberadas = len(liberadas)
    # Each decision has its own row and history; this tells that they were one act.
    registrar_evento(
        "LEITURAS_DECIDIDAS",
        f"{decisao}: {com_numero(resultado.decididas, 'decidida')}, "
        f"{com_numero(len(resultado.recusas), 'recusada')}",
        agora=agora,
        usuario_id=usuario_id,
        dados={
            "decididas": resultado.decididas,
            "recusadas": len(resultado.recusas),
            "liberadas": resultado.liberadas,
        },
    )
    return resultado
