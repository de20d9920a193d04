"""Users, groups and logins in the theme's style; other packages' own pages are taken away."""

from typing import Any

import axes.admin  # noqa: F401 - registered first, so that it can be taken away
import django_otp.plugins.otp_static.admin
import django_otp.plugins.otp_totp.admin  # noqa: F401 - the same
import django_tasks_db.admin  # noqa: F401 - the same
import knox.admin  # noqa: F401 - the same
from axes.models import AccessAttempt, AccessFailureLog, AccessLog
from django import forms
from django.contrib import admin, messages
from django.contrib.auth.admin import GroupAdmin, UserAdmin
from django.contrib.auth.models import Group, Permission, User
from django.core.exceptions import PermissionDenied
from django.db.models import Q
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils import timezone
from django_otp.plugins.otp_static.models import StaticDevice
from django_otp.plugins.otp_totp.models import TOTPDevice
from django_tasks_db.models import DBTaskResult
from knox.models import AuthToken
from unfold.decorators import action, display
from unfold.forms import AdminPasswordChangeForm, UserChangeForm, UserCreationForm
from unfold.widgets import UnfoldAdminSelect2MultipleWidget

from auditoria.servicos.eventos import registrar_evento
from comum.django_base.acoes import PaginaDeAcao
from comum.django_base.admin import AdminBase, SomenteConsulta
from comum.django_base.em_lote import Confirmacao, acao_em_lote
from comum.django_base.exibicao import endereco_da_lista, instante, numero
from comum.django_base.filtros import FiltroDePeriodo
from comum.texto import com_numero
from energia_project.acesso import bloqueado_ate, liberar_entradas
from energia_project.papeis import APPS_DOS_PAPEIS
from energia_project.seguranca.segundo_fator import remover
from energia_project.seguranca.sessoes import encerrar_acessos

ACOES = {"add": "incluir", "change": "alterar", "delete": "excluir", "view": "ver"}

DE_OUTROS_PACOTES = (
    User,
    Group,
    AccessAttempt,
    AccessLog,
    AccessFailureLog,
    AuthToken,
    DBTaskResult,
    TOTPDevice,
    StaticDevice,
)

for modelo in DE_OUTROS_PACOTES:
    if admin.site.is_registered(modelo):
        admin.site.unregister(modelo)


class CampoDePermissoes(forms.ModelMultipleChoiceField):
    """Django names its permissions in English ("Can add …")."""

    def label_from_instance(self, obj: Permission) -> str:
        tipo = obj.content_type
        classe = tipo.model_class()
        nome = str(classe._meta.verbose_name) if classe else tipo.model
        verbo = ACOES.get(obj.codename.split("_")[0])
        do_modelo = verbo and obj.codename == f"{obj.codename.split('_')[0]}_{tipo.model}"
        return f"{nome}: {verbo if do_modelo else obj.name}"


def tudo_o_que_tem(usuario: Any) -> Any:
    """The permissions that this person holds, as rows; a superuser's are all."""
    if usuario.is_superuser:
        return Permission.objects.all()
    if not usuario.is_active:
        return Permission.objects.none()
    return Permission.objects.filter(Q(user=usuario) | Q(group__user=usuario)).distinct()


def tem_mais_do_que(outro: Any, usuario: Any) -> bool:
    """Whether `outro`, a person or a group, may do what `usuario` may not."""
    if usuario.is_superuser:
        return False
    if isinstance(outro, Group):
        dele = outro.permissions.all()
    else:
        if outro.is_superuser:
            return True
        dele = Permission.objects.filter(Q(user=outro) | Q(group__user=outro))
    return bool(dele.exclude(pk__in=tudo_o_que_tem(usuario).values("pk")).exists())


def grupos_que_pode_dar(usuario: Any) -> Any:
    """The groups without a permission that this person lacks."""
    if usuario.is_superuser:
        return Group.objects.order_by("name")
    alheias = Permission.objects.exclude(pk__in=tudo_o_que_tem(usuario).values("pk"))
    return Group.objects.exclude(permissions__in=alheias).order_by("name")


class NinguemDaOQueNaoTem(AdminBase):
    """Who keeps users or groups never gets, by way of them, more than they hold.

    Without this, the right to change users would be the right to everything.
    """

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return super().has_change_permission(request, obj) and self._ao_alcance(request, obj)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return super().has_delete_permission(request, obj) and self._ao_alcance(request, obj)

    def _ao_alcance(self, request: HttpRequest, obj: Any) -> bool:
        if not isinstance(obj, self.model):
            return True
        lembradas = request.__dict__.setdefault("ao_alcance", {})
        if obj.pk not in lembradas:
            lembradas[obj.pk] = not tem_mais_do_que(obj, request.user)
        return bool(lembradas[obj.pk])

    def _os_ao_alcance(self, request: HttpRequest, queryset: Any) -> list[Any]:
        """Those of the selection who hold no more than this person; the others stay as they are."""
        todos = list(queryset)
        ao_alcance = [objeto for objeto in todos if self._ao_alcance(request, objeto)]
        if fora := len(todos) - len(ao_alcance):
            podem, ficaram = "podem", "ficaram como estão"
            if fora == 1:
                podem, ficaram = "pode", "ficou como está"
            frase = (
                f"{numero(fora)} dos selecionados {podem} mais do que você e {ficaram}. "
                "Peça a quem tem essas permissões."
            )
            self.message_user(request, frase, messages.WARNING)
        return ao_alcance

    def delete_queryset(self, request: HttpRequest, queryset: Any) -> None:
        if any(not self._ao_alcance(request, objeto) for objeto in queryset):
            raise PermissionDenied
        super().delete_queryset(request, queryset)


def permissoes_em_portugues(campo: Any, usuario: Any) -> Any:
    """The field over the permissions that the site uses and `usuario` may give, in Portuguese."""
    permissoes = Permission.objects.filter(content_type__app_label__in=APPS_DOS_PAPEIS)
    permissoes = permissoes.exclude(content_type__model__startswith="historical")
    if not usuario.is_superuser:
        permissoes = permissoes.filter(pk__in=tudo_o_que_tem(usuario).values("pk"))
    return CampoDePermissoes(
        queryset=permissoes.select_related("content_type").order_by(
            "content_type__app_label", "content_type__model", "id"
        ),
        label=campo.label,
        required=False,
        widget=UnfoldAdminSelect2MultipleWidget(),
        help_text="O que a pessoa pode fazer.",
    )


@admin.register(User)
class UsuarioAdmin(UserAdmin, NinguemDaOQueNaoTem):  # type: ignore[misc] # the stubs of two bases
    form = UserChangeForm
    add_form = UserCreationForm
    change_password_form = AdminPasswordChangeForm
    list_display = ["username", "nome", "email", "is_active", "is_staff", "last_login"]
    list_filter = ["is_active", "is_staff", "is_superuser"]
    list_filter_submit = False
    search_help_text = "Usuário, nome ou e-mail"
    ordering = ["username", "id"]
    add_fieldsets = [
        (None, {"fields": ["username", "password1", "password2"]}),
        ("Pessoa", {"fields": [("first_name", "last_name"), "email"]}),
        ("Acesso", {"fields": ["is_staff", "groups"]}),
    ]
    actions = ["encerrar_acessos", "remover_segundo_fator"]
    readonly_fields = ["last_login", "date_joined"]
    filter_horizontal = ()

    @display(description="nome", ordering="first_name")
    def nome(self, usuario: User) -> str:
        return usuario.get_full_name()

    def gravar_objeto(self, request: HttpRequest, objeto: Any, dados: dict[str, Any]) -> None:
        objeto.save()

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        """Who is added here is to work here."""
        return {"is_staff": True}

    def formfield_for_manytomany(self, db_field: Any, request: Any, **kwargs: Any) -> Any:
        campo: Any = super().formfield_for_manytomany(db_field, request, **kwargs)
        if db_field.name == "user_permissions":
            return permissoes_em_portugues(campo, request.user)
        campo.queryset = grupos_que_pode_dar(request.user)
        campo.widget = UnfoldAdminSelect2MultipleWidget(choices=campo.choices)
        campo.help_text = "O papel da pessoa. Com mais de um, ela pode o que cada um deles pode."
        return campo

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        somente_lidos = super().get_readonly_fields(request, obj)
        return somente_lidos if request.user.is_superuser else (*somente_lidos, "is_superuser")

    @acao_em_lote(
        Confirmacao(
            titulo="Encerrar os acessos",
            botao="Encerrar",
            explicacao="As sessões abertas e as chaves da API destas pessoas deixam de valer: é "
            "preciso entrar de novo e criar chaves novas. A senha não muda.",
            perigo=True,
        ),
        permissoes=["change"],
        descricao="Encerrar os acessos (sessões e tokens)",
    )
    def encerrar_acessos(self, request: HttpRequest, queryset: Any) -> None:
        encerrados = 0
        for usuario in self._os_ao_alcance(request, queryset):
            quantos = encerrar_acessos(usuario, exceto=request.session.session_key)
            encerrados += quantos
            registrar_evento(
                "ACESSOS_ENCERRADOS",
                f"{usuario}: {com_numero(quantos, 'acesso')}",
                agora=timezone.now(),
                objeto=usuario,
                dados={"acessos": quantos},
            )
        frase = f"{com_numero(encerrados, 'acesso encerrado')}."
        self.message_user(request, frase, messages.SUCCESS)

    @acao_em_lote(
        Confirmacao(
            titulo="Remover o segundo fator",
            botao="Remover",
            explicacao="Estas pessoas voltam a entrar só com a senha, até ativarem outro.",
            perigo=True,
        ),
        permissoes=["change"],
        descricao="Remover o segundo fator",
    )
    def remover_segundo_fator(self, request: HttpRequest, queryset: Any) -> None:
        agora = timezone.now()
        alcancados = self._os_ao_alcance(request, queryset)
        removidos = sum(remover(usuario, agora=agora) for usuario in alcancados)
        quantos = com_numero(removidos, "segundo fator removido", "segundos fatores removidos")
        frase = f"{quantos}."
        self.message_user(request, frase, messages.SUCCESS if removidos else messages.WARNING)


@admin.register(Group)
class GrupoAdmin(GroupAdmin, NinguemDaOQueNaoTem):  # type: ignore[misc] # the stubs of two bases
    ordering = ["name", "id"]
    filter_horizontal = ()

    def gravar_objeto(self, request: HttpRequest, objeto: Any, dados: dict[str, Any]) -> None:
        objeto.save()

    def formfield_for_manytomany(self, db_field: Any, request: Any = None, **kwargs: Any) -> Any:
        campo = super().formfield_for_manytomany(db_field, request, **kwargs)
        return permissoes_em_portugues(campo, request.user)


# The names that django-axes gives its rows are English, and stand in titles.
AccessAttempt.__str__ = lambda self: (
    f"{self.username or 'sem nome'}, em {self.ip_address or 'endereço desconhecido'}"
)
AccessLog.__str__ = AccessAttempt.__str__


@admin.register(AccessAttempt)
class TentativaDeEntradaAdmin(SomenteConsulta, AdminBase):
    """Who is locked out, and the button that lets them try again."""

    list_display = ["username", "ip_address", "failures_since_start", "attempt_time", "bloqueio"]
    list_filter = [("attempt_time", FiltroDePeriodo)]
    search_fields = ["username", "ip_address"]
    search_help_text = "Nome do usuário ou endereço IP"
    ordering = ["-id"]
    actions = ["liberar_selecionados"]
    actions_detail = ["liberar"]
    readonly_fields = ["bloqueio"]
    fields = [
        ("username", "ip_address"),
        ("failures_since_start", "attempt_time"),
        "bloqueio",
        "user_agent",
    ]

    @display(description="entrada")
    def bloqueio(self, tentativa: AccessAttempt) -> str:
        fim = bloqueado_ate(tentativa)
        return f"bloqueada até {instante(fim)}" if fim > timezone.now() else "livre"

    def has_liberar_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        return request.user.has_perm("axes.delete_accessattempt")

    @action(description="Liberar", icon="lock_open", permissions=["liberar"])
    def liberar(self, request: HttpRequest, object_id: str) -> HttpResponse:
        tentativa = self.abrir(request, object_id)
        pagina = PaginaDeAcao(
            titulo="Liberar a entrada",
            botao="Liberar",
            explicacao=f"{tentativa.username or 'Sem nome'}, em {tentativa.ip_address}, pode "
            "tentar de novo já. Confirme antes que é a própria pessoa.",
        )

        def executar(_: dict[str, Any]) -> HttpResponse:
            liberar_entradas([tentativa], agora=timezone.now())
            frase = f"{tentativa.username or 'Sem nome'} pode entrar."
            self.message_user(request, frase, messages.SUCCESS)
            return HttpResponseRedirect(endereco_da_lista(AccessAttempt))

        return self.conduzir(request, pagina, executar, objeto=tentativa)

    @acao_em_lote(
        Confirmacao(
            titulo="Liberar a entrada",
            botao="Liberar",
            explicacao="Estas pessoas podem tentar de novo já. Confirme antes que são elas.",
        ),
        permissoes=["liberar"],
        descricao="Liberar selecionados",
    )
    def liberar_selecionados(self, request: HttpRequest, queryset: Any) -> None:
        liberadas = liberar_entradas(list(queryset), agora=timezone.now())
        frase = (
            f"{numero(liberadas)} {'entrada liberada' if liberadas == 1 else 'entradas liberadas'}."
        )
        self.message_user(request, frase, messages.SUCCESS)

    @staticmethod
    def rotulo(tentativa: AccessAttempt) -> str:
        return f"{tentativa.username or 'sem nome'}, em {tentativa.ip_address}"


@admin.register(AccessLog)
class RegistroDeEntradaAdmin(SomenteConsulta, AdminBase):
    list_display = ["attempt_time", "logout_time", "username", "ip_address"]
    list_filter = [("attempt_time", FiltroDePeriodo)]
    search_fields = ["username", "ip_address"]
    search_help_text = "Nome do usuário ou endereço IP"
    ordering = ["-id"]
    fields = ["attempt_time", "logout_time", "username", "ip_address", "user_agent"]
