"""Meters exchanged and removed, and their titular changed: readings at both ends, or nothing."""

from collections.abc import Callable
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.exceptions import ValidationError
from django.db import connection
from django.test.utils import CaptureQueriesContext

from comum.erros import DadoInvalidoError, DominioError
from comum.vocabulario import Modalidade
from faturamento.calculo.medicao import REGISTRADORES
from medidores.models import DecisaoLeitura, Leitura, Medidor, UnidadeConsumidora
from medidores.servicos.fechamento import registradores_a_ler
from medidores.servicos.instalacao import (
    NovoMedidor,
    mudar_titular,
    retirar_medidor,
    trocar_medidor,
)
from medidores.servicos.leituras import LeituraInformada, registrar_leitura
from medidores.servicos.mostrador import ver_mostrador
from tests.factories import (
    ClienteFactory,
    FaturaFactory,
    LeituraFactory,
    MedidorFactory,
    criar_unidade_com_leituras,
)

pytestmark = pytest.mark.django_db

DIA_20 = datetime(2026, 1, 20, 13, tzinfo=UTC)
ULTIMA = datetime(2026, 1, 5, 12, tzinfo=UTC)  # the last reading of the factory's meters
AGORA = datetime(2026, 2, 10, 15, tzinfo=UTC)
CINCO_MESES = ("400", "550", "700", "850", "1000")  # four cycles of 150 kWh
BRANCA = {"ATIVA_PONTA": "100", "ATIVA_INTERMEDIARIO": "200", "ATIVA_FORA_PONTA": "3000"}


def kwh(**leituras: str) -> dict[str, Decimal]:
    return {registrador: Decimal(valor) for registrador, valor in leituras.items()}


def trocar(antigo: Medidor, final: str = "1200", **mudancas: Any) -> Medidor:
    dados = {
        "leituras_finais": kwh(ATIVA_TOTAL=final),
        "instante": DIA_20,
        "agora": AGORA,
        **mudancas,
    }
    return trocar_medidor(antigo, dados.pop("novo", NovoMedidor("NOVO")), **dados)


def titular(medidor: Medidor, leitura: str = "1200", **mudancas: Any) -> Medidor:
    dados = {"leituras": kwh(ATIVA_TOTAL=leitura), "instante": DIA_20, "agora": AGORA, **mudancas}
    return mudar_titular(medidor, cliente=dados.pop("cliente", None) or ClienteFactory(), **dados)


def retirar(medidor: Medidor, leitura: str = "1200", **mudancas: Any) -> Medidor:
    dados = {"leituras": kwh(ATIVA_TOTAL=leitura), "instante": DIA_20, "agora": AGORA, **mudancas}
    return retirar_medidor(medidor, **dados)


def faturar_ate(*, unidade_id: int, ate_instante: datetime, **_: Any) -> None:
    """A closing that bills everything, as `faturamento` does."""
    FaturaFactory(
        emitida=True,
        origem="ENCERRAMENTO",
        unidade=UnidadeConsumidora.objects.get(pk=unidade_id),
        ciclo_ate=ate_instante,
    )


ATOS: list[Any] = [
    pytest.param(trocar, id="troca"),
    pytest.param(lambda m, *a, **k: titular(m, *a, encerrar=faturar_ate, **k), id="titular"),
    pytest.param(lambda m, *a, **k: retirar(m, *a, encerrar=faturar_ate, **k), id="retirada"),
]


def retrato() -> list[Any]:
    """All that an act could leave behind."""
    return [
        list(modelo.objects.order_by("pk").values())
        for modelo in (UnidadeConsumidora, Medidor, Leitura, DecisaoLeitura)
    ]


def test_troca_fecha_um_e_abre_o_outro():
    antigo = criar_unidade_com_leituras(numero_medidor="VELHO", constante=40, digitos=6)

    novo = trocar(antigo, leituras_iniciais=kwh(ATIVA_TOTAL="3"))

    antigo.refresh_from_db()
    assert antigo.data_retirada == novo.data_instalacao == date(2026, 1, 20)
    assert (novo.unidade, novo.cliente) == (antigo.unidade, antigo.cliente)
    assert (novo.constante, novo.digitos) == (40, 6)  # as in the old one: not said otherwise
    assert list(
        Leitura.objects.filter(data_leitura=DIA_20)
        .order_by("pk")
        .values_list("medidor__numero_medidor", "origem", "situacao", "leitura_kwh")
    ) == [("VELHO", "RETIRADA", "VALIDA", 1200), ("NOVO", "INSTALACAO", "VALIDA", 3)]


def test_o_que_se_diz_do_novo_vale():
    antigo = criar_unidade_com_leituras(constante=40, digitos=6)
    novo = trocar(antigo, novo=NovoMedidor("N", "eletrônico", digitos=5, constante=Decimal(1)))
    assert (novo.tipo, novo.digitos, novo.constante) == ("eletrônico", 5, 1)


def test_os_registradores_de_cada_modalidade_sao_os_que_a_conta_mede():
    for modalidade in Modalidade:
        assert modalidade.registradores == tuple(REGISTRADORES[modalidade].values())


def medidor_branca() -> Medidor:
    medidor = MedidorFactory(unidade__modalidade="BRANCA")
    for registrador, valor in kwh(**BRANCA).items():
        LeituraFactory(medidor=medidor, registrador=registrador, leitura_kwh=valor)
    return medidor


def test_na_branca_cada_registrador_fecha_e_abre():
    antigo = medidor_branca()
    finais = kwh(ATIVA_PONTA="110", ATIVA_INTERMEDIARIO="205", ATIVA_FORA_PONTA="3050")

    novo = trocar(antigo, leituras_finais=finais, leituras_iniciais=kwh(ATIVA_PONTA="7"))

    fechadas = antigo.leituras.filter(origem="RETIRADA").values_list("registrador", "leitura_kwh")
    assert dict(fechadas) == finais
    abertas = novo.leituras.filter(origem="INSTALACAO").values_list("registrador", "leitura_kwh")
    assert dict(abertas) == kwh(ATIVA_PONTA="7", ATIVA_INTERMEDIARIO="0", ATIVA_FORA_PONTA="0")


@pytest.mark.parametrize("ato", ATOS)
def test_registrador_sem_leitura_e_recusado_pelo_nome(ato):
    medidor = medidor_branca()
    LeituraFactory(medidor=medidor, registrador="INJETADA_PONTA", leitura_kwh=Decimal(10))
    antes = retrato()
    with pytest.raises(DadoInvalidoError, match=r"ponta, ativa intermediário.*injetada ponta") as e:
        ato(medidor)
    assert (e.value.campo, e.value.codigo) == ("leituras_finais", "REGISTRADOR_AUSENTE")
    assert retrato() == antes


def test_troca_para_a_branca_le_o_que_o_antigo_tem():
    """The registers of the new modalidade open; the old meter never counted them."""
    antigo = criar_unidade_com_leituras()
    antigo.unidade.modalidade = "BRANCA"
    antigo.unidade.save()
    assert [str(r) for r in registradores_a_ler(antigo)] == ["ATIVA_TOTAL"]
    novo = trocar(antigo, leituras_iniciais=dict.fromkeys(BRANCA, Decimal(0)))
    assert set(BRANCA) <= set(novo.leituras.values_list("registrador", flat=True))


RECUSAS: list[Any] = [
    pytest.param(
        {"instante": datetime(2026, 1, 4, 12, tzinfo=UTC)}, "ANTES_DA_ULTIMA_LEITURA", "data"
    ),
    pytest.param({"instante": datetime(2026, 2, 10, 16, tzinfo=UTC)}, "DATA_FUTURA", "data"),
    pytest.param({"final": "100000"}, "DIGITOS_EXCEDIDOS", "leituras_finais.ATIVA_TOTAL"),
    pytest.param({"final": "-1"}, "VALOR_INVALIDO", "leituras_finais.ATIVA_TOTAL"),
    pytest.param({"final": "500"}, "LEITURA_REGRESSIVA", "leituras_finais.ATIVA_TOTAL"),
]


@pytest.mark.parametrize("ato", ATOS)
@pytest.mark.parametrize(("mudancas", "codigo", "campo"), RECUSAS)
def test_o_que_nao_pode_ser_verdade_e_recusado_e_nada_fica(ato, mudancas, codigo, campo):
    medidor = criar_unidade_com_leituras(("850", "1000"))
    mudancas = dict(mudancas)
    final = mudancas.pop("final", "1200")
    ClienteFactory()
    antes = retrato()
    for confirmar in (False, True):  # nobody's word makes these true
        with pytest.raises(DominioError) as erro:
            ato(medidor, final, confirmar=confirmar, **mudancas)
        assert (erro.value.codigo, erro.value.campo) == (codigo, campo)
    assert retrato() == antes


def test_antes_da_instalacao():
    medidor = MedidorFactory(data_instalacao=date(2026, 1, 10))
    with pytest.raises(DadoInvalidoError, match="instalado em 10/01/2026") as erro:
        trocar(medidor, instante=datetime(2026, 1, 9, 12, tzinfo=UTC))
    assert erro.value.campo == "data"


def test_leitura_inicial_que_nao_cabe_no_novo():
    medidor = criar_unidade_com_leituras()
    antes = retrato()
    with pytest.raises(DadoInvalidoError, match="3 dígitos") as erro:
        trocar(
            medidor,
            novo=NovoMedidor("N", digitos=3),
            leituras_iniciais=kwh(ATIVA_TOTAL="1000"),
        )
    assert erro.value.campo == "leituras_iniciais.ATIVA_TOTAL"
    assert retrato() == antes


@pytest.mark.parametrize("ato", ATOS)
@pytest.mark.parametrize(
    ("final", "codigo"),
    [
        ("2500", "CONSUMO_ALTO"),
        ("1000", "CONSUMO_BAIXO"),
        ("10750", "SALTO_DE_CASA"),  # 1075 with a digit too many
    ],
)
def test_a_duvida_recusa_ate_que_alguem_confirme(ato, final, codigo):
    medidor = criar_unidade_com_leituras(CINCO_MESES)
    pessoa = User.objects.create_user("leiturista")
    ClienteFactory()
    antes = retrato()

    with pytest.raises(DominioError, match="confirme as leituras") as erro:
        ato(medidor, final)
    assert erro.value.codigo == codigo
    assert retrato() == antes

    ato(medidor, final, confirmar=True, usuario_id=pessoa.pk)
    leitura = medidor.leituras.get(data_leitura=DIA_20)
    assert (leitura.situacao, leitura.ocorrencia) == ("VALIDA", codigo)
    decisao = DecisaoLeitura.objects.get()
    assert (decisao.leitura, decisao.decisao, decisao.codigo) == (leitura, "ACEITAR", codigo)
    assert (decisao.decidida_por, decisao.valor_kwh) == (pessoa, Decimal(final))


def test_regressao_que_um_erro_de_digitacao_explica_nao_se_confirma():
    """SALTO_DE_CASA is a doubt upwards, and an impossibility downwards."""
    medidor = criar_unidade_com_leituras(("2050", "2200", "2350", "2500", "2650"))
    antes = retrato()
    with pytest.raises(DominioError) as erro:
        trocar(medidor, "2276", confirmar=True)  # 2726 was meant
    assert erro.value.codigo == "SALTO_DE_CASA"
    assert "confirme" not in str(erro.value)
    assert retrato() == antes


def test_virada_fecha_sem_pergunta():
    medidor = criar_unidade_com_leituras(("99800", "99950"))
    trocar(medidor, "20")
    assert medidor.leituras.get(origem="RETIRADA").ocorrencia == "VIRADA_PROVAVEL"


@pytest.mark.parametrize(
    ("situacao", "kwh_no_banco"),
    [("RETIDA", "2500"), ("REJEITADA", "2500"), ("SUBSTITUIDA", "2500"), ("VALIDA", "1150")],
)
def test_repetir_leitura_que_alguem_pos_em_duvida_nao_a_ressuscita(situacao, kwh_no_banco):
    """The door of readings calls it a repetition; here it must be valid, as it was typed."""
    medidor = criar_unidade_com_leituras(CINCO_MESES)
    LeituraFactory(
        medidor=medidor,
        data_leitura=DIA_20,
        leitura_kwh=Decimal(kwh_no_banco),
        valor_informado=Decimal(2500),
        situacao=situacao,
        ocorrencia="CONSUMO_ALTO",
        explicacao="1.500 kWh em 15 dias.",
    )
    antes = retrato()
    with pytest.raises(DominioError) as erro:
        trocar(medidor, "2500")
    assert erro.value.codigo == ("CONSUMO_ALTO" if situacao == "RETIDA" else "CONFLITO")
    assert retrato() == antes


def test_leitura_que_ja_estava_la_serve_de_final():
    medidor = criar_unidade_com_leituras(("850", "1000"))
    trocar(medidor, "1000", instante=ULTIMA)
    assert medidor.leituras.filter(data_leitura=ULTIMA).count() == 1
    medidor.refresh_from_db()
    assert medidor.data_retirada == date(2026, 1, 5)


@pytest.mark.parametrize("ato", ATOS)
def test_medidor_retirado(ato):
    retirado = MedidorFactory(data_retirada=date(2026, 1, 1))
    with pytest.raises(DominioError, match="foi retirado em 01/01/2026") as erro:
        ato(retirado)
    assert erro.value.codigo == "MEDIDOR_RETIRADO"


@pytest.mark.parametrize("ato", ATOS)
def test_medidor_excluido_enquanto_a_pagina_estava_aberta(ato):
    medidor = MedidorFactory()
    Medidor.objects.filter(pk=medidor.pk).delete()
    with pytest.raises(DominioError, match="excluído por outra pessoa"):
        ato(medidor)


@pytest.mark.parametrize("ato", ATOS[:2])
def test_unidade_desligada(ato):
    medidor = criar_unidade_com_leituras()
    UnidadeConsumidora.objects.update(situacao="DESLIGADA")
    antes = len(Leitura.objects.all())
    with pytest.raises(DominioError, match="está desligada") as erro:
        ato(medidor)
    assert erro.value.codigo == "UNIDADE_DESLIGADA"
    assert Leitura.objects.count() == antes


def test_numero_que_ja_existe():
    medidor = criar_unidade_com_leituras()
    MedidorFactory(numero_medidor="NOVO")
    antes = retrato()
    with pytest.raises(ValidationError, match="Já existe um medidor com este número"):
        trocar(medidor)
    assert retrato() == antes


@pytest.mark.parametrize("ato", ATOS)
def test_periodo_faturado_nao_se_confirma(ato):
    medidor = criar_unidade_com_leituras(("850", "1000"))
    FaturaFactory(emitida=True, unidade=medidor.unidade, cliente=medidor.cliente, ciclo_ate=DIA_20)
    ClienteFactory()
    antes = retrato()
    with pytest.raises(DominioError, match="faturada até 20/01/2026 10:00") as erro:
        ato(medidor, instante=datetime(2026, 1, 20, 12, tzinfo=UTC), confirmar=True)
    assert erro.value.codigo == "PERIODO_FATURADO"
    assert retrato() == antes


def test_troca_no_instante_em_que_o_faturado_acaba():
    """The closing reading could stand there, but the opening one would fall in the frozen past."""
    medidor = criar_unidade_com_leituras(("850", "1000"))
    FaturaFactory(emitida=True, unidade=medidor.unidade, ciclo_ate=ULTIMA)
    with pytest.raises(DominioError, match="depois dessa") as erro:
        trocar(medidor, "1000", instante=ULTIMA)
    assert erro.value.codigo == "PERIODO_FATURADO"


# Titular and removal: the consumption is billed to whom it belongs, or nothing happens


def test_titular_muda_depois_da_leitura_e_do_encerramento():
    medidor = criar_unidade_com_leituras(("850", "1000"))
    antes, depois = medidor.cliente, ClienteFactory()
    chamadas: list[Any] = []

    def encerrar(**dados: Any) -> None:
        leitura = medidor.leituras.get(data_leitura=DIA_20)
        chamadas.append((dados, leitura.situacao, Medidor.objects.get().cliente))
        faturar_ate(**dados)

    mudado = titular(medidor, cliente=depois, encerrar=encerrar, usuario_id=7)

    assert mudado.cliente == Medidor.objects.get().cliente == depois
    esperado = {
        "unidade_id": medidor.unidade_id,
        "cliente_id": antes.pk,
        "ate_instante": DIA_20,
        "agora": AGORA,
        "usuario_id": 7,
    }
    assert chamadas == [(esperado, "VALIDA", antes)]


@pytest.mark.parametrize("ato", [titular, retirar])
def test_o_que_o_encerramento_recusa_desfaz_tudo(ato):
    medidor = criar_unidade_com_leituras()
    ClienteFactory()
    antes = retrato()

    def encerrar(**_: Any) -> None:
        raise DominioError("Falta a tarifa.", codigo="SEM_TARIFA")

    with pytest.raises(DominioError, match="Falta a tarifa"):
        ato(medidor, encerrar=encerrar)
    assert retrato() == antes


@pytest.mark.parametrize("ato", [titular, retirar])
def test_encerramento_que_nao_alcanca_a_leitura_e_recusado(ato):
    """A closing that bills nothing, or less, would leave the rest to whoever comes next."""
    medidor = criar_unidade_com_leituras()
    ClienteFactory()
    antes = retrato()

    def ate_a_leitura_de_antes(**dados: Any) -> None:
        faturar_ate(**dados | {"ate_instante": ULTIMA})

    for curto in (lambda **_: None, ate_a_leitura_de_antes):
        with pytest.raises(DominioError, match="não o alcança") as erro:
            ato(medidor, encerrar=curto)
        assert erro.value.codigo == "CONSUMO_A_FATURAR"
    assert retrato() == antes


def nunca_faturado() -> Medidor:
    return criar_unidade_com_leituras(("850", "1000"))


def faturado_e_consumiu() -> Medidor:
    medidor = criar_unidade_com_leituras(("850", "1000"))
    FaturaFactory(emitida=True, unidade=medidor.unidade, ciclo_ate=ULTIMA)
    return medidor


def consumo_no_medidor_de_antes() -> Medidor:
    """The exchange left consumption on the old meter; the new one has counted nothing yet."""
    medidor = faturado_e_consumiu()
    return trocar(medidor, "1100", instante=datetime(2026, 1, 15, 12, tzinfo=UTC))


@pytest.mark.parametrize("ato", [titular, retirar])
@pytest.mark.parametrize(
    ("fazer", "leitura"),
    [(nunca_faturado, "1000"), (faturado_e_consumiu, "1001"), (consumo_no_medidor_de_antes, "0")],
)
def test_consumo_faturar_ate_e_sem_quem_a_faca_e_recusado(ato, fazer, leitura):
    medidor = fazer()
    ClienteFactory()
    antes = retrato()
    with pytest.raises(DominioError, match="ainda não faturado") as erro:
        ato(medidor, leitura)
    assert erro.value.codigo == "CONSUMO_A_FATURAR"
    assert retrato() == antes


def faturado_sem_consumo() -> tuple[Medidor, datetime]:
    return faturado_e_consumiu(), DIA_20


def na_leitura_faturada() -> tuple[Medidor, datetime]:
    return faturado_e_consumiu(), ULTIMA


def nunca_lido() -> tuple[Medidor, datetime]:
    return MedidorFactory(), DIA_20


@pytest.mark.parametrize("ato", [titular, retirar])
@pytest.mark.parametrize("fazer", [faturado_sem_consumo, na_leitura_faturada, nunca_lido])
def test_sem_consumo_nao_precisa_de_fatura(ato, fazer):
    medidor, quando = fazer()
    ato(medidor, "1000", instante=quando)
    assert medidor.leituras.filter(data_leitura=quando, situacao="VALIDA").count() == 1


def test_o_mesmo_titular_de_novo():
    medidor = criar_unidade_com_leituras()
    with pytest.raises(DadoInvalidoError, match="já é o titular") as erro:
        titular(medidor, cliente=medidor.cliente, encerrar=faturar_ate)
    assert (erro.value.campo, erro.value.codigo) == ("cliente", "TITULAR_IGUAL")


def test_o_titular_mudou_enquanto_a_pagina_estava_aberta():
    medidor = criar_unidade_com_leituras()
    visto = medidor.cliente_id
    titular(medidor, encerrar=faturar_ate)
    with pytest.raises(DominioError, match="já mudou") as erro:
        titular(medidor, encerrar=faturar_ate, titular_visto_id=visto)
    assert erro.value.codigo == "TITULAR_MUDOU"


@pytest.mark.parametrize(("desligar", "situacao"), [(True, "DESLIGADA"), (False, "ATIVA")])
def test_retirada_fecha_o_medidor_e_se_pedido_desliga(desligar, situacao):
    medidor = retirar(criar_unidade_com_leituras(), encerrar=faturar_ate, desligar=desligar)
    medidor.refresh_from_db()
    assert medidor.data_retirada == date(2026, 1, 20)
    assert UnidadeConsumidora.objects.get().situacao == situacao
    assert medidor.leituras.get(data_leitura=DIA_20).origem == "RETIRADA"


def test_medidor_de_unidade_ja_desligada_se_retira():
    medidor = criar_unidade_com_leituras()
    UnidadeConsumidora.objects.update(situacao="DESLIGADA")
    retirar(medidor, encerrar=faturar_ate)


# What the page shows


def test_o_mostrador_de_hoje_e_a_faixa_que_a_critica_deixa_passar():
    medidor = criar_unidade_com_leituras(CINCO_MESES)

    [visto] = ver_mostrador(medidor, registradores=registradores_a_ler(medidor), instante=DIA_20)

    assert (visto.ultima_kwh, visto.ultima_em) == (1000, ULTIMA)
    for final, passa in (
        (visto.menor_kwh, True),
        (visto.menor_kwh - 1, False),
        (visto.maior_kwh, True),
        (visto.maior_kwh + 1, False),
    ):
        informada = LeituraInformada(medidor.pk, "ATIVA_TOTAL", DIA_20, final, "CAMPO")
        registrada = registrar_leitura(informada, agora=AGORA).leitura
        assert (registrada.situacao == "VALIDA") is passa, final
        registrada.delete()


def test_a_faixa_passa_pelo_zero_do_mostrador():
    medidor = criar_unidade_com_leituras(("99350", "99500", "99650", "99800", "99950"))
    [visto] = ver_mostrador(medidor, registradores=registradores_a_ler(medidor), instante=DIA_20)
    assert visto.menor_kwh > 99_950
    assert visto.maior_kwh < 1000


def test_sem_historico_nao_ha_faixa():
    medidor = criar_unidade_com_leituras(("850", "1000"))
    [visto] = ver_mostrador(medidor, registradores=registradores_a_ler(medidor), instante=DIA_20)
    assert (visto.ultima_kwh, visto.menor_kwh) == (1000, None)
    [nunca] = ver_mostrador(
        MedidorFactory(), registradores=registradores_a_ler(medidor), instante=DIA_20
    )
    assert nunca.ultima_kwh is None


def test_o_numero_de_consultas_nao_cresce_com_as_leituras():
    def contar(medidor: Medidor, ato: Callable[..., object]) -> int:
        with CaptureQueriesContext(connection) as consultas:
            ato(medidor)
        return len(consultas)

    for ato in (
        lambda m: trocar(m, novo=NovoMedidor(f"N-{m.pk}")),
        lambda m: retirar(m, encerrar=faturar_ate),
    ):
        pouco = criar_unidade_com_leituras(("850", "1000"))
        muito = criar_unidade_com_leituras(("850", "1000"))
        for dia in range(6, 16):
            LeituraFactory(
                medidor=muito, data_leitura=datetime(2026, 1, dia, 12, tzinfo=UTC), leitura_kwh=1100
            )
        assert contar(pouco, ato) == contar(muito, ato)
