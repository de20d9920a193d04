"""Payment facts as other systems tell them: told twice, a fact is still one credit."""

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from django.core.exceptions import ValidationError

from comum.dinheiro import CENTAVO, numero_br
from comum.django_base.gravacao import ConflitoError, em_transacao
from comum.erros import DominioError
from comum.periodos import dia_civil
from faturamento.models import Fatura, Pagamento
from faturamento.servicos.baixa import PREFIXOS_RESERVADOS, registrar_pagamento, saldo_aberto
from faturamento.servicos.cancelamento import travar_fatura


class PagamentoDivergenteError(ConflitoError):
    """The identifier is that of another payment."""

    codigo = "PAGAMENTO_DIVERGENTE"


class NadaAPagarError(DominioError):
    """What is open was asked to be paid, and nothing is."""

    codigo = "NADA_A_PAGAR"


@dataclass(frozen=True, slots=True)
class Recebido:
    """The payment, and whether it was there before."""

    pagamento: Pagamento
    repetido: bool


def receber_pagamento(
    *,
    fatura_id: int,
    identificador: str,
    agora: datetime,
    valor: Decimal | None = None,
    data_pagamento: date | None = None,
    usuario_id: int | None = None,
) -> Recebido:
    """Credits a payment fact, or finds it credited already.

    Without `valor`, R$, what is open of the invoice is paid; without
    `data_pagamento`, it is of today.

    Raises:
        PagamentoDivergenteError: the identifier is of another invoice, value or day.
        NadaAPagarError: no value was given and nothing is open.
        NaoEncontradoError, FaturaNaoPagavelError, DadoInvalidoError,
        django.core.exceptions.ValidationError: as `registrar_pagamento`.
    """
    conhecido = _conhecido(identificador, fatura_id, valor, data_pagamento)
    if conhecido is not None:
        return conhecido
    try:
        with em_transacao():
            pagamento = registrar_pagamento(
                fatura_id=fatura_id,
                valor=_em_aberto(fatura_id) if valor is None else valor,
                identificador=identificador,
                data_pagamento=data_pagamento or dia_civil(agora),
                agora=agora,
                origem=Pagamento.Origem.API,
                usuario_id=usuario_id,
            )
    except (ConflitoError, NadaAPagarError, ValidationError):
        # The same fact may have come in meanwhile, by another request.
        conhecido = _conhecido(identificador, fatura_id, valor, data_pagamento)
        if conhecido is None:
            raise
        return conhecido
    return Recebido(pagamento, repetido=False)


def _conhecido(
    identificador: str, fatura_id: int, valor: Decimal | None, data_pagamento: date | None
) -> Recebido | None:
    if identificador.startswith(PREFIXOS_RESERVADOS):
        return None  # for `registrar_pagamento` to refuse
    existente = Pagamento.objects.filter(identificador=identificador).first()
    if existente is None:
        return None
    mesmo = (
        existente.fatura_id == fatura_id
        and valor in (None, existente.valor)
        and data_pagamento in (None, existente.data_pagamento)
    )
    if not mesmo:
        raise PagamentoDivergenteError(
            f"O identificador {identificador[:60]!r} já é do pagamento de "
            f"R$ {numero_br(existente.valor)} em {existente.data_pagamento:%d/%m/%Y}, da fatura de "
            f"id {existente.fatura_id}. Outro pagamento tem outro identificador."
        )
    return Recebido(existente, repetido=True)


def _em_aberto(fatura_id: int) -> Decimal:
    fatura = travar_fatura(fatura_id)
    aberto = saldo_aberto(fatura)
    if fatura.situacao == Fatura.Situacao.EMITIDA and aberto < CENTAVO:
        raise NadaAPagarError(
            f"A {fatura} não tem nada em aberto. Se o pagamento veio a mais, envie o valor dele."
        )
    return aberto
