"""Fields of the API: strict about types, and refusing in sentences.

JSON has types, so a number is never taken for a text, nor `true` for 1. Decimals
may come as numbers or as strings, and go out as strings.
"""

import re
from collections.abc import Callable, Iterable, Mapping
from datetime import MAXYEAR, date, datetime
from decimal import Decimal
from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from comum.documentos import e_mascarado, mascarar_documento, normalizar_documento
from comum.erros import DadoInvalidoError
from comum.periodos import ler_competencia

ANOS = range(1900, 2200)
PADRAO_MES = "^(19|20|21)[0-9]{2}-(0[1-9]|1[0-2])$"
ID_MAXIMO = 2**63 - 1
FORMATO_ID = re.compile(r"[0-9]{1,18}", re.ASCII)
FORMATO_DECIMAL = re.compile(r"[+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)([eE][+-]?[0-9]{1,3})?", re.ASCII)
FORMATO_DATA = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", re.ASCII)

OBRIGATORIO: dict[str, Any] = {
    "required": "Este campo é obrigatório.",
    "null": "Este campo não pode ser nulo.",
}


def citar(valor: object, maximo: int = 40) -> str:
    """What was sent, short enough for a sentence.

    >>> citar("abc"), citar(True), citar([1])
    ("'abc'", 'true', 'uma lista')
    """
    if isinstance(valor, bool):
        return str(valor).lower()
    if isinstance(valor, list | dict):
        return "uma lista" if isinstance(valor, list) else "um objeto"
    texto = repr(valor) if isinstance(valor, str) else str(valor)
    return texto if len(texto) <= maximo else f"{texto[:maximo]}…"


def ler_id(texto: str) -> int | None:
    """The primary key that a path or a query names; None when it cannot be one.

    >>> ler_id("42"), ler_id("-1"), ler_id("٣"), ler_id("9" * 30)
    (42, None, None, None)
    """
    return int(texto) if FORMATO_ID.fullmatch(texto) else None


def ler_data(texto: str) -> date:
    """Reads AAAA-MM-DD, in the years that calendars and time zones can hold.

    Raises:
        ValueError: with its sentence.

    >>> ler_data("2026-01-31")
    datetime.date(2026, 1, 31)
    """
    try:
        dia = date.fromisoformat(texto) if FORMATO_DATA.fullmatch(texto) else None
    except ValueError:
        dia = None
    if dia is None:
        raise ValueError(f"Data inválida: {citar(texto)}. Use AAAA-MM-DD, por exemplo 2026-01-31.")
    conferir_ano(dia)
    return dia


def conferir_ano(dia: date | datetime) -> None:
    """Far years overflow due dates and time zones.

    Raises:
        ValueError: with its sentence.
    """
    if dia.year not in ANOS:
        raise ValueError(f"Ano fora do calendário: {dia.year}. Use de {ANOS[0]} a {ANOS[-1]}.")


class TextoField(serializers.CharField):
    """A JSON string, without the spaces around it; in the schema's length they count."""

    default_error_messages = OBRIGATORIO | {
        "invalid": "Envie um texto.",
        "blank": "Este campo não pode ficar em branco.",
        "max_length": "O texto é longo demais: o máximo é de {max_length} caracteres.",
    }

    def to_internal_value(self, data: Any) -> str:
        if not isinstance(data, str):
            self.fail("invalid")
        if self.max_length is not None and len(data) > self.max_length:
            self.fail("max_length", max_length=self.max_length)
        return super().to_internal_value(data)


class EmailField(TextoField, serializers.EmailField):
    """An e-mail address, or nothing."""

    default_error_messages = {
        "invalid": "Informe um endereço de e-mail válido, como nome@exemplo.com.br.",
    }


class SaidaPorUsuario(serializers.Field):
    """A field that not every user sees alike."""

    permissao: str

    def saida_para(self, contexto: Mapping[str, Any]) -> Callable[[Any], Any]:
        """How a value is written for the user of this request."""
        raise NotImplementedError

    def ve_inteiro(self, contexto: Mapping[str, Any]) -> bool:
        pedido = contexto.get("request")
        return pedido is not None and pedido.user.has_perm(self.permissao)


class DocumentoField(TextoField, SaidaPorUsuario):
    """A CPF or CNPJ, with or without punctuation; "" takes it away.

    Who lacks `permissao` sees it with asterisks. What was shown so may come back in a
    change, and changes nothing; on creation there is nothing that it could stand for.
    """

    default_error_messages = {
        "blank": "Informe o CPF ou o CNPJ.",
        "mascarado": "O documento veio com asteriscos. Envie todos os dígitos.",
    }

    def __init__(self, *, permissao: str, **kwargs: Any) -> None:
        self.permissao = permissao
        super().__init__(**kwargs)

    def saida_para(self, contexto: Mapping[str, Any]) -> Callable[[str], str]:
        """How the document is written for the user of this request; masked without one."""
        return str if self.ve_inteiro(contexto) else mascarar_documento

    def to_representation(self, value: Any) -> str:
        return self.saida_para(self.context)(value)

    def to_internal_value(self, data: Any) -> str:
        texto = super().to_internal_value(data)
        if e_mascarado(texto):
            if getattr(self.parent, "altera", False):
                raise serializers.SkipField
            self.fail("mascarado")
        try:
            return normalizar_documento(texto) if texto else ""
        except DadoInvalidoError as erro:
            raise serializers.ValidationError(str(erro), code=erro.codigo) from erro


class InteiroField(serializers.IntegerField):
    """A JSON integer: no strings, no booleans, no fractions."""

    default_error_messages = OBRIGATORIO | {
        "invalid": "Envie um número inteiro, sem aspas.",
        "max_value": "O valor máximo é {max_value}.",
        "min_value": "O valor mínimo é {min_value}.",
    }

    def to_internal_value(self, data: Any) -> int:
        if (
            isinstance(data, Decimal)
            and data == data.to_integral_value()
            and abs(data) <= ID_MAXIMO
        ):
            data = int(data)  # 5.0 is an integer in JSON
        if not isinstance(data, int) or isinstance(data, bool):
            self.fail("invalid")
        return data


class BooleanoField(serializers.BooleanField):
    """A JSON boolean: neither "sim" nor 1."""

    default_error_messages = OBRIGATORIO | {"invalid": "Envie true ou false, sem aspas."}

    def to_internal_value(self, data: Any) -> bool:
        if not isinstance(data, bool):
            self.fail("invalid")
        return data


class IdField(InteiroField):
    """The id of a row, of which nothing is known yet."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**{"min_value": 1, "max_value": ID_MAXIMO, **kwargs})


class DecimalField(serializers.DecimalField):
    """A number, as JSON number or string; what does not fit is refused, never rounded."""

    default_error_messages = OBRIGATORIO | {
        "invalid": "Envie um número com ponto decimal, como 150.00.",
        "max_value": "O valor máximo é {max_value}.",
        "min_value": "O valor mínimo é {min_value}.",
        "max_digits": "O número tem dígitos demais: o máximo é de {max_digits}.",
        "max_decimal_places": "O número tem casas decimais demais: use até {max_decimal_places}.",
        "max_whole_digits": (
            "O número é grande demais: use até {max_whole_digits} dígitos antes do ponto."
        ),
    }

    def to_internal_value(self, data: Any) -> Decimal:
        if isinstance(data, bool) or not isinstance(data, str | int | Decimal):
            self.fail("invalid")
        texto = str(data).strip()
        if len(texto) > self.MAX_STRING_LENGTH or not FORMATO_DECIMAL.fullmatch(texto):
            self.fail("invalid")
        return super().to_internal_value(_sem_zeros_a_direita(texto)) + 0  # never minus zero

    def to_representation(self, value: Any) -> Any:
        return None if value is None else super().to_representation(value)


def _sem_zeros_a_direita(texto: str) -> str:
    """150.000 has no more than 2 places; its last zeros say nothing."""
    mantissa, _, expoente = texto.lower().partition("e")
    if "." in mantissa:
        mantissa = mantissa.rstrip("0").rstrip(".") or "0"
    return f"{mantissa}e{expoente}" if expoente else mantissa


class DinheiroField(DecimalField):
    """R$ with 2 places."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**{"max_digits": 12, "decimal_places": 2, **kwargs})


class EnergiaField(DecimalField):
    """kWh with 3 places."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**{"max_digits": 15, "decimal_places": 3, **kwargs})


class DataField(serializers.DateField):
    """A civil day, AAAA-MM-DD."""

    default_error_messages = OBRIGATORIO | {"invalid": "Envie uma data AAAA-MM-DD, entre aspas."}

    def to_internal_value(self, value: Any) -> date:
        if not isinstance(value, str):
            self.fail("invalid")
        try:
            return ler_data(value)
        except ValueError as erro:
            raise serializers.ValidationError(str(erro), code="invalid") from erro


class InstanteField(serializers.DateTimeField):
    """An instant; without a time zone, it is of São Paulo."""

    default_error_messages = OBRIGATORIO | {
        "invalid": (
            "Data e hora inválidas. Use AAAA-MM-DDThh:mm:ss, com ou sem fuso, "
            "por exemplo 2026-01-31T08:30:00-03:00."
        ),
        "overflow": f"Ano fora do calendário. Use de {ANOS[0]} a {ANOS[-1]}.",
    }

    def to_internal_value(self, value: Any) -> datetime:
        if not isinstance(value, str) or not value.isascii() or len(value) > 40:
            self.fail("invalid")
        if value.startswith(("0001", str(MAXYEAR))):
            self.fail("overflow")  # the time zone would leave the calendar
        instante = super().to_internal_value(value)
        try:
            conferir_ano(instante)
        except ValueError as erro:
            raise serializers.ValidationError(str(erro), code="overflow") from erro
        return instante


@extend_schema_field({"type": "string", "pattern": PADRAO_MES, "example": "2026-01"})
class MesField(serializers.Field):
    """A month, AAAA-MM; inside, its first day."""

    default_error_messages = OBRIGATORIO | {"invalid": "Envie o mês como AAAA-MM, entre aspas."}

    def to_internal_value(self, data: Any) -> date:
        if not isinstance(data, str):
            self.fail("invalid")
        try:
            mes = ler_competencia(data)
            conferir_ano(mes)
        except (DadoInvalidoError, ValueError) as erro:
            raise serializers.ValidationError(str(erro), code="invalid") from erro
        return mes

    def to_representation(self, value: date) -> str:
        return f"{value:%Y-%m}"


class CodigoField(serializers.ChoiceField):
    """A code of a closed list; any case. `sinonimos` maps other spellings to codes."""

    default_error_messages = OBRIGATORIO | {
        "invalid_choice": "Valor desconhecido: {enviado}. Use um de: {codigos}.",
    }

    def __init__(self, choices: Any, *, sinonimos: dict[str, str] | None = None, **kw: Any) -> None:
        self.sinonimos = sinonimos or {}
        super().__init__(choices, **kw)

    def to_internal_value(self, data: Any) -> str:
        if data == "" and self.allow_blank:
            return ""
        codigo = data.strip().upper() if isinstance(data, str) else ""
        codigo = self.sinonimos.get(codigo, codigo)
        if codigo not in self.choices:
            self.fail("invalid_choice", enviado=citar(data), codigos=juntar(self.choices))
        return codigo


class ReferenciaField(serializers.PrimaryKeyRelatedField):
    """The id of another resource; inside, its object.

    `nao_encontrado` is the sentence, with `{}` where the id goes.
    """

    default_error_messages = OBRIGATORIO | {
        "incorrect_type": "Envie o id, um número inteiro sem aspas.",
    }

    def __init__(self, *, nao_encontrado: str = "Registro {} não encontrado.", **kw: Any) -> None:
        self.nao_encontrado = nao_encontrado
        super().__init__(**kw)

    def to_internal_value(self, data: Any) -> Any:
        if not isinstance(data, int) or isinstance(data, bool):
            self.fail("incorrect_type")
        objeto = None
        if 0 < data <= ID_MAXIMO:
            registros: Any = self.get_queryset()
            objeto = registros.filter(pk=data).first()
        if objeto is None:
            frase = self.nao_encontrado.format(citar(data))
            raise serializers.ValidationError(frase, code="NAO_ENCONTRADO")
        return objeto


def juntar(codigos: Iterable[object]) -> str:
    """The codes, as a sentence lists them."""
    return ", ".join(str(codigo) for codigo in codigos)
