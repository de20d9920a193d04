"""The CSV of readings: `numero_medidor;data_leitura;leitura_kwh` and optional columns."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import IO

from comum.csv_hostil import LinhaCsv, Recusa, ler_linhas
from comum.erros import DadoInvalidoError
from comum.vocabulario import Registrador
from medidores.importacao.valores import ler_decimal, ler_instante

OBRIGATORIAS = ("numero_medidor", "data_leitura", "leitura_kwh")
OPCIONAIS = ("registrador", "origem", "observacao")
ORIGENS = ("CAMPO", "TELEMEDIDA", "AUTOLEITURA")


@dataclass(frozen=True, slots=True)
class LinhaLeitura:
    """A row that could be read: its line, meter, register, instant (UTC) and value."""

    linha: int
    numero_medidor: str
    registrador: Registrador
    data_leitura: datetime
    leitura_kwh: Decimal
    origem: str
    observacao: str
    original: str


def ler_leituras(bruto: IO[bytes]) -> Iterator[LinhaLeitura | Recusa]:
    """Each data row, read or refused, in the order of the file.

    Raises:
        ArquivoIlegivelError: the file as a whole cannot be used.
    """
    return ler_linhas(bruto, _ler_linha, obrigatorias=OBRIGATORIAS, opcionais=OPCIONAIS)


def _ler_linha(linha: LinhaCsv) -> LinhaLeitura:
    celulas = linha.celulas
    numero = celulas["numero_medidor"]
    if not numero:
        raise DadoInvalidoError(
            "numero_medidor vazio. Informe o número do medidor.",
            campo="numero_medidor",
            codigo="MEDIDOR_DESCONHECIDO",
        )
    return LinhaLeitura(
        linha=linha.numero,
        numero_medidor=numero,
        registrador=_ler_registrador(celulas.get("registrador", "")),
        data_leitura=ler_instante(celulas["data_leitura"], campo="data_leitura"),
        leitura_kwh=ler_decimal(celulas["leitura_kwh"], campo="leitura_kwh"),
        origem=_ler_origem(celulas.get("origem", "")),
        observacao=celulas.get("observacao", "")[:300],
        original=linha.original,
    )


def _ler_registrador(texto: str) -> Registrador:
    codigo = texto.upper() or Registrador.ATIVA_TOTAL
    if codigo not in list(Registrador):
        raise DadoInvalidoError(
            f"registrador desconhecido: {texto[:40]!r}. Use um de: {', '.join(Registrador)}.",
            campo="registrador",
            codigo="REGISTRADOR_INVALIDO",
        )
    return Registrador(codigo)


def _ler_origem(texto: str) -> str:
    origem = texto.upper() or "CAMPO"
    if origem not in ORIGENS:
        raise DadoInvalidoError(
            f"origem desconhecida: {texto[:40]!r}. Use uma de: {', '.join(ORIGENS)}.",
            campo="origem",
            codigo="VALOR_INVALIDO",
        )
    return origem
