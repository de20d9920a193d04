"""What other packages do, heard where they tell it: logins, people, and history's author.

These are models and acts of Django, axes and simple-history, which no service of ours
carries out; their signals are the only place that every path passes.
"""

from typing import Any

from axes.signals import user_locked_out
from django.contrib.auth import get_user_model
from django.contrib.auth.models import Group
from django.contrib.auth.signals import user_logged_in, user_logged_out
from django.db.models.signals import m2m_changed, post_delete, post_save, pre_save
from django.dispatch import receiver
from django.utils import timezone
from simple_history.signals import pre_create_historical_record

from auditoria.servicos.eventos import registrar_evento
from comum.django_base.autoria import autor_atual

Usuario: Any = get_user_model()
CAMPOS_DO_USUARIO = (
    "username",
    "first_name",
    "last_name",
    "email",
    "is_active",
    "is_staff",
    "is_superuser",
)
CAMINHO_DE_ACESSO = "/auth/"


@receiver(pre_create_historical_record)
def assinar_historico(history_instance: Any, **_: Any) -> None:
    """History knows the request's user; a command and a worker tell theirs here."""
    usuario_id, motivo = autor_atual().assinar(history_instance.history_change_reason)
    if history_instance.history_user_id is None:
        history_instance.history_user_id = usuario_id
    history_instance.history_change_reason = motivo


def _pela_api(request: Any) -> bool:
    return request is not None and request.path.startswith(CAMINHO_DE_ACESSO)


@receiver(user_logged_in)
def anotar_entrada(user: Any, request: Any = None, **_: Any) -> None:
    acao = "TOKEN_EMITIDO" if _pela_api(request) else "ENTRADA"
    registrar_evento(
        acao, user.get_username(), agora=timezone.now(), usuario_id=user.pk, objeto=user
    )


@receiver(user_logged_out)
def anotar_saida(user: Any = None, request: Any = None, **_: Any) -> None:
    if user is None or user.pk is None:
        return
    acao = "TOKEN_DEVOLVIDO" if _pela_api(request) else "SAIDA"
    registrar_evento(
        acao, user.get_username(), agora=timezone.now(), usuario_id=user.pk, objeto=user
    )


@receiver(user_locked_out)
def anotar_bloqueio(username: str | None = None, **_: Any) -> None:
    """Who is not a user is not named: people type passwords into the wrong field."""
    alvo = Usuario.objects.filter(username=username or "").first()
    resumo = alvo.get_username() if alvo else "nome de usuário desconhecido"
    registrar_evento("ENTRADA_BLOQUEADA", resumo, agora=timezone.now(), objeto=alvo)


@receiver(pre_save, sender=Usuario)
def guardar_usuario_anterior(instance: Any, raw: bool, update_fields: Any, **_: Any) -> None:
    instance._antes = None
    if not raw and instance.pk and set(update_fields or ()) != {"last_login"}:
        instance._antes = (
            Usuario.objects.filter(pk=instance.pk).values(*CAMPOS_DO_USUARIO, "password").first()
        )


@receiver(post_save, sender=Usuario)
def anotar_usuario(instance: Any, created: bool, raw: bool, update_fields: Any, **_: Any) -> None:
    if raw:
        return
    if created:
        dados = {campo: getattr(instance, campo) for campo in CAMPOS_DO_USUARIO}
        _anotar("USUARIO_INCLUIDO", instance, {"depois": dados})
        return
    antes = instance.__dict__.pop("_antes", None)
    if antes is None:
        return
    mudou = [campo for campo in CAMPOS_DO_USUARIO if antes[campo] != getattr(instance, campo)]
    if mudou:
        dados = {
            "antes": {campo: antes[campo] for campo in mudou},
            "depois": {campo: getattr(instance, campo) for campo in mudou},
        }
        _anotar("USUARIO_ALTERADO", instance, dados)
    # Django writes the same password anew, alone, when its way of hashing changes.
    so_outro_hash = instance._password is None and set(update_fields or ()) == {"password"}
    if antes["password"] != instance.password and not so_outro_hash:
        _anotar("SENHA_ALTERADA", instance)


@receiver(post_delete, sender=Usuario)
def anotar_exclusao(instance: Any, **_: Any) -> None:
    _anotar("USUARIO_EXCLUIDO", instance)


@receiver(m2m_changed, sender=Usuario.groups.through)
@receiver(m2m_changed, sender=Usuario.user_permissions.through)
@receiver(m2m_changed, sender=Group.permissions.through)
def anotar_permissoes(
    instance: Any, action: str, model: Any, pk_set: Any, reverse: bool, **_: Any
) -> None:
    """What was given and taken, named; `clear` says what there was before it went."""
    verbo = {"post_add": "dadas", "post_remove": "tiradas", "pre_clear": "tiradas"}.get(action)
    if verbo is None or reverse:
        return
    if action == "pre_clear":
        campo = "groups" if model is Group else "permissions"
        campo = campo if hasattr(instance, campo) else "user_permissions"
        quais = getattr(instance, campo).all()
    else:
        quais = model.objects.filter(pk__in=pk_set)
    nome = "name" if model is Group else "codename"
    nomes = sorted(quais.values_list(nome, flat=True))
    if nomes:
        chave = "grupos" if model is Group else "permissoes"
        _anotar("PERMISSOES_ALTERADAS", instance, {f"{chave}_{verbo}": nomes})


def _anotar(acao: str, objeto: Any, dados: dict[str, Any] | None = None) -> None:
    registrar_evento(acao, str(objeto), agora=timezone.now(), objeto=objeto, dados=dados)
