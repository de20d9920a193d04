"""Meters installed and edited."""

from datetime import date

import pytest
from django.core.exceptions import ValidationError

from comum.django_base.gravacao import EmUsoError, excluir
from medidores.models import Medidor
from medidores.servicos.instalacao import (
    MedidorFaturadoError,
    RetiradaPorEdicaoError,
    alterar_medidor,
    instalar_medidor,
)
from tests.factories import (
    ClienteFactory,
    DistribuidoraFactory,
    FaturaFactory,
    LeituraFactory,
    MedidorFactory,
    UnidadeFactory,
)

pytestmark = pytest.mark.django_db


def test_sem_unidade_uma_e_criada_no_endereco_do_cliente():
    DistribuidoraFactory()
    cliente = ClienteFactory(endereco="Rua das Flores, 7")

    medidor = instalar_medidor(Medidor(cliente=cliente, numero_medidor="N-1"))

    unidade = medidor.unidade
    assert (unidade.codigo, unidade.endereco) == ("UC-N-1", "Rua das Flores, 7")
    assert (unidade.subgrupo, unidade.classe, unidade.modalidade) == (
        "B1",
        "RESIDENCIAL",
        "CONVENCIONAL",
    )
    assert (unidade.uf, unidade.municipio_ibge) == ("SP", "3550308")


def test_codigo_de_unidade_ocupado_ganha_sufixo():
    UnidadeFactory(codigo="UC-N-1")
    medidor = instalar_medidor(Medidor(cliente=ClienteFactory(), numero_medidor="N-1"))
    assert medidor.unidade.codigo == "UC-N-1-2"


def test_medidor_invalido_nao_deixa_unidade():
    MedidorFactory(numero_medidor="N-1")
    with pytest.raises(ValidationError, match="Já existe um medidor com este número"):
        instalar_medidor(Medidor(cliente=ClienteFactory(), numero_medidor="N-1"))
    assert not Medidor.objects.filter(unidade__codigo="UC-N-1").exists()


def test_segundo_medidor_ativo_na_unidade_e_recusado():
    medidor = MedidorFactory()
    with pytest.raises(ValidationError, match="já tem um medidor ativo"):
        instalar_medidor(
            Medidor(cliente=medidor.cliente, unidade=medidor.unidade, numero_medidor="N-2")
        )


def test_medidor_faturado_nao_muda_de_cliente():
    medidor = LeituraFactory().medidor
    medidor.cliente = ClienteFactory()
    alterar_medidor(medidor)  # nothing billed yet

    FaturaFactory(emitida=True, unidade=medidor.unidade)
    medidor.cliente = ClienteFactory()
    with pytest.raises(MedidorFaturadoError, match="Mudar titular"):
        alterar_medidor(medidor)


@pytest.mark.parametrize(
    ("campo", "valor", "frase"),
    [
        ("digitos", 3, "não cabe em 3 dígitos"),
        ("data_instalacao", date(2026, 1, 6), "leitura anterior a 06/01/2026"),
    ],
)
def test_edicao_que_contradiz_as_leituras(campo, valor, frase):
    medidor = LeituraFactory().medidor
    setattr(medidor, campo, valor)
    with pytest.raises(ValidationError, match=frase):
        alterar_medidor(medidor)


def test_excluir_quem_tem_historico_diz_por_que():
    leitura = LeituraFactory()
    with pytest.raises(EmUsoError, match=r"há registros que dependem dele \(1 leitura\)"):
        excluir(leitura.medidor)
    with pytest.raises(EmUsoError, match="1 medidor"):
        excluir(leitura.medidor.cliente)


@pytest.mark.parametrize("antes", [None, date(2025, 6, 1)], ids=["em serviço", "retirado"])
def test_data_de_retirada_nao_muda_por_edicao(antes):
    medidor = MedidorFactory(data_retirada=antes)
    medidor.data_retirada = date(2025, 7, 1)
    with pytest.raises(RetiradaPorEdicaoError, match="sem leitura final"):
        alterar_medidor(medidor)
    medidor.refresh_from_db()
    assert medidor.data_retirada == antes
