"""Meters: installed, exchanged, removed; and the UC that comes with the first one."""

from datetime import date, datetime
from decimal import Decimal
from typing import Any

from clientes.models import Cliente
from comum.django_base.gravacao import em_transacao, gravar
from comum.django_base.modelos import recusar_campo
from comum.erros import DominioError
from medidores.models import Leitura, Medidor, UnidadeConsumidora
from medidores.servicos.faturado import faturado_ate_por_unidade, travar_unidades
from medidores.servicos.leituras import LeituraInformada, registrar_leitura


class MedidorFaturadoError(DominioError):
    """The meter has billed readings: its customer and UC do not change by an edit."""

    codigo = "MEDIDOR_FATURADO"

    def __init__(self, medidor: Medidor) -> None:
        super().__init__(
            f"O medidor {medidor} tem leituras faturadas: cliente e unidade consumidora não mudam "
            "por edição. Registre a retirada dele, ou a troca de titular."
        )


class MedidorRetiradoError(DominioError):
    """The meter was removed before."""

    codigo = "MEDIDOR_RETIRADO"


def criar_unidade_do_cliente(cliente: Cliente, *, numero_medidor: str) -> UnidadeConsumidora:
    """A new B1 residential UC at the customer's address, named after its meter.

    State and municipality are those of the one distributor, when there is one.
    """
    distribuidoras: Any = UnidadeConsumidora._meta.get_field("distribuidora").related_model
    unicas = list(distribuidoras.objects.order_by("pk")[:2])
    unica = unicas[0] if len(unicas) == 1 else None
    return gravar(
        UnidadeConsumidora(
            codigo=_codigo_livre(f"UC-{numero_medidor}"[:40]),
            endereco=cliente.endereco,
            distribuidora=unica,
            uf=unica.uf if unica else "",
            municipio_ibge=unica.municipio_ibge if unica else "",
        )
    )


def _codigo_livre(codigo: str) -> str:
    tentativa, sufixo = codigo, 1
    while UnidadeConsumidora.objects.filter(codigo=tentativa).exists():
        sufixo += 1
        tentativa = f"{codigo[:34]}-{sufixo}"
    return tentativa


def instalar_medidor(medidor: Medidor) -> Medidor:
    """Saves a new meter; without a UC, one is created for it.

    Raises:
        django.core.exceptions.ValidationError: by field.
        ConflitoError: the UC already has an active meter, seen by the database.
    """
    with em_transacao():
        if medidor.unidade_id is None:
            medidor.full_clean(exclude=["unidade"], validate_constraints=False)
            medidor.unidade = criar_unidade_do_cliente(
                medidor.cliente, numero_medidor=medidor.numero_medidor
            )
        return gravar(medidor)


def alterar_medidor(medidor: Medidor) -> Medidor:
    """Saves an edited meter.

    Raises:
        MedidorFaturadoError: customer or UC changed after its readings were billed.
        django.core.exceptions.ValidationError: by field; also a reading that the
            new dates or dials would contradict.
    """
    with em_transacao():
        antes = _travar_com_a_unidade(medidor)
        mudou_de_lugar = (antes.cliente_id, antes.unidade_id) != (
            medidor.cliente_id,
            medidor.unidade_id,
        )
        if mudou_de_lugar and tem_leitura_faturada(antes):
            raise MedidorFaturadoError(antes)
        _recusar_se_contradiz_leituras(medidor)
        return gravar(medidor)


def _travar_com_a_unidade(medidor: Medidor) -> Medidor:
    """The meter as it is now, locked after its UC: the order in which readings lock them."""
    travar_unidades(Medidor.objects.filter(pk=medidor.pk).values_list("unidade", flat=True))
    return Medidor.objects.select_for_update().get(pk=medidor.pk)


def tem_leitura_faturada(medidor: Medidor) -> bool:
    """Whether some reading of this meter stands in an issued invoice."""
    ate = faturado_ate_por_unidade([medidor.unidade_id]).get(medidor.unidade_id)
    return ate is not None and medidor.leituras.filter(data_leitura__lte=ate).exists()


def _recusar_se_contradiz_leituras(medidor: Medidor) -> None:
    validas = medidor.leituras.validas()
    maior = validas.filter(leitura_kwh__gte=10**medidor.digitos).order_by("-leitura_kwh").first()
    if maior is not None:
        raise recusar_campo(
            "digitos",
            f"Há leitura de {maior.leitura_kwh}, que não cabe em {medidor.digitos} dígitos.",
            "DIGITOS_EXCEDIDOS",
        )
    if validas.nos_dias(date(1900, 1, 1), medidor.data_instalacao).exists():
        raise recusar_campo(
            "data_instalacao",
            f"Há leitura anterior a {medidor.data_instalacao:%d/%m/%Y}. Confira a data.",
            "ANTES_DA_INSTALACAO",
        )


def trocar_medidor(
    antigo: Medidor,
    novo: Medidor,
    *,
    leitura_final_kwh: Decimal,
    leitura_inicial_kwh: Decimal,
    instante: datetime,
    dia: date,
    agora: datetime,
) -> Medidor:
    """Closes the old meter and opens the new one at the same UC and customer.

    `dia` is the civil day of `instante`; both readings are saved at it.

    Raises:
        MedidorRetiradoError: the old meter is not active.
        LeituraRecusadaError: a reading cannot be true.
    """
    with em_transacao():
        antigo = _travar_com_a_unidade(antigo)
        if not antigo.ativo:
            raise MedidorRetiradoError(
                f"O medidor {antigo} foi retirado em {antigo.data_retirada:%d/%m/%Y}; "
                "troque o medidor ativo da unidade."
            )
        _ler(antigo, leitura_final_kwh, Leitura.Origem.RETIRADA, instante, agora)
        antigo.data_retirada = dia
        gravar(antigo)
        novo.cliente, novo.unidade, novo.data_instalacao = antigo.cliente, antigo.unidade, dia
        gravar(novo)
        _ler(novo, leitura_inicial_kwh, Leitura.Origem.INSTALACAO, instante, agora)
    return novo


def _ler(
    medidor: Medidor, valor_kwh: Decimal, origem: str, instante: datetime, agora: datetime
) -> None:
    registrar_leitura(
        LeituraInformada(
            medidor_id=medidor.pk,
            registrador="ATIVA_TOTAL",
            data_leitura=instante,
            leitura_kwh=valor_kwh,
            origem=origem,
        ),
        agora=agora,
    )
