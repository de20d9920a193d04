"""Pages of the second factor: the code after the password, and what a person has turned on."""

import base64
import io
from typing import Any

import django_otp
import qrcode
import qrcode.image.svg
from django import forms
from django.conf import settings
from django.contrib import messages
from django.contrib.admin.sites import AdminSite
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme
from unfold.widgets import UnfoldAdminTextInputWidget

from auditoria.servicos.eventos import registrar_evento
from comum.erros import DominioError
from comum.texto import com_numero
from energia_project.seguranca.exigencia import PEDE_CODIGO
from energia_project.seguranca.segundo_fator import (
    conferir_codigo,
    confirmar,
    endereco_do_aparelho,
    iniciar,
    remover,
    tem_segundo_fator,
)
from energia_project.seguranca.sessoes import encerrar_acessos


class FormularioDoCodigo(forms.Form):
    codigo = forms.CharField(
        label="Código",
        max_length=30,
        help_text="Os 6 algarismos do aplicativo, ou um dos códigos de reserva.",
        widget=UnfoldAdminTextInputWidget(
            attrs={"autocomplete": "one-time-code", "autofocus": True, "spellcheck": "false"}
        ),
    )


def _volta(request: HttpRequest) -> str:
    destino = request.POST.get("next") or request.GET.get("next") or ""
    if url_has_allowed_host_and_scheme(destino, {request.get_host()}, request.is_secure()):
        return destino
    return reverse("admin:index")


def _e_da_equipe(usuario: Any) -> bool:
    """Whether this person may be in the admin, whatever code they still owe."""
    return bool(usuario.is_active and usuario.is_staff)


def _verificar_sessao(request: HttpRequest, aparelho: Any) -> None:
    """The session is worth more from now on, so it gets another key."""
    django_otp.login(request, aparelho)
    request.session.pop(PEDE_CODIGO, None)
    request.session.cycle_key()


def pedir_codigo(site: AdminSite, request: HttpRequest) -> HttpResponse:
    """Between the password and the rest: the code."""
    usuario: Any = request.user
    if not _e_da_equipe(usuario):
        return HttpResponseRedirect(reverse("admin:login"))
    if PEDE_CODIGO not in request.session:
        return HttpResponseRedirect(_volta(request))
    formulario = FormularioDoCodigo(request.POST or None)
    if request.method == "POST" and formulario.is_valid():
        try:
            aparelho = conferir_codigo(
                usuario, formulario.cleaned_data["codigo"], agora=timezone.now()
            )
        except DominioError as erro:
            formulario.add_error("codigo", str(erro))
        else:
            _verificar_sessao(request, aparelho)
            return HttpResponseRedirect(_volta(request))
    contexto = {
        **site.each_context(request),
        "title": "Segundo fator",
        "form": formulario,
        "next": _volta(request),
    }
    return TemplateResponse(request, "admin/segundo_fator.html", contexto)


def mostrar_seguranca(site: AdminSite, request: HttpRequest) -> HttpResponse:
    """What protects the account of who asks, and the ends of its sessions."""
    usuario: Any = request.user
    if not _e_da_equipe(usuario):
        return HttpResponseRedirect(f"{reverse('admin:login')}?next={request.path}")
    if request.method == "POST":
        return _agir(request)
    contexto = {
        **site.each_context(request),
        "title": "Segurança da conta",
        "ativo": tem_segundo_fator(usuario),
        "exigido": settings.EXIGIR_SEGUNDO_FATOR and usuario.is_staff,
    }
    return TemplateResponse(request, "admin/seguranca.html", contexto)


def _agir(request: HttpRequest) -> HttpResponse:
    usuario: Any = request.user
    agora = timezone.now()
    if request.POST.get("acao") == "encerrar":
        quantos = encerrar_acessos(usuario, exceto=request.session.session_key)
        registrar_evento(
            "ACESSOS_ENCERRADOS",
            f"{usuario}: {com_numero(quantos, 'outro acesso')}",
            agora=agora,
            objeto=usuario,
            dados={"acessos": quantos},
        )
        messages.success(request, f"{com_numero(quantos, 'outro acesso encerrado')}.")
    elif request.POST.get("acao") == "desligar":
        if settings.EXIGIR_SEGUNDO_FATOR and usuario.is_staff:
            messages.error(
                request, "Aqui o segundo fator é exigido; troque-o em vez de desligá-lo."
            )
        elif usuario.is_verified() and remover(usuario, agora=agora):
            messages.success(request, "O segundo fator foi desligado. Entre de novo com a senha.")
    return HttpResponseRedirect(reverse("admin:seguranca"))


def ativar(site: AdminSite, request: HttpRequest) -> HttpResponse:
    """The QR code and the first code; then the recovery codes, shown this once."""
    usuario: Any = request.user
    if not _e_da_equipe(usuario):
        return HttpResponseRedirect(f"{reverse('admin:login')}?next={request.path}")
    formulario = FormularioDoCodigo(request.POST or None)
    formulario.fields["codigo"].help_text = "Os 6 algarismos que o aplicativo mostra agora."
    codigos: list[str] = []
    if request.method == "POST" and formulario.is_valid():
        try:
            aparelho, codigos = confirmar(
                usuario,
                formulario.cleaned_data["codigo"],
                agora=timezone.now(),
                sessao=request.session.session_key or "",
            )
        except DominioError as erro:
            formulario.add_error("codigo", str(erro))
        else:
            _verificar_sessao(request, aparelho)
    contexto: dict[str, Any] = {
        **site.each_context(request),
        "title": "Ativar o segundo fator",
        "form": formulario,
        "codigos": codigos,
        "next": reverse("admin:index"),
    }
    if not codigos:
        endereco, segredo = endereco_do_aparelho(iniciar(usuario))
        contexto |= {"qr": _desenhar(endereco), "segredo": segredo}
    return TemplateResponse(request, "admin/segundo_fator_ativar.html", contexto)


def _desenhar(texto: str) -> str:
    """The QR code as the address of an image, which needs no file."""
    desenho = io.BytesIO()
    qrcode.make(texto, image_factory=qrcode.image.svg.SvgPathFillImage).save(desenho)
    return "data:image/svg+xml;base64," + base64.b64encode(desenho.getvalue()).decode()
