"""Import of customers, UCs and meters from one file, row by row."""

from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from datetime import datetime
from operator import attrgetter
from typing import IO, Any

from django.core.exceptions import ValidationError
from django.db import transaction

from auditoria.servicos.eventos import registrar_evento
from clientes.models import Cliente
from comum.csv_hostil import Recusa, escrever_recusas
from comum.django_base.gravacao import em_transacao, gravar
from comum.documentos import mascarar_documento, normalizar_documento
from comum.erros import DadoInvalidoError, DominioError
from comum.texto import com_numero, sem_acentos
from medidores.importacao.cadastro_csv import LinhaCadastro, ler_cadastro
from medidores.models import Medidor, UnidadeConsumidora

CAMPOS_DA_UNIDADE = (
    "municipio_ibge",
    "uf",
    "classe",
    "subclasse",
    "subgrupo",
    "modalidade",
    "ligacao",
    "grupo_leitura",
    "dia_vencimento",
)


class CadastroDivergenteError(DadoInvalidoError):
    """The register already holds this code with other data."""

    codigo = "CONFLITO"


@dataclass(slots=True)
class ResumoCadastro:
    """The counts of an import: `linhas` is the sum of the other three."""

    linhas: int = 0
    aceitas: int = 0
    recusadas: int = 0
    repetidas: int = 0

    def como_json(self) -> dict[str, int]:
        return asdict(self)


@dataclass(slots=True)
class ResultadoCadastro:
    resumo: ResumoCadastro = field(default_factory=ResumoCadastro)
    recusas: list[Recusa] = field(default_factory=list)
    avisos: list[str] = field(default_factory=list)


def importar_cadastro(
    bruto: IO[bytes],
    *,
    agora: datetime,
    simular: bool = False,
    recusas_para: IO[bytes] | None = None,
    avisar: Callable[[int], None] = lambda _: None,
) -> ResultadoCadastro:
    """Imports a CSV of customers, UCs and meters; safe to repeat.

    Each row lands or is refused whole; good rows land whatever the others do.
    A customer is found again by document, or by name and address. `recusas_para`
    takes the refused rows as CSV.

    Raises:
        ArquivoIlegivelError: the file as a whole cannot be used.
    """
    resultado = ResultadoCadastro()
    resumo = resultado.resumo
    with em_transacao():
        for linha in ler_cadastro(bruto, avisar=resultado.avisos.append):
            resumo.linhas += 1
            recusa = linha if isinstance(linha, Recusa) else _importar_linha(linha, resumo)
            if recusa is not None:
                resumo.recusadas += 1
                resultado.recusas.append(recusa)
            avisar(resumo.linhas)
        if simular:
            transaction.set_rollback(True)
        else:
            registrar_evento(
                "CADASTRO_IMPORTADO",
                f"{com_numero(resumo.aceitas, 'linha aceita')}, "
                f"{com_numero(resumo.recusadas, 'recusada')}",
                agora=agora,
                dados=resumo.como_json(),
            )
    resultado.recusas.sort(key=attrgetter("linha"))
    if recusas_para is not None:
        escrever_recusas(recusas_para, resultado.recusas)
    return resultado


def _importar_linha(linha: LinhaCadastro, resumo: ResumoCadastro) -> Recusa | None:
    """Saves one row in a savepoint of its own; returns its refusal, if refused."""
    try:
        with em_transacao():
            if _ja_cadastrada(linha):
                resumo.repetidas += 1
            else:
                _cadastrar(linha)
                resumo.aceitas += 1
    except ValidationError as erro:
        campo, frases = next(iter(erro.message_dict.items()))
        return _recusa(linha, "" if campo == "__all__" else campo, "VALOR_INVALIDO", frases[0])
    except DadoInvalidoError as erro:
        return _recusa(linha, erro.campo, erro.codigo, str(erro))
    except DominioError as erro:
        return _recusa(linha, "", erro.codigo, str(erro))
    return None


def _recusa(linha: LinhaCadastro, campo: str, codigo: str, mensagem: str) -> Recusa:
    return Recusa(linha.linha, campo, codigo, mensagem, linha.original)


def _ja_cadastrada(linha: LinhaCadastro) -> bool:
    """Whether this very meter is there; other data under its number is a conflict."""
    medidor = Medidor.objects.com_relacionados().filter(numero_medidor=linha.numero_medidor).first()
    if medidor is None:
        return False
    for campo, atual, veio in (
        ("codigo_uc", medidor.unidade.codigo, linha.codigo_uc),
        ("nome", sem_acentos(medidor.cliente.nome), sem_acentos(linha.nome)),
        ("documento", medidor.cliente.documento, linha.documento or medidor.cliente.documento),
        ("digitos", medidor.digitos, linha.digitos),
        ("constante", medidor.constante, linha.constante),
        ("data_instalacao", medidor.data_instalacao, linha.data_instalacao),
    ):
        if atual != veio:
            # Who sends a file may not see the documents that are stored.
            valores = [
                mascarar_documento(str(valor or "")) if campo == "documento" else valor
                for valor in (atual, veio)
            ]
            raise CadastroDivergenteError(
                f"O medidor {medidor} já está cadastrado com outro {campo} "
                f"({valores[0]}; veio {valores[1]}). "
                "Corrija o cadastro pela administração, ou a linha.",
                campo=campo,
            )
    return True


def _cadastrar(linha: LinhaCadastro) -> None:
    gravar(
        Medidor(
            cliente=_achar_ou_criar_cliente(linha),
            unidade=_achar_ou_criar_unidade(linha),
            numero_medidor=linha.numero_medidor,
            tipo=linha.tipo,
            digitos=linha.digitos,
            constante=linha.constante,
            data_instalacao=linha.data_instalacao,
        )
    )


def _achar_ou_criar_cliente(linha: LinhaCadastro) -> Cliente:
    if linha.documento:
        cliente = Cliente.objects.filter(documento=linha.documento).first()
        if cliente is not None and cliente.nome_busca != sem_acentos(linha.nome):
            raise CadastroDivergenteError(
                f"O documento {linha.documento} já é do cliente {cliente}; veio {linha.nome}. "
                "Corrija o nome ou o documento.",
                campo="documento",
            )
    else:
        cliente = Cliente.objects.filter(
            nome_busca=sem_acentos(linha.nome), endereco=linha.endereco
        ).first()
    return cliente or gravar(
        Cliente(
            nome=linha.nome,
            documento=linha.documento,
            endereco=linha.endereco,
            telefone=linha.telefone,
            email_cliente=linha.email_cliente,
        )
    )


def _achar_ou_criar_unidade(linha: LinhaCadastro) -> UnidadeConsumidora:
    unidade = UnidadeConsumidora.objects.filter(codigo=linha.codigo_uc).first()
    if unidade is None:
        return gravar(
            UnidadeConsumidora(
                codigo=linha.codigo_uc,
                endereco=linha.endereco,
                distribuidora=_achar_distribuidora(linha.distribuidora),
                **{campo: getattr(linha, campo) for campo in CAMPOS_DA_UNIDADE},
            )
        )
    for campo in CAMPOS_DA_UNIDADE:
        if getattr(unidade, campo) != getattr(linha, campo):
            raise CadastroDivergenteError(
                f"A unidade {unidade} já está cadastrada com outro valor de {campo} "
                f"({getattr(unidade, campo)}; veio {getattr(linha, campo)}). "
                "Corrija o cadastro pela administração, ou a linha.",
                campo=campo,
            )
    return unidade


def _achar_distribuidora(texto: str) -> Any:
    """The distributor of that name or CNPJ; "" leaves it to the only one there is."""
    if not texto:
        return None
    modelo: Any = UnidadeConsumidora._meta.get_field("distribuidora").related_model
    distribuidoras = modelo.objects
    achada = distribuidoras.filter(nome__iexact=texto).first()
    if achada is None:
        try:
            achada = distribuidoras.filter(cnpj=normalizar_documento(texto)).first()
        except DadoInvalidoError:
            achada = None
    if achada is None:
        raise DadoInvalidoError(
            f"Distribuidora {texto[:60]!r} não cadastrada. Cadastre-a, ou deixe a coluna vazia.",
            campo="distribuidora",
            codigo="DISTRIBUIDORA_DESCONHECIDA",
        )
    return achada
