"""The second factor: a code of the phone (TOTP), or one of the recovery codes.

Codes are single use: TOTP keeps the last step that was used, a recovery code is deleted.
Wrong codes make the next try wait, 1, 2, 4, 8… seconds, counted on the device itself.
"""

import base64
from datetime import datetime
from typing import Any

from django.contrib.auth.models import User
from django.db import transaction
from django.utils import timezone
from django_otp.plugins.otp_static.models import StaticDevice, StaticToken
from django_otp.plugins.otp_totp.models import TOTPDevice

from auditoria.servicos.eventos import registrar_evento
from comum.django_base.exibicao import numero
from comum.erros import DominioError
from energia_project.seguranca.sessoes import encerrar_acessos

EMISSOR = "Energia"
CODIGOS_DE_RESERVA = 10
ALGARISMOS = 6


class CodigoRecusadoError(DominioError):
    """The code is wrong, was used, or its time is over."""

    codigo = "OTP_INVALIDO"


class EsperaParaCodigoError(DominioError):
    """Wrong codes came before: the next one has to wait."""

    codigo = "MUITAS_TENTATIVAS"


def tem_segundo_fator(usuario: Any) -> bool:
    return TOTPDevice.objects.filter(user=usuario, confirmed=True).exists()


def conferir_codigo(usuario: Any, texto: str, *, agora: datetime) -> Any:
    """Takes one code of this user; returns the device that it came from.

    Raises:
        CodigoRecusadoError: it is wrong, or was used before.
        EsperaParaCodigoError: too soon after a wrong one.
    """
    codigo = "".join(texto.split()).replace("-", "").lower()
    e_do_telefone = codigo.isascii() and codigo.isdecimal() and len(codigo) == ALGARISMOS
    classe: Any = TOTPDevice if e_do_telefone else StaticDevice
    aceito = None
    with transaction.atomic():  # a refusal is counted, so it must not be rolled back
        aparelhos = classe.objects.select_for_update().filter(user=usuario, confirmed=True)
        for aparelho in aparelhos.order_by("pk"):
            _exigir_espera(aparelho)
            if aparelho.verify_token(codigo):
                aceito = aparelho
                break
        if aceito is None:
            registrar_evento("SEGUNDO_FATOR_RECUSADO", str(usuario), agora=agora, objeto=usuario)
        elif classe is StaticDevice:
            restam = StaticToken.objects.filter(device=aceito).count()
            registrar_evento(
                "CODIGO_DE_RESERVA_USADO",
                f"{usuario}: restam {restam}",
                agora=agora,
                usuario_id=usuario.pk,
                objeto=usuario,
                dados={"restam": restam},
            )
    if aceito is None:
        raise CodigoRecusadoError(
            "O código não confere, já foi usado ou venceu. Espere o próximo código do aplicativo "
            "e tente de novo."
        )
    return aceito


def _exigir_espera(aparelho: Any) -> None:
    pode, motivo = aparelho.verify_is_allowed()
    if not pode:
        segundos = (motivo["locked_until"] - timezone.now()).total_seconds()
        raise EsperaParaCodigoError(
            f"Houve códigos errados. Espere {numero(max(1, round(segundos)))} s e tente de novo."
        )


def iniciar(usuario: Any) -> TOTPDevice:
    """The device that waits for its first code; made when there is none."""
    pendente = TOTPDevice.objects.filter(user=usuario, confirmed=False).order_by("pk").first()
    return pendente or TOTPDevice.objects.create(
        user=usuario, name="aplicativo autenticador", confirmed=False
    )


def endereco_do_aparelho(aparelho: TOTPDevice) -> tuple[str, str]:
    """The address that the QR code holds, and the secret for who types it."""
    segredo = base64.b32encode(aparelho.bin_key).decode().rstrip("=")
    return aparelho.config_url, " ".join(segredo[i : i + 4] for i in range(0, len(segredo), 4))


def confirmar(usuario: Any, texto: str, *, agora: datetime, sessao: str) -> tuple[Any, list[str]]:
    """Turns the second factor on by its first code; returns the device and recovery codes.

    The device that there was goes, and so do the user's other sessions and tokens, which
    had passed without it.

    Raises:
        CodigoRecusadoError, EsperaParaCodigoError: as `conferir_codigo`.
    """
    codigo = "".join(texto.split())
    with transaction.atomic():
        aparelho = iniciar(usuario)
        aparelho = TOTPDevice.objects.select_for_update().get(pk=aparelho.pk)
        _exigir_espera(aparelho)
        certo = codigo.isascii() and aparelho.verify_token(codigo)
        if certo:
            TOTPDevice.objects.filter(user=usuario).exclude(pk=aparelho.pk).delete()
            aparelho.confirmed = True
            aparelho.save(update_fields=["confirmed"])
            codigos = _novos_codigos(usuario)
            encerrar_acessos(usuario, exceto=sessao)
            registrar_evento(
                "SEGUNDO_FATOR_ATIVADO",
                str(usuario),
                agora=agora,
                usuario_id=usuario.pk,
                objeto=usuario,
            )
    if not certo:
        raise CodigoRecusadoError(
            "O código não confere. Veja se a hora do telefone está certa e digite o código que o "
            "aplicativo mostra agora."
        )
    return aparelho, codigos


def _novos_codigos(usuario: Any) -> list[str]:
    StaticDevice.objects.filter(user=usuario).delete()
    reserva = StaticDevice.objects.create(user=usuario, name="códigos de reserva")
    codigos = [StaticToken.random_token() for _ in range(CODIGOS_DE_RESERVA)]
    StaticToken.objects.bulk_create(StaticToken(device=reserva, token=codigo) for codigo in codigos)
    return codigos


def remover(usuario: User, *, agora: datetime) -> bool:
    """Takes a person's devices and codes away, and ends what was opened by them.

    Returns whether there was any.
    """
    with transaction.atomic():
        apagados, _ = TOTPDevice.objects.filter(user=usuario).delete()
        StaticDevice.objects.filter(user=usuario).delete()
        if apagados:
            encerrar_acessos(usuario)
            registrar_evento("SEGUNDO_FATOR_REMOVIDO", str(usuario), agora=agora, objeto=usuario)
    return bool(apagados)
