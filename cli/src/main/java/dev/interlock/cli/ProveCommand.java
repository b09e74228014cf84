package dev.interlock.cli;

import dev.interlock.adminapi.EvidenceQuestion;
import dev.interlock.program.ExitCodes;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

@Command(
        name = "prove",
        mixinStandardHelpOptions = true,
        description = "Print one self-contained file that proves a receipt to a third party.",
        footer = {"", "Example:", "  interlock prove R-01JD… > receipt.proof.json"})
final class ProveCommand implements Callable<Integer> {

    @Parameters(paramLabel = "RECEIPT", description = "As R-01JD…")
    private String receipt = "";

    @Mixin
    private Options options = new Options();

    private final Terminal terminal;

    ProveCommand(Terminal terminal) {
        this.terminal = terminal;
    }

    @Override
    public Integer call() throws Exception {
        // The proof itself is JSON, so --json changes nothing.
        terminal.json(
                options.daemon().ask(new EvidenceQuestion.ProveReceipt(receipt)).proof());
        return ExitCodes.OK;
    }
}
