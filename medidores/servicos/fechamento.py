"""The readings at both ends of a meter's service: they must be valid at once.

A reading that the crítica holds waits for a decision; a meter that leaves, or a
customer who does, cannot wait. So a held one stops the whole act, unless it may
be true and the operator says that it is.
"""

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal

from django.db.models import F, OuterRef, Subquery

from comum.dinheiro import numero_br
from comum.erros import DadoInvalidoError, DominioError
from comum.periodos import FUSO
from comum.vocabulario import Modalidade, Registrador
from medidores.models import DecisaoLeitura, Leitura, Medidor, UnidadeConsumidora
from medidores.servicos.faturado import faturado_ate_por_unidade
from medidores.servicos.leituras import (
    LeituraEmConflitoError,
    LeituraInformada,
    LeituraRecusadaError,
    registrar_leitura,
)

Leituras = Mapping[str, Decimal]  # by register, in kWh
# Doubts that a person at the meter can settle. A fall that is no rollover cannot be billed, and
# a billed period is opened by cancelling the invoice.
CONFIRMAVEIS = ("CONSUMO_ALTO", "CONSUMO_BAIXO", "SALTO_DE_CASA")


class LeituraDuvidosaError(DominioError):
    """The crítica would hold this reading; nothing was saved."""

    def __init__(self, mensagem: str, *, codigo: str, campo: str) -> None:
        super().__init__(mensagem, codigo=codigo)
        self.campo = campo


class PeriodoFaturadoError(DominioError):
    """The act would fall in a period that was billed."""

    codigo = "PERIODO_FATURADO"
    campo = "data"


def registradores_a_ler(medidor: Medidor) -> list[Registrador]:
    """The registers whose reading ends this meter's service, in the vocabulary's order.

    Those that its bills need and it was read in, and those of injected energy;
    of a meter never read so, whatever it was read in, or what its bills need.
    """
    da_conta = Modalidade(medidor.unidade.modalidade).registradores
    lidos = set(medidor.leituras.validas().order_by().values_list("registrador", flat=True))
    precisos = {r for r in lidos if r in da_conta or r.startswith(Registrador.INJETADA)}
    exigidos = precisos or lidos or set(da_conta)
    return [registrador for registrador in Registrador if registrador in exigidos]


def conferir_registradores(medidor: Medidor, leituras: Leituras) -> None:
    """No register may be left open.

    Raises:
        DadoInvalidoError: some that the meter counts is missing.
    """
    if faltam := [r.rotulo for r in registradores_a_ler(medidor) if r not in leituras]:
        raise DadoInvalidoError(
            f"Falta a leitura de {', '.join(faltam)} do medidor {medidor}. Informe a de cada "
            "registrador dele.",
            campo="leituras_finais",
            codigo="REGISTRADOR_AUSENTE",
        )


def conferir_instante(medidor: Medidor, instante: datetime, *, inclusive: bool = False) -> None:
    """Nothing that was read or billed may lie after the end of the meter's service.

    `inclusive`: the end may be the very instant up to which the UC was billed.

    Raises:
        PeriodoFaturadoError: the UC was billed beyond it.
        DadoInvalidoError: the meter was read after it.
    """
    ate = faturado_ate_por_unidade([medidor.unidade_id]).get(medidor.unidade_id)
    if ate is not None and (instante < ate or (instante == ate and not inclusive)):
        raise PeriodoFaturadoError(
            f"A unidade {medidor.unidade} está faturada até {_quando(ate)}. Informe uma data "
            "depois dessa, ou cancele a fatura antes."
        )
    depois = medidor.leituras.vigentes().filter(data_leitura__gt=instante)
    ultima = depois.order_by("-data_leitura", "-pk").first()
    if ultima is not None:
        raise DadoInvalidoError(
            f"O medidor {medidor} tem leitura de {_quando(ultima.data_leitura)} "
            f"({numero_br(ultima.leitura_kwh)}), depois de {_quando(instante)}. Informe uma data a "
            "partir da última leitura.",
            campo="data",
            codigo="ANTES_DA_ULTIMA_LEITURA",
        )


def ler_registradores(
    medidor: Medidor,
    leituras: Leituras,
    *,
    campo: str,
    origem: str,
    instante: datetime,
    agora: datetime,
    confirmar: bool,
    usuario_id: int | None,
    observacao: str = "",
) -> None:
    """Saves one valid reading of each register at `instante`.

    A refusal names its field: `data`, or `campo` and the register after a dot.

    Raises:
        DadoInvalidoError: one cannot be true.
        LeituraDuvidosaError: one would be held, and is not, or cannot be, confirmed.
        LeituraEmConflitoError: the register has another value at that instant.
    """
    for registrador, leitura_kwh in sorted(leituras.items()):
        informada = LeituraInformada(
            medidor_id=medidor.pk,
            registrador=registrador,
            data_leitura=instante,
            leitura_kwh=leitura_kwh,
            origem=origem,
            observacao=observacao,
        )
        do_registrador = f"{campo}.{registrador}"
        try:
            leitura = registrar_leitura(informada, agora=agora).leitura
        except LeituraRecusadaError as erro:
            alvo = "data" if erro.campo == "data_leitura" else do_registrador
            raise DadoInvalidoError(str(erro), campo=alvo, codigo=erro.codigo) from erro
        if leitura.situacao == Leitura.Situacao.RETIDA:
            _confirmar(leitura, do_registrador, agora, confirmar=confirmar, usuario_id=usuario_id)
        elif leitura.situacao != Leitura.Situacao.VALIDA or leitura.leitura_kwh != leitura_kwh:
            # The very value was there before, and somebody decided against it.
            raise LeituraEmConflitoError(
                f"A leitura {numero_br(leitura_kwh)} de {_quando(instante)} do medidor {medidor} "
                "já existe e foi rejeitada ou corrigida. Informe outra hora, ou o valor certo."
            )


def _confirmar(
    leitura: Leitura, campo: str, agora: datetime, *, confirmar: bool, usuario_id: int | None
) -> None:
    """Makes a held reading valid by the operator's word, with who and why.

    Raises:
        LeituraDuvidosaError: the word is missing, or would not do.
    """
    pode_ser_verdade = leitura.ocorrencia in CONFIRMAVEIS and not _desce(leitura)
    if not (confirmar and pode_ser_verdade):
        frase = f"{Registrador(leitura.registrador).rotulo.capitalize()}: {leitura.explicacao}"
        if pode_ser_verdade:
            frase += " Se ela estiver certa, confirme as leituras e envie de novo."
        raise LeituraDuvidosaError(frase, codigo=leitura.ocorrencia, campo=campo)
    leitura.situacao = Leitura.Situacao.VALIDA
    leitura.save()
    DecisaoLeitura.objects.create(
        leitura=leitura,
        decisao=DecisaoLeitura.Decisao.ACEITAR,
        codigo=leitura.ocorrencia,
        valor_kwh=leitura.leitura_kwh,
        motivo="Confirmada por quem registrou a troca, a retirada ou a mudança de titular.",
        decidida_em=agora,
        decidida_por_id=usuario_id,
    )


def _desce(leitura: Leitura) -> bool:
    """Whether the register would show less than before; a slip of the keyboard may explain it."""
    antes = leitura.medidor.leituras.medidas().filter(
        registrador=leitura.registrador, data_leitura__lt=leitura.data_leitura
    )
    anterior = antes.order_by("-data_leitura", "-pk").first()
    return anterior is not None and leitura.leitura_kwh < anterior.leitura_kwh


def tem_consumo_a_faturar(unidade: UnidadeConsumidora) -> bool:
    """Whether some register of the UC counted anything that no issued invoice billed."""
    leituras = Leitura.objects.validas().filter(medidor__unidade=unidade)
    if ate := faturado_ate_por_unidade([unidade.pk]).get(unidade.pk):
        leituras = leituras.filter(data_leitura__gt=ate)
    anterior = Leitura.objects.validas().filter(
        medidor=OuterRef("medidor"),
        registrador=OuterRef("registrador"),
        data_leitura__lt=OuterRef("data_leitura"),
    )
    anterior_kwh = Subquery(anterior.order_by("-data_leitura").values("leitura_kwh")[:1])
    com_anterior = leituras.annotate(anterior_kwh=anterior_kwh).filter(anterior_kwh__isnull=False)
    return com_anterior.exclude(leitura_kwh=F("anterior_kwh")).exists()


def _quando(instante: datetime) -> str:
    return f"{instante.astimezone(FUSO):%d/%m/%Y %H:%M}"
