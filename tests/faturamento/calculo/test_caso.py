"""Bad cases are refused with the path of the first bad field; good ones come back equal."""

import copy
import json
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from comum.erros import DominioError
from faturamento.calculo.caso import CasoInvalidoError, caso_para_json, ler_caso, ler_caso_json
from faturamento.calculo.demonstrativo import calcular_demonstrativo
from faturamento.calculo.documento import demonstrativo_para_json
from faturamento.calculo.tipos import Classe, Subgrupo, TipoCiclo
from tests.faturamento.calculo.apoio import (
    Caso,
    bandeira,
    calcular,
    caso,
    exemplo,
    periodo,
    registro,
    tarifa,
)
from tests.faturamento.calculo.test_propriedades import exemplos

APAGAR = object()


def trocar(dado: Caso, caminho: str, valor: Any) -> Caso:
    """The case with the value at `a.b[0].c` replaced, or taken away."""
    passos = [
        int(p) if p.isdigit() else p for p in caminho.replace("[", ".").replace("]", "").split(".")
    ]
    alvo: Any = dado
    for passo in passos[:-1]:
        alvo = alvo[passo]
    if valor is APAGAR:
        del alvo[passos[-1]]
    else:
        alvo[passos[-1]] = valor
    return dado


def recusa(dado: object) -> CasoInvalidoError:
    with pytest.raises(CasoInvalidoError) as achado:
        ler_caso(dado)
    erro = achado.value
    assert isinstance(erro, DominioError)
    assert str(erro)
    assert erro.codigo.isupper()
    return erro


# (path, value, code); the error names the path itself.
RUINS = [
    ("unidade", APAGAR, "CAMPO_AUSENTE"),
    ("unidade", None, "CAMPO_AUSENTE"),
    ("unidade", [], "TIPO_INVALIDO"),
    ("unidade.modalidade", APAGAR, "CAMPO_AUSENTE"),
    ("unidade.modalidade", "AZUL", "CODIGO_DESCONHECIDO"),
    ("unidade.modalidade", "convencional", "CODIGO_DESCONHECIDO"),
    ("unidade.modalidade", 1, "TIPO_INVALIDO"),
    ("unidade.subgrupo", "A4", "CODIGO_DESCONHECIDO"),
    ("unidade.classe", "RESIDENCIAL ", "CODIGO_DESCONHECIDO"),
    ("unidade.subclasse", "RURAL", "SUBCLASSE_INCOMPATIVEL"),
    ("unidade.ligacao", "BIFASICA", "CODIGO_DESCONHECIDO"),
    ("unidade.uf", "XX", "CODIGO_DESCONHECIDO"),
    ("unidade.uf", ["SP"], "CODIGO_DESCONHECIDO"),
    ("unidade.cor", "azul", "CAMPO_DESCONHECIDO"),
    ("periodo", APAGAR, "CAMPO_AUSENTE"),
    ("periodo.ate", APAGAR, "CAMPO_AUSENTE"),
    ("periodo.ate", "2023-09-01", "PERIODO_INVALIDO"),
    ("periodo.ate", "2023-08-31", "PERIODO_INVALIDO"),
    ("periodo.ate", "2023-02-30", "DATA_INVALIDA"),
    ("periodo.ate", "20231001", "DATA_INVALIDA"),
    ("periodo.ate", "2023-W40-1", "DATA_INVALIDA"),
    ("periodo.ate", "2023-10-01T00:00", "DATA_INVALIDA"),
    ("periodo.ate", "9999-10-01", "DATA_INVALIDA"),
    ("periodo.de", 20230901, "TIPO_INVALIDO"),
    ("registros", APAGAR, "REGISTRADOR_AUSENTE"),
    ("registros", [], "REGISTRADOR_AUSENTE"),
    ("registros", {}, "TIPO_INVALIDO"),
    ("registros", [{}] * 1001, "LISTA_LONGA"),
    ("registros[0]", None, "TIPO_INVALIDO"),
    ("registros[0].atual", APAGAR, "CAMPO_AUSENTE"),
    ("registros[0].atual", "100000", "LEITURA_EXCEDE_DIGITOS"),
    ("registros[0].anterior", "100000", "LEITURA_EXCEDE_DIGITOS"),
    ("registros[0].atual", "-1", "VALOR_NEGATIVO"),
    ("registros[0].atual", True, "TIPO_INVALIDO"),
    ("registros[0].atual", None, "CAMPO_AUSENTE"),
    ("registros[0].atual", ["1"], "TIPO_INVALIDO"),
    ("registros[0].atual", 17242.5, "TIPO_INVALIDO"),
    ("registros[0].atual", "", "NUMERO_INVALIDO"),
    ("registros[0].atual", " 17242", "NUMERO_INVALIDO"),
    ("registros[0].atual", "17242\n", "NUMERO_INVALIDO"),
    ("registros[0].atual", "17_242", "NUMERO_INVALIDO"),
    ("registros[0].atual", "17.242,0", "NUMERO_INVALIDO"),
    ("registros[0].atual", "+17242", "NUMERO_INVALIDO"),
    ("registros[0].atual", "1e4", "NUMERO_INVALIDO"),
    ("registros[0].atual", "١٧٢٤٢", "NUMERO_INVALIDO"),
    ("registros[0].atual", "NaN", "NUMERO_INVALIDO"),
    ("registros[0].atual", "Infinity", "NUMERO_INVALIDO"),
    ("registros[0].atual", Decimal("NaN"), "NUMERO_INVALIDO"),
    ("registros[0].atual", Decimal("sNaN"), "NUMERO_INVALIDO"),
    ("registros[0].atual", Decimal("Infinity"), "NUMERO_INVALIDO"),
    ("registros[0].atual", "17242.0001", "NUMERO_FORA_DO_LIMITE"),
    ("registros[0].atual", "1" * 40, "NUMERO_FORA_DO_LIMITE"),
    ("registros[0].atual", int("1" * 40), "NUMERO_FORA_DO_LIMITE"),
    ("registros[0].atual", Decimal("1" * 40), "NUMERO_FORA_DO_LIMITE"),
    ("registros[0].atual", Decimal("1E+400"), "NUMERO_FORA_DO_LIMITE"),
    ("registros[0].atual", Decimal("1E-400"), "NUMERO_FORA_DO_LIMITE"),
    ("registros[0].digitos", 0, "VALOR_FORA_DO_LIMITE"),
    ("registros[0].digitos", 13, "VALOR_FORA_DO_LIMITE"),
    ("registros[0].digitos", "5.5", "VALOR_FORA_DO_LIMITE"),
    ("registros[0].constante", "0", "VALOR_FORA_DO_LIMITE"),
    ("registros[0].registrador", "ATIVA_PONTA", "REGISTRADOR_INCOMPATIVEL"),
    ("registros[0].registrador", "REATIVA", "CODIGO_DESCONHECIDO"),
    ("media_12_ciclos_kwh", "-1", "VALOR_NEGATIVO"),
    ("tarifas", APAGAR, "CAMPO_AUSENTE"),
    ("tarifas", [], "TARIFA_AUSENTE"),
    ("tarifas[0].tusd_brl_por_mwh", APAGAR, "CAMPO_AUSENTE"),
    ("tarifas[0].tusd_brl_por_mwh", None, "CAMPO_AUSENTE"),
    ("tarifas[0].te_brl_por_mwh", "-318.84", "VALOR_NEGATIVO"),
    ("tarifas[0].te_brl_por_mwh", "318,84", "NUMERO_INVALIDO"),
    ("tarifas[0].posto", "PONTA", "POSTO_INCOMPATIVEL"),
    ("tarifas[0].vigente_ate", "2023-04-08", "PERIODO_INVALIDO"),
    ("bandeiras", APAGAR, "CAMPO_AUSENTE"),
    ("bandeiras", [], "BANDEIRA_AUSENTE"),
    ("bandeiras[0].cor", "ROXA", "CODIGO_DESCONHECIDO"),
    ("bandeiras[0].adicional_brl_por_mwh", "-1", "VALOR_NEGATIVO"),
    ("bandeiras[0].adicional_brl_por_mwh", "18.85", "COMBINACAO_INVALIDA"),
    ("tributos.icms", APAGAR, "CAMPO_AUSENTE"),
    ("tributos.icms", "1", "ALIQUOTA_INVALIDA"),
    ("tributos.icms", "18", "ALIQUOTA_INVALIDA"),
    ("tributos.pis", "1", "ALIQUOTA_INVALIDA"),
    ("tributos.regra", "POR_FORA", "CODIGO_DESCONHECIDO"),
    ("tributos.cbs", "1.1", "ALIQUOTA_INVALIDA"),
    ("cip_brl", APAGAR, "CAMPO_AUSENTE"),
    ("cip_brl", "8.635", "NUMERO_FORA_DO_LIMITE"),
    ("cip_brl", "-8.63", "VALOR_NEGATIVO"),
    ("arredondamento", "BANCARIO", "CODIGO_DESCONHECIDO"),
    ("arredondamento", [], "CODIGO_DESCONHECIDO"),
    ("ciclo", "ANUAL", "CODIGO_DESCONHECIDO"),
    ("faixas_icms", [{"ate_kwh": None, "aliquota": "0.1"}], "COMBINACAO_INVALIDA"),
    ("ja_faturado_kwh", "abc", "NUMERO_INVALIDO"),
    ("ciclos_acertados", "121", "VALOR_FORA_DO_LIMITE"),
    ("scee.regime", "GD_IV", "CODIGO_DESCONHECIDO"),
    ("scee.icms_compensa_te", "true", "TIPO_INVALIDO"),
    ("scee.icms_compensa_te", 1, "TIPO_INVALIDO"),
    ("scee.creditos", APAGAR, "CAMPO_AUSENTE"),
    ("scee.creditos[1].origem", "2023-13", "DATA_INVALIDA"),
    ("scee.creditos[1].origem", "2023-11", "CREDITO_FUTURO"),
    ("scee.creditos[0].kwh", "-1", "VALOR_NEGATIVO"),
    ("scee.creditos[0].posto", "NOITE", "CODIGO_DESCONHECIDO"),
    ("mes_referencia", "2023-09", "CAMPO_DESCONHECIDO"),
]


@pytest.mark.parametrize(("caminho", "valor", "codigo"), RUINS)
def test_campo_ruim_e_apontado(caminho: str, valor: Any, codigo: str) -> None:
    erro = recusa(trocar(exemplo(), caminho, valor))
    assert (erro.campo, erro.codigo) == (caminho, codigo)


@pytest.mark.parametrize("dado", [None, [], "caso", 1, True, Decimal(1)])
def test_o_documento_deve_ser_um_objeto(dado: object) -> None:
    erro = recusa(dado)
    assert (erro.campo, erro.codigo) == ("", "TIPO_INVALIDO")


def sem_icms(dado: Caso) -> Caso:
    del dado["tributos"]["icms"]
    return dado


@pytest.mark.parametrize(
    ("dado", "campo", "codigo"),
    [
        pytest.param(
            caso(tributos={"icms": "0.9", "pis": "0.05", "cofins": "0.05"}),
            "tributos",
            "ALIQUOTA_INVALIDA",
            id="alíquotas somam 100%",
        ),
        pytest.param(
            caso(tarifas=[tarifa("1", "1", ate="2023-09-15")]),
            "tarifas",
            "TARIFA_AUSENTE",
            id="tarifa acaba no meio do ciclo",
        ),
        pytest.param(
            caso(tarifas=[tarifa("1", "1", ate="2023-09-15"), tarifa("1", "1", de="2023-09-16")]),
            "tarifas",
            "TARIFA_AUSENTE",
            id="um dia sem tarifa",
        ),
        pytest.param(
            caso(tarifas=[tarifa("1", "1", ate="2023-09-16"), tarifa("1", "1", de="2023-09-15")]),
            "tarifas",
            "TARIFA_SOBREPOSTA",
            id="um dia com duas tarifas",
        ),
        pytest.param(
            caso(tarifas=[tarifa("1", "1"), tarifa("2", "2")]),
            "tarifas",
            "TARIFA_SOBREPOSTA",
            id="a mesma vigência duas vezes",
        ),
        pytest.param(
            caso(tarifas=[tarifa("1", "1", faixa="80"), tarifa("2", "2", faixa="80")]),
            "tarifas",
            "FAIXAS_INVALIDAS",
            id="faixa repetida e nenhuma sem limite",
        ),
        pytest.param(
            caso(tarifas=[tarifa("1", "1", faixa="80")]),
            "tarifas",
            "FAIXAS_INVALIDAS",
            id="só uma faixa, com limite",
        ),
        pytest.param(
            caso(bandeiras=[bandeira(ate="2023-09-15"), bandeira(de="2023-09-20")]),
            "bandeiras",
            "BANDEIRA_AUSENTE",
            id="dias sem bandeira",
        ),
        pytest.param(
            caso(bandeiras=[bandeira(), bandeira("AMARELA", "18.85", de="2023-09-20")]),
            "bandeiras",
            "BANDEIRA_SOBREPOSTA",
            id="dias com duas bandeiras",
        ),
        pytest.param(
            caso(unidade={"modalidade": "BRANCA"}, tarifas=[]),
            "registros[0].registrador",
            "REGISTRADOR_INCOMPATIVEL",
            id="ATIVA_TOTAL na branca",
        ),
        pytest.param(
            caso(
                unidade={"modalidade": "BRANCA"},
                registros=[registro("ATIVA_PONTA"), registro("ATIVA_FORA_PONTA")],
            ),
            "registros",
            "REGISTRADOR_AUSENTE",
            id="branca sem o intermediário",
        ),
        pytest.param(
            caso(registros=[registro("INJETADA")]),
            "registros",
            "REGISTRADOR_AUSENTE",
            id="só energia injetada",
        ),
        pytest.param(
            sem_icms(caso(faixas_icms=[{"ate_kwh": "50", "aliquota": "0"}])),
            "faixas_icms",
            "FAIXAS_INVALIDAS",
            id="nenhuma faixa de ICMS sem limite",
        ),
        pytest.param(
            sem_icms(caso(faixas_icms=[{"ate_kwh": None, "aliquota": "1"}])),
            "faixas_icms[0].aliquota",
            "ALIQUOTA_INVALIDA",
            id="faixa de ICMS de 100%",
        ),
        pytest.param(
            caso(estimativa={"historico_kwh": ["100"], "ciclos_estimados": 1}),
            "estimativa",
            "COMBINACAO_INVALIDA",
            id="leitura e estimativa",
        ),
        pytest.param(
            caso(
                registros=[],
                estimativa={"historico_kwh": ["100"], "ciclos_estimados": 1},
                ja_faturado_kwh="10",
            ),
            "ja_faturado_kwh",
            "COMBINACAO_INVALIDA",
            id="acerto sem leitura",
        ),
        pytest.param(
            caso(
                registros=[],
                estimativa={"historico_kwh": ["100"], "ciclos_estimados": 1},
                ciclos_acertados=1,
            ),
            "ciclos_acertados",
            "COMBINACAO_INVALIDA",
            id="ciclos acertados sem leitura",
        ),
        pytest.param(
            caso(registros=[], estimativa={"historico_kwh": ["1"] * 13, "ciclos_estimados": 1}),
            "estimativa.historico_kwh",
            "HISTORICO_LONGO",
            id="mais de 12 ciclos",
        ),
        pytest.param(
            caso(registros=[], estimativa={"historico_kwh": ["1"], "ciclos_estimados": 0}),
            "estimativa.ciclos_estimados",
            "VALOR_FORA_DO_LIMITE",
            id="nenhum ciclo estimado",
        ),
    ],
)
def test_combinacao_ruim_e_apontada(dado: Caso, campo: str, codigo: str) -> None:
    erro = recusa(dado)
    assert (erro.campo, erro.codigo) == (campo, codigo)


@pytest.mark.parametrize("regra", ["TEMA_69", "SOMA"])
def test_aliquotas_que_somam_quase_cem_por_cento_passam(regra: str) -> None:
    tributos = {"icms": "0.9", "pis": "0.05", "cofins": "0.0499", "regra": regra}
    assert calcular(caso(tributos=tributos)).valor


@pytest.mark.parametrize(
    "texto",
    [
        "",
        "{",
        "[" * 100_000,
        '{"a": ' * 100_000,
        '{"cip_brl": 1, "cip_brl": 2}',
        '{"cip_brl": NaN}',
        '{"cip_brl": -Infinity}',
        '{"cip_brl": 1e99999999999999999999}',
        b"\xff\xfe",
        '{"cip_brl": "' + "9" * 1_000_001 + '"}',
    ],
    ids=lambda texto: ascii(texto[:20]),
)
def test_texto_que_nao_e_json_tem_um_so_erro(texto: str | bytes) -> None:
    with pytest.raises(CasoInvalidoError) as achado:
        ler_caso_json(texto)
    assert (achado.value.campo, achado.value.codigo) == ("", "JSON_INVALIDO")


def test_numero_de_quarenta_digitos_no_texto_aponta_o_campo() -> None:
    texto = json.dumps(exemplo()).replace('"8.63"', "1" * 40)
    with pytest.raises(CasoInvalidoError) as achado:
        ler_caso_json(texto)
    assert (achado.value.campo, achado.value.codigo) == ("cip_brl", "NUMERO_FORA_DO_LIMITE")


def test_numero_json_e_lido_como_decimal_exato() -> None:
    texto = json.dumps(exemplo()).replace('"371.62"', "371.62").replace('"8.63"', "8.63")
    assert ler_caso_json(texto) == ler_caso(exemplo())
    assert ler_caso_json(b"\xef\xbb\xbf" + texto.encode()) == ler_caso(exemplo())


def test_a_classe_implica_o_subgrupo_e_a_subclasse() -> None:
    dado = caso(unidade={"classe": "ILUMINACAO_PUBLICA"})
    del dado["unidade"]["subgrupo"], dado["unidade"]["subclasse"]
    unidade = ler_caso(dado).unidade
    assert (unidade.subgrupo, unidade.subclasse) == (Subgrupo.B4A, "ILUMINACAO_PUBLICA")
    assert unidade.classe is Classe.ILUMINACAO_PUBLICA


def test_chaves_opcionais_podem_faltar() -> None:
    dado = caso()
    for chave in ("media_12_ciclos_kwh", "arredondamento", "scee"):
        del dado[chave]
    entrada = ler_caso(dado)
    assert entrada == ler_caso(caso() | {"media_12_ciclos_kwh": None})
    assert entrada.ciclo is TipoCiclo.NORMAL


TODAS_AS_CHAVES = [
    exemplo(),
    caso(registros=[], estimativa={"historico_kwh": ["209", "270.5"], "ciclos_estimados": 2}),
    caso(
        registros=[],
        estimativa={"historico_kwh": [], "ciclos_estimados": 1, "pela_disponibilidade": True},
    ),
    sem_icms(
        caso(
            faixas_icms=[{"ate_kwh": "50", "aliquota": "0"}, {"ate_kwh": None, "aliquota": "0.1"}],
            ja_faturado_kwh="10",
            ciclos_acertados=2,
            ciclo="REMANEJAMENTO",
            tributos={"cbs": "0.009", "ibs": "0.001", "regra": "SOMA"},
            arredondamento="TRUNCAR",
        )
    ),
    caso(
        periodo=periodo("2026-03-01", "2026-03-31"),
        unidade={"subclasse": "DESCONTO_SOCIAL"},
        bandeiras=[bandeira()],
        tarifas=[tarifa("400", "300", faixa="120"), tarifa("500", "300")],
        scee={
            "regime": "GD_III",
            "icms_compensa_te": True,
            "icms_compensa_tusd": True,
            "fio_b_brl_por_mwh": "100",
            "fio_a_brl_por_mwh": "10",
            "encargos_brl_por_mwh": "5",
            "creditos": [{"origem": "2026-01", "kwh": "10", "posto": "UNICO"}],
        },
    ),
]


@pytest.mark.parametrize("dado", TODAS_AS_CHAVES)
def test_ida_e_volta(dado: Caso) -> None:
    entrada = ler_caso(dado)
    documento = caso_para_json(entrada)
    assert ler_caso(documento) == entrada
    assert ler_caso_json(json.dumps(documento)) == entrada
    assert caso_para_json(ler_caso(documento)) == documento


LIXO = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.decimals(allow_nan=True)
    | st.floats()
    | st.text(max_size=12)
    | st.sampled_from(["0", "1", "-1", "99999", "2023-09-15", "UNICO", "VERDE", "9" * 41, "0.5"]),
    lambda dentro: (
        st.lists(dentro, max_size=3) | st.dictionaries(st.text(max_size=6), dentro, max_size=3)
    ),
    max_leaves=6,
)


def caminhos(dado: Any, prefixo: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    chaves = dado if isinstance(dado, dict) else range(len(dado)) if isinstance(dado, list) else ()
    return [
        caminho
        for chave in chaves
        for caminho in [(*prefixo, chave), *caminhos(dado[chave], (*prefixo, chave))]
    ]


@exemplos(400)
@given(st.data())
def test_lixo_em_qualquer_campo_so_da_erro_do_dominio(data: st.DataObject) -> None:
    dado = copy.deepcopy(data.draw(st.sampled_from(TODAS_AS_CHAVES)))
    for _ in range(data.draw(st.integers(1, 2))):
        *meio, ultimo = data.draw(st.sampled_from(caminhos(dado)))
        alvo: Any = dado
        for passo in meio:
            alvo = alvo[passo]
        alvo[ultimo] = data.draw(LIXO)
        if not caminhos(dado):
            break
    resposta: Caso | CasoInvalidoError
    try:
        resposta = demonstrativo_para_json(calcular_demonstrativo(ler_caso(dado)))
    except CasoInvalidoError as erro:
        resposta = erro
    if isinstance(resposta, CasoInvalidoError):
        assert str(resposta).isprintable()
        assert resposta.campo.isprintable()
    else:
        json.dumps(resposta)
