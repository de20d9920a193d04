"""One-off lines: registered here, taken by the next bill of their UC and customer, billed once."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from comum.dinheiro import CENTAVO, repartir
from comum.django_base.gravacao import ConflitoError, em_transacao, excluir, gravar
from comum.erros import DadoInvalidoError
from comum.periodos import primeiro_dia_do_mes, somar_meses
from faturamento.calculo.lancamentos import LancamentoAplicado, aplicar_lancamentos
from faturamento.calculo.tipos import Lancamento
from faturamento.models import Fatura, LancamentoAvulso
from medidores.models import Medidor, UnidadeConsumidora

PARCELAS_MAXIMAS = 120
CAMPOS_EDITAVEIS = ("descricao", "valor", "a_partir_de", "motivo")
# What waits for the bill of a UC and a customer, by their ids.
LancamentosAbertos = Mapping[tuple[int, int], tuple[Lancamento, ...]]


class LancamentoJaFaturadoError(ConflitoError):
    """Another bill took it meanwhile, or it changed or is gone."""

    codigo = "LANCAMENTO_JA_FATURADO"


def lancar(
    *,
    unidade_id: int,
    cliente_id: int | None,
    descricao: str,
    valor: Decimal,
    a_partir_de: date,
    motivo: str,
    agora: datetime,
    parcelas: int = 1,
    usuario_id: int | None = None,
) -> list[LancamentoAvulso]:
    """Registers a charge or a credit, in as many monthly instalments; they add up to `valor`.

    Without customer, it is the UC's titular who pays.

    Raises:
        DadoInvalidoError: too many instalments, or less than a cent in each.
        django.core.exceptions.ValidationError: by field.
    """
    if not 1 <= parcelas <= PARCELAS_MAXIMAS or abs(valor) < parcelas * CENTAVO:
        raise DadoInvalidoError(
            f"São de 1 a {PARCELAS_MAXIMAS} parcelas, de ao menos R$ 0,01; vieram {parcelas} para "
            f"R$ {valor}.",
            campo="parcelas",
        )
    mes = primeiro_dia_do_mes(a_partir_de)
    if cliente_id is None:
        cliente_id = _titular(unidade_id)
    with em_transacao():
        return [
            gravar(
                LancamentoAvulso(
                    unidade_id=unidade_id,
                    cliente_id=cliente_id,
                    descricao=descricao,
                    valor=parte,
                    a_partir_de=somar_meses(mes, indice),
                    parcela=indice + 1,
                    parcelas=parcelas,
                    motivo=motivo,
                    registrado_em=agora,
                    registrado_por_id=usuario_id,
                )
            )
            for indice, parte in enumerate(repartir(valor, [1] * parcelas, CENTAVO))
        ]


def alterar_lancamento(*, lancamento_id: int, dados: Mapping[str, Any]) -> LancamentoAvulso:
    """Changes description, value, month or reason of one that no bill took.

    Raises:
        LancamentoJaFaturadoError: an issued invoice has it.
        django.core.exceptions.ValidationError: by field.
    """
    with em_transacao():
        lancamento = LancamentoAvulso.objects.select_for_update(of=("self",)).get(pk=lancamento_id)
        recusar_se_faturado(lancamento)
        for campo in CAMPOS_EDITAVEIS:
            setattr(lancamento, campo, dados.get(campo, getattr(lancamento, campo)))
        lancamento.a_partir_de = primeiro_dia_do_mes(lancamento.a_partir_de)
        return gravar(lancamento)


def excluir_lancamento(lancamento: LancamentoAvulso) -> None:
    """Deletes one that no bill took.

    Raises:
        LancamentoJaFaturadoError: an issued invoice has it.
        EmUsoError: it left a balance behind.
    """
    recusar_se_faturado(lancamento)
    excluir(lancamento)


def _titular(unidade_id: int) -> int:
    ativo = Medidor.objects.filter(unidade=unidade_id, data_retirada__isnull=True).first()
    if ativo is None:
        raise DadoInvalidoError(
            "A unidade não tem medidor ativo, e por ele titular. Escolha o cliente.",
            campo="cliente",
        )
    return ativo.cliente_id


def lancamentos_abertos(
    unidades: Iterable[UnidadeConsumidora], *, ate_o_mes: date | None
) -> LancamentosAbertos:
    """What the next bill of each UC and customer takes; without a month, all there is."""
    abertos = LancamentoAvulso.objects.em_aberto().filter(unidade__um_de={u.pk for u in unidades})
    if ate_o_mes is not None:
        abertos = abertos.ate_o_mes(ate_o_mes)
    por_titular = defaultdict(list)
    for lancamento in abertos.order_by("pk"):
        chave = (lancamento.unidade_id, lancamento.cliente_id)
        por_titular[chave].append(Lancamento(lancamento.texto, lancamento.valor, lancamento.pk))
    return {chave: tuple(lista) for chave, lista in por_titular.items()}


def aplicados_na_fatura(fatura: Fatura) -> list[LancamentoAplicado]:
    """The one-off lines of an invoice, as its own document says."""
    entrada = fatura.demonstrativo.get("entrada") or {}
    lancamentos = [
        Lancamento(item["descricao"], Decimal(item["valor"]), item["referencia"])
        for item in entrada.get("lancamentos", ())
    ]
    fornecimento = fatura.valor - fatura.valor_lancamentos
    return aplicar_lancamentos(lancamentos, fornecimento_brl=fornecimento)


def referencias(fatura: Fatura) -> set[int]:
    """The rows that an invoice takes, wholly or in part."""
    return {
        aplicado.lancamento.referencia
        for aplicado in aplicados_na_fatura(fatura)
        if aplicado.usado and aplicado.lancamento.referencia
    }


def marcar_faturados(faturas: Sequence[Fatura]) -> None:
    """Gives the lines of these invoices, just issued, to them; the rest of a credit stays open.

    Runs in the transaction of the issue, under the lock of the UCs; the number
    of queries does not depend on theirs.

    Raises:
        LancamentoJaFaturadoError: another bill took one of them.
    """
    tomados: dict[int, tuple[Fatura, LancamentoAplicado]] = {}
    for fatura in faturas:
        for aplicado in aplicados_na_fatura(fatura):
            referencia = aplicado.lancamento.referencia
            if referencia in tomados:
                raise LancamentoJaFaturadoError(f"Lançamento {referencia} em duas faturas.")
            if aplicado.usado and referencia:
                tomados[referencia] = (fatura, aplicado)
    if not tomados:
        return
    _completar_ids([fatura for fatura, _ in tomados.values()])
    abertos = LancamentoAvulso.objects.em_aberto().filter(pk__in=tomados)
    linhas = list(abertos.select_for_update().order_by("pk"))
    mudados = [linha.pk for linha in linhas if linha.valor != tomados[linha.pk][1].lancamento.valor]
    if len(linhas) < len(tomados) or mudados:
        sumidos = sorted({*mudados, *(tomados.keys() - {linha.pk for linha in linhas})})
        ids = ", ".join(map(str, sumidos[:5]))
        quais = f"o lançamento {ids}" if len(sumidos) == 1 else f"os lançamentos {ids}"
        raise LancamentoJaFaturadoError(
            f"Outra pessoa faturou ou alterou {quais}. Descarte o rascunho e fature de novo."
        )
    saldos = []
    for linha in linhas:
        fatura, aplicado = tomados[linha.pk]
        if aplicado.resto:
            saldos.append(_saldo(linha, aplicado.resto))
        linha.valor, linha.fatura = aplicado.usado, fatura
    LancamentoAvulso.objects.bulk_update(linhas, ["valor", "fatura"])
    LancamentoAvulso.objects.bulk_create(saldos)


def _saldo(linha: LancamentoAvulso, resto: Decimal) -> LancamentoAvulso:
    return LancamentoAvulso(
        unidade_id=linha.unidade_id,
        cliente_id=linha.cliente_id,
        descricao=linha.descricao,
        valor=resto,
        a_partir_de=linha.a_partir_de,
        parcela=linha.parcela,
        parcelas=linha.parcelas,
        motivo=linha.motivo,
        saldo_de_id=linha.pk,
        registrado_em=linha.registrado_em,
        registrado_por_id=linha.registrado_por_id,
    )


def _completar_ids(faturas: Sequence[Fatura]) -> None:
    """The ids of invoices that were written by COPY, which tells none."""
    sem_id = [fatura for fatura in faturas if fatura.pk is None]
    if not sem_id:
        return
    numeros = {(fatura.serie, fatura.numero): fatura for fatura in sem_id}
    gravadas = Fatura.objects.filter(
        unidade__in=[fatura.unidade_id for fatura in sem_id], numero__isnull=False
    )
    for pk, serie, numero in gravadas.values_list("pk", "serie", "numero"):
        if (fatura := numeros.get((serie, numero))) is not None:
            fatura.pk = pk


def liberar_lancamentos(fatura: Fatura) -> int:
    """Opens again what a cancelled invoice had taken; returns how many lines."""
    return LancamentoAvulso.objects.filter(fatura=fatura).update(fatura=None)


def recusar_se_faturado(lancamento: LancamentoAvulso) -> None:
    """The sentence for what the triggers would refuse anyway.

    Raises:
        LancamentoJaFaturadoError: an issued invoice has it.
    """
    if lancamento.fatura_id is not None:
        raise LancamentoJaFaturadoError(
            f"O lançamento está na {lancamento.fatura} e não muda mais. Lance a diferença na "
            "próxima, ou cancele a fatura."
        )
