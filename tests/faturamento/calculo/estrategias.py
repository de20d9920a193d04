"""Hypothesis strategies: legal cases of convencional and branca, as the simulator's JSON."""

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from hypothesis import strategies as st

from tests.faturamento.calculo.apoio import Caso, bandeira, registro, tarifa

LIGACOES = ["MONOFASICA", "BIFASICA_2_CONDUTORES", "BIFASICA_3_CONDUTORES", "TRIFASICA"]
POSTOS = {"CONVENCIONAL": ["UNICO"], "BRANCA": ["PONTA", "INTERMEDIARIO", "FORA_PONTA"]}
CORES = {
    "VERDE": "0",
    "AMARELA": "18.85",
    "VERMELHA_P1": "44.63",
    "VERMELHA_P2": "78.77",
    "ESCASSEZ_HIDRICA": "142",
}


def decimal(menor: str, maior: str, casas: int) -> st.SearchStrategy[str]:
    """Decimal text with at most `casas` places."""
    escala = 10**casas
    return st.integers(int(Decimal(menor) * escala), int(Decimal(maior) * escala)).map(
        lambda n: format(Decimal(n).scaleb(-casas), "f")
    )


@st.composite
def vigencias(draw: Any, de: date, ate: date, maximo: int) -> list[tuple[str, str | None]]:
    """Validities that cover the cycle, cut at up to `maximo` days inside it."""
    dias = (ate - de).days
    cortes = sorted(draw(st.sets(st.integers(1, dias - 1), max_size=maximo)))
    limites = [date(2015, 1, 1), *(de + timedelta(days=corte) for corte in cortes)]
    fins: list[str | None] = [limite.isoformat() for limite in limites[1:]]
    return list(zip([limite.isoformat() for limite in limites], [*fins, None], strict=True))


@st.composite
def casos(
    draw: Any,
    *,
    com_scee: bool | None = None,
    cortes: int = 2,
    modalidades: tuple[str, ...] = ("CONVENCIONAL", "BRANCA"),
) -> Caso:
    """A legal case that the second calculation knows too."""
    modalidade = draw(st.sampled_from(modalidades))
    subclasse = "RESIDENCIAL"
    if modalidade == "CONVENCIONAL":
        subclasse = draw(
            st.sampled_from(["RESIDENCIAL", "RESIDENCIAL", "BAIXA_RENDA", "INDIGENA_QUILOMBOLA"])
        )
    # Whole kWh where discounts by slices would split thousandths further.
    casas = 0 if subclasse != "RESIDENCIAL" else 3
    de = draw(st.dates(date(2023, 1, 15), date(2028, 11, 1)))
    ate = de + timedelta(days=draw(st.integers(15, 47)))

    registros = []
    tarifas = []
    for posto in POSTOS[modalidade]:
        anterior = draw(st.integers(0, 99_999))
        kwh = Decimal(draw(st.one_of(decimal("0", "150", casas), decimal("0", "900", casas))))
        atual = (anterior + kwh) % 100_000
        if atual < anterior and kwh > 200:
            anterior, atual = 0, kwh
        nome = "ATIVA_TOTAL" if posto == "UNICO" else f"ATIVA_{posto}"
        registros.append(registro(nome, str(anterior), format(atual, "f")))
        tarifas += [
            tarifa(
                draw(decimal("100", "999.99", 2)),
                draw(decimal("50", "799.99", 2)),
                posto=posto,
                de=vigente_de,
                ate=vigente_ate,
            )
            for vigente_de, vigente_ate in draw(vigencias(de, ate, cortes))
        ]
    bandeiras = []
    for vigente_de, vigente_ate in draw(vigencias(de, ate, cortes)):
        cor = draw(st.sampled_from(list(CORES)))
        bandeiras.append(bandeira(cor, CORES[cor], de=vigente_de, ate=vigente_ate))

    return {
        "unidade": {
            "subgrupo": "B1",
            "modalidade": modalidade,
            "classe": "RESIDENCIAL",
            "subclasse": subclasse,
            "ligacao": draw(st.sampled_from(LIGACOES)),
            "uf": "MG",
        },
        "periodo": {"de": de.isoformat(), "ate": ate.isoformat()},
        "registros": registros,
        "media_12_ciclos_kwh": None,
        "tarifas": tarifas,
        "bandeiras": bandeiras,
        "tributos": {
            "icms": draw(decimal("0", "0.33", 4)),
            "pis": draw(decimal("0", "0.0165", 6)),
            "cofins": draw(decimal("0", "0.076", 6)),
            "regra": draw(st.sampled_from(["TEMA_69", "TEMA_69", "SOMA"])),
        },
        "cip_brl": draw(st.one_of(st.just("0"), decimal("0", "80", 2))),
        "arredondamento": draw(st.sampled_from(["MEIO_PARA_CIMA", "MEIO_PARA_CIMA", "TRUNCAR"])),
        "scee": draw(scee(ate, POSTOS[modalidade], casas)) if com_scee in (None, True) else None,
    }


@st.composite
def scee(draw: Any, ate: date, postos: list[str], casas: int) -> Caso | None:
    regime = draw(st.sampled_from([None, "GD_I", "GD_II", "GD_III"]))
    if regime is None:
        return None
    mes = ate.year * 12 + ate.month - 1
    creditos = []
    for idade in draw(st.lists(st.integers(0, 62), max_size=4)):
        ano, numero = divmod(mes - idade, 12)
        credito = {
            "origem": f"{ano:04d}-{numero + 1:02d}",
            "kwh": draw(decimal("0", "600", casas)),
        }
        posto = draw(st.sampled_from([None, *postos]))
        creditos.append(credito if posto is None else credito | {"posto": posto})
    return {
        "regime": regime,
        "icms_compensa_te": draw(st.booleans()),
        "icms_compensa_tusd": draw(st.booleans()),
        "fio_b_brl_por_mwh": draw(decimal("0", "90", 2)),
        "fio_a_brl_por_mwh": draw(decimal("0", "60", 2)),
        "encargos_brl_por_mwh": draw(decimal("0", "30", 2)),
        "creditos": creditos,
    }
