"""Re-bills an invoice: cancels it and issues the one that takes its place.

    python manage.py refaturar 1-1234 --leitura M-00012=1120 --motivo LEITURA_ERRADA

Shows the difference line by line; with `--dry-run`, that alone. `--leitura` is
METER=VALUE, or METER:REGISTER=VALUE, and may be repeated. Exits 0 when done, 2
when it was not, with the reason.
"""

from argparse import ArgumentParser, ArgumentTypeError
from decimal import Decimal, InvalidOperation
from typing import Any

from django.utils import timezone
from rich.console import Console
from rich.table import Table

from comum.dinheiro import numero_br
from comum.django_base.comandos import ComandoBase
from comum.erros import DadoInvalidoError
from faturamento.calculo.diferenca import LinhaDaDiferenca
from faturamento.calculo.formatos import brl
from faturamento.models import Fatura
from faturamento.servicos.cancelamento import achar_fatura
from faturamento.servicos.refaturamento import (
    Previa,
    frase_do_saldo,
    leituras_do_ciclo,
    previa_do_refaturamento,
    refaturar,
)

LARGURA = 110


def correcao(texto: str) -> tuple[str, str, Decimal]:
    """argparse type: METER[:REGISTER]=VALUE."""
    quem, _, valor = texto.rpartition("=")
    medidor, _, registrador = quem.partition(":")
    try:
        kwh = Decimal(valor.replace(",", "."))
    except InvalidOperation:
        kwh = Decimal("NaN")
    if not medidor or not kwh.is_finite():
        raise ArgumentTypeError(f"Leitura inválida: {texto[:60]!r}. Use MEDIDOR=VALOR.")
    return medidor, registrador, kwh


class Command(ComandoBase):
    help = "Refatura: cancela uma fatura e emite, no lugar dela, a recalculada."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("fatura", metavar="SERIE-NUMERO|ID")
        parser.add_argument(
            "--leitura", type=correcao, action="append", default=[], metavar="MEDIDOR=VALOR"
        )
        parser.add_argument("--motivo", default="LEITURA_ERRADA", metavar="CODIGO")
        parser.add_argument("--detalhe", default="", metavar="TEXTO")
        parser.add_argument("--dry-run", action="store_true", help="só mostra a diferença")

    def handle(self, *, fatura: str, dry_run: bool, **opcoes: Any) -> None:
        agora = timezone.now()
        antiga = achar_fatura(fatura)
        leituras = _leituras(antiga, opcoes["leitura"])
        previa = previa_do_refaturamento(fatura_id=antiga.pk, agora=agora, leituras=leituras)
        self._mostrar(previa)
        if dry_run:
            self.avisar("Nada foi gravado.")
            return
        nova = refaturar(
            fatura_id=antiga.pk,
            motivo=opcoes["motivo"],
            detalhe=opcoes["detalhe"],
            leituras=leituras,
            valor_previsto=previa.valor_novo,
            agora=agora,
        )
        self.avisar(f"A {nova} foi emitida no lugar da {antiga}. {frase_do_saldo(nova)}")

    def _mostrar(self, previa: Previa) -> None:
        tabela = Table(title=f"{previa.fatura}: como foi e como será")
        tabela.add_column("Linha")
        for nome in ("kWh antes", "kWh depois", "Antes", "Depois", "Diferença"):
            tabela.add_column(nome, justify="right", no_wrap=True)
        for linha in previa.diferenca.linhas:
            tabela.add_row(*_celulas(linha))
        tabela.add_section()
        for linha in (previa.diferenca.total, *previa.diferenca.tributos):
            tabela.add_row(*_celulas(linha))
        console = Console(width=LARGURA)
        with console.capture() as captura:
            console.print(tabela)
        self.stdout.write(captura.get())
        self.stdout.write(f"Já pago: {brl(previa.pago)}; saldo da nova: {brl(previa.saldo)}.")


def _celulas(linha: LinhaDaDiferenca) -> list[str]:
    quantidades = (linha.quantidade_antes, linha.quantidade_depois)
    valores = (linha.valor_antes, linha.valor_depois, linha.diferenca)
    return [
        linha.descricao,
        *("–" if kwh is None else numero_br(kwh) for kwh in quantidades),
        *map(brl, valores),
    ]


def _leituras(fatura: Fatura, correcoes: list[tuple[str, str, Decimal]]) -> dict[int, Decimal]:
    do_ciclo = leituras_do_ciclo(fatura)
    valores = {}
    for medidor, registrador, kwh in correcoes:
        achadas = [
            leitura.leitura_id
            for leitura in do_ciclo
            if leitura.numero_medidor == medidor and registrador in ("", leitura.registrador)
        ]
        if len(achadas) != 1:
            conhecidas = ", ".join(f"{x.numero_medidor}:{x.registrador}" for x in do_ciclo)
            raise DadoInvalidoError(
                f"{medidor[:40]!r} não diz uma leitura só do ciclo da {fatura}. "
                f"Use uma de: {conhecidas or 'nenhuma'}.",
                campo="leitura",
                codigo="LEITURA_FORA_DO_CICLO",
            )
        valores[achadas[0]] = kwh
    return valores
