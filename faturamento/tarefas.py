"""What a worker (`manage.py db_worker`) does with a billing run.

Only a trigger: what is left stands in the run's lots, so a task that runs twice shares
the work, and one that comes after its end does nothing.
"""

from django.utils import timezone
from django_tasks import task

from faturamento.servicos.trabalhador import trabalhar


@task()
def executar_faturamento(execucao_id: int) -> None:
    trabalhar(execucao_id, relogio=timezone.now)
