from django.apps import AppConfig


class IntegracaoConfig(AppConfig):
    name = "integracao"
    verbose_name = "Integração"

    def ready(self) -> None:
        from integracao.servicos import avisos
        from integracao.tarefas import entregar_avisos

        avisos.chamar_entregador = entregar_avisos.enqueue
