"""The JSON of the simulator: the same document for people, tests and stored invoices.

`ler_caso` and `caso_para_json` are inverses; `demonstrativo_para_json` is the
answer. Decimals are strings in both, dates AAAA-MM-DD, months AAAA-MM.
"""

import json
from datetime import date
from decimal import Decimal
from functools import partial
from typing import Any, NoReturn

from comum.vocabulario import UFS
from faturamento.calculo.campos import (
    ler_booleano,
    ler_codigo,
    ler_data,
    ler_decimal,
    ler_inteiro,
    ler_lista,
    ler_mes,
    ler_objeto,
    ler_texto,
    recusar,
)
from faturamento.calculo.conferencia import conferir_entrada, conferir_regras
from faturamento.calculo.documento import caso_para_json, demonstrativo_para_json
from faturamento.calculo.erros import CasoInvalidoError
from faturamento.calculo.tipos import (
    Arredondamento,
    BandeiraVigente,
    Classe,
    CorBandeira,
    Credito,
    EntradaFatura,
    Estimativa,
    FaixaIcms,
    Lancamento,
    Ligacao,
    Modalidade,
    Periodo,
    Posto,
    RegimeScee,
    Registrador,
    Registro,
    RegraTributos,
    Scee,
    Subclasse,
    Subgrupo,
    TarifaVigente,
    TipoCiclo,
    Tributos,
    Unidade,
)
from medidores.calculo.consumo import DIGITOS_MAXIMOS

__all__ = [
    "CasoInvalidoError",
    "caso_para_json",
    "demonstrativo_para_json",
    "ler_caso",
    "ler_caso_json",
]

CARACTERES_MAXIMOS = 1_000_000
CICLOS_ESTIMADOS_MAXIMOS = 120
REFERENCIA_MAXIMA = 10**9 - 1
DESCRICAO_MAXIMA = 120

_ler_kwh = partial(ler_decimal, inteiros=12, casas=3)
_ler_media_kwh = partial(ler_decimal, inteiros=12, casas=9)
_ler_constante = partial(ler_decimal, inteiros=6, casas=6)
_ler_brl = partial(ler_decimal, inteiros=10, casas=2)
_ler_ciclos_acertados = partial(ler_inteiro, minimo=0, maximo=CICLOS_ESTIMADOS_MAXIMOS)


def ler_caso_json(texto: str | bytes) -> EntradaFatura:
    """Reads the text of a case, as strictly as `ler_caso`.

    Raises:
        CasoInvalidoError: `JSON_INVALIDO` when the text is not JSON, is too
            long or too deep, repeats a key or holds NaN or Infinity; else as
            `ler_caso`.

    >>> ler_caso_json('{"cip_brl": NaN}')
    Traceback (most recent call last):
    faturamento.calculo.erros.CasoInvalidoError: O texto não é um JSON válido: NaN não é um \
número.
    """
    try:
        if isinstance(texto, bytes):
            texto = texto.decode("utf-8-sig")
        if len(texto) > CARACTERES_MAXIMOS:
            raise ValueError(f"tem mais de {CARACTERES_MAXIMOS} caracteres")
        dado = json.loads(
            texto,
            parse_int=Decimal,
            parse_float=Decimal,
            parse_constant=_recusar_constante,
            object_pairs_hook=_sem_repeticao,
        )
    except RecursionError:
        recusar("", "JSON_INVALIDO", "O texto não é um JSON válido: aninhado demais.")
    except (ValueError, ArithmeticError) as erro:
        motivo = "número fora do limite" if isinstance(erro, ArithmeticError) else erro
        recusar("", "JSON_INVALIDO", f"O texto não é um JSON válido: {motivo}.")
    return ler_caso(dado)


def _recusar_constante(nome: str) -> NoReturn:
    raise ValueError(f"{nome} não é um número")


def _sem_repeticao(pares: list[tuple[str, object]]) -> dict[str, object]:
    objeto = dict(pares)
    if len(objeto) < len(pares):
        raise ValueError("há uma chave repetida")
    return objeto


def ler_caso(dado: object) -> EntradaFatura:
    """Reads a case from parsed JSON (numbers as int or Decimal); nothing is computed.

    Raises:
        CasoInvalidoError: the first bad field, with its path in `campo`.
    """
    caso = ler_objeto(
        dado,
        "",
        obrigatorias=("unidade", "periodo", "tarifas", "bandeiras", "tributos", "cip_brl"),
        opcionais=(
            "registros",
            "estimativa",
            "ja_faturado_kwh",
            "ciclos_acertados",
            "media_12_ciclos_kwh",
            "faixas_icms",
            "arredondamento",
            "scee",
            "lancamentos",
            "ciclo",
        ),
    )

    def opcional(chave: str, leitor: Any, padrao: Any = None) -> Any:
        valor = caso.get(chave)
        return padrao if valor is None else leitor(valor, chave)

    entrada = EntradaFatura(
        unidade=_ler_unidade(caso["unidade"], "unidade"),
        periodo=_ler_periodo(caso["periodo"], "periodo"),
        registros=opcional("registros", partial(ler_lista, leitor=_ler_registro), ()),
        estimativa=opcional("estimativa", _ler_estimativa),
        ja_faturado_kwh=opcional("ja_faturado_kwh", _ler_kwh, Decimal(0)),
        ciclos_acertados=opcional("ciclos_acertados", _ler_ciclos_acertados, 0),
        media_12_ciclos_kwh=opcional("media_12_ciclos_kwh", _ler_media_kwh),
        tarifas=ler_lista(caso["tarifas"], "tarifas", _ler_tarifa),
        bandeiras=ler_lista(caso["bandeiras"], "bandeiras", _ler_bandeira),
        tributos=_ler_tributos(caso["tributos"], "tributos"),
        faixas_icms=opcional("faixas_icms", partial(ler_lista, leitor=_ler_faixa_icms)),
        cip_brl=_ler_brl(caso["cip_brl"], "cip_brl"),
        arredondamento=opcional(
            "arredondamento", _ler_arredondamento, Arredondamento.MEIO_PARA_CIMA
        ),
        scee=opcional("scee", _ler_scee),
        lancamentos=opcional("lancamentos", partial(ler_lista, leitor=_ler_lancamento), ()),
        ciclo=opcional("ciclo", partial(ler_codigo, vocabulario=TipoCiclo), TipoCiclo.NORMAL),
    )
    conferir_entrada(entrada)
    conferir_regras(entrada)
    return entrada


def _ler_unidade(dado: object, campo: str) -> Unidade:
    unidade = ler_objeto(
        dado,
        campo,
        obrigatorias=("modalidade", "classe", "ligacao", "uf"),
        opcionais=("subgrupo", "subclasse"),
    )
    modalidade = ler_codigo(unidade["modalidade"], f"{campo}.modalidade", Modalidade)
    classe = ler_codigo(unidade["classe"], f"{campo}.classe", Classe)
    subgrupo, subclasse = classe.subgrupo, classe.subclasses[0]
    if unidade.get("subgrupo") is not None:
        subgrupo = ler_codigo(unidade["subgrupo"], f"{campo}.subgrupo", Subgrupo)
    if unidade.get("subclasse") is not None:
        subclasse = ler_codigo(unidade["subclasse"], f"{campo}.subclasse", Subclasse)
    if subclasse not in classe.subclasses:
        recusar(
            f"{campo}.subclasse",
            "SUBCLASSE_INCOMPATIVEL",
            f"A classe {classe} não tem a subclasse {subclasse}. "
            f"Use {', '.join(classe.subclasses)}.",
        )
    uf = unidade["uf"]
    if not isinstance(uf, str) or uf not in UFS:
        recusar(f"{campo}.uf", "CODIGO_DESCONHECIDO", "UF desconhecida. Use a sigla, como SP.")
    ligacao = ler_codigo(unidade["ligacao"], f"{campo}.ligacao", Ligacao)
    return Unidade(subgrupo, modalidade, classe, subclasse, ligacao, uf)


def _ler_periodo(dado: object, campo: str) -> Periodo:
    periodo = ler_objeto(dado, campo, obrigatorias=("de", "ate"))
    de = ler_data(periodo["de"], f"{campo}.de")
    ate = ler_data(periodo["ate"], f"{campo}.ate")
    if ate <= de:
        recusar(
            f"{campo}.ate",
            "PERIODO_INVALIDO",
            f"O ciclo deve terminar depois de {de:%d/%m/%Y}; veio {ate:%d/%m/%Y}.",
        )
    return Periodo(de, ate)


def _ler_vigencia(dado: dict[str, object], campo: str) -> tuple[date, date | None]:
    de = ler_data(dado["vigente_de"], f"{campo}.vigente_de")
    if dado.get("vigente_ate") is None:
        return de, None
    ate = ler_data(dado["vigente_ate"], f"{campo}.vigente_ate")
    if ate <= de:
        recusar(
            f"{campo}.vigente_ate",
            "PERIODO_INVALIDO",
            f"A vigência deve terminar depois de {de:%d/%m/%Y}; veio {ate:%d/%m/%Y}.",
        )
    return de, ate


def _ler_registro(dado: object, campo: str) -> Registro:
    registro = ler_objeto(
        dado,
        campo,
        obrigatorias=("registrador", "anterior", "atual", "digitos", "constante"),
        opcionais=("virada_confirmada",),
    )
    confirmada = registro.get("virada_confirmada")
    return Registro(
        registrador=ler_codigo(registro["registrador"], f"{campo}.registrador", Registrador),
        anterior=_ler_kwh(registro["anterior"], f"{campo}.anterior"),
        atual=_ler_kwh(registro["atual"], f"{campo}.atual"),
        digitos=ler_inteiro(
            registro["digitos"], f"{campo}.digitos", minimo=1, maximo=DIGITOS_MAXIMOS
        ),
        constante=_ler_constante(registro["constante"], f"{campo}.constante"),
        virada_confirmada=confirmada is not None
        and ler_booleano(confirmada, f"{campo}.virada_confirmada"),
    )


def _ler_estimativa(dado: object, campo: str) -> Estimativa:
    estimativa = ler_objeto(
        dado,
        campo,
        obrigatorias=("historico_kwh", "ciclos_estimados"),
        opcionais=("pela_disponibilidade",),
    )
    pela_disponibilidade = estimativa.get("pela_disponibilidade")
    return Estimativa(
        historico_kwh=ler_lista(
            estimativa["historico_kwh"], f"{campo}.historico_kwh", _ler_media_kwh
        ),
        ciclos_estimados=ler_inteiro(
            estimativa["ciclos_estimados"],
            f"{campo}.ciclos_estimados",
            minimo=1,
            maximo=CICLOS_ESTIMADOS_MAXIMOS,
        ),
        pela_disponibilidade=pela_disponibilidade is not None
        and ler_booleano(pela_disponibilidade, f"{campo}.pela_disponibilidade"),
    )


def _ler_tarifa(dado: object, campo: str) -> TarifaVigente:
    tarifa = ler_objeto(
        dado,
        campo,
        obrigatorias=("posto", "tusd_brl_por_mwh", "te_brl_por_mwh", "vigente_de"),
        opcionais=("vigente_ate", "faixa_ate_kwh"),
    )
    posto = ler_codigo(tarifa["posto"], f"{campo}.posto", Posto)
    tusd = ler_decimal(tarifa["tusd_brl_por_mwh"], f"{campo}.tusd_brl_por_mwh")
    te = ler_decimal(tarifa["te_brl_por_mwh"], f"{campo}.te_brl_por_mwh")
    vigente_de, vigente_ate = _ler_vigencia(tarifa, campo)
    faixa = tarifa.get("faixa_ate_kwh")
    return TarifaVigente(
        posto=posto,
        tusd_brl_por_mwh=tusd,
        te_brl_por_mwh=te,
        vigente_de=vigente_de,
        vigente_ate=vigente_ate,
        faixa_ate_kwh=None if faixa is None else _ler_kwh(faixa, f"{campo}.faixa_ate_kwh"),
    )


def _ler_bandeira(dado: object, campo: str) -> BandeiraVigente:
    bandeira = ler_objeto(
        dado,
        campo,
        obrigatorias=("vigente_de", "cor", "adicional_brl_por_mwh"),
        opcionais=("vigente_ate",),
    )
    vigente_de, vigente_ate = _ler_vigencia(bandeira, campo)
    return BandeiraVigente(
        vigente_de=vigente_de,
        vigente_ate=vigente_ate,
        cor=ler_codigo(bandeira["cor"], f"{campo}.cor", CorBandeira),
        adicional_brl_por_mwh=ler_decimal(
            bandeira["adicional_brl_por_mwh"], f"{campo}.adicional_brl_por_mwh"
        ),
    )


def _ler_tributos(dado: object, campo: str) -> Tributos:
    tributos = ler_objeto(
        dado, campo, obrigatorias=("pis", "cofins"), opcionais=("icms", "regra", "cbs", "ibs")
    )
    aliquotas = {
        nome: ler_decimal(tributos[nome], f"{campo}.{nome}")
        for nome in ("icms", "pis", "cofins", "cbs", "ibs")
        if tributos.get(nome) is not None
    }
    regra = RegraTributos.TEMA_69
    if tributos.get("regra") is not None:
        regra = ler_codigo(tributos["regra"], f"{campo}.regra", RegraTributos)
    return Tributos(
        icms=aliquotas.get("icms"),
        pis=aliquotas["pis"],
        cofins=aliquotas["cofins"],
        regra=regra,
        cbs=aliquotas.get("cbs"),
        ibs=aliquotas.get("ibs"),
    )


def _ler_faixa_icms(dado: object, campo: str) -> FaixaIcms:
    faixa = ler_objeto(dado, campo, obrigatorias=("aliquota",), opcionais=("ate_kwh",))
    ate_kwh = faixa.get("ate_kwh")
    return FaixaIcms(
        ate_kwh=None if ate_kwh is None else _ler_kwh(ate_kwh, f"{campo}.ate_kwh"),
        aliquota=ler_decimal(faixa["aliquota"], f"{campo}.aliquota"),
    )


def _ler_arredondamento(dado: object, campo: str) -> Arredondamento:
    if dado not in tuple(Arredondamento):
        recusar(
            campo,
            "CODIGO_DESCONHECIDO",
            f"Arredondamento desconhecido. Use um de: {', '.join(Arredondamento)}.",
        )
    return Arredondamento(str(dado))


def _ler_lancamento(dado: object, campo: str) -> Lancamento:
    lancamento = ler_objeto(
        dado, campo, obrigatorias=("descricao", "valor"), opcionais=("referencia",)
    )
    valor = _ler_brl(lancamento["valor"], f"{campo}.valor", negativo=True)
    if not valor:
        recusar(f"{campo}.valor", "VALOR_ZERO", "O lançamento precisa de um valor, em R$.")
    referencia = lancamento.get("referencia")
    return Lancamento(
        descricao=ler_texto(lancamento["descricao"], f"{campo}.descricao", maximo=DESCRICAO_MAXIMA),
        valor=valor,
        referencia=0
        if referencia is None
        else ler_inteiro(referencia, f"{campo}.referencia", minimo=0, maximo=REFERENCIA_MAXIMA),
    )


def _ler_scee(dado: object, campo: str) -> Scee:
    precos = ("fio_b_brl_por_mwh", "fio_a_brl_por_mwh", "encargos_brl_por_mwh")
    scee = ler_objeto(
        dado,
        campo,
        obrigatorias=("regime", "icms_compensa_te", "icms_compensa_tusd", "creditos"),
        opcionais=precos,
    )
    return Scee(
        regime=ler_codigo(scee["regime"], f"{campo}.regime", RegimeScee),
        icms_compensa_te=ler_booleano(scee["icms_compensa_te"], f"{campo}.icms_compensa_te"),
        icms_compensa_tusd=ler_booleano(scee["icms_compensa_tusd"], f"{campo}.icms_compensa_tusd"),
        creditos=ler_lista(scee["creditos"], f"{campo}.creditos", _ler_credito),
        **{
            preco: ler_decimal(scee[preco], f"{campo}.{preco}")
            for preco in precos
            if scee.get(preco) is not None
        },
    )


def _ler_credito(dado: object, campo: str) -> Credito:
    credito = ler_objeto(dado, campo, obrigatorias=("origem", "kwh"), opcionais=("posto",))
    posto = credito.get("posto")
    return Credito(
        origem=ler_mes(credito["origem"], f"{campo}.origem"),
        kwh=_ler_kwh(credito["kwh"], f"{campo}.kwh"),
        posto=None if posto is None else ler_codigo(posto, f"{campo}.posto", Posto),
    )
