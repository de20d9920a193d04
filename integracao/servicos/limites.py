"""The requests of each user, counted over all workers in one row of the database."""

from django.db import connection

from integracao.models import ConsumoDePedidos


def somar_pedidos(usuario_id: int, *, pedidos: int, minuto: int) -> int:
    """Adds this worker's count to the minute; returns what all of them have counted in it.

    A worker whose clock is behind adds to the newer minute.
    """
    tabela = ConsumoDePedidos._meta.db_table
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO {tabela} AS t (usuario_id, minuto, pedidos) VALUES (%s, %s, %s) "  # noqa: S608 - our own table's name
            "ON CONFLICT (usuario_id) DO UPDATE SET "
            "pedidos = CASE WHEN excluded.minuto > t.minuto THEN excluded.pedidos "
            "ELSE t.pedidos + excluded.pedidos END, "
            "minuto = CASE WHEN excluded.minuto > t.minuto THEN excluded.minuto "
            "ELSE t.minuto END RETURNING pedidos",
            [usuario_id, minuto, pedidos],
        )
        return int(cursor.fetchone()[0])
