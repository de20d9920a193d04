"""One reading at a time: judged, saved, corrected."""

from datetime import UTC, datetime
from decimal import Decimal

import pytest

from comum.django_base.banco import ConflitoError
from comum.erros import NaoEncontradoError
from medidores.models import Leitura, Medidor
from medidores.servicos import julgamento
from medidores.servicos.faturado import travar_unidades_de
from medidores.servicos.leituras import (
    LeituraEmConflitoError,
    LeituraInformada,
    LeituraRecusadaError,
    alterar_leitura,
    registrar_leitura,
    registrar_leituras,
)
from tests.factories import FaturaFactory, LeituraFactory, MedidorFactory, UnidadeFactory

pytestmark = pytest.mark.django_db

DIA = datetime(2026, 1, 5, 12, tzinfo=UTC)


def informar(medidor_id: int, valor: str, quando: datetime = DIA) -> LeituraInformada:
    return LeituraInformada(
        medidor_id=medidor_id,
        registrador="ATIVA_TOTAL",
        data_leitura=quando,
        leitura_kwh=Decimal(valor),
        origem="API",
    )


def test_leitura_comum_e_valida_e_tem_historico(agora):
    medidor = MedidorFactory()

    registrada = registrar_leitura(informar(medidor.pk, "1000"), agora=agora)

    leitura = Leitura.objects.get()
    assert registrada.leitura == leitura
    assert (leitura.situacao, leitura.leitura_kwh, leitura.valor_informado) == (
        "VALIDA",
        1000,
        1000,
    )
    assert Leitura.history.count() == 1


def test_repeticao_devolve_a_que_ha(agora):
    medidor = MedidorFactory()
    primeira = registrar_leitura(informar(medidor.pk, "1000"), agora=agora)

    segunda = registrar_leitura(informar(medidor.pk, "1000.000"), agora=agora)

    assert segunda.repetida
    assert segunda.leitura == primeira.leitura
    assert Leitura.objects.count() == 1


def test_outro_valor_no_mesmo_instante_e_conflito(agora):
    medidor = MedidorFactory()
    registrar_leitura(informar(medidor.pk, "1000"), agora=agora)
    with pytest.raises(LeituraEmConflitoError, match=r"já tem a leitura 1\.000,000 neste instante"):
        registrar_leitura(informar(medidor.pk, "1001"), agora=agora)


def test_regressiva_fica_retida_com_o_motivo(agora):
    anterior = LeituraFactory(data_leitura=datetime(2025, 12, 5, 12, tzinfo=UTC))
    registrada = registrar_leitura(informar(anterior.medidor_id, "500"), agora=agora)
    assert (registrada.leitura.situacao, registrada.leitura.ocorrencia) == (
        "RETIDA",
        "LEITURA_REGRESSIVA",
    )


def test_anterior_fora_da_janela_da_media_ainda_e_vizinha(agora):
    antiga = LeituraFactory(
        medidor__data_instalacao=datetime(2020, 1, 1, tzinfo=UTC).date(),
        data_leitura=datetime(2022, 1, 5, 12, tzinfo=UTC),
    )
    registrada = registrar_leitura(informar(antiga.medidor_id, "500"), agora=agora)
    assert registrada.leitura.ocorrencia == "LEITURA_REGRESSIVA"


def test_impossivel_e_recusada_e_nada_fica(agora):
    medidor = MedidorFactory()
    with pytest.raises(LeituraRecusadaError) as erro:
        registrar_leitura(informar(medidor.pk, "100000"), agora=agora)
    assert (erro.value.codigo, erro.value.campo) == ("DIGITOS_EXCEDIDOS", "leitura_kwh")
    assert not Leitura.objects.exists()


def test_medidor_que_nao_existe(agora):
    with pytest.raises(NaoEncontradoError, match="Medidor 42 não encontrado"):
        registrar_leitura(informar(42, "1"), agora=agora)


def test_correcao_guarda_o_valor_que_veio(agora):
    leitura = LeituraFactory()

    alterar_leitura(leitura, leitura_kwh=Decimal(1010), agora=agora)

    leitura.refresh_from_db()
    assert (leitura.leitura_kwh, leitura.valor_informado) == (1010, 1000)


def test_correcao_e_julgada_de_novo(agora):
    anterior = LeituraFactory(data_leitura=datetime(2025, 12, 5, 12, tzinfo=UTC))
    leitura = LeituraFactory(medidor=anterior.medidor, leitura_kwh=Decimal(1100))

    alterar_leitura(leitura, leitura_kwh=Decimal(900), agora=agora)
    leitura.refresh_from_db()
    assert leitura.situacao == "RETIDA"

    alterar_leitura(leitura, leitura_kwh=Decimal(1200), agora=agora)
    leitura.refresh_from_db()
    assert (leitura.situacao, leitura.ocorrencia) == ("VALIDA", "")


def test_leitura_faturada_nao_se_corrige(agora):
    leitura = LeituraFactory()
    FaturaFactory(emitida=True, unidade=leitura.medidor.unidade)
    with pytest.raises(ConflitoError, match="já faturado") as erro:
        alterar_leitura(leitura, leitura_kwh=Decimal(1010), agora=agora)
    assert erro.value.codigo == "PERIODO_FATURADO"


def test_lote_conta_cada_destino_e_as_boas_entram(agora):
    """The service behind an array: by index, whatever the order, refused rows stop no other."""
    medidor = MedidorFactory()
    existente = LeituraFactory(
        medidor=medidor, data_leitura=datetime(2025, 11, 5, 12, tzinfo=UTC), leitura_kwh=900
    )
    dezembro = datetime(2025, 12, 5, 12, tzinfo=UTC)
    informadas = [
        informar(medidor.pk, "1150"),
        informar(medidor.pk, "1000", dezembro),
        informar(medidor.pk, "900", existente.data_leitura),
        informar(medidor.pk, "1151"),
        informar(999, "1"),
        informar(medidor.pk, "100000", datetime(2026, 1, 6, 12, tzinfo=UTC)),
        informar(medidor.pk, "10", datetime(2026, 1, 7, 12, tzinfo=UTC)),
    ]

    resultado = registrar_leituras(
        [informada._replace(ordem=n) for n, informada in enumerate(informadas)], agora=agora
    )

    assert resultado.contagem.como_json() == {
        "linhas": 7,
        "aceitas": 2,
        "retidas": 1,
        "recusadas": 3,
        "repetidas": 1,
    }
    assert [(r.ordem, r.campo, r.codigo) for r in resultado.recusas] == [
        (3, "leitura_kwh", "CONFLITO"),
        (4, "medidor_id", "MEDIDOR_DESCONHECIDO"),
        (5, "leitura_kwh", "DIGITOS_EXCEDIDOS"),
    ]
    assert sorted(Leitura.objects.values_list("leitura_kwh", "situacao")) == [
        (10, "RETIDA"),
        (900, "VALIDA"),
        (1000, "VALIDA"),
        (1150, "VALIDA"),
    ]
    assert Leitura.objects.retidas().get().explicacao.startswith("O mostrador iria de 1.150 a 10")


def test_lote_vazio_nao_faz_nada(agora):
    assert registrar_leituras([], agora=agora).contagem.linhas == 0


def test_medidor_que_muda_de_uc_enquanto_a_trava_e_esperada(agora, monkeypatch):
    """Its new UC is locked as well, and it is judged by the limits of that one's class."""
    medidor = MedidorFactory()
    nova = UnidadeFactory(classe="COMERCIAL", subclasse="COMERCIAL")
    travadas: list[set[int]] = []

    def travar(medidor_ids):
        classes = travar_unidades_de(medidor_ids)
        travadas.append(set(classes))
        Medidor.objects.filter(pk=medidor.pk).update(unidade=nova)
        return classes

    monkeypatch.setattr(julgamento, "travar_unidades_de", travar)
    resultado = registrar_leituras([informar(medidor.pk, "1150")], agora=agora)

    assert resultado.contagem.aceitas == 1
    assert travadas == [{medidor.unidade_id}, {nova.pk}]
