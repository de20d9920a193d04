"""The dated tables of a run, read once: which rows hold for which UC.

Blank keys hold for all; of the rows that fit, the most specific win. A missing
row is a `ParametroAusenteError`, never a zero.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any, Self, TypeVar, cast

from comum.erros import DominioError
from comum.periodos import Periodo
from comum.vocabulario import CorBandeira, Posto, Subclasse
from faturamento.calculo.tipos import (
    BandeiraVigente,
    FaixaIcms,
    RegraTributos,
    TarifaVigente,
    Tributos,
)
from faturamento.models import AliquotaTributo, Bandeira, Distribuidora, FaixaCip, Tarifa
from faturamento.models.vigencia import Vigencia
from medidores.models import UnidadeConsumidora

L = TypeVar("L", Tarifa, AliquotaTributo, FaixaCip)
R = TypeVar("R")
ACHADOS_LEMBRADOS = 10_000
Tributo = AliquotaTributo.Tributo
# Where ANEEL publishes no row for a subclass, the one whose tariff it is billed by.
SUBCLASSES_DE_APOIO: dict[str, tuple[str, ...]] = {
    Subclasse.INDIGENA_QUILOMBOLA: (Subclasse.BAIXA_RENDA, Subclasse.RESIDENCIAL),
    Subclasse.BAIXA_RENDA: (Subclasse.RESIDENCIAL,),
    Subclasse.DESCONTO_SOCIAL: (Subclasse.RESIDENCIAL,),
}


class ParametroAusenteError(DominioError):
    """A table has no row for this UC on these days."""


@dataclass(frozen=True, slots=True)
class Parametros:
    """Tariffs, flags, taxes and CIP, by what a UC is looked up by."""

    distribuidoras: dict[int, Distribuidora]
    tarifas: dict[tuple[int, str, str], list[Tarifa]]
    bandeiras: tuple[BandeiraVigente, ...]
    aliquotas: dict[str, list[AliquotaTributo]]
    faixas_cip: dict[tuple[int, str], list[FaixaCip]]
    # What was found, by what it was looked up by: UCs of one class and cycle ask for the same.
    achados: dict[tuple[Any, ...], Any] = field(default_factory=dict, compare=False, repr=False)

    @classmethod
    def carregar(cls) -> Self:
        """Reads every table, whole: they are small, and a run needs most of them."""
        tarifas = defaultdict(list)
        for tarifa in Tarifa.objects.order_by("vigente_de", "pk"):
            chave = (tarifa.distribuidora_id, tarifa.subgrupo, tarifa.modalidade)
            tarifas[chave].append(tarifa)
        aliquotas = defaultdict(list)
        for aliquota in AliquotaTributo.objects.order_by("vigente_de", "pk"):
            aliquotas[aliquota.tributo].append(aliquota)
        faixas_cip = defaultdict(list)
        for faixa in FaixaCip.objects.order_by("vigente_de", "pk"):
            faixas_cip[faixa.distribuidora_id, faixa.municipio_ibge].append(faixa)
        bandeiras = tuple(
            BandeiraVigente(
                bandeira.vigente_de,
                bandeira.vigente_ate,
                CorBandeira(bandeira.cor),
                bandeira.adicional_brl_por_mwh,
            )
            for bandeira in Bandeira.objects.order_by("vigente_de", "pk")
        )
        return cls(
            Distribuidora.objects.in_bulk(),
            dict(tarifas),
            bandeiras,
            dict(aliquotas),
            dict(faixas_cip),
        )

    def _lembrar(self, chave: tuple[Any, ...], procurar: Callable[[], R]) -> R:
        """What `procurar` finds, asked once for each key; a refusal is not kept."""
        if chave not in self.achados:
            if len(self.achados) >= ACHADOS_LEMBRADOS:
                self.achados.clear()
            self.achados[chave] = procurar()
        return cast("R", self.achados[chave])

    def distribuidora_de(self, unidade: UnidadeConsumidora) -> Distribuidora:
        """The UC's distributor; where it names none, the only one there is."""
        if unidade.distribuidora_id is not None:
            return self.distribuidoras[unidade.distribuidora_id]
        if len(self.distribuidoras) == 1:
            return next(iter(self.distribuidoras.values()))
        raise ParametroAusenteError(
            f"A unidade {unidade} não tem distribuidora e há {len(self.distribuidoras)} "
            "cadastradas. Informe a dela.",
            codigo="SEM_DISTRIBUIDORA",
        )

    def tarifas_de(
        self, unidade: UnidadeConsumidora, distribuidora: Distribuidora, periodo: Periodo
    ) -> tuple[TarifaVigente, ...]:
        """The tariffs of each day of the cycle: the most specific row there is on it.

        A subclass without rows of its own on some days takes on them those it
        stands on (`SUBCLASSES_DE_APOIO`), and then those of the whole class.
        """
        perfil = (unidade.subgrupo, unidade.modalidade, unidade.classe, unidade.subclasse)
        return self._lembrar(
            ("tarifas", distribuidora.pk, *perfil, periodo),
            lambda: self._procurar_tarifas(unidade, distribuidora, periodo),
        )

    def _procurar_tarifas(
        self, unidade: UnidadeConsumidora, distribuidora: Distribuidora, periodo: Periodo
    ) -> tuple[TarifaVigente, ...]:
        chave = (distribuidora.pk, unidade.subgrupo, unidade.modalidade)
        por_prioridade = defaultdict(list)
        for linha in _no_periodo(self.tarifas.get(chave, ()), periodo):
            prioridade = _prioridade(linha, unidade)
            if prioridade is not None:
                por_prioridade[prioridade].append(linha)
        if not por_prioridade:
            raise ParametroAusenteError(
                f"Não há tarifa {unidade.subgrupo} {unidade.modalidade} {unidade.subclasse} da "
                f"{distribuidora} entre {periodo.de:%d/%m/%Y} e {periodo.ultimo_dia:%d/%m/%Y}. "
                "Cadastre a tarifa e fature de novo.",
                codigo="SEM_TARIFA",
            )
        livres, tarifas = [periodo], []
        for _, linhas in sorted(por_prioridade.items()):
            tarifas += [
                TarifaVigente(
                    Posto(linha.posto),
                    linha.tusd_brl_por_mwh,
                    linha.te_brl_por_mwh,
                    *(
                        (linha.vigente_de, linha.vigente_ate)
                        if livres == [periodo]
                        else (parte.de, parte.ate)
                    ),
                    linha.faixa_ate_kwh,
                )
                for linha in linhas
                for livre in livres
                if (parte := livre.intersecao(linha.vigente_de, linha.vigente_ate))
            ]
            livres = _descobertos(livres, linhas)
            if not livres:
                break
        return tuple(tarifas)

    def bandeiras_de(self, periodo: Periodo) -> tuple[BandeiraVigente, ...]:
        """The flags that touch the cycle; the core refuses a day without one."""
        return self._lembrar(
            ("bandeiras", periodo),
            lambda: tuple(
                bandeira
                for bandeira in self.bandeiras
                if periodo.intersecao(bandeira.vigente_de, bandeira.vigente_ate)
            ),
        )

    def tributos_de(
        self,
        unidade: UnidadeConsumidora,
        distribuidora: Distribuidora,
        *,
        ultimo_dia: date,
        mes_referencia: date,
    ) -> tuple[Tributos, tuple[FaixaIcms, ...] | None]:
        """The rates of a bill: ICMS of the cycle's last day, the others of its month."""
        return self._lembrar(
            ("tributos", distribuidora.pk, unidade.uf, unidade.classe, ultimo_dia, mes_referencia),
            lambda: self._procurar_tributos(unidade, distribuidora, ultimo_dia, mes_referencia),
        )

    def _procurar_tributos(
        self,
        unidade: UnidadeConsumidora,
        distribuidora: Distribuidora,
        ultimo_dia: date,
        mes_referencia: date,
    ) -> tuple[Tributos, tuple[FaixaIcms, ...] | None]:
        if not unidade.uf:
            raise ParametroAusenteError(
                f"A unidade {unidade} não tem UF, que define o ICMS. Informe-a e fature de novo.",
                codigo="SEM_ALIQUOTA",
            )
        procurar = self._buscador(unidade, distribuidora)
        icms = procurar(Tributo.ICMS, ultimo_dia)
        [pis], [cofins] = (
            procurar(Tributo.PIS, mes_referencia),
            procurar(Tributo.COFINS, mes_referencia),
        )
        informativos = {
            tributo: self._opcional(procurar, tributo, mes_referencia)
            for tributo in (Tributo.CBS, Tributo.IBS)
        }
        por_faixa = len(icms) > 1 or icms[0].faixa_ate_kwh is not None
        tributos = Tributos(
            icms=None if por_faixa else icms[0].aliquota,
            pis=pis.aliquota,
            cofins=cofins.aliquota,
            regra=RegraTributos(icms[0].regra),
            cbs=informativos[Tributo.CBS],
            ibs=informativos[Tributo.IBS],
        )
        faixas = tuple(FaixaIcms(linha.faixa_ate_kwh, linha.aliquota) for linha in icms)
        return tributos, faixas if por_faixa else None

    def _buscador(
        self, unidade: UnidadeConsumidora, distribuidora: Distribuidora
    ) -> Callable[[str, date], list[AliquotaTributo]]:
        def procurar(tributo: str, dia: date) -> list[AliquotaTributo]:
            linhas = _mais_especificas(
                (
                    linha
                    for linha in self.aliquotas.get(tributo, ())
                    if _vale_em(linha, dia)
                    and linha.distribuidora_id in (None, distribuidora.pk)
                    and linha.uf in ("", unidade.uf)
                ),
                distribuidora_id=distribuidora.pk,
                uf=unidade.uf,
                classe=unidade.classe,
            )
            if not linhas:
                raise ParametroAusenteError(
                    f"Não há alíquota de {tributo} para {unidade.uf}, classe "
                    f"{unidade.classe}, em {dia:%d/%m/%Y}. Cadastre-a e fature de novo.",
                    codigo="SEM_ALIQUOTA",
                )
            return linhas

        return procurar

    def _opcional(
        self, procurar: Callable[[str, date], list[AliquotaTributo]], tributo: str, dia: date
    ) -> Decimal | None:
        return procurar(tributo, dia)[0].aliquota if self.aliquotas.get(tributo) else None

    def cip_de(
        self,
        unidade: UnidadeConsumidora,
        distribuidora: Distribuidora,
        *,
        ultimo_dia: date,
        consumo_kwh: Decimal,
    ) -> Decimal:
        """The street-lighting fee in R$; zero only where the distributor collects none."""
        if not distribuidora.cobra_cip:
            return Decimal(0)
        faixas = self._lembrar(
            ("cip", distribuidora.pk, unidade.municipio_ibge, unidade.classe, ultimo_dia),
            lambda: self._procurar_faixas_cip(unidade, distribuidora, ultimo_dia),
        )
        for linha in faixas:
            if consumo_kwh <= _fim_da_faixa(linha):
                return linha.valor_cip
        raise ParametroAusenteError(
            f"Não há faixa de CIP do município {unidade.municipio_ibge or 'não informado'}, classe "
            f"{unidade.classe}, para {consumo_kwh} kWh em {ultimo_dia:%d/%m/%Y}. Cadastre-a (com "
            "valor zero, se o município não cobra) e fature de novo.",
            codigo="SEM_CIP",
        )

    def _procurar_faixas_cip(
        self, unidade: UnidadeConsumidora, distribuidora: Distribuidora, dia: date
    ) -> list[FaixaCip]:
        do_municipio = self.faixas_cip.get((distribuidora.pk, unidade.municipio_ibge), ())
        linhas = (linha for linha in do_municipio if _vale_em(linha, dia))
        return sorted(_mais_especificas(linhas, classe=unidade.classe), key=_fim_da_faixa)


def _prioridade(linha: Tarifa, unidade: UnidadeConsumidora) -> tuple[int, int] | None:
    """How specific a tariff row is to the UC, least first; None when it is not for it."""
    subclasses = [unidade.subclasse, *SUBCLASSES_DE_APOIO.get(unidade.subclasse, ()), ""]
    classes = [unidade.classe, ""]
    if linha.subclasse not in subclasses or linha.classe not in classes:
        return None
    return subclasses.index(linha.subclasse), classes.index(linha.classe)


def _descobertos(periodos: Iterable[Periodo], linhas: Iterable[Vigencia]) -> list[Periodo]:
    """The days of the periods on which no row holds."""
    restantes = list(periodos)
    for linha in linhas:
        partes = []
        for periodo in restantes:
            parte = periodo.intersecao(linha.vigente_de, linha.vigente_ate)
            if parte is None:
                partes.append(periodo)
                continue
            if periodo.de < parte.de:
                partes.append(Periodo(periodo.de, parte.de))
            if parte.ate < periodo.ate:
                partes.append(Periodo(parte.ate, periodo.ate))
        restantes = partes
    return restantes


def _fim_da_faixa(linha: FaixaCip) -> Decimal:
    return Decimal("Infinity") if linha.faixa_ate_kwh is None else linha.faixa_ate_kwh


def _vale_em(linha: Vigencia, dia: date) -> bool:
    return linha.vigente_de <= dia and (linha.vigente_ate is None or dia < linha.vigente_ate)


def _no_periodo(linhas: Sequence[L], periodo: Periodo) -> Iterable[L]:
    return (linha for linha in linhas if periodo.intersecao(linha.vigente_de, linha.vigente_ate))


def _mais_especificas(linhas: Iterable[L], **chave: object) -> list[L]:
    """Of the rows whose keys are blank or equal, those with the most equal ones."""
    melhores: list[L] = []
    maior = -1
    for linha in linhas:
        valores = [(getattr(linha, campo), esperado) for campo, esperado in chave.items()]
        if any(valor not in ("", None, esperado) for valor, esperado in valores):
            continue
        iguais = sum(valor == esperado for valor, esperado in valores)
        if iguais > maior:
            melhores, maior = [], iguais
        if iguais == maior:
            melhores.append(linha)
    return melhores
