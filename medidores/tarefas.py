"""What a worker (`manage.py db_worker`) does with a file of readings.

Only triggers: the state of the work stands in ImportacaoLeituras, so a task that runs
twice, or after its work is done, does nothing.
"""

from functools import partial

from django.db import transaction
from django.utils import timezone
from django_tasks import task

from medidores.models import ImportacaoLeituras
from medidores.servicos.envios import conferir_envio, executar_envio


@task()
def conferir_importacao(importacao_id: int) -> None:
    conferir_envio(importacao_id, agora=timezone.now())


@task()
def executar_importacao(importacao_id: int) -> None:
    executar_envio(importacao_id, agora=timezone.now())


TRABALHO = {
    ImportacaoLeituras.Situacao.RECEBIDA: conferir_importacao,
    ImportacaoLeituras.Situacao.CONFIRMADA: executar_importacao,
}


def encaminhar(importacao_id: int) -> None:
    """Has the next step done: at once for a small file, by a worker for a large one."""
    importacao = ImportacaoLeituras.objects.get(pk=importacao_id)
    trabalho = TRABALHO.get(importacao.situacao)  # type: ignore[call-overload]
    if trabalho is None:
        return
    if importacao.conferencia.get("na_hora"):
        trabalho.func(importacao.pk)
    else:
        transaction.on_commit(partial(trabalho.enqueue, importacao.pk))
