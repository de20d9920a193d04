"""What is done at a meter, each on a page that asks first: exchange, titular, removal."""

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils import timezone
from django.utils.html import format_html, strip_tags
from unfold.decorators import action
from unfold.enums import ActionVariant
from unfold.widgets import (
    UnfoldAdminIntegerFieldWidget,
    UnfoldAdminSplitDateTimeWidget,
    UnfoldAdminTextInputWidget,
    UnfoldBooleanWidget,
)

from clientes.models import Cliente
from comum.django_base.acoes import PaginaDeAcao
from comum.django_base.exibicao import (
    endereco_da_lista,
    endereco_do_objeto,
    instante,
    ligacao_ao_objeto,
    numero,
)
from comum.django_base.formularios import (
    AutocompleteSeguro,
    CampoDecimal,
    recusar_data_absurda,
    sem_zeros_a_mais,
)
from comum.django_base.modelos import sem_caractere_nulo
from comum.vocabulario import Registrador
from medidores.calculo.consumo import DIGITOS_MAXIMOS
from medidores.models import Medidor, UnidadeConsumidora
from medidores.servicos import ganchos
from medidores.servicos.fechamento import registradores_a_ler
from medidores.servicos.instalacao import (
    NovoMedidor,
    mudar_titular,
    retirar_medidor,
    trocar_medidor,
)
from medidores.servicos.mostrador import NoMostrador, ver_mostrador

ATOS = ("trocar", "mudar_titular", "retirar")
PERMISSOES = {
    "trocar": ("medidores.change_medidor", "medidores.add_medidor", "medidores.add_leitura"),
    "mudar_titular": ("medidores.change_medidor", "medidores.add_leitura"),
    "retirar": ("medidores.change_medidor", "medidores.add_leitura"),
}
FINAIS, INICIAIS = "leituras_finais", "leituras_iniciais"


def _decimal(rotulo: str, ajuda: str = "", **opcoes: Any) -> CampoDecimal:
    return CampoDecimal(
        label=rotulo,
        min_value=0,
        help_text=ajuda,
        **{"max_digits": 15, "decimal_places": 3, **opcoes},
    )


class FormularioDoAto(forms.Form):
    """When, and the readings: a field for each register, named as the service names it."""

    data = forms.SplitDateTimeField(  # type: ignore[assignment] # the metaclass takes it away
        label="Data e hora",
        widget=UnfoldAdminSplitDateTimeWidget(),
        validators=[recusar_data_absurda],
    )
    confirmar = forms.BooleanField(
        label="Conferi as leituras no mostrador",
        required=False,
        widget=UnfoldBooleanWidget(),
        help_text="Marque só se a crítica duvidar de uma leitura e ela estiver certa.",
    )

    def leituras(self, campo: str) -> dict[str, Decimal]:
        """The readings that were typed, by register."""
        dados = ((nome.partition("."), valor) for nome, valor in self.cleaned_data.items())
        return {
            registrador: valor
            for (inicio, _, registrador), valor in dados
            if inicio == campo and valor is not None
        }

    def clean(self) -> dict[str, Any]:
        dados = self.cleaned_data
        return dados | {FINAIS: self.leituras(FINAIS), INICIAIS: self.leituras(INICIAIS)}


class FormularioDeTroca(FormularioDoAto):
    numero_medidor = forms.CharField(
        label="Número do medidor novo",
        max_length=50,
        widget=UnfoldAdminTextInputWidget(),
        validators=[sem_caractere_nulo],
    )
    tipo = forms.CharField(
        label="Tipo",
        max_length=60,
        required=False,
        widget=UnfoldAdminTextInputWidget(),
        validators=[sem_caractere_nulo],
    )
    digitos = forms.IntegerField(
        label="Dígitos do mostrador",
        min_value=1,
        max_value=DIGITOS_MAXIMOS,
        widget=UnfoldAdminIntegerFieldWidget(),
    )
    constante = _decimal(
        "Constante de multiplicação",
        "kWh por unidade do mostrador.",
        max_digits=10,
        decimal_places=4,
    )


class FormularioDeTitular(FormularioDoAto):
    titular_visto_id = forms.IntegerField(widget=forms.HiddenInput)
    cliente = forms.ModelChoiceField(
        label="Novo titular",
        queryset=Cliente.objects.all(),
        widget=AutocompleteSeguro(Medidor._meta.get_field("cliente"), admin.site),
    )


class FormularioDeRetirada(FormularioDoAto):
    desligar = forms.BooleanField(
        label="Desligar a unidade",
        required=False,
        widget=UnfoldBooleanWidget(),
        help_text="A unidade deixa de ser faturada. Desmarcado, ela espera outro medidor.",
    )


def com_leituras(
    formulario: type[FormularioDoAto], mostrador: Sequence[NoMostrador], *, iniciais: bool = False
) -> type[FormularioDoAto]:
    """The form with a field for each register, and what is there now under it."""
    final = "Leitura final" if iniciais else "Leitura"
    dos_finais = {
        f"{FINAIS}.{visto.registrador}": _decimal(
            f"{final}, {visto.registrador.rotulo} (kWh)", _dizer(visto)
        )
        for visto in mostrador
    }
    dos_iniciais = {
        f"{INICIAIS}.{visto.registrador}": _decimal(
            f"Leitura inicial do novo, {visto.registrador.rotulo} (kWh)", initial=Decimal(0)
        )
        for visto in mostrador
        if iniciais
    }
    proprios = [nome for nome in formulario.base_fields if nome not in ("data", "confirmar")]
    ordem = ["data", *dos_finais, *proprios, *dos_iniciais]
    metaclasse: Any = type(formulario)
    return metaclasse(
        formulario.__name__,
        (formulario,),
        {**dos_finais, **dos_iniciais, "field_order": ordem},
    )


def _dizer(visto: NoMostrador) -> str:
    if visto.ultima_kwh is None:
        return "Este registrador ainda não tem leitura."
    frase = f"Última: {numero(visto.ultima_kwh, 3)}, em {instante(visto.ultima_em)}."
    if visto.menor_kwh is None or visto.maior_kwh is None:
        return frase
    return f"{frase} Esperada hoje: de {numero(visto.menor_kwh, 3)} a {numero(visto.maior_kwh, 3)}."


class Encerramento:
    """The closing invoice of an act: made by who knows how, and told to the operator."""

    def __init__(self) -> None:
        self.fatura: Any = None

    def __call__(self, **pedido: Any) -> None:
        if ganchos.encerrar_ciclo is not None:
            self.fatura = ganchos.encerrar_ciclo(**pedido)

    def dizer(self, frase: str) -> str:
        """The sentence of the act, and where the bill of what was used is."""
        if self.fatura is None:
            return frase
        return format_html("{} Fatura de encerramento: {}.", frase, ligacao_ao_objeto(self.fatura))


class AtosNoMedidor:
    """Mixin of MedidorAdmin: the buttons of a meter in service."""

    actions_detail = [*ATOS]

    def get_actions_detail(self: Any, request: HttpRequest, object_id: str) -> Any:
        """None for a meter that was removed; the service has the last word."""
        acoes = super().get_actions_detail(request, object_id)  # type: ignore[misc]
        medidor = self.get_object(request, object_id)
        if medidor is not None and medidor.ativo:
            return acoes
        so_em_servico = {f"medidores_medidor_{ato}" for ato in (*ATOS, "registrar_leitura")}
        return [a for a in acoes if a.action_name not in so_em_servico]

    def has_trocar_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        return request.user.has_perms(PERMISSOES["trocar"])

    def has_mudar_titular_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        return request.user.has_perms(PERMISSOES["mudar_titular"])

    def has_retirar_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        return request.user.has_perms(PERMISSOES["retirar"])

    @action(description="Trocar medidor", icon="swap_horiz", permissions=["trocar"])
    def trocar(self: Any, request: HttpRequest, object_id: str) -> HttpResponse:
        medidor = self.abrir(request, object_id)
        pagina = PaginaDeAcao(
            titulo="Trocar medidor",
            botao="Trocar",
            explicacao=f"Medidor {self.rotulo(medidor)}. O medidor novo entra na mesma unidade, "
            "com o mesmo cliente; a próxima fatura traz o consumo dos dois.",
        )

        def executar(dados: dict[str, Any]) -> HttpResponse:
            campos = ("numero_medidor", "tipo", "digitos", "constante")
            novo = trocar_medidor(
                medidor,
                NovoMedidor(**{campo: dados[campo] for campo in campos}),
                leituras_finais=dados[FINAIS],
                leituras_iniciais=dados[INICIAIS],
                **_do_ato(request, dados),
            )
            frase = f"O medidor {medidor} saiu e o {novo} entrou em seu lugar."
            self.log_addition(request, novo, f"Entrou no lugar do medidor {medidor}.")
            return self._concluir_ato(request, novo, frase, antes=medidor)

        inicial = {"digitos": medidor.digitos, "constante": sem_zeros_a_mais(medidor.constante)}
        formulario = FormularioDeTroca
        return self._conduzir_ato(request, pagina, executar, medidor, formulario, inicial)

    @action(description="Mudar titular", icon="badge", permissions=["mudar_titular"])
    def mudar_titular(self: Any, request: HttpRequest, object_id: str) -> HttpResponse:
        medidor = self.abrir(request, object_id)
        encerramento = Encerramento()
        pagina = PaginaDeAcao(
            titulo="Mudar titular",
            botao="Mudar titular",
            explicacao=f"Medidor {self.rotulo(medidor)}. O consumo até a leitura é de "
            f"{medidor.cliente}, que recebe a fatura de encerramento; daí em diante,"
            " do novo titular.",
        )

        def executar(dados: dict[str, Any]) -> HttpResponse:
            mudado = mudar_titular(
                medidor,
                cliente=dados["cliente"],
                leituras=dados[FINAIS],
                encerrar=encerramento,
                titular_visto_id=dados["titular_visto_id"],
                **_do_ato(request, dados),
            )
            frase = f"O titular do medidor {mudado} agora é {mudado.cliente}."
            return self._concluir_ato(request, mudado, encerramento.dizer(frase))

        inicial = {"titular_visto_id": medidor.cliente_id}
        formulario = FormularioDeTitular
        return self._conduzir_ato(request, pagina, executar, medidor, formulario, inicial)

    @action(
        description="Retirar medidor",
        icon="power_off",
        permissions=["retirar"],
        variant=ActionVariant.DANGER,
    )
    def retirar(self: Any, request: HttpRequest, object_id: str) -> HttpResponse:
        medidor = self.abrir(request, object_id)
        encerramento = Encerramento()
        pagina = PaginaDeAcao(
            titulo="Retirar medidor",
            botao="Retirar",
            explicacao=f"Medidor {self.rotulo(medidor)}. O fornecimento acaba e nenhum "
            "outro medidor entra: o consumo até a leitura vai para a fatura de encerramento.",
            perigo=True,
        )

        def executar(dados: dict[str, Any]) -> HttpResponse:
            retirado = retirar_medidor(
                medidor,
                leituras=dados[FINAIS],
                desligar=dados.get("desligar", False),
                encerrar=encerramento,
                **_do_ato(request, dados),
            )
            frase = f"O medidor {retirado} foi retirado da unidade {retirado.unidade}."
            return self._concluir_ato(request, retirado, encerramento.dizer(frase))

        formulario: type[FormularioDoAto] = FormularioDeRetirada
        if not request.user.has_perm("medidores.change_unidadeconsumidora"):
            formulario = FormularioDoAto
        return self._conduzir_ato(request, pagina, executar, medidor, formulario, {})

    def _conduzir_ato(
        self: Any,
        request: HttpRequest,
        pagina: PaginaDeAcao,
        executar: Any,
        medidor: Medidor,
        formulario: type[FormularioDoAto],
        inicial: dict[str, Any],
    ) -> HttpResponse:
        agora = timezone.now()
        registradores: list[Registrador] = registradores_a_ler(medidor)
        mostrador = ver_mostrador(medidor, registradores=registradores, instante=agora)
        return self.conduzir(
            request,
            pagina,
            executar,
            formulario=com_leituras(
                formulario, mostrador, iniciais=formulario is FormularioDeTroca
            ),
            inicial=inicial | {"data": agora.replace(second=0, microsecond=0)},
            objeto=medidor,
        )

    def _concluir_ato(
        self: Any,
        request: HttpRequest,
        medidor: Medidor,
        frase: str,
        *,
        antes: Medidor | None = None,
    ) -> HttpResponse:
        self.log_change(request, antes or medidor, strip_tags(frase))
        self.message_user(request, frase, messages.SUCCESS)
        return HttpResponseRedirect(endereco_do_objeto(medidor))


def _do_ato(request: HttpRequest, dados: dict[str, Any]) -> dict[str, Any]:
    quando: datetime = dados["data"]
    return {
        "instante": quando,
        "agora": timezone.now(),
        "confirmar": dados["confirmar"],
        "usuario_id": request.user.pk,
    }


class LevaAoMedidor:
    """The same buttons on the page of a UC or of a customer: they lead to the meter's page."""

    actions_detail = ["trocar_medidor", "mudar_titular_do_medidor", "retirar_medidor"]
    has_trocar_permission = AtosNoMedidor.has_trocar_permission
    has_mudar_titular_permission = AtosNoMedidor.has_mudar_titular_permission
    has_retirar_permission = AtosNoMedidor.has_retirar_permission

    def get_actions_detail(self: Any, request: HttpRequest, object_id: str) -> Any:
        """None of them where no meter is in service."""
        acoes = super().get_actions_detail(request, object_id)  # type: ignore[misc]
        objeto = self.get_object(request, object_id)
        if objeto is not None and objeto.medidores.ativos().exists():
            return acoes
        return [a for a in acoes if not a.action_name.endswith(tuple(LevaAoMedidor.actions_detail))]

    @action(description="Trocar medidor", icon="swap_horiz", permissions=["trocar"])
    def trocar_medidor(self, request: HttpRequest, object_id: str) -> HttpResponse:
        return self._levar(request, object_id, "trocar")

    @action(description="Mudar titular", icon="badge", permissions=["mudar_titular"])
    def mudar_titular_do_medidor(self, request: HttpRequest, object_id: str) -> HttpResponse:
        return self._levar(request, object_id, "mudar_titular")

    @action(description="Retirar medidor", icon="power_off", permissions=["retirar"])
    def retirar_medidor(self, request: HttpRequest, object_id: str) -> HttpResponse:
        return self._levar(request, object_id, "retirar")

    def _levar(self: Any, request: HttpRequest, object_id: str, ato: str) -> HttpResponse:
        """To the act at the one active meter; of several, to the list of them."""
        objeto: Cliente | UnidadeConsumidora = self.abrir(request, object_id)
        ativos = list(objeto.medidores.ativos().order_by("pk")[:2])
        if len(ativos) == 1:
            return HttpResponseRedirect(endereco_do_objeto(ativos[0], ato))
        if not ativos:
            frase = f"{objeto} não tem medidor ativo."
            self.message_user(request, frase, messages.WARNING)
            return HttpResponseRedirect(endereco_do_objeto(objeto))
        frase = f"{objeto} tem mais de um medidor ativo. Escolha um; o botão está na página dele."
        self.message_user(request, frase, messages.INFO)
        filtros = {"cliente__id__exact": objeto.pk, "ativo": "sim"}
        return HttpResponseRedirect(endereco_da_lista(Medidor, **filtros))
