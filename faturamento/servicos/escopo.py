"""What a run bills: a month, its reading window, perhaps one reading group."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Self

from django.db.models import Exists, OuterRef, QuerySet

from comum.erros import DominioError
from comum.periodos import dia_civil
from faturamento.models import ExecucaoFaturamento, Fatura
from faturamento.servicos.competencia import recusar_competencia_fechada
from faturamento.servicos.medicao import Janela, janela_da_competencia
from medidores.models import Medidor, UnidadeConsumidora


class CompetenciaFuturaError(DominioError):
    """The month has not begun: there is nothing to bill."""

    codigo = "COMPETENCIA_FUTURA"


class GrupoDesconhecidoError(DominioError):
    """No UC is in this reading group."""

    codigo = "GRUPO_DESCONHECIDO"


@dataclass(frozen=True, slots=True)
class Escopo:
    """The UCs and the window of a run."""

    janela: Janela
    grupo_leitura: str = ""

    @classmethod
    def da_execucao(cls, execucao: ExecucaoFaturamento) -> Self:
        # Its first day, whoever works on it and when: every worker estimates alike.
        hoje = dia_civil(execucao.iniciada_em)
        return cls(Janela(execucao.mes_referencia, execucao.ate, hoje), execucao.grupo_leitura)

    def unidades(self) -> Any:
        todas = UnidadeConsumidora.objects.all()
        return todas.filter(grupo_leitura=self.grupo_leitura) if self.grupo_leitura else todas

    def faturas_do_mes(self) -> Any:
        """The one invoice a UC may have of this month."""
        return Fatura.objects.do_mes_da_unidade().do_mes(self.janela.mes_referencia)

    def elegiveis(self, de: int | None = None, ate: int | None = None) -> "QuerySet[Any]":
        """Active UCs with an active meter and without an invoice of the month.

        With `de` and `ate`, those of these ids. The range is said of meters and invoices too:
        without it a lot may cost a look at all the month has by then.
        """
        unidades, faturas = self.unidades().ativas(), self.faturas_do_mes()
        medidores = Medidor.objects.ativos()
        if de is not None and ate is not None:
            unidades = unidades.filter(pk__range=(de, ate))
            faturas = faturas.filter(unidade__gte=de, unidade__lte=ate)
            medidores = medidores.filter(unidade__gte=de, unidade__lte=ate)
        return unidades.filter(
            Exists(medidores.filter(unidade=OuterRef("pk"))),
            ~Exists(faturas.filter(unidade=OuterRef("pk"))),
        )

    def ja_faturadas(self) -> "QuerySet[Any]":
        do_mes = self.faturas_do_mes().filter(unidade=OuterRef("pk"))
        return self.unidades().ativas().filter(Exists(do_mes))

    def suspensas(self) -> "QuerySet[Any]":
        return self.unidades().filter(situacao=UnidadeConsumidora.Situacao.SUSPENSA)

    def rascunhos(self) -> "QuerySet[Any]":
        return self.faturas_do_mes().em_rascunho().filter(unidade__in=self.unidades())


def definir_escopo(
    mes_referencia: date, *, ate: date | None, grupo_leitura: str, agora: datetime
) -> Escopo:
    """Checks what is asked for.

    Raises:
        CompetenciaFuturaError: the month has not begun.
        CompetenciaFechadaError: an administrator closed it.
        GrupoDesconhecidoError: no UC is in the group.
        ApuracaoImpossivelError: `ate` is not in the month.
    """
    if mes_referencia > dia_civil(agora):
        raise CompetenciaFuturaError(
            f"A competência {mes_referencia:%m/%Y} ainda não começou. Use AAAA-MM de um mês que já "
            "tem leituras."
        )
    recusar_competencia_fechada(mes_referencia)
    if (
        grupo_leitura
        and not UnidadeConsumidora.objects.filter(grupo_leitura=grupo_leitura).exists()
    ):
        grupos = UnidadeConsumidora.objects.exclude(grupo_leitura="").order_by("grupo_leitura")
        conhecidos = ", ".join(grupos.values_list("grupo_leitura", flat=True).distinct()[:20])
        raise GrupoDesconhecidoError(
            f"Não há unidade no grupo de leitura {grupo_leitura[:40]!r}. "
            f"Grupos cadastrados: {conhecidos or 'nenhum'}."
        )
    janela = janela_da_competencia(mes_referencia, ate, hoje=dia_civil(agora))
    return Escopo(janela, grupo_leitura)
