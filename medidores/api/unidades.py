"""Supply points (UCs) over REST."""

from typing import Any

import django_filters
from drf_spectacular.utils import OpenApiExample, extend_schema_serializer
from rest_framework import serializers

from comum.django_base.api.campos import CodigoField, InteiroField, ReferenciaField, TextoField
from comum.django_base.api.filters import CodigoFilter, IdFilter, TextoFilter
from comum.django_base.api.serializers import AlteracaoMixin, RecursoSerializer
from comum.django_base.api.views import RecursoViewSet, preencher, travado
from comum.django_base.gravacao import em_transacao, excluir, gravar
from comum.vocabulario import UFS, Classe, Ligacao, Modalidade, Subclasse, Subgrupo
from medidores.models import UnidadeConsumidora
from medidores.querysets import UnidadeConsumidoraQuerySet

# By the relation: its app is above this one.
Distribuidora: Any = UnidadeConsumidora._meta.get_field("distribuidora").related_model


@extend_schema_serializer(
    examples=[
        OpenApiExample(
            "unidade",
            request_only=True,
            value={
                "codigo": "UC-2001",
                "endereco": "Rua das Acácias, 10",
                "municipio_ibge": "3550308",
                "uf": "SP",
                "classe": "RESIDENCIAL",
                "ligacao": "BIFASICA_3_CONDUTORES",
                "grupo_leitura": "G01",
                "dia_vencimento": 15,
            },
        )
    ]
)
class UnidadeSerializer(RecursoSerializer):
    id_unidade = serializers.IntegerField(source="pk", read_only=True)
    codigo = TextoField(max_length=40, help_text="O código da unidade; não se repete.")
    cliente_id = serializers.IntegerField(
        source="titular_id",
        read_only=True,
        allow_null=True,
        help_text="O titular: o cliente do medidor ativo. Nulo sem medidor ativo.",
    )
    distribuidora_id = ReferenciaField(
        source="distribuidora",
        queryset=Distribuidora.objects.all(),
        required=False,
        allow_null=True,
        nao_encontrado="Distribuidora {} não encontrada.",
        help_text="Sem ela, vale a única cadastrada.",
    )
    endereco = TextoField(max_length=300, required=False, allow_blank=True)
    municipio_ibge = TextoField(
        max_length=7,
        required=False,
        allow_blank=True,
        help_text="Código IBGE, 7 dígitos; define a contribuição de iluminação pública.",
    )
    uf = CodigoField([(uf, uf) for uf in UFS], required=False, allow_blank=True)
    classe = CodigoField(Classe.escolhas(), required=False, help_text="Padrão: RESIDENCIAL.")
    subclasse = CodigoField(
        Subclasse.escolhas(), required=False, help_text="Padrão: a própria classe."
    )
    subgrupo = CodigoField(Subgrupo.escolhas(), required=False, help_text="Padrão: o da classe.")
    modalidade = CodigoField(
        Modalidade.escolhas(), required=False, help_text="Padrão: CONVENCIONAL."
    )
    ligacao = CodigoField(Ligacao.escolhas(), required=False, help_text="Padrão: MONOFASICA.")
    grupo_leitura = TextoField(max_length=20, required=False, allow_blank=True)
    dia_vencimento = InteiroField(
        required=False, min_value=1, max_value=31, help_text="Padrão: 10."
    )
    sem_leitura = CodigoField(
        UnidadeConsumidora.SemLeitura.choices,
        required=False,
        help_text="O que fazer no mês sem leitura. Padrão: PENDENCIA.",
    )
    situacao = CodigoField(
        UnidadeConsumidora.Situacao.choices,
        required=False,
        help_text="Só a ATIVA é faturada. Padrão: ATIVA.",
    )


@extend_schema_serializer(
    examples=[OpenApiExample("vencimento", request_only=True, value={"dia_vencimento": 20})]
)
class UnidadeAlteracaoSerializer(AlteracaoMixin, UnidadeSerializer):
    pass


class UnidadeFilter(django_filters.FilterSet):
    codigo = TextoFilter(help_text="O código inteiro.")
    cliente_id = IdFilter(method="filtrar_cliente", help_text="O titular.")
    grupo_leitura = TextoFilter(help_text="O grupo inteiro.")
    municipio_ibge = TextoFilter(help_text="Código IBGE, 7 dígitos.")
    classe = CodigoFilter(Classe.escolhas(), help_text="A classe.")
    situacao = CodigoFilter(UnidadeConsumidora.Situacao.choices, help_text="A situação da unidade.")

    def filtrar_cliente(self, unidades: UnidadeConsumidoraQuerySet, _: str, pk: int) -> Any:
        return unidades.filter(medidores__cliente=pk, medidores__data_retirada__isnull=True)


class UnidadeViewSet(RecursoViewSet):
    """A supply point. Its titular is the customer of its active meter, and is not written here."""

    queryset = UnidadeConsumidora.objects.com_titular_id()
    serializer_class = UnidadeSerializer
    alteracao_serializer_class = UnidadeAlteracaoSerializer
    filterset_class = UnidadeFilter
    nao_encontrado = "Unidade consumidora {} não encontrada."
    textos = {
        "create": (
            "Cria uma unidade sem medidor. O titular vem com o medidor: `POST /medidor/` com este "
            "`unidade_id`."
        ),
        "update": (
            "A classe que muda sem `subclasse` nem `subgrupo` traz os dela. O titular muda em "
            "`POST /medidor/{id}/titular/`."
        ),
        "destroy": "A unidade que tem ou teve medidor não pode ser excluída.",
    }

    def criar(self, dados: dict[str, Any]) -> UnidadeConsumidora:
        return self._como_esta(gravar(UnidadeConsumidora(**dados)))

    def alterar(self, unidade: UnidadeConsumidora, dados: dict[str, Any]) -> UnidadeConsumidora:
        with em_transacao():
            atual = travado(unidade)
            if dados.get("classe", atual.classe) != atual.classe:
                # Left blank, the model fills in what the new class implies.
                dados = {"subclasse": "", "subgrupo": ""} | dados
            gravar(preencher(atual, dados))
        return self._como_esta(atual)

    def apagar(self, unidade: UnidadeConsumidora) -> None:
        excluir(unidade)

    def _como_esta(self, unidade: UnidadeConsumidora) -> UnidadeConsumidora:
        """Read again, with its titular."""
        return self.get_queryset().get(pk=unidade.pk)
