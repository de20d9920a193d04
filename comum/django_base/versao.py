"""Two people on one record: the second to save is told, and keeps what was typed.

The form carries a fingerprint of each of its fields as they were when it was shown. In the
transaction that saves they are looked at again, one save of a record at a time.
"""

import hashlib
import json
from typing import Any

from django.db import connections, models, router
from django.http import HttpRequest
from unfold.admin import ModelAdmin

from comum.django_base.exibicao import VAZIO
from comum.erros import DominioError

CAMPO = "_versao"
TRAVA = "energia:formulario"
VALOR_MAXIMO = 60


class MudouEnquantoEditavaError(DominioError):
    """Someone else saved the record while this form was open."""

    codigo = "MUDOU_ENQUANTO_EDITAVA"


def versao_de(objeto: models.Model, campos: list[str]) -> dict[str, str]:
    """A short fingerprint of each field, as the database holds it."""
    return {nome: _digital(_bruto(objeto, nome)) for nome in campos}


def _bruto(objeto: Any, nome: str) -> Any:
    campo = objeto._meta.get_field(nome)
    if campo.many_to_many:
        return sorted(getattr(objeto, nome).values_list("pk", flat=True))
    return campo.get_prep_value(getattr(objeto, campo.attname))


def _digital(valor: Any) -> str:
    return hashlib.sha256(repr(valor).encode()).hexdigest()[:12]


class FormularioComVersao(ModelAdmin):
    """Mixin of a change form; the template shows the fingerprint as a hidden field."""

    def campos_da_versao(self, formulario: Any) -> list[str]:
        """The model's fields among those of the form."""
        proprios = {c.name for c in (*self.opts.concrete_fields, *self.opts.many_to_many)}
        return [nome for nome in formulario.base_fields if nome in proprios]

    def recusar_versao_velha(self, request: HttpRequest, objeto: Any, formulario: Any) -> None:
        """Raises unless the record is as the form showed it; nothing to say of a bare POST.

        Raises:
            MudouEnquantoEditavaError: it says which fields, and what they hold now.
        """
        vista = _ler(request.POST.get(CAMPO, ""))
        if not vista or objeto.pk is None:
            return
        _travar(objeto)
        atual = self.model._base_manager.filter(pk=objeto.pk).first()
        if atual is None:
            return
        campos = [nome for nome in self.campos_da_versao(type(formulario)) if nome in vista]
        agora = versao_de(atual, campos)
        mudaram = [nome for nome in campos if agora[nome] != vista[nome]]
        if not mudaram:
            return
        request.versao_nova = True  # type: ignore[attr-defined]
        valores = {nome: self.mostrar_campo(request, atual, nome) for nome in mudaram}
        agora_tem = "; ".join(
            f"{self.opts.get_field(nome).verbose_name} agora é {valor}"
            for nome, valor in valores.items()
        )
        raise MudouEnquantoEditavaError(
            f"Outra pessoa mudou este registro enquanto você o editava: {agora_tem}. Nada seu foi "
            "gravado, e o que você digitou continua abaixo. Confira e salve de novo."
        )

    def mostrar_campo(self, request: HttpRequest, objeto: Any, nome: str) -> str:
        """A field's value in a sentence to this user."""
        return _mostrar(objeto, nome)

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        if change:
            self.recusar_versao_velha(request, obj, form)
        super().save_model(request, obj, form, change)

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> Any:
        objeto = kwargs.get("obj")
        if objeto is not None and context["adminform"].form.fields:
            context["versao"] = self._versao_mostrada(request, objeto, context["adminform"].form)
        return super().render_change_form(request, context, *args, **kwargs)

    def _versao_mostrada(self, request: HttpRequest, objeto: Any, formulario: Any) -> str:
        """What was shown first, while the form comes back for other faults."""
        enviada = request.POST.get(CAMPO, "")
        if enviada and not getattr(request, "versao_nova", False):
            return enviada
        campos = self.campos_da_versao(type(formulario))
        if request.method == "POST":  # the form has put what was typed into the object
            objeto = self.model._base_manager.filter(pk=objeto.pk).first() or objeto
        return json.dumps(versao_de(objeto, campos)) if campos else ""


def _ler(texto: str) -> dict[str, str]:
    try:
        lida = json.loads(texto)
    except (ValueError, RecursionError):
        return {}
    return lida if isinstance(lida, dict) else {}


def _mostrar(objeto: Any, nome: str) -> str:
    campo = objeto._meta.get_field(nome)
    if campo.many_to_many:
        return f"outra escolha ({getattr(objeto, nome).count()})"
    como_rotulo = getattr(objeto, f"get_{nome}_display", None)
    valor = como_rotulo() if como_rotulo else getattr(objeto, nome)
    texto = VAZIO if valor in (None, "") else str(valor)
    return f"“{texto[:VALOR_MAXIMO]}”"


def _travar(objeto: models.Model) -> None:
    """Holds other forms of this record until the transaction ends.

    An advisory lock, taken before any row: the services lock rows in an order of their own.
    SQLite's transaction is a writer from its start.
    """
    conexao = connections[router.db_for_write(type(objeto))]
    if conexao.vendor == "postgresql" and conexao.in_atomic_block:
        with conexao.cursor() as cursor:
            chave = f"{TRAVA}:{objeto._meta.label}:{objeto.pk}"
            cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [chave])
