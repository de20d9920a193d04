"""Meters and readings, as the API reads and writes them."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from drf_spectacular.utils import OpenApiExample, extend_schema_field, extend_schema_serializer
from rest_framework import serializers

from clientes.models import Cliente
from comum.django_base.api.campos import (
    OBRIGATORIO,
    BooleanoField,
    CodigoField,
    DataField,
    DecimalField,
    EnergiaField,
    IdField,
    InstanteField,
    InteiroField,
    ReferenciaField,
    TextoField,
    citar,
    juntar,
)
from comum.django_base.api.serializers import AlteracaoMixin, RecursoSerializer
from comum.vocabulario import Registrador
from medidores.calculo.consumo import DIGITOS_MAXIMOS
from medidores.models import Leitura, UnidadeConsumidora


@extend_schema_serializer(
    examples=[
        OpenApiExample(
            "medidor",
            request_only=True,
            value={"client_id": 1, "numero_medidor": "MD-000123", "tipo": "eletrônico"},
        )
    ]
)
class MedidorSerializer(RecursoSerializer):
    medidor_id = serializers.IntegerField(source="pk", read_only=True)
    client_id = ReferenciaField(
        source="cliente",
        queryset=Cliente.objects.all(),
        nao_encontrado="Cliente {} não encontrado.",
        help_text="O cliente do medidor. Não muda por aqui depois de faturado.",
    )
    numero_medidor = TextoField(max_length=50, help_text="Não se repete.")
    tipo = TextoField(max_length=60, required=False, allow_blank=True)
    unidade_id = ReferenciaField(
        source="unidade",
        queryset=UnidadeConsumidora.objects.all(),
        required=False,
        nao_encontrado="Unidade consumidora {} não encontrada.",
        help_text="Sem ela, cria-se uma B1 residencial convencional no endereço do cliente.",
    )
    digitos = InteiroField(
        required=False,
        min_value=1,
        max_value=DIGITOS_MAXIMOS,
        help_text="Dígitos do mostrador: com 5, ele vai de 0 a 99999.",
    )
    constante = DecimalField(
        required=False,
        max_digits=10,
        decimal_places=4,
        min_value=Decimal("0.0001"),
        help_text="kWh por unidade do mostrador.",
    )
    data_instalacao = DataField(required=False, help_text="Padrão: hoje. Só na criação.")
    data_retirada = serializers.DateField(read_only=True, allow_null=True)


@extend_schema_serializer(
    examples=[OpenApiExample("tipo", request_only=True, value={"tipo": "telemedido"})]
)
class MedidorAlteracaoSerializer(AlteracaoMixin, MedidorSerializer):
    so_na_criacao = ("data_instalacao",)


VALOR_KWH = {
    "anyOf": [
        {"type": "string", "pattern": "^[0-9]{1,12}(\\.[0-9]{1,3})?$"},
        {"type": "number", "minimum": 0, "exclusiveMaximum": 10**12, "multipleOf": 0.001},
    ]
}
POR_REGISTRADOR = {
    "type": "object",
    "properties": {codigo: VALOR_KWH for codigo, _ in Registrador.escolhas()},
    "additionalProperties": False,
    "minProperties": 1,
}


@extend_schema_field(POR_REGISTRADOR)
class LeiturasField(serializers.Field):
    """What each register shows: {"ATIVA_PONTA": "120.5", …}; inside, Decimals by register."""

    default_error_messages = OBRIGATORIO | {
        "invalid": 'Envie um objeto com a leitura de cada registrador: {{"ATIVA_TOTAL": "150.0"}}.',
        "desconhecido": "Registrador desconhecido: {enviado}. Use um de: {codigos}.",
    }
    valor = EnergiaField(min_value=0)

    def to_internal_value(self, data: Any) -> dict[str, Decimal]:
        if not isinstance(data, Mapping) or not data:
            self.fail("invalid")
        leituras = {}
        for registrador, leitura_kwh in data.items():
            if registrador not in list(Registrador):
                codigos = juntar(Registrador)
                self.fail("desconhecido", enviado=citar(registrador), codigos=codigos)
            leituras[registrador] = self._ler(registrador, leitura_kwh)
        return leituras

    def _ler(self, registrador: str, leitura_kwh: Any) -> Decimal:
        try:
            return self.valor.run_validation(leitura_kwh)
        except serializers.ValidationError as erro:
            # The contract's errors are flat: the register's name goes into the sentence.
            frases: Any = erro.detail
            raise serializers.ValidationError([f"{registrador}: {f}" for f in frases]) from erro


@extend_schema_field({"anyOf": [*VALOR_KWH["anyOf"], POR_REGISTRADOR]})
class LeituraOuLeiturasField(LeiturasField):
    """The same, or the one value of a meter that has ATIVA_TOTAL alone."""

    def to_internal_value(self, data: Any) -> dict[str, Decimal]:
        if isinstance(data, Mapping):
            return super().to_internal_value(data)
        return {Registrador.ATIVA_TOTAL: self.valor.run_validation(data)}


class AtoNoMedidorSerializer(RecursoSerializer):
    """When an act happens at a meter, and whether its readings were checked."""

    # A serializer has a `data` of its own; the metaclass takes fields out of its way.
    data = InstanteField(  # type: ignore[assignment]
        required=False, help_text="Padrão: agora. Sem fuso, é de São Paulo."
    )
    confirmar = BooleanoField(
        required=False,
        help_text=(
            "true: a leitura foi conferida e vale, ainda que a crítica duvide dela. Não vale para "
            "a que diminui sem virada, nem para período faturado."
        ),
    )


@extend_schema_serializer(
    examples=[
        OpenApiExample(
            "troca",
            request_only=True,
            value={
                "numero_medidor": "MD-000124",
                "leitura_final_kwh": "4587.000",
                "data": "2026-01-20T10:30:00-03:00",
            },
        ),
        OpenApiExample(
            "troca na tarifa branca",
            request_only=True,
            value={
                "numero_medidor": "MD-000124",
                "leituras_finais": {
                    "ATIVA_PONTA": "812.5",
                    "ATIVA_INTERMEDIARIO": "640",
                    "ATIVA_FORA_PONTA": "5230",
                },
            },
        ),
    ]
)
class TrocaSerializer(AtoNoMedidorSerializer):
    numero_medidor = TextoField(max_length=50, help_text="O do medidor que entra; não se repete.")
    tipo = TextoField(max_length=60, required=False, allow_blank=True)
    digitos = InteiroField(
        required=False,
        min_value=1,
        max_value=DIGITOS_MAXIMOS,
        help_text="Padrão: os do medidor que sai.",
    )
    constante = DecimalField(
        required=False,
        max_digits=10,
        decimal_places=4,
        min_value=Decimal("0.0001"),
        help_text="kWh por unidade do mostrador. Padrão: a do medidor que sai.",
    )
    leitura_final_kwh = EnergiaField(
        required=False,
        min_value=0,
        help_text="O que mostra o medidor que sai; com vários registradores, use leituras_finais.",
    )
    leitura_inicial_kwh = EnergiaField(
        required=False, min_value=0, help_text="O que mostra o medidor que entra. Padrão: 0."
    )
    leituras_finais = LeiturasField(
        required=False, help_text="Por registrador, em vez de leitura_final_kwh."
    )
    leituras_iniciais = LeiturasField(
        required=False, help_text="Por registrador, em vez de leitura_inicial_kwh. Padrão: 0."
    )

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """One value or a map; what comes out is always the map."""
        for um, varios in (
            ("leitura_final_kwh", "leituras_finais"),
            ("leitura_inicial_kwh", "leituras_iniciais"),
        ):
            if um in attrs and varios in attrs:
                frase = f"Envie {um} ou {varios}, não os dois."
                raise serializers.ValidationError({varios: [frase]})
            if um in attrs:
                attrs[varios] = {Registrador.ATIVA_TOTAL: attrs[um]}
        if "leituras_finais" not in attrs:
            frase = "Este campo é obrigatório; com vários registradores, use leituras_finais."
            raise serializers.ValidationError({"leitura_final_kwh": [frase]})
        return attrs


@extend_schema_serializer(
    examples=[
        OpenApiExample(
            "titular", request_only=True, value={"client_id": 2, "leitura_kwh": "4587.000"}
        )
    ]
)
class TitularSerializer(AtoNoMedidorSerializer):
    client_id = ReferenciaField(
        source="cliente",
        queryset=Cliente.objects.all(),
        nao_encontrado="Cliente {} não encontrado.",
        help_text="O novo titular.",
    )
    leitura_kwh = LeituraOuLeiturasField(
        help_text="A leitura que encerra o consumo de um e abre o do outro: um valor, ou um por "
        "registrador."
    )


@extend_schema_serializer(
    examples=[
        OpenApiExample(
            "retirada", request_only=True, value={"leitura_kwh": "4587.000", "desligar": True}
        )
    ]
)
class RetiradaSerializer(AtoNoMedidorSerializer):
    leitura_kwh = LeituraOuLeiturasField(
        help_text="A leitura final: um valor, ou um por registrador."
    )
    desligar = BooleanoField(
        required=False,
        help_text="true: a unidade fica DESLIGADA. Pede a permissão de alterar unidades.",
    )


@extend_schema_serializer(
    examples=[
        OpenApiExample(
            "leitura",
            request_only=True,
            value={
                "medidor_id": 1,
                "leitura_kwh": "1520.500",
                "data_leitura": "2026-01-05T08:30:00-03:00",
            },
        )
    ]
)
class LeituraSerializer(RecursoSerializer):
    id_leitura = serializers.IntegerField(source="pk", read_only=True)
    medidor_id = IdField(help_text="Só na criação.")
    leitura_kwh = EnergiaField(help_text="O que o mostrador acumula, em kWh.")
    data_leitura = InstanteField(
        required=False, help_text="Padrão: agora. Sem fuso, é de São Paulo. Só na criação."
    )
    registrador = CodigoField(
        Registrador.escolhas(), required=False, help_text="Padrão: ATIVA_TOTAL. Só na criação."
    )
    origem = serializers.ChoiceField(Leitura.Origem.choices, read_only=True)
    situacao = serializers.ChoiceField(
        Leitura.Situacao.choices,
        read_only=True,
        help_text="RETIDA: a crítica guardou a leitura, mas espera a decisão de uma pessoa.",
    )


@extend_schema_serializer(
    examples=[OpenApiExample("valor", request_only=True, value={"leitura_kwh": "1521.000"})]
)
class LeituraAlteracaoSerializer(AlteracaoMixin, LeituraSerializer):
    so_na_criacao = ("medidor_id", "data_leitura", "registrador")


class RecusaSerializer(serializers.Serializer):
    """One refused element of an array."""

    indice = serializers.IntegerField(
        source="ordem", read_only=True, min_value=0, help_text="A posição na lista, desde 0."
    )
    codigo = serializers.CharField(read_only=True, help_text="Código estável da recusa.")
    detail = serializers.CharField(
        source="mensagem", read_only=True, help_text="O que houve e como sair, numa frase."
    )


class LoteSerializer(serializers.Serializer):
    """What came of an array."""

    linhas = serializers.IntegerField(source="contagem.linhas", read_only=True)
    aceitas = serializers.IntegerField(source="contagem.aceitas", read_only=True)
    retidas = serializers.IntegerField(source="contagem.retidas", read_only=True)
    recusadas = serializers.IntegerField(source="contagem.recusadas", read_only=True)
    repetidas = serializers.IntegerField(source="contagem.repetidas", read_only=True)
    erros = RecusaSerializer(source="recusas", many=True, read_only=True)
