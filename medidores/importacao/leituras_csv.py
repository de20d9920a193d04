"""The CSV of readings: `numero_medidor;data_leitura;leitura_kwh` and optional columns."""

from collections.abc import Callable, Iterator
from datetime import datetime
from decimal import Decimal
from typing import IO, NamedTuple

from comum.csv_hostil import LinhaCsv, Recusa, ler_linhas
from comum.erros import DadoInvalidoError
from comum.vocabulario import Registrador
from medidores.importacao.valores import ler_decimal, ler_instante

OBRIGATORIAS = ("numero_medidor", "data_leitura", "leitura_kwh")
OPCIONAIS = ("registrador", "origem", "observacao")
# What `modelo_leituras` writes: three columns to fill in, and what helps to do it.
COLUNAS_DO_MODELO = (
    *("numero_medidor", "registrador", "data_leitura", "leitura_kwh", "observacao"),
    *("codigo_uc", "endereco", "ultima_data", "ultima_leitura_kwh"),
    *("menor_esperada_kwh", "maior_esperada_kwh"),
)
ORIGENS = frozenset({"CAMPO", "TELEMEDIDA", "AUTOLEITURA"})
REGISTRADORES = {str(registrador): registrador for registrador in Registrador}
OBSERVACAO_MAXIMA = 300


class LinhaLeitura(NamedTuple):
    """A row that could be read: its line, meter, register, instant (UTC) and value."""

    linha: int
    numero_medidor: str
    registrador: str
    data_leitura: datetime
    leitura_kwh: Decimal
    origem: str
    observacao: str


def ler_leituras(
    bruto: IO[bytes], *, avisar: Callable[[str], None] = lambda _: None
) -> Iterator[LinhaLeitura | Recusa]:
    """Each data row, read or refused, in the order of the file.

    Raises:
        ArquivoIlegivelError: the file as a whole cannot be used.
    """
    return ler_linhas(
        bruto, _ler_linha, obrigatorias=OBRIGATORIAS, opcionais=OPCIONAIS, avisar=avisar
    )


def _ler_linha(linha: LinhaCsv) -> LinhaLeitura:
    celulas = linha.celulas
    numero = celulas["numero_medidor"]
    if not numero:
        raise DadoInvalidoError(
            "numero_medidor vazio. Informe o número do medidor.",
            campo="numero_medidor",
            codigo="MEDIDOR_DESCONHECIDO",
        )
    if numero[0] == "'":  # an export of ours kept a spreadsheet from running it as a formula
        numero = numero[1:]
    registrador = celulas.get("registrador", "")
    origem = celulas.get("origem", "")
    return LinhaLeitura(
        linha.numero,
        numero,
        _ler_registrador(registrador) if registrador else "ATIVA_TOTAL",
        ler_instante(celulas["data_leitura"], campo="data_leitura"),
        ler_decimal(celulas["leitura_kwh"], campo="leitura_kwh"),
        _ler_origem(origem) if origem else "CAMPO",
        celulas.get("observacao", "")[:OBSERVACAO_MAXIMA],
    )


def _ler_registrador(texto: str) -> str:
    achado = REGISTRADORES.get(texto.upper())
    if achado is None:
        raise DadoInvalidoError(
            f"registrador desconhecido: {texto[:40]!r}. Use um de: {', '.join(Registrador)}.",
            campo="registrador",
            codigo="REGISTRADOR_INVALIDO",
        )
    return str(achado)


def _ler_origem(texto: str) -> str:
    origem = texto.upper()
    if origem not in ORIGENS:
        raise DadoInvalidoError(
            f"origem desconhecida: {texto[:40]!r}. Use uma de: {', '.join(sorted(ORIGENS))}.",
            campo="origem",
            codigo="VALOR_INVALIDO",
        )
    return origem
