"""Values in templates, written as everywhere: R$ 1.234,56, 1.234,567 kWh, 05/01/2026, links."""

from django import template

from comum.django_base import exibicao
from comum.texto import com_numero
from energia_project.menu import montar_trilha

register = template.Library()
register.filter("abre", exibicao.pode_abrir)
register.simple_tag(exibicao.ligar)
register.filter("brl", exibicao.brl)
register.filter("com_numero", com_numero)
register.filter("dia", exibicao.dia)
register.filter("instante", exibicao.instante)
register.filter("kwh", exibicao.kwh)
register.filter("ligacao", exibicao.ligacao_ao_objeto)
register.filter("montar_trilha", montar_trilha)
