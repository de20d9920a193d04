"""The closing bill: what was used up to one instant, to the customer who leaves."""

from dataclasses import replace
from datetime import datetime
from decimal import Decimal

from clientes.models import Cliente
from comum.django_base.gravacao import em_transacao
from comum.erros import DominioError, NaoEncontradoError
from comum.periodos import dia_civil, primeiro_dia_do_mes
from faturamento.calculo.demonstrativo import calcular_demonstrativo
from faturamento.models import Fatura
from faturamento.servicos.apuracao import Apurada, NaoApurada, apurar, montar_fatura
from faturamento.servicos.avisos import avisar_emissao
from faturamento.servicos.emissao import preparar_emissao
from faturamento.servicos.lancamentos import lancamentos_abertos, marcar_faturados
from faturamento.servicos.medicao import Janela
from faturamento.servicos.parametros import Parametros
from medidores.models import Leitura, UnidadeConsumidora
from medidores.servicos.faturado import faturado_ate_por_unidade, travar_unidades


class EncerramentoImpossivelError(DominioError):
    """The closing bill cannot be calculated now; the code is that of a Pendencia."""

    codigo = "ENCERRAMENTO_IMPOSSIVEL"


def encerrar_ciclo(
    *,
    unidade_id: int,
    cliente_id: int,
    ate_instante: datetime,
    agora: datetime,
    usuario_id: int | None = None,
) -> Fatura | None:
    """Bills, and issues at once, what `cliente_id` used up to the readings of `ate_instante`.

    None where nothing is unbilled: the last bill ended on that day, or there is
    no reading before. Whatever one-off lines the customer still has at the UC
    come along, those of later months too. The next bill of the UC starts here.

    Raises:
        NaoEncontradoError: no such UC or customer.
        EncerramentoImpossivelError: a draft stands in the way, a reading or a
            table is missing.
    """
    with em_transacao():
        travar_unidades([unidade_id])
        unidade = UnidadeConsumidora.objects.filter(pk=unidade_id).first()
        cliente = Cliente.objects.filter(pk=cliente_id).first()
        if unidade is None or cliente is None:
            raise NaoEncontradoError(
                f"Unidade {unidade_id} ou cliente {cliente_id} não encontrados. Confira os números."
            )
        _recusar_com_rascunho(unidade)
        if not _ha_o_que_faturar(unidade, ate_instante):
            return None
        _exigir_leitura(unidade, ate_instante)
        dia = dia_civil(ate_instante)
        janela = Janela(primeiro_dia_do_mes(dia), dia, instante=ate_instante)
        parametros = Parametros.carregar()
        [apurada] = apurar(
            [unidade],
            janela,
            parametros,
            titulares={unidade.pk: cliente},
            lancamentos=lancamentos_abertos([unidade], ate_o_mes=None),
        )
        if isinstance(apurada, NaoApurada):
            raise EncerramentoImpossivelError(apurada.mensagem, codigo=apurada.codigo)
        fatura = montar_fatura(sem_cip_repetida(apurada, janela), janela)
        fatura.origem = Fatura.Origem.ENCERRAMENTO
        emitir_fora_de_lote(fatura, parametros, agora=agora)
    return fatura


def emitir_fora_de_lote(fatura: Fatura, parametros: Parametros, *, agora: datetime) -> None:
    """Issues and saves one invoice made outside a run, in the caller's transaction."""
    preparar_emissao([fatura], parametros, agora=agora)
    fatura.save()
    avisar_emissao([fatura], agora=agora)
    marcar_faturados([fatura])


def sem_cip_repetida(apurada: Apurada, janela: Janela) -> Apurada:
    """Without CIP where a standing bill of this UC, customer and month has charged it.

    The fee is one a month; a bill of few days charges it whole, as its minimum, and never twice.
    """
    ja_cobrada = Fatura.objects.de_ciclo().nao_canceladas().do_mes(janela.mes_referencia)
    if not ja_cobrada.filter(
        unidade=apurada.unidade, cliente=apurada.cliente, valor_cip__gt=0
    ).exists():
        return apurada
    entrada = replace(apurada.entrada, cip_brl=Decimal(0))
    return replace(apurada, entrada=entrada, demonstrativo=calcular_demonstrativo(entrada))


def _recusar_com_rascunho(unidade: UnidadeConsumidora) -> None:
    rascunho = Fatura.objects.em_rascunho().filter(unidade=unidade).order_by("ciclo_ate").first()
    if rascunho is not None:
        raise EncerramentoImpossivelError(
            f"A unidade {unidade} tem por emitir o {rascunho}, de {rascunho.mes_referencia:%m/%Y}. "
            "Emita-o ou descarte-o, e encerre de novo.",
            codigo="RASCUNHO_EM_ABERTO",
        )


def _ha_o_que_faturar(unidade: UnidadeConsumidora, ate_instante: datetime) -> bool:
    faturado_ate = faturado_ate_por_unidade([unidade.pk]).get(unidade.pk)
    if faturado_ate is not None:
        return dia_civil(faturado_ate) < dia_civil(ate_instante)
    anteriores = Leitura.objects.validas().filter(
        medidor__unidade=unidade, data_leitura__lt=ate_instante
    )
    return any(
        dia_civil(instante) < dia_civil(ate_instante)
        for instante in anteriores.order_by("data_leitura").values_list("data_leitura", flat=True)[
            :1
        ]
    )


def _exigir_leitura(unidade: UnidadeConsumidora, ate_instante: datetime) -> None:
    do_instante = Leitura.objects.validas().filter(
        medidor__unidade=unidade, data_leitura=ate_instante
    )
    if not do_instante.exists():
        raise EncerramentoImpossivelError(
            f"A unidade {unidade} não tem leitura válida de encerramento em "
            f"{dia_civil(ate_instante):%d/%m/%Y}. Registre-a, ou decida sobre a retida.",
            codigo="SEM_LEITURA",
        )
