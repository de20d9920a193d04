"""What a worker (`manage.py db_worker`) does for the webhooks."""

from datetime import datetime

from django.utils import timezone
from django_tasks import TaskResultStatus, task
from django_tasks_db.backend import DatabaseBackend
from django_tasks_db.models import DBTaskResult

from integracao.servicos.avisos import PRAZO_DA_TENTATIVA, entregar_pendentes, proxima_entrega


@task()
def entregar_avisos() -> None:
    """Sends what is due; somebody comes back when the next try is.

    Also where this worker dies half-way: the next visit is booked before anything is sent.
    """
    if proxima_entrega() is not None:
        _marcar_visita(timezone.now() + PRAZO_DA_TENTATIVA)
    entregar_pendentes(relogio=timezone.now)
    if (proxima := proxima_entrega()) is not None:
        _marcar_visita(proxima)


def _marcar_visita(quando: datetime) -> None:
    """Books one, unless there is one no later. An engine that cannot defer is driven by cron."""
    motor = entregar_avisos.get_backend()
    if not motor.supports_defer:
        return
    if isinstance(motor, DatabaseBackend):
        marcadas = DBTaskResult.objects.filter(
            task_path=entregar_avisos.module_path,
            status=TaskResultStatus.READY,
            run_after__gte=timezone.now(),
            run_after__lte=quando,
        )
        if marcadas.exists():
            return
    entregar_avisos.using(run_after=quando).enqueue()
