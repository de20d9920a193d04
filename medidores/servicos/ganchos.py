"""What an app above this one does when a meter's titular or supply ends.

The closing invoice belongs to `faturamento`, and imports go down only. So it
leaves its function here, once, in its `ready()`: an attribute that somebody
reads, not a signal that anybody may send. The edges pass it to the service; it
runs in the service's transaction, and what it refuses undoes the whole act.
"""

from collections.abc import Callable

# Called with keywords: unidade_id, cliente_id, ate_instante, agora, usuario_id. Bills that
# customer everything up to that instant, if anything is left to bill.
encerrar_ciclo: Callable[..., object] | None = None
