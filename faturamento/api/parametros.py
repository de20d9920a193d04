"""Tariffs and flags over REST: to be read. They are changed in the admin, by two people."""

from typing import Any, NoReturn

import django_filters
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers
from rest_framework.exceptions import MethodNotAllowed
from rest_framework.request import Request

from comum.django_base.api.campos import DecimalField, EnergiaField
from comum.django_base.api.filters import CodigoFilter, DiaFilter, IdFilter
from comum.django_base.api.serializers import RecursoSerializer
from comum.django_base.api.views import RecursoViewSet
from comum.vocabulario import Classe, CorBandeira, Modalidade, Posto, Subclasse, Subgrupo
from faturamento.models import Bandeira, Tarifa
from faturamento.querysets import VigenciaQuerySet


class SoConsultaError(MethodNotAllowed):
    """Dated values are not written over REST."""

    default_code = "SO_CONSULTA"
    default_detail = (
        "Tarifas e bandeiras só se consultam pela API; {method} não é aceito. Para mudá-las, use "
        "o painel, onde uma segunda pessoa confere."
    )


def _brl_por_mwh(**opcoes: Any) -> DecimalField:
    return DecimalField(max_digits=16, decimal_places=8, read_only=True, **opcoes)


def _codigo_ou_vazio(escolhas: list[tuple[str, str]]) -> Any:
    codigos = ["", *(codigo for codigo, _ in escolhas)]
    return extend_schema_field({"type": "string", "enum": codigos})


@_codigo_ou_vazio(Classe.escolhas())
class _ClasseField(serializers.CharField):
    pass


@_codigo_ou_vazio(Subclasse.escolhas())
class _SubclasseField(serializers.CharField):
    pass


class VigenciaSerializer(RecursoSerializer):
    """What every dated row says of itself."""

    vigente_de = serializers.DateField(read_only=True, help_text="Primeiro dia em que vale.")
    vigente_ate = serializers.DateField(
        read_only=True, allow_null=True, help_text="Primeiro dia em que já não vale; nulo: sem fim."
    )
    fonte = serializers.CharField(read_only=True, help_text="Norma, resolução ou lei de origem.")

    def get_fields(self) -> dict[str, serializers.Field]:
        """These after those of the row itself."""
        campos = super().get_fields()
        return campos | {nome: campos.pop(nome) for nome in VigenciaSerializer._declared_fields}


class TarifaSerializer(VigenciaSerializer):
    id_tarifa = serializers.IntegerField(source="pk", read_only=True)
    distribuidora_id = serializers.IntegerField(read_only=True)
    subgrupo = serializers.ChoiceField(Subgrupo.escolhas(), read_only=True)
    modalidade = serializers.ChoiceField(Modalidade.escolhas(), read_only=True)
    classe = _ClasseField(read_only=True, help_text="Em branco: todas.")
    subclasse = _SubclasseField(read_only=True, help_text="Em branco: todas.")
    posto = serializers.ChoiceField(Posto.escolhas(), read_only=True)
    faixa_ate_kwh = EnergiaField(
        read_only=True, allow_null=True, help_text="Fim da faixa de consumo; nulo: sem fim."
    )
    tusd_brl_por_mwh = _brl_por_mwh(help_text="TUSD, R$/MWh, sem tributos.")
    te_brl_por_mwh = _brl_por_mwh(help_text="TE, R$/MWh, sem tributos.")


class BandeiraSerializer(VigenciaSerializer):
    id_bandeira = serializers.IntegerField(source="pk", read_only=True)
    cor = serializers.ChoiceField(CorBandeira.escolhas(), read_only=True)
    adicional_brl_por_mwh = _brl_por_mwh(help_text="R$/MWh, sem tributos.")


class VigenciaFilter(django_filters.FilterSet):
    vigente_em = DiaFilter(method="filtrar_dia", help_text="As que valem neste dia.")

    def filtrar_dia(self, linhas: VigenciaQuerySet, _: str, dia: Any) -> Any:
        return linhas.em(dia)


class TarifaFilter(VigenciaFilter):
    distribuidora_id = IdFilter(field_name="distribuidora_id", help_text="A distribuidora.")
    subgrupo = CodigoFilter(Subgrupo.escolhas(), help_text="O subgrupo.")
    modalidade = CodigoFilter(Modalidade.escolhas(), help_text="A modalidade.")
    classe = CodigoFilter(Classe.escolhas(), help_text="A classe.")
    posto = CodigoFilter(Posto.escolhas(), help_text="O posto.")


class BandeiraFilter(VigenciaFilter):
    cor = CodigoFilter(CorBandeira.escolhas(), help_text="A cor.")


class SoConsultaViewSet(RecursoViewSet):
    """Lists and shows; any other method is a 405 that says where else to go."""

    http_method_names = ["get", "head", "options"]

    def check_permissions(self, request: Request) -> None:
        # Before the permissions: who may not write here must not be sent to ask for it.
        if request.method not in self.allowed_methods:
            self.http_method_not_allowed(request)
        super().check_permissions(request)

    def http_method_not_allowed(self, request: Request, *_: Any, **__: Any) -> NoReturn:
        raise SoConsultaError(str(request.method))


class TarifaViewSet(SoConsultaViewSet):
    """Homologated tariffs."""

    queryset = Tarifa.objects.all()
    serializer_class = TarifaSerializer
    filterset_class = TarifaFilter
    nao_encontrado = "Tarifa {} não encontrada."
    textos = {
        "list": (
            "TUSD e TE homologadas, sem tributos. Só consulta: tarifas mudam no painel, onde uma "
            "segunda pessoa confere."
        )
    }


class BandeiraViewSet(SoConsultaViewSet):
    """The national tariff flags."""

    queryset = Bandeira.objects.all()
    serializer_class = BandeiraSerializer
    filterset_class = BandeiraFilter
    nao_encontrado = "Bandeira {} não encontrada."
    textos = {
        "list": (
            "A cor e o adicional de cada período. Só consulta: bandeiras mudam no painel, onde "
            "uma segunda pessoa confere."
        )
    }
