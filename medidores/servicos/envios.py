"""A file of readings sent by a person: received, checked, confirmed, imported.

Each step re-reads the state inside a transaction that nobody else can be in, so
a second click, a second worker or a retry finds it done and leaves.
"""

import hashlib
import logging
import secrets
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from datetime import datetime, timedelta
from itertools import islice
from tempfile import TemporaryFile
from typing import IO, Any

from django.conf import settings
from django.core.files import File
from django.db import InterfaceError, OperationalError

from comum.csv_hostil import Recusa, abrir_comprimido, ler_csv
from comum.django_base.gravacao import em_transacao
from comum.django_base.segundo_plano import (
    progresso_por_fora,
    trabalho_em_curso,
    travar_trabalho,
)
from comum.erros import ArquivoIlegivelError, DominioError, NaoEncontradoError
from comum.periodos import FUSO
from medidores.importacao.leituras_csv import OBRIGATORIAS, OPCIONAIS, LinhaLeitura, ler_leituras
from medidores.models import ImportacaoLeituras
from medidores.servicos.importacao_leituras import ResultadoImportacao, importar_leituras

Situacao = ImportacaoLeituras.Situacao
registro = logging.getLogger(__name__)

LINHAS_DA_AMOSTRA = 20
RECUSAS_MOSTRADAS = 20
TEXTO_MOSTRADO = 200
# After so long without anybody at work, somebody has to be called.
ESPERA_NA_FILA = timedelta(seconds=10)
MB = 1024 * 1024


class EnvioEmOutraSituacaoError(DominioError):
    """The step does not follow from the state that the file is in."""

    codigo = "ENVIO_EM_OUTRA_SITUACAO"


def receber_envio(
    arquivo: File, *, nome: str, agora: datetime, usuario_id: int | None
) -> ImportacaoLeituras:
    """Stores the file as RECEBIDA, under a name nobody can guess; its own name is only text."""
    resumo = hashlib.sha256()
    for pedaco in arquivo.chunks():
        resumo.update(pedaco)
    importacao = ImportacaoLeituras(
        arquivo_nome=_imprimivel(nome, 255) or "arquivo",
        sha256=resumo.hexdigest(),
        situacao=Situacao.RECEBIDA,
        conferencia={"na_hora": _cabe_na_requisicao(arquivo), "pedida_em": agora.isoformat()},
        importada_em=agora,
        importada_por_id=usuario_id,
    )
    importacao.arquivo.save(f"{secrets.token_hex(16)}.csv", arquivo, save=False)
    try:
        importacao.save()
    except BaseException:
        importacao.arquivo.delete(save=False)
        raise
    return importacao


def confirmar_envio(importacao_id: int, *, agora: datetime, usuario_id: int | None) -> bool:
    """CONFERIDA to CONFIRMADA; False when it was confirmed already, by the first of two clicks.

    Raises:
        NaoEncontradoError: no such import.
        EnvioEmOutraSituacaoError: it is not one that waits for this.
    """
    return _passar(
        importacao_id,
        Situacao.CONFERIDA,
        Situacao.CONFIRMADA,
        ja_feito=(Situacao.CONFIRMADA, Situacao.CONCLUIDA),
        lidas=0,
        importada_em=agora,
        importada_por_id=usuario_id,
        conferencia={"pedida_em": agora.isoformat()},
    )


def descartar_envio(importacao_id: int) -> bool:
    """CONFERIDA to DESCARTADA; False when it was discarded already.

    Raises:
        NaoEncontradoError: no such import.
        EnvioEmOutraSituacaoError: it is not one that waits for this.
    """
    return _passar(
        importacao_id,
        Situacao.CONFERIDA,
        Situacao.DESCARTADA,
        ja_feito=(Situacao.DESCARTADA,),
    )


def retomar_envio(importacao_id: int, *, agora: datetime) -> bool:
    """Asks again for the work nobody is at; False when somebody is, or it is done.

    Raises:
        NaoEncontradoError: no such import.
    """
    # Asked before the transaction: on SQLite, that would be the one found at work.
    importacao = ImportacaoLeituras.objects.filter(pk=importacao_id).first()
    if importacao is not None and not esta_parado(importacao, agora=agora):
        return False
    with em_transacao():
        importacao = _travada(importacao_id)
        importacao.lidas = 0
        importacao.conferencia |= {"pedida_em": agora.isoformat()}
        importacao.save(update_fields=["lidas", "conferencia"])
    return True


def esta_parado(importacao: ImportacaoLeituras, *, agora: datetime) -> bool:
    """Whether it waits for work that nobody does and nobody was just asked for."""
    if importacao.situacao not in (Situacao.RECEBIDA, Situacao.CONFIRMADA):
        return False
    if not importacao.arquivo:  # of the command line: it is not ours to go on with
        return False
    pedida_em = datetime.fromisoformat(importacao.conferencia["pedida_em"])
    return agora - pedida_em > ESPERA_NA_FILA and not trabalho_em_curso(importacao)


def conferir_envio(importacao_id: int, *, agora: datetime) -> None:
    """RECEBIDA to CONFERIDA: reads the whole file and writes no reading; or to FALHOU."""
    _trabalhar(importacao_id, Situacao.RECEBIDA, _conferir, agora)


def executar_envio(importacao_id: int, *, agora: datetime) -> None:
    """CONFIRMADA to CONCLUIDA: all of the file in one transaction; or to FALHOU, and none."""
    _trabalhar(importacao_id, Situacao.CONFIRMADA, _importar, agora)


def _trabalhar(
    importacao_id: int,
    situacao: str,
    fazer: Callable[[ImportacaoLeituras, datetime], None],
    agora: datetime,
) -> None:
    try:
        with _em_exclusividade(importacao_id, situacao) as importacao:
            if importacao is not None:
                fazer(importacao, agora)
    except DominioError as erro:
        _falhar(importacao_id, situacao, str(erro))
    except FileNotFoundError:
        _falhar(
            importacao_id,
            situacao,
            "O arquivo enviado não está mais guardado no servidor. Envie-o de novo.",
        )
    except (OperationalError, InterfaceError):
        # The database, not the file: nothing was written, and it can be asked for again.
        registro.exception("importação %s interrompida pelo banco de dados", importacao_id)
    except Exception:
        registro.exception("importação %s falhou", importacao_id)
        _falhar(
            importacao_id,
            situacao,
            "Um erro inesperado impediu a importação, e nada foi gravado. O registro do servidor "
            "diz qual foi; depois de resolvido, envie o arquivo de novo.",
        )


@contextmanager
def _em_exclusividade(importacao_id: int, situacao: str) -> Iterator[ImportacaoLeituras | None]:
    """The record, if it is in this state and nobody else is at work on it; else None."""
    with em_transacao():
        livre = travar_trabalho(ImportacaoLeituras(pk=importacao_id))
        # Only behind the lock is the state the last one.
        achadas = ImportacaoLeituras.objects.filter(pk=importacao_id, situacao=situacao)
        yield achadas.first() if livre else None


def _falhar(importacao_id: int, situacao: str, frase: str) -> None:
    with _em_exclusividade(importacao_id, situacao) as importacao:
        if importacao is not None:
            importacao.situacao = Situacao.FALHOU
            importacao.erro = _imprimivel(frase, 500)
            importacao.save(update_fields=["situacao", "erro"])


def _conferir(importacao: ImportacaoLeituras, agora: datetime) -> None:
    with _aberto(importacao) as bruto, progresso_por_fora(importacao) as gravar:

        def avisar(feitas: int, total: int) -> None:
            if feitas < total:
                gravar(lidas=feitas, conferencia=importacao.conferencia | {"total": total})

        resultado = importar_leituras(
            bruto, nome=importacao.arquivo_nome, agora=agora, simular=True, avisar=avisar
        )
        amostra = _ler_amostra(bruto, resultado)
    importacao.conferencia |= _como_json(resultado) | amostra
    importacao.conferencia["avisos"] += _avisar_se_repetido(importacao)
    importacao.situacao = Situacao.CONFERIDA
    importacao.save(update_fields=["situacao", "conferencia"])


def _importar(importacao: ImportacaoLeituras, agora: datetime) -> None:
    with (
        _aberto(importacao) as bruto,
        TemporaryFile() as recusas,
        progresso_por_fora(importacao) as gravar,
    ):

        def avisar(feitas: int, total: int) -> None:
            if feitas < total:
                gravar(lidas=feitas)

        resultado = importar_leituras(
            bruto,
            nome=importacao.arquivo_nome,
            agora=agora,
            importacao_id=importacao.pk,
            recusas_para=recusas,
            avisar=avisar,
        )
        importacao.refresh_from_db()
        if resultado.resumo.recusadas:
            recusas.seek(0)
            nome = f"{secrets.token_hex(16)}.csv"
            importacao.arquivo_de_recusas.save(nome, File(recusas), save=False)
    importacao.lidas = resultado.resumo.linhas
    importacao.conferencia |= _como_json(resultado)
    importacao.save(update_fields=["lidas", "conferencia", "arquivo_de_recusas"])


def _como_json(resultado: ResultadoImportacao) -> dict[str, Any]:
    return {
        "total": resultado.resumo.linhas,
        "resumo": resultado.resumo.como_json(),
        "avisos": [_imprimivel(aviso, 400) for aviso in resultado.avisos],
        "recusas": [_recusa_como_json(r) for r in resultado.recusas[:RECUSAS_MOSTRADAS]],
    }


def _recusa_como_json(recusa: Recusa) -> dict[str, Any]:
    return {
        "linha": recusa.linha,
        "coluna": _imprimivel(recusa.coluna),
        "codigo": recusa.codigo,
        "mensagem": _imprimivel(recusa.mensagem, 400),
        "original": _imprimivel(recusa.original),
    }


def _ler_amostra(bruto: IO[bytes], resultado: ResultadoImportacao) -> dict[str, Any]:
    """The first rows as they were read, with what the check refused of them."""
    recusadas = {recusa.linha: recusa for recusa in resultado.recusas}
    bruto.seek(0)
    with closing(ler_leituras(bruto)) as linhas:  # type: ignore[type-var]
        lidas = [_linha_como_json(linha, recusadas) for linha in islice(linhas, LINHAS_DA_AMOSTRA)]
    bruto.seek(0)
    cruas = ler_csv(bruto, obrigatorias=OBRIGATORIAS, opcionais=OPCIONAIS)
    with closing(cruas):  # type: ignore[type-var]
        inteiras = (linha for linha in islice(cruas, LINHAS_DA_AMOSTRA) if linha.celulas)
        nomes = next((linha.celulas.keys() for linha in inteiras), ())
    return {
        "colunas": [nome for nome in OBRIGATORIAS + OPCIONAIS if nome in nomes],
        "amostra": lidas,
    }


def _linha_como_json(linha: LinhaLeitura | Recusa, recusadas: dict[int, Recusa]) -> dict[str, Any]:
    if isinstance(linha, Recusa):
        return _recusa_como_json(linha)
    recusa = recusadas.get(linha.linha)
    return {
        "linha": linha.linha,
        "numero_medidor": _imprimivel(linha.numero_medidor, 60),
        "registrador": linha.registrador,
        "data_leitura": linha.data_leitura.isoformat(),
        "leitura_kwh": f"{linha.leitura_kwh:f}",
        "origem": linha.origem,
        "codigo": recusa.codigo if recusa else "",
        "mensagem": _imprimivel(recusa.mensagem, 400) if recusa else "",
    }


def _avisar_se_repetido(importacao: ImportacaoLeituras) -> list[str]:
    iguais = ImportacaoLeituras.objects.filter(
        sha256=importacao.sha256, situacao=Situacao.CONCLUIDA
    )
    igual = iguais.exclude(pk=importacao.pk).order_by("-pk").first()
    if igual is None:
        return []
    quando = igual.importada_em.astimezone(FUSO)
    return [
        f"Um arquivo igual a este já foi importado em {quando:%d/%m/%Y %H:%M}. Importar de novo "
        "não repete leituras."
    ]


@contextmanager
def _aberto(importacao: ImportacaoLeituras) -> Iterator[IO[bytes]]:
    with importacao.arquivo.open("rb") as arquivo:
        yield arquivo


def _cabe_na_requisicao(arquivo: File) -> bool:
    """Whether the file, unpacked, is small enough not to keep a request waiting."""
    limite = settings.ENVIO_NA_HORA_MB * MB
    if arquivo.size > limite:
        return False
    arquivo.seek(0)
    comprimido = arquivo.read(2) == b"\x1f\x8b"
    arquivo.seek(0)
    if not comprimido:
        return True
    lidos = 0
    try:
        with abrir_comprimido(arquivo) as aberto:
            while pedaco := aberto.read(64 * 1024):
                lidos += len(pedaco)
                if lidos > limite:
                    return False
    except (ArquivoIlegivelError, OSError, EOFError):
        pass  # the check says it better
    finally:
        arquivo.seek(0)
    return True


def _travada(importacao_id: int) -> ImportacaoLeituras:
    # NO KEY: whoever imports it holds its key, and is not to be waited for.
    travadas = ImportacaoLeituras.objects.select_for_update(no_key=True)
    importacao = travadas.filter(pk=importacao_id).first()
    if importacao is None:
        raise NaoEncontradoError(f"Importação {importacao_id} não encontrada.")
    return importacao


def _passar(
    importacao_id: int,
    de: str,
    para: str,
    *,
    ja_feito: tuple[str, ...],
    conferencia: dict[str, Any] | None = None,
    **campos: Any,
) -> bool:
    with em_transacao():
        importacao = _travada(importacao_id)
        if importacao.situacao in ja_feito:
            return False
        if importacao.situacao != de:
            raise EnvioEmOutraSituacaoError(
                f"A importação {importacao} está {importacao.get_situacao_display()}, e isto só se "
                f"faz com uma que está {Situacao(de).label}."
            )
        importacao.situacao = para
        importacao.conferencia |= conferencia or {}
        for nome, valor in campos.items():
            setattr(importacao, nome, valor)
        importacao.save()
    return True


def _imprimivel(texto: str, maximo: int = TEXTO_MOSTRADO) -> str:
    """The text without control characters (PostgreSQL's JSON has no NUL), cut to a size."""
    return "".join(c if c.isprintable() else "�" for c in texto[:maximo])
