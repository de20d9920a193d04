"""A second bill, written apart: whole numbers only, straight from the case's JSON.

Energy in thousandths of kWh, tariffs in 10⁻⁶ R$/MWh, rates in 10⁻⁹, money in
cents. Knows the rules of convencional and branca without tariff bands; shares
no code with the core, on purpose.
"""

from collections import defaultdict
from datetime import date
from typing import Any, NamedTuple

MINIMO = {
    "MONOFASICA": 30,
    "BIFASICA_2_CONDUTORES": 30,
    "BIFASICA_3_CONDUTORES": 50,
    "TRIFASICA": 100,
}
FIO_B = {2023: 15, 2024: 30, 2025: 45, 2026: 60, 2027: 75, 2028: 90}
POSTOS = ["UNICO", "PONTA", "INTERMEDIARIO", "FORA_PONTA"]
UM = 10**9


class LinhaInteira(NamedTuple):
    codigo: str
    posto: str | None
    de: str | None
    origem: str | None
    centavos: int
    icms: int
    pis: int
    cofins: int


def inteiro(texto: Any, casas: int) -> int:
    """The decimal text in units of 10⁻ᶜᵃˢᵃˢ; refuses what does not fit."""
    inteiros, _, fracao = str(texto).partition(".")
    assert len(fracao.rstrip("0")) <= casas, texto
    return int(inteiros + fracao.rstrip("0").ljust(casas, "0"))


def dividir(numerador: int, denominador: int, modo: str) -> int:
    """The quotient of non-negative numbers, half up or cut off."""
    if modo == "TRUNCAR":
        return numerador // denominador
    return (2 * numerador + denominador) // (2 * denominador)


def com_sinal(valor: int, fator: int, modo: str) -> int:
    parte = dividir(abs(valor) * fator, UM, modo)
    return -parte if valor < 0 else parte


def maior_resto(total: int, pesos: list[int]) -> list[int]:
    soma = sum(pesos)
    partes = [total * peso // soma for peso in pesos]
    restos = [total * peso % soma for peso in pesos]
    ordem = sorted(range(len(pesos)), key=lambda i: (-restos[i], i))
    for indice in ordem[: total - sum(partes)]:
        partes[indice] += 1
    return partes


def dias_em(linha: dict[str, Any], de: date, ate: date) -> tuple[date, date] | None:
    inicio = max(de, date.fromisoformat(linha["vigente_de"]))
    fim = ate if linha["vigente_ate"] is None else date.fromisoformat(linha["vigente_ate"])
    fim = min(ate, fim)
    return (inicio, fim) if inicio < fim else None


def cortar(linhas: list[dict[str, Any]], de: date, ate: date) -> list[tuple[Any, int, str]]:
    achadas = [(dias_em(linha, de, ate), linha) for linha in linhas]
    return [
        (linha, (corte[1] - corte[0]).days, corte[0].isoformat())
        for corte, linha in sorted(
            ((c, linha) for c, linha in achadas if c), key=lambda item: item[0]
        )
    ]


class Conta:
    """One bill in whole numbers."""

    def __init__(self, caso: dict[str, Any]) -> None:
        self.caso = caso
        self.de = date.fromisoformat(caso["periodo"]["de"])
        self.ate = date.fromisoformat(caso["periodo"]["ate"])
        self.modo = caso["arredondamento"]
        self.tributos = {n: inteiro(caso["tributos"][n], 9) for n in ("icms", "pis", "cofins")}
        self.linhas: list[LinhaInteira] = []

    def lancar(
        self,
        codigo: str,
        milesimos: int,
        tarifa: int,
        *,
        posto: str | None = None,
        de: str | None = None,
        origem: str | None = None,
        sinal: int = 1,
        com_icms: bool = True,
        divisao: int = 1,
        divisao_da_tarifa: int = 1,
    ) -> None:
        """`milesimos / divisao` thousandths of kWh at a tariff in 10⁻⁶ R$/MWh, sliced too."""
        icms, federais = self.tributos["icms"], self.tributos["pis"] + self.tributos["cofins"]
        if not com_icms:
            divisor = (UM - federais) * UM
        elif self.caso["tributos"]["regra"] == "SOMA":
            divisor = (UM - icms - federais) * UM
        else:
            divisor = (UM - icms) * (UM - federais)
        divisor *= divisao_da_tarifa
        if self.modo == "TRUNCAR":
            preco = tarifa * UM * UM // (divisor * 10)  # in 10⁻⁸ R$/kWh
            centavos = milesimos * preco // (divisao * 10**9)
        else:
            centavos = dividir(
                milesimos * tarifa * UM * UM, divisao * divisor * 10**10, "MEIO_PARA_CIMA"
            )
        centavos *= sinal
        valor_icms = com_sinal(centavos, icms, self.modo) if com_icms else 0
        base = centavos if self.caso["tributos"]["regra"] == "SOMA" else centavos - valor_icms
        self.linhas.append(
            LinhaInteira(
                codigo,
                posto,
                de,
                origem,
                centavos,
                valor_icms,
                com_sinal(base, self.tributos["pis"], self.modo),
                com_sinal(base, self.tributos["cofins"], self.modo),
            )
        )

    def calcular(self) -> list[LinhaInteira]:
        unidade = self.caso["unidade"]
        ultimo = date.fromordinal(self.ate.toordinal() - 1)
        consumo = self.medir()
        total = sum(consumo.values())
        social = unidade["subclasse"] in ("BAIXA_RENDA", "INDIGENA_QUILOMBOLA")
        gratuidade = social and ultimo >= date(2025, 7, 5)
        minimo = MINIMO[unidade["ligacao"]] * 1000
        if gratuidade and unidade["ligacao"] == "TRIFASICA" and total <= 80_000:
            minimo = 80_000
        faturado = dict(consumo)
        if total < minimo:
            faturado["UNICO" if "UNICO" in consumo else "FORA_PONTA"] += minimo - total

        pedacos = []  # (posto, sub-period, thousandths, tariff row)
        for posto, milesimos in faturado.items():
            cortes = cortar(
                [t for t in self.caso["tarifas"] if t["posto"] == posto], self.de, self.ate
            )
            partes = maior_resto(milesimos, [dias for _, dias, _ in cortes])
            pedacos += [(posto, de, p, t) for (t, _, de), p in zip(cortes, partes, strict=True)]
        for codigo in ("TUSD", "TE"):
            for posto, de, milesimos, linha in pedacos:
                preco = inteiro(linha[f"{codigo.lower()}_brl_por_mwh"], 6)
                self.lancar(codigo, milesimos, preco, posto=posto, de=de)

        usos, transporte = self.compensar(consumo, minimo, pedacos)
        liquido = sum(faturado.values()) - sum(usos.values())
        desconto, gratuito = self.descontar(liquido, unidade["subclasse"], gratuidade, social)

        cortes = cortar(self.caso["bandeiras"], self.de, self.ate)
        partes = maior_resto(liquido - gratuito, [dias for _, dias, _ in cortes])
        for (linha, _, de), milesimos in zip(cortes, partes, strict=True):
            if linha["cor"] != "VERDE":
                adicional = inteiro(linha["adicional_brl_por_mwh"], 6)
                self.lancar("BANDEIRA", milesimos, adicional, de=de)

        if desconto:
            # `desconto` is in hundredths of a thousandth: 65 % of 0.001 kWh.
            inteiros, resto = divmod(desconto, 100)
            partes = maior_resto(inteiros, [p for _, _, p, _ in pedacos]) if len(pedacos) else []
            assert not resto or len(pedacos) == 1
            for (posto, de, _, linha), milesimos in zip(pedacos, partes, strict=True):
                for nome in ("tusd", "te"):
                    self.lancar(
                        "TSEE",
                        milesimos * 100 + resto,
                        inteiro(linha[f"{nome}_brl_por_mwh"], 6),
                        posto=posto,
                        de=de,
                        sinal=-1,
                        divisao=100,
                    )
        self.creditar(usos, pedacos, transporte)
        if cip := inteiro(self.caso["cip_brl"], 2):
            self.linhas.append(LinhaInteira("CIP", None, None, None, cip, 0, 0, 0))
        return self.linhas

    def medir(self) -> dict[str, int]:
        consumo: dict[str, int] = defaultdict(int)
        for registro in self.caso["registros"]:
            posto = {"ATIVA_TOTAL": "UNICO"}.get(
                registro["registrador"], registro["registrador"].removeprefix("ATIVA_")
            )
            diferenca = inteiro(registro["atual"], 3) - inteiro(registro["anterior"], 3)
            if diferenca < 0:
                diferenca += 10 ** registro["digitos"] * 1000
            consumo[posto] += diferenca * inteiro(registro["constante"], 6)
        return {
            posto: dividir(consumo[posto], 10**6, "MEIO_PARA_CIMA")
            for posto in POSTOS
            if posto in consumo
        }

    def descontar(
        self, milesimos: int, subclasse: str, gratuidade: bool, social: bool
    ) -> tuple[int, int]:
        if not social:
            return 0, 0
        if gratuidade:
            livre = min(milesimos, 80_000)
            return livre * 100, livre
        primeira = (30_000, 65) if subclasse == "BAIXA_RENDA" else (50_000, 100)
        desconto = gratuito = anterior = 0
        for limite, taxa in (primeira, (100_000, 40), (220_000, 10)):
            fatia = max(min(milesimos, limite) - anterior, 0)
            desconto += fatia * taxa
            gratuito += fatia if taxa == 100 else 0
            anterior = limite
        return desconto, gratuito

    def compensar(
        self, consumo: dict[str, int], minimo: int, pedacos: list[Any]
    ) -> tuple[dict[tuple[str, str], int], int]:
        scee = self.caso.get("scee")
        usos: dict[tuple[str, str], int] = defaultdict(int)
        total = sum(consumo.values())
        if not scee:
            return usos, 0
        transporte = 0  # in 10⁻⁸ R$/MWh
        if scee["regime"] == "GD_II":
            transporte = inteiro(scee["fio_b_brl_por_mwh"], 6) * FIO_B[self.ate.year]
        elif scee["regime"] == "GD_III":
            transporte = (
                inteiro(scee["fio_b_brl_por_mwh"], 6) * 100
                + inteiro(scee["fio_a_brl_por_mwh"], 6) * 40
                + inteiro(scee["encargos_brl_por_mwh"], 6) * 100
            )
        if total <= minimo:
            return usos, transporte
        cheia = sum(
            p * (inteiro(t["tusd_brl_por_mwh"], 6) + inteiro(t["te_brl_por_mwh"], 6)) * 100
            for _, _, p, t in pedacos
        )
        devida = transporte * sum(p for _, _, p, _ in pedacos)
        inteiros = (
            (total - minimo) // 1000
            if not devida
            else (total - minimo) * cheia // ((cheia - devida) * 1000)
        )
        limite = min(inteiros * 1000, total)
        mes = self.ate.year * 12 + self.ate.month
        creditos = sorted(
            (
                [c["origem"], c.get("posto"), inteiro(c["kwh"], 3)]
                for c in scee["creditos"]
                if int(c["origem"][:4]) * 12 + int(c["origem"][5:]) + 60 >= mes
            ),
            key=lambda c: (c[0], -1 if c[1] is None else POSTOS.index(c[1])),
        )
        aberto = dict(consumo)
        for so_o_proprio in (True, False):
            for credito in creditos:
                for posto in list(aberto):
                    proprio = len(aberto) == 1 or credito[1] == posto
                    if so_o_proprio and not proprio:
                        continue
                    kwh = min(credito[2], aberto[posto], limite)
                    credito[2] -= kwh
                    aberto[posto] -= kwh
                    limite -= kwh
                    usos[posto, credito[0]] += kwh
        return usos, transporte

    def creditar(
        self, usos: dict[tuple[str, str], int], pedacos: list[Any], transporte: int
    ) -> None:
        scee = self.caso.get("scee")
        if not scee:
            return
        partes = []
        for (posto, origem), kwh in usos.items():
            do_posto = [p for p in pedacos if p[0] == posto]
            if kwh:
                divididas = maior_resto(kwh, [p for _, _, p, _ in do_posto])
                partes += [
                    (POSTOS.index(posto), de, origem, m, linha)
                    for (_, de, _, linha), m in zip(do_posto, divididas, strict=True)
                    if m
                ]
        partes.sort(key=lambda parte: parte[:3])
        for codigo, flag in (("TUSD", "icms_compensa_tusd"), ("TE", "icms_compensa_te")):
            for ordem, de, origem, milesimos, linha in partes:
                self.lancar(
                    f"SCEE_{codigo}",
                    milesimos,
                    inteiro(linha[f"{codigo.lower()}_brl_por_mwh"], 6),
                    posto=POSTOS[ordem],
                    de=de,
                    origem=origem,
                    sinal=-1,
                    com_icms=scee[flag],
                )
        for ordem, de, origem, milesimos, _ in partes if transporte else ():
            self.lancar(
                "SCEE_TRANSPORTE",
                milesimos,
                transporte,
                posto=POSTOS[ordem],
                de=de,
                origem=origem,
                divisao_da_tarifa=100,
            )


def calcular_inteiro(caso: dict[str, Any]) -> list[LinhaInteira]:
    """The lines of the bill of a case, in cents."""
    return Conta(caso).calcular()
