"""The CSV of customers, UCs and meters: one row a meter."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import IO, TypeVar

from comum.csv_hostil import LinhaCsv, Recusa, ler_linhas
from comum.documentos import normalizar_documento
from comum.erros import DadoInvalidoError
from comum.vocabulario import UFS, Classe, Ligacao, Modalidade, Subclasse, Subgrupo, Vocabulo
from medidores.calculo.consumo import DIGITOS_MAXIMOS
from medidores.importacao.valores import ler_data, ler_decimal, ler_inteiro

V = TypeVar("V", bound=Vocabulo)

OBRIGATORIAS = (
    "nome",
    "documento",
    "endereco",
    "telefone",
    "email_cliente",
    "codigo_uc",
    "municipio_ibge",
    "uf",
    "classe",
    "subclasse",
    "ligacao",
    "grupo_leitura",
    "dia_vencimento",
    "numero_medidor",
    "tipo",
    "digitos",
    "constante",
    "data_instalacao",
)
OPCIONAIS = ("subgrupo", "modalidade", "distribuidora")


@dataclass(frozen=True, slots=True)
class LinhaCadastro:
    """A row that could be read. `distribuidora` is a name or a CNPJ, or ""."""

    linha: int
    original: str
    nome: str
    documento: str | None
    endereco: str
    telefone: str
    email_cliente: str
    codigo_uc: str
    municipio_ibge: str
    uf: str
    classe: Classe
    subclasse: Subclasse
    subgrupo: Subgrupo
    modalidade: Modalidade
    ligacao: Ligacao
    grupo_leitura: str
    dia_vencimento: int
    distribuidora: str
    numero_medidor: str
    tipo: str
    digitos: int
    constante: Decimal
    data_instalacao: date


def ler_cadastro(
    bruto: IO[bytes], *, avisar: Callable[[str], None] = lambda _: None
) -> Iterator[LinhaCadastro | Recusa]:
    """Each data row, read or refused, in the order of the file.

    Raises:
        ArquivoIlegivelError: the file as a whole cannot be used.
    """
    return ler_linhas(
        bruto, _ler_linha, obrigatorias=OBRIGATORIAS, opcionais=OPCIONAIS, avisar=avisar
    )


def _ler_linha(linha: LinhaCsv) -> LinhaCadastro:
    celulas = linha.celulas
    for campo in ("nome", "codigo_uc", "numero_medidor"):
        if not celulas[campo]:
            raise DadoInvalidoError(
                f"{campo} vazio. Preencha-o na linha.", campo=campo, codigo="VALOR_INVALIDO"
            )
    classe = _ler_codigo(Classe, celulas["classe"], "classe")
    documento = celulas["documento"]
    return LinhaCadastro(
        linha=linha.numero,
        original=linha.original,
        nome=" ".join(celulas["nome"].split()),
        documento=normalizar_documento(documento) if documento else None,
        endereco=celulas["endereco"],
        telefone=celulas["telefone"],
        email_cliente=celulas["email_cliente"],
        codigo_uc=celulas["codigo_uc"],
        municipio_ibge=celulas["municipio_ibge"],
        uf=_ler_uf(celulas["uf"]),
        classe=classe,
        subclasse=_ler_codigo(Subclasse, celulas["subclasse"] or classe.subclasses[0], "subclasse"),
        subgrupo=_ler_codigo(Subgrupo, celulas.get("subgrupo") or classe.subgrupo, "subgrupo"),
        modalidade=_ler_codigo(
            Modalidade, celulas.get("modalidade") or Modalidade.CONVENCIONAL, "modalidade"
        ),
        ligacao=_ler_codigo(Ligacao, celulas["ligacao"], "ligacao"),
        grupo_leitura=celulas["grupo_leitura"],
        dia_vencimento=ler_inteiro(
            celulas["dia_vencimento"] or "10", campo="dia_vencimento", minimo=1, maximo=31
        ),
        distribuidora=celulas.get("distribuidora", ""),
        numero_medidor=celulas["numero_medidor"],
        tipo=celulas["tipo"],
        digitos=ler_inteiro(
            celulas["digitos"] or "5", campo="digitos", minimo=1, maximo=DIGITOS_MAXIMOS
        ),
        constante=ler_decimal(celulas["constante"] or "1", campo="constante", casas=4),
        data_instalacao=ler_data(celulas["data_instalacao"], campo="data_instalacao"),
    )


def _ler_codigo(vocabulario: type[V], texto: str, campo: str) -> V:
    codigo = texto.upper()
    if codigo not in list(vocabulario):
        raise DadoInvalidoError(
            f"{campo} desconhecida: {texto[:40]!r}. Use uma de: {', '.join(vocabulario)}.",
            campo=campo,
            codigo="VALOR_INVALIDO",
        )
    return vocabulario(codigo)


def _ler_uf(texto: str) -> str:
    uf = texto.upper()
    if uf and uf not in UFS:
        raise DadoInvalidoError(
            f"uf desconhecida: {texto[:40]!r}. Use a sigla do estado, por exemplo SP.",
            campo="uf",
            codigo="VALOR_INVALIDO",
        )
    return uf
