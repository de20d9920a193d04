"""Meters: installed, exchanged, removed; and the UC that comes with the first one."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from clientes.models import Cliente
from comum.django_base.gravacao import em_transacao, gravar
from comum.django_base.modelos import recusar_campo
from comum.erros import DadoInvalidoError, DominioError, NaoEncontradoError
from comum.periodos import dia_civil
from medidores.models import Leitura, Medidor, UnidadeConsumidora
from medidores.servicos.faturado import faturado_ate_por_unidade, travar_unidades
from medidores.servicos.fechamento import (
    Leituras,
    conferir_instante,
    conferir_registradores,
    ler_registradores,
    tem_consumo_a_faturar,
)

# Bills a customer up to an instant: `medidores.servicos.ganchos.encerrar_ciclo` says how.
Encerrar = Callable[..., object] | None


class MedidorFaturadoError(DominioError):
    """The meter has billed readings: its customer and UC do not change by an edit."""

    codigo = "MEDIDOR_FATURADO"

    def __init__(self, medidor: Medidor) -> None:
        super().__init__(
            f"O medidor {medidor} tem leituras faturadas: cliente e unidade consumidora não mudam "
            "por edição. Para outro cliente, use Mudar titular (POST /medidor/{id}/titular/); para "
            "outra unidade, retire este medidor e instale outro."
        )


class RetiradaPorEdicaoError(DadoInvalidoError):
    """A meter leaves by an act, with its last reading."""

    codigo = "RETIRADA_POR_EDICAO"


class MedidorRetiradoError(DominioError):
    """The meter was removed before."""

    codigo = "MEDIDOR_RETIRADO"


class UnidadeDesligadaError(DominioError):
    """The UC has no supply."""

    codigo = "UNIDADE_DESLIGADA"


class TitularMudouError(DominioError):
    """Somebody else changed the titular meanwhile."""

    codigo = "TITULAR_MUDOU"


class ConsumoAFaturarError(DominioError):
    """There is consumption that was not billed to whom it belongs."""

    codigo = "CONSUMO_A_FATURAR"


@dataclass(frozen=True, slots=True)
class NovoMedidor:
    """The device that comes in; without dials or constante, it has those of the old one."""

    numero_medidor: str
    tipo: str = ""
    digitos: int | None = None
    constante: Decimal | None = None


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
        RetiradaPorEdicaoError: the day of removal changed; `retirar_medidor` takes a reading.
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
        if antes.data_retirada != medidor.data_retirada:
            raise RetiradaPorEdicaoError(
                f"A data de retirada do medidor {medidor} não se edita: o que ele contou ficaria "
                "sem leitura final e sem fatura. Use Trocar medidor ou Retirar medidor.",
                campo="data_retirada",
            )
        _recusar_se_contradiz_leituras(medidor)
        return gravar(medidor)


def _travar_com_a_unidade(medidor: Medidor) -> Medidor:
    """The meter as it is now, locked after its UC: the order in which readings lock them.

    Raises:
        NaoEncontradoError: it was deleted meanwhile.
    """
    travar_unidades(Medidor.objects.filter(pk=medidor.pk).values_list("unidade", flat=True))
    atual = Medidor.objects.select_for_update().filter(pk=medidor.pk).first()
    if atual is None:
        raise NaoEncontradoError(f"O medidor {medidor} foi excluído por outra pessoa.")
    return atual


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
    novo: NovoMedidor,
    *,
    leituras_finais: Leituras,
    leituras_iniciais: Leituras | None = None,
    instante: datetime,
    agora: datetime,
    confirmar: bool = False,
    usuario_id: int | None = None,
) -> Medidor:
    """Closes the old meter and opens the new one, at the same UC, customer and instant.

    Readings are by register; an opening one that is not given is zero. `confirmar`
    takes the operator's word for a reading that the crítica doubts.

    Raises:
        MedidorRetiradoError, UnidadeDesligadaError: nothing to exchange.
        PeriodoFaturadoError, DadoInvalidoError: the date, or a reading, cannot be.
        LeituraDuvidosaError: the crítica would hold a reading.
        django.core.exceptions.ValidationError: the new meter, by field.
    """
    with em_transacao():
        antigo = _abrir_em_servico(antigo)
        _recusar_desligada(antigo.unidade)
        conferir_instante(antigo, instante)
        conferir_registradores(antigo, leituras_finais)
        registro = _Registro(instante, agora, confirmar, usuario_id)
        registro.ler(antigo, leituras_finais, "leituras_finais", Leitura.Origem.RETIRADA)
        dia = dia_civil(instante)
        antigo.data_retirada = dia
        gravar(antigo)
        instalado = gravar(
            Medidor(
                cliente=antigo.cliente,
                unidade=antigo.unidade,
                numero_medidor=novo.numero_medidor,
                tipo=novo.tipo,
                digitos=antigo.digitos if novo.digitos is None else novo.digitos,
                constante=antigo.constante if novo.constante is None else novo.constante,
                data_instalacao=dia,
            )
        )
        iniciais = dict.fromkeys(leituras_finais, Decimal(0)) | dict(leituras_iniciais or {})
        registro.ler(instalado, iniciais, "leituras_iniciais", Leitura.Origem.INSTALACAO)
    return instalado


def mudar_titular(
    medidor: Medidor,
    *,
    cliente: Cliente,
    leituras: Leituras,
    instante: datetime,
    agora: datetime,
    encerrar: Encerrar = None,
    confirmar: bool = False,
    usuario_id: int | None = None,
    titular_visto_id: int | None = None,
) -> Medidor:
    """From `instante` on the meter serves another customer; what it counted is the old one's.

    `encerrar` bills the old customer, after the closing reading and before the
    change. `titular_visto_id` is whom the operator saw there.

    Raises:
        TitularMudouError: it is somebody else by now.
        ConsumoAFaturarError: there is consumption that nobody billed.
        Others: as `trocar_medidor`, and what `encerrar` refuses.
    """
    with em_transacao():
        medidor = _abrir_em_servico(medidor)
        _recusar_desligada(medidor.unidade)
        if titular_visto_id not in (None, medidor.cliente_id):
            raise TitularMudouError(
                f"O titular do medidor {medidor} já mudou: agora é {medidor.cliente}. "
                "Recarregue a página e confira."
            )
        if cliente.pk == medidor.cliente_id:
            raise DadoInvalidoError(
                f"{cliente} já é o titular do medidor {medidor}. Escolha outro cliente.",
                campo="cliente",
                codigo="TITULAR_IGUAL",
            )
        conferir_instante(medidor, instante, inclusive=True)
        conferir_registradores(medidor, leituras)
        registro = _Registro(instante, agora, confirmar, usuario_id, "Mudança de titular")
        registro.ler(medidor, leituras, "leituras_finais", Leitura.Origem.CAMPO)
        registro.encerrar_consumo(medidor, encerrar)
        medidor.cliente = cliente
        return gravar(medidor)


def retirar_medidor(
    medidor: Medidor,
    *,
    leituras: Leituras,
    instante: datetime,
    agora: datetime,
    desligar: bool = False,
    encerrar: Encerrar = None,
    confirmar: bool = False,
    usuario_id: int | None = None,
) -> Medidor:
    """Ends the supply: no other meter comes in; `desligar` switches the UC off.

    `encerrar` bills the customer, after the closing reading and before the removal.

    Raises:
        ConsumoAFaturarError: there is consumption that nobody billed.
        Others: as `trocar_medidor`, and what `encerrar` refuses.
    """
    with em_transacao():
        medidor = _abrir_em_servico(medidor)
        conferir_instante(medidor, instante, inclusive=True)
        conferir_registradores(medidor, leituras)
        registro = _Registro(instante, agora, confirmar, usuario_id)
        registro.ler(medidor, leituras, "leituras_finais", Leitura.Origem.RETIRADA)
        registro.encerrar_consumo(medidor, encerrar)
        medidor.data_retirada = dia_civil(instante)
        gravar(medidor)
        if desligar:
            medidor.unidade.situacao = UnidadeConsumidora.Situacao.DESLIGADA
            gravar(medidor.unidade)
    return medidor


@dataclass(frozen=True, slots=True)
class _Registro:
    """When, by whom and with whose word an act is put down."""

    instante: datetime
    agora: datetime
    confirmar: bool
    usuario_id: int | None
    observacao: str = ""

    def ler(self, medidor: Medidor, leituras: Leituras, campo: str, origem: str) -> None:
        ler_registradores(
            medidor,
            leituras,
            campo=campo,
            origem=origem,
            instante=self.instante,
            agora=self.agora,
            confirmar=self.confirmar,
            usuario_id=self.usuario_id,
            observacao=self.observacao,
        )

    def encerrar_consumo(self, medidor: Medidor, encerrar: Encerrar) -> None:
        """Has the meter's customer billed up to here; whoever comes next must not pay for it.

        Raises:
            ConsumoAFaturarError: something is left to bill.
        """
        saida = "Registre a leitura, fature e emita a competência; depois repita."
        if encerrar is not None:
            encerrar(
                unidade_id=medidor.unidade_id,
                cliente_id=medidor.cliente_id,
                ate_instante=self.instante,
                agora=self.agora,
                usuario_id=self.usuario_id,
            )
            saida = (
                "A fatura de encerramento não o alcança: um ciclo tem ao menos um dia. Informe "
                "outro dia, ou a data e a hora da leitura já faturada."
            )
        if tem_consumo_a_faturar(medidor.unidade):
            raise ConsumoAFaturarError(
                f"A unidade {medidor.unidade} tem consumo de {medidor.cliente} ainda não faturado. "
                f"{saida}"
            )


def _abrir_em_servico(medidor: Medidor) -> Medidor:
    """The meter as it is now, locked.

    Raises:
        MedidorRetiradoError: it is not in service.
    """
    atual = _travar_com_a_unidade(medidor)
    if not atual.ativo:
        raise MedidorRetiradoError(
            f"O medidor {atual} foi retirado em {atual.data_retirada:%d/%m/%Y}. "
            "Use o medidor ativo da unidade."
        )
    return atual


def _recusar_desligada(unidade: UnidadeConsumidora) -> None:
    if unidade.situacao == UnidadeConsumidora.Situacao.DESLIGADA:
        raise UnidadeDesligadaError(
            f"A unidade {unidade} está desligada. Religue-a (situação ativa) antes."
        )
