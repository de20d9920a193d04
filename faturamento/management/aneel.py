"""What the two importers of ANEEL's files say, and how they leave."""

from argparse import ArgumentParser

from comum.django_base.comandos import ComandoBase
from comum.texto import com_numero
from faturamento.servicos.importacao_aneel import ResultadoAneel, Situacao

SINAL = {
    Situacao.NOVA: "+",
    Situacao.CONFLITO: "!",
    Situacao.RECUSADA: "x",
}


class ComandoAneel(ComandoBase):
    """Prints the diff: `+` new, `!` in conflict, `x` refused; equal and left rows are counted."""

    def add_opcoes(self, parser: ArgumentParser) -> None:
        parser.add_argument("--dry-run", action="store_true", help="mostra a diferença sem gravar")
        parser.add_argument("--json", action="store_true", help="imprime só o resumo, em JSON")

    def relatar(self, resultado: ResultadoAneel, *, simulado: bool, em_json: bool) -> None:
        resumo = resultado.como_json()
        if em_json:
            self.responder_json(resumo)
        saida = self.stderr if em_json else self.stdout
        for diferenca in resultado.diferencas:
            if sinal := SINAL.get(diferenca.situacao):
                saida.write(f"{sinal} linha {diferenca.linha}: {diferenca.descricao}")
        self.avisar(
            f"{com_numero(resumo['linhas'], 'linha')}: {com_numero(resumo['novas'], 'nova')}, "
            f"{com_numero(resumo['iguais'], 'igual', 'iguais')}, "
            f"{resumo['conflitos']} em conflito, {com_numero(resumo['recusadas'], 'recusada')}, "
            f"{resumo['ignoradas']} fora do que se usa."
            f"{' Nada foi gravado.' if simulado else ''}"
        )
        if resumo["conflitos"] or resumo["recusadas"]:
            self.encerrar_em_parte(
                f"Linhas que não entraram: {resumo['conflitos'] + resumo['recusadas']}."
            )
