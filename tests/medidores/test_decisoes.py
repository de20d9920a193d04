"""Held readings decided: each decision by each code, what is written, and what is set free."""

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from django.contrib.auth.models import User

from comum.django_base.banco import ConflitoError
from comum.erros import DadoInvalidoError, DominioError, NaoEncontradoError
from faturamento.models import Fatura
from faturamento.servicos.cancelamento import cancelar_fatura
from medidores.calculo.decisao import NOMES_DOS_CODIGOS
from medidores.models import DecisaoLeitura, Leitura, LeituraEmCritica, Medidor
from medidores.servicos import decisoes
from medidores.servicos.decisoes import (
    DecisaoRecusadaError,
    LeituraNaoRetidaError,
    decidir_leitura,
    decidir_leituras,
)
from medidores.servicos.leituras import LeituraInformada, alterar_leitura, registrar_leitura
from tests.factories import FaturaFactory, LeituraFactory, MedidorFactory

pytestmark = pytest.mark.django_db

JANEIRO = datetime(2026, 1, 5, 12, tzinfo=UTC)
FEVEREIRO = datetime(2026, 2, 5, 12, tzinfo=UTC)


def medidor_com_historico(*valores: int) -> Medidor:
    """A meter with a reading on the 5th of each month, the last one in December."""
    medidor = MedidorFactory()
    meses = [(2025, m) for m in range(13 - len(valores), 13)]
    for (ano, mes), valor in zip(meses, valores, strict=True):
        LeituraFactory(
            medidor=medidor,
            data_leitura=datetime(ano, mes, 5, 12, tzinfo=UTC),
            leitura_kwh=Decimal(valor),
        )
    return medidor


def registrar(medidor: Medidor, valor: str, agora: datetime, quando: datetime = JANEIRO) -> Leitura:
    informada = LeituraInformada(
        medidor_id=medidor.pk,
        registrador="ATIVA_TOTAL",
        data_leitura=quando,
        leitura_kwh=Decimal(valor),
        origem="CAMPO",
    )
    return registrar_leitura(informada, agora=agora).leitura


def decidir(leitura: Leitura, decisao: str, agora: datetime, valor: str | None = None, **mais):
    return decidir_leitura(
        leitura_id=leitura.pk,
        decisao=decisao,
        motivo="Conferida no medidor.",
        valor_kwh=None if valor is None else Decimal(valor),
        usuario_id=mais.pop("usuario_id", None),
        agora=agora,
        **mais,
    )


def retida_por(codigo: str, agora: datetime) -> Leitura:
    """A reading that the crítica holds by this code (by hand for the field's own)."""
    medidor = medidor_com_historico(1000, 1150, 1300, 1450, 1600)
    valores = {
        "LEITURA_REGRESSIVA": "400",
        "CONSUMO_ALTO": "4000",
        "CONSUMO_BAIXO": "1601",
        "SALTO_DE_CASA": "17550",
        "PERIODO_FATURADO": "1750",
        "OCORRENCIA_DE_CAMPO": "1750",
    }
    if codigo == "PERIODO_FATURADO":
        FaturaFactory(emitida=True, unidade=medidor.unidade, cliente=medidor.cliente)
    leitura = registrar(medidor, valores[codigo], agora)
    if codigo == "OCORRENCIA_DE_CAMPO":
        leitura.situacao, leitura.ocorrencia = "RETIDA", codigo
        leitura.save()
    assert (leitura.situacao, leitura.ocorrencia) == ("RETIDA", codigo)
    return leitura


# What each decision makes of a reading held by each code: its state, or the code of the refusal.
ESPERADO = {
    "LEITURA_REGRESSIVA": {
        "ACEITAR": "LEITURA_REGRESSIVA",
        "VIRADA": "VALIDA",
        "CORRIGIR": "VALIDA",
        "MEDIA": "SUBSTITUIDA",
        "REJEITAR": "REJEITADA",
    },
    "PERIODO_FATURADO": {
        "ACEITAR": "PERIODO_FATURADO",
        "VIRADA": "PERIODO_FATURADO",
        "CORRIGIR": "PERIODO_FATURADO",
        "MEDIA": "PERIODO_FATURADO",
        "REJEITAR": "REJEITADA",
    },
    **{
        codigo: {
            "ACEITAR": "VALIDA",
            "VIRADA": "VIRADA_SEM_QUEDA",
            "CORRIGIR": "VALIDA",
            "MEDIA": "SUBSTITUIDA",
            "REJEITAR": "REJEITADA",
        }
        for codigo in ("CONSUMO_ALTO", "CONSUMO_BAIXO", "SALTO_DE_CASA", "OCORRENCIA_DE_CAMPO")
    },
}


def test_a_tabela_tem_todo_codigo_que_retem():
    assert ESPERADO.keys() == NOMES_DOS_CODIGOS.keys()


@pytest.mark.parametrize("decisao", DecisaoLeitura.Decisao.values)
@pytest.mark.parametrize("codigo", ESPERADO)
def test_cada_decisao_sobre_cada_codigo(agora, codigo, decisao):
    leitura = retida_por(codigo, agora)
    veio = leitura.leitura_kwh
    valor = "1740" if decisao == "CORRIGIR" else None
    esperado = ESPERADO[codigo][decisao]

    if esperado not in Leitura.Situacao.values:
        with pytest.raises(DecisaoRecusadaError) as erro:
            decidir(leitura, decisao, agora, valor)
        assert erro.value.codigo == esperado
        leitura.refresh_from_db()
        assert (leitura.situacao, leitura.ocorrencia) == ("RETIDA", codigo)
        assert not DecisaoLeitura.objects.exists()
        return

    vigente = decidir(leitura, decisao, agora, valor)
    leitura.refresh_from_db()
    assert leitura.situacao == esperado
    assert leitura.valor_informado == veio
    decidida = DecisaoLeitura.objects.get()
    assert (decidida.leitura, decidida.decisao, decidida.codigo) == (leitura, decisao, codigo)
    aceita = {
        "ACEITAR": veio,
        "VIRADA": veio,
        "CORRIGIR": Decimal(1740),
        # 600 kWh in the 122 days since 5 August, 31 days more: 152.459 kWh
        "MEDIA": Decimal("1752.459"),
        "REJEITAR": None,
    }[decisao]
    assert decidida.valor_kwh == aceita
    if aceita is not None:
        vigente.refresh_from_db()
        assert (vigente.situacao, vigente.leitura_kwh) == ("VALIDA", aceita)


def test_a_decisao_diz_quem_quando_e_por_que_tambem_no_historico(agora):
    ana = User.objects.create_user("ana")
    leitura = retida_por("CONSUMO_ALTO", agora)
    decidir_leitura(
        leitura_id=leitura.pk,
        decisao="ACEITAR",
        motivo="  Consumo confirmado com o cliente. ",
        usuario_id=ana.pk,
        agora=agora,
    )
    decidida = DecisaoLeitura.objects.get()
    assert (decidida.decidida_por, decidida.decidida_em) == (ana, agora)
    assert decidida.motivo == "Consumo confirmado com o cliente."
    assert Leitura.history.first().history_change_reason == decidida.motivo


def test_virada_confirmada_tem_ocorrencia_propria(agora):
    leitura = retida_por("LEITURA_REGRESSIVA", agora)
    assert decidir(leitura, "VIRADA", agora).ocorrencia == "VIRADA_CONFIRMADA"


def test_a_media_e_uma_leitura_estimada_no_lugar_da_retida(agora):
    leitura = retida_por("CONSUMO_ALTO", agora)
    nova = decidir(leitura, "MEDIA", agora)
    assert (nova.origem, nova.substitui, nova.data_leitura) == ("ESTIMADA", leitura, JANEIRO)
    assert "Pela média de 4 ciclos" in nova.observacao
    assert list(leitura.substitutas.all()) == [nova]


def test_sem_historico_nao_ha_media(agora):
    medidor = medidor_com_historico(1000)
    leitura = registrar(medidor, "400", agora)
    with pytest.raises(DominioError) as erro:
        decidir(leitura, "MEDIA", agora)
    assert erro.value.codigo == "SEM_HISTORICO"


def test_a_media_que_passa_do_mostrador_recomeca_do_zero(agora):
    medidor = medidor_com_historico(99550, 99700, 99850, 99950)
    leitura = registrar(medidor, "50000", agora)
    # 400 kWh in 91 days, 31 days more: 136.264 kWh
    assert decidir(leitura, "MEDIA", agora).leitura_kwh == Decimal("86.264")


@pytest.mark.parametrize(
    ("valor", "codigo"),
    [
        (None, "VALOR_AUSENTE"),
        ("400", "VALOR_IGUAL"),
        ("1750.0005", "VALOR_INVALIDO"),
        ("NaN", "VALOR_INVALIDO"),
        ("-1", "VALOR_INVALIDO"),
        ("100000", "DIGITOS_EXCEDIDOS"),
    ],
)
def test_a_correcao_que_nao_pode_ser_verdade_e_recusada(agora, valor, codigo):
    leitura = retida_por("LEITURA_REGRESSIVA", agora)
    with pytest.raises(DadoInvalidoError) as erro:
        decidir(leitura, "CORRIGIR", agora, valor)
    assert (erro.value.codigo, erro.value.campo) == (codigo, "valor_kwh")


def test_a_correcao_ainda_regressiva_e_recusada_com_a_saida(agora):
    leitura = retida_por("LEITURA_REGRESSIVA", agora)
    with pytest.raises(DecisaoRecusadaError, match=r"menor que a leitura anterior, 1\.600"):
        decidir(leitura, "CORRIGIR", agora, "500")


def test_a_palavra_da_pessoa_vale_contra_a_media(agora):
    leitura = retida_por("CONSUMO_ALTO", agora)
    assert decidir(leitura, "CORRIGIR", agora, "9000").situacao == "VALIDA"


def test_maior_que_a_seguinte_nao_se_aceita(agora):
    medidor = medidor_com_historico(1000, 1150, 1300, 1450, 1600)
    LeituraFactory(medidor=medidor, data_leitura=FEVEREIRO, leitura_kwh=Decimal(1900))
    leitura = registrar(medidor, "2100", agora)
    assert leitura.ocorrencia == "LEITURA_REGRESSIVA"
    with pytest.raises(DecisaoRecusadaError, match=r"maior que a leitura seguinte, 1\.900"):
        decidir(leitura, "ACEITAR", agora)
    assert decidir(leitura, "CORRIGIR", agora, "1750").leitura_kwh == 1750


def test_virada_que_a_leitura_seguinte_desmente_e_recusada(agora):
    medidor = medidor_com_historico(1000, 1150, 1300, 1450, 1600)
    LeituraFactory(medidor=medidor, data_leitura=FEVEREIRO, leitura_kwh=Decimal(100))
    leitura = registrar(medidor, "400", agora)
    with pytest.raises(DecisaoRecusadaError, match="a leitura seguinte ainda seria menor"):
        decidir(leitura, "VIRADA", agora)


def test_cancelada_a_fatura_a_retida_por_periodo_faturado_se_aceita(agora):
    leitura = retida_por("PERIODO_FATURADO", agora)
    cancelar_fatura(
        fatura_id=Fatura.objects.get().pk, motivo="LEITURA_ERRADA", agora=agora, usuario_id=None
    )
    assert decidir(leitura, "ACEITAR", agora).situacao == "VALIDA"


def test_o_banco_tambem_recusa_o_periodo_faturado(agora, monkeypatch):
    leitura = retida_por("PERIODO_FATURADO", agora)
    monkeypatch.setattr(decisoes, "faturado_ate_por_unidade", lambda ids: {})
    with pytest.raises(ConflitoError) as erro:
        decidir(leitura, "ACEITAR", agora)
    assert erro.value.codigo == "PERIODO_FATURADO"
    leitura.refresh_from_db()
    assert leitura.situacao == "RETIDA"


@pytest.mark.parametrize("motivo", ["", "   ", "x" * 301])
def test_sem_motivo_nada_se_decide(agora, motivo):
    leitura = retida_por("CONSUMO_ALTO", agora)
    with pytest.raises(DadoInvalidoError) as erro:
        decidir_leitura(
            leitura_id=leitura.pk, decisao="ACEITAR", motivo=motivo, usuario_id=None, agora=agora
        )
    assert erro.value.campo == "motivo"
    assert LeituraEmCritica.objects.get().pk == leitura.pk


def test_decidida_nao_se_decide_de_novo_e_a_frase_diz_por_quem(agora):
    ana = User.objects.create_user("ana")
    leitura = retida_por("CONSUMO_ALTO", agora)
    decidir(leitura, "REJEITAR", agora, usuario_id=ana.pk)
    with pytest.raises(LeituraNaoRetidaError, match="por ana em 10/02/2026 12:00: rejeitada"):
        decidir(leitura, "ACEITAR", agora)
    leitura.refresh_from_db()
    assert leitura.situacao == "REJEITADA"
    assert DecisaoLeitura.objects.count() == 1


def test_leitura_valida_e_leitura_que_nao_existe(agora):
    with pytest.raises(LeituraNaoRetidaError, match="está válida"):
        decidir(LeituraFactory(), "ACEITAR", agora)
    with pytest.raises(NaoEncontradoError):
        decidir(Leitura(pk=42), "ACEITAR", agora)


def test_aceita_a_primeira_a_seguinte_fica_livre(agora):
    medidor = medidor_com_historico(1000, 1150, 1300, 1450, 1600)
    salto = registrar(medidor, "4000", agora)
    seguinte = registrar(medidor, "4150", agora, FEVEREIRO)
    assert (salto.situacao, seguinte.situacao) == ("RETIDA", "RETIDA")
    liberadas: list[Leitura] = []

    decidir(salto, "ACEITAR", agora, ao_liberar=liberadas.append)

    seguinte.refresh_from_db()
    assert liberadas == [seguinte]
    assert (seguinte.situacao, seguinte.ocorrencia, seguinte.explicacao) == ("VALIDA", "", "")
    assert "Julgada de novo" in seguinte.history.first().history_change_reason
    assert DecisaoLeitura.objects.count() == 1, "ninguém decidiu a seguinte"


def test_virada_confirmada_livra_a_seguinte_que_parecia_regressiva(agora):
    medidor = medidor_com_historico(99000, 99150, 99300, 99450, 99600)
    virada = registrar(medidor, "150", agora)
    seguinte = registrar(medidor, "300", agora, FEVEREIRO)
    assert seguinte.ocorrencia == "LEITURA_REGRESSIVA"
    decidir(virada, "VIRADA", agora)
    seguinte.refresh_from_db()
    assert seguinte.situacao == "VALIDA"


def test_a_seguinte_que_continua_em_duvida_diz_o_motivo_de_agora(agora):
    medidor = medidor_com_historico(1000, 1150, 1300, 1450, 1600)
    primeira = registrar(medidor, "4000", agora)
    seguinte = registrar(medidor, "3000", agora, FEVEREIRO)
    assert seguinte.ocorrencia == "CONSUMO_ALTO"
    decidir(primeira, "ACEITAR", agora)
    seguinte.refresh_from_db()
    assert (seguinte.situacao, seguinte.ocorrencia) == ("RETIDA", "LEITURA_REGRESSIVA")
    assert "de 4.000 a 3.000" in seguinte.explicacao


def test_corrigida_a_anterior_errada_a_regressiva_fica_livre(agora):
    medidor = medidor_com_historico(1000, 1150, 1300, 1450, 9600)
    regressiva = registrar(medidor, "1750", agora)
    assert regressiva.ocorrencia == "LEITURA_REGRESSIVA"
    errada = medidor.leituras.validas().latest("data_leitura")
    alterar_leitura(errada, leitura_kwh=Decimal(1600), agora=agora)
    regressiva.refresh_from_db()
    assert regressiva.situacao == "VALIDA"


def test_a_de_ocorrencia_em_campo_espera_uma_pessoa(agora):
    medidor = medidor_com_historico(1000, 1150, 1300, 1450, 1600)
    salto = registrar(medidor, "4000", agora)
    seguinte = LeituraFactory(
        medidor=medidor,
        data_leitura=FEVEREIRO,
        leitura_kwh=Decimal(4150),
        situacao="RETIDA",
        ocorrencia="OCORRENCIA_DE_CAMPO",
    )
    decidir(salto, "ACEITAR", agora)
    seguinte.refresh_from_db()
    assert seguinte.situacao == "RETIDA"


def test_em_lote_cada_uma_por_si_e_as_recusadas_tem_frase(agora):
    boas = [retida_por("CONSUMO_ALTO", agora) for _ in range(3)]
    regressiva = retida_por("LEITURA_REGRESSIVA", agora)
    ids = [boas[0].pk, regressiva.pk, boas[1].pk, boas[2].pk, 999]
    resultado = decidir_leituras(
        leitura_ids=ids, decisao="ACEITAR", motivo="Conferidas.", usuario_id=None, agora=agora
    )
    assert resultado.decididas == 3
    assert [(r.leitura_id, r.codigo) for r in resultado.recusas] == [
        (regressiva.pk, "LEITURA_REGRESSIVA"),
        (999, "NAO_ENCONTRADO"),
    ]
    assert Leitura.objects.filter(pk__in=[b.pk for b in boas], situacao="VALIDA").count() == 3


def test_em_lote_a_escolha_da_pessoa_vale_tambem_para_a_que_seria_liberada(agora):
    """Two of one register rejected: the second is not set free on the way."""
    medidor = medidor_com_historico(1000, 1150, 1300, 1450, 1600)
    primeira = registrar(medidor, "4000", agora)
    segunda = registrar(medidor, "4150", agora, FEVEREIRO)
    resultado = decidir_leituras(
        leitura_ids=[segunda.pk, primeira.pk],
        decisao="ACEITAR",
        motivo="Conferidas.",
        usuario_id=None,
        agora=agora,
    )
    assert (resultado.decididas, resultado.liberadas, resultado.recusas) == (2, 0, [])
    assert DecisaoLeitura.objects.count() == 2


def test_instalada_depois_nao_se_aceita(agora):
    """The meter's own data changed meanwhile: the reading cannot be true any more."""
    leitura = retida_por("CONSUMO_ALTO", agora)
    Medidor.objects.update(data_instalacao=date(2026, 1, 20))
    with pytest.raises(DadoInvalidoError) as erro:
        decidir(leitura, "ACEITAR", agora)
    assert erro.value.codigo == "ANTES_DA_INSTALACAO"
