"""One delivery of a webhook: the body, its signature, and the connection that carries it.

Only to hosts that an administrator allows, at the very address that was checked: the name is
resolved once, so it cannot lead elsewhere between the check and the use. No redirects.
"""

import hashlib
import hmac
import ipaddress
import json
import socket
import time
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import urllib3

from integracao.models import Aviso, HostPermitido

SEGUNDOS_PARA_LIGAR = 5
SEGUNDOS_PARA_RESPONDER = 10
CABECALHO_DA_ASSINATURA = "X-Energia-Assinatura"


@dataclass(frozen=True, slots=True)
class Resposta:
    """What came of a try; `frase` is for whoever looks into it."""

    aceita: bool
    frase: str


class _DestinoRecusadoError(Exception):
    """We do not call this address."""


def assinar(corpo: bytes, segredo: str, instante: int) -> str:
    """The signature header: `t=<unix time>,v1=<HMAC-SHA256 of "<t>.<body>", in hex>`.

    >>> assinar(b"{}", "segredo", 1767225600)
    't=1767225600,v1=415fdd045978e25611cc0892e088ebb9a7164ed75ef6d64c93b596be56f139ff'
    """
    conta = hmac.new(segredo.encode(), f"{instante}.".encode() + corpo, hashlib.sha256)
    return f"t={instante},v1={conta.hexdigest()}"


def montar_corpo(aviso: Aviso) -> bytes:
    """The JSON that goes out: the same bytes at each try."""
    documento = {
        "id": str(aviso.identificador),
        "evento": aviso.evento,
        "criado_em": aviso.criado_em.isoformat(),
        "dados": aviso.dados,
    }
    return json.dumps(documento, ensure_ascii=False, separators=(",", ":")).encode()


def enviar(aviso: Aviso) -> Resposta:
    """Sends one webhook; never raises for what the other side does."""
    corpo = montar_corpo(aviso)
    cabecalhos = {
        "Content-Type": "application/json",
        "User-Agent": "Energia",
        "X-Energia-Evento": aviso.evento,
        "X-Energia-Id": str(aviso.identificador),
        CABECALHO_DA_ASSINATURA: assinar(corpo, aviso.assinatura.segredo, int(time.time())),
    }
    if not aviso.assinatura.ativa:
        return Resposta(False, "A assinatura está desativada.")
    try:
        resposta = _postar(aviso.assinatura.url, corpo, cabecalhos)
    except _DestinoRecusadoError as erro:
        return Resposta(False, str(erro))
    except (urllib3.exceptions.HTTPError, OSError, UnicodeError) as erro:
        return Resposta(False, _por_que_nao(erro))
    aceita = 200 <= resposta < 300
    return Resposta(aceita, f"Respondeu {resposta}.")


def _por_que_nao(erro: Exception) -> str:
    """What the operator of the other side should look at; the libraries say it in English."""
    excecoes = urllib3.exceptions
    motivo = erro.reason if isinstance(erro, excecoes.MaxRetryError) else erro
    frases: tuple[tuple[Any, str], ...] = (
        (excecoes.NameResolutionError, "o nome não existe no DNS."),
        # A kind of TimeoutError, so it comes before.
        (excecoes.NewConnectionError, "a conexão foi recusada, ou não há quem atenda no endereço."),
        (excecoes.TimeoutError, "o tempo de espera acabou."),
        (excecoes.SSLError, "o certificado TLS não foi aceito."),
        (excecoes.ProtocolError, "a conexão caiu no meio."),
        (UnicodeError, "o endereço tem caracteres que não se aceitam."),
    )
    for classe, frase in frases:
        if isinstance(motivo, classe):
            return f"Não respondeu: {frase}"
    return f"Não respondeu: a conexão não se fez ({type(motivo).__name__})."


def _postar(url: str, corpo: bytes, cabecalhos: dict[str, str]) -> int:
    partes = urlsplit(url)
    host = partes.hostname or ""
    permitido = HostPermitido.objects.filter(host=host).first()
    if permitido is None:
        raise _DestinoRecusadoError(f"O host {host} não está mais entre os permitidos.")
    if partes.scheme != "https" and not permitido.interno:
        raise _DestinoRecusadoError(f"O host {host} só pode ser chamado por https.")
    porta = partes.port or (443 if partes.scheme == "https" else 80)
    endereco = _resolver(host, porta, interno=permitido.interno)
    prazo = urllib3.Timeout(connect=SEGUNDOS_PARA_LIGAR, read=SEGUNDOS_PARA_RESPONDER)
    opcoes: dict[str, Any] = {"port": porta, "timeout": prazo, "retries": False}
    conexao: urllib3.HTTPConnectionPool
    if partes.scheme == "https":
        conexao = urllib3.HTTPSConnectionPool(
            endereco, server_hostname=host, assert_hostname=host, **opcoes
        )
    else:
        conexao = urllib3.HTTPConnectionPool(endereco, **opcoes)
    com_porta = host if partes.port is None else f"{host}:{partes.port}"
    caminho = (partes.path or "/") + (f"?{partes.query}" if partes.query else "")
    with conexao:
        resposta = conexao.request(
            "POST",
            caminho,
            body=corpo,
            headers={**cabecalhos, "Host": com_porta},
            redirect=False,
            preload_content=False,
        )
        resposta.release_conn()
        return resposta.status


def _resolver(host: str, porta: int, *, interno: bool) -> str:
    """The address to call; every one that the name leads to must be allowed."""
    achados = socket.getaddrinfo(host, porta, type=socket.SOCK_STREAM)
    enderecos = [str(achado[4][0]) for achado in achados]
    if not interno and not all(ipaddress.ip_address(e).is_global for e in enderecos):
        raise _DestinoRecusadoError(
            f"O host {host} leva a um endereço da rede interna, e não está marcado como tal."
        )
    return enderecos[0]
