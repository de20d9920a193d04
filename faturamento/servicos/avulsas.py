"""Invoices made by hand or by another system: AVULSA, issued at once, without number."""

from datetime import date, datetime
from decimal import Decimal

from clientes.models import Cliente
from comum.django_base.gravacao import ConflitoError, em_transacao, excluir, gravar
from comum.erros import NaoEncontradoError
from comum.vocabulario import Classe
from faturamento.calculo.vencimento import calcular_vencimento
from faturamento.models import Fatura
from faturamento.servicos.avisos import avisar_emissao
from faturamento.servicos.execucao import descartar_rascunhos
from medidores.models import UnidadeConsumidora

DIA_VENCIMENTO_PADRAO = 10


class FaturaCongeladaError(ConflitoError):
    """The invoice was issued, or has payments: its values no longer change."""

    codigo = "FATURA_CONGELADA"


def criar_fatura_avulsa(
    *,
    cliente: Cliente,
    valor: Decimal,
    mes_referencia: date,
    data_emissao: date,
    agora: datetime,
    data_vencimento: date | None = None,
    unidade: UnidadeConsumidora | None = None,
) -> Fatura:
    """Creates an AVULSA; without due date, that of the rule.

    Raises:
        django.core.exceptions.ValidationError: by field.
    """
    with em_transacao():
        fatura = gravar(
            Fatura(
                cliente=cliente,
                unidade=unidade,
                valor=valor,
                mes_referencia=mes_referencia.replace(day=1),
                data_emissao=data_emissao,
                data_vencimento=data_vencimento or vencimento_padrao(data_emissao, unidade),
                emitida_em=agora,
            )
        )
        avisar_emissao([fatura], agora=agora)
    return fatura


def vencimento_padrao(emissao: date, unidade: UnidadeConsumidora | None = None) -> date:
    """The due date by the rule; without a UC, as of a residential one due on the 10th."""
    return calcular_vencimento(
        emissao=emissao,
        dia_vencimento=unidade.dia_vencimento if unidade else DIA_VENCIMENTO_PADRAO,
        classe=Classe(unidade.classe) if unidade else Classe.RESIDENCIAL,
    )


def alterar_fatura_avulsa(*, fatura_id: int, valor: Decimal) -> Fatura:
    """Changes the value of an AVULSA that has no payment.

    Raises:
        NaoEncontradoError: no invoice has this id.
        FaturaCongeladaError: it is not an AVULSA, is cancelled, or has payments.
        django.core.exceptions.ValidationError: the value.
    """
    with em_transacao():
        fatura = Fatura.objects.select_for_update().filter(pk=fatura_id).first()
        if fatura is None:
            raise NaoEncontradoError(f"Fatura {fatura_id} não encontrada.")
        if valor == fatura.valor:
            return fatura
        recusar_se_congelada(fatura)
        fatura.valor = valor
        return gravar(fatura)


def excluir_fatura(fatura: Fatura, *, agora: datetime | None = None) -> None:
    """Deletes an AVULSA without payment, or throws a draft away, an act of the trail at `agora`.

    Raises:
        FaturaCongeladaError: it was issued, or has payments.
    """
    if fatura.e_rascunho:
        descartar_rascunhos([fatura.pk], agora=agora)
        return
    recusar_se_congelada(fatura)
    excluir(fatura)


def recusar_se_congelada(fatura: Fatura) -> None:
    """The sentence for what the triggers would refuse anyway.

    Raises:
        FaturaCongeladaError: see above.
    """
    if fatura.situacao == Fatura.Situacao.CANCELADA:
        raise FaturaCongeladaError(f"A {fatura} está cancelada e não muda mais.")
    if not fatura.e_avulsa:
        raise FaturaCongeladaError(
            f"A {fatura} veio do faturamento e não se edita nem se exclui. "
            "Para corrigi-la, cancele e refature."
        )
    if fatura.pagamentos.exists():
        raise FaturaCongeladaError(
            f"A {fatura} já tem pagamento e não muda mais. Cancele-a e faça outra."
        )
