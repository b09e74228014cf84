package dev.interlock.cli;

import dev.interlock.adminapi.EvidenceQuestion;
import dev.interlock.program.ExitCodes;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

@Command(
        name = "prove",
        description = "Print one self-contained file that proves a receipt to a third party.",
        footer = "  interlock prove R-01JD… > receipt.proof.json")
final class ProveCommand extends ConfiguredCommand {

    @Parameters(paramLabel = "RECEIPT", description = "As R-01JD…")
    private String receipt = "";

    @Override
    public Integer call() throws Exception {
        // The proof itself is JSON, so --json changes nothing.
        terminal.json(
                options.daemon().ask(new EvidenceQuestion.ProveReceipt(receipt)).proof());
        return ExitCodes.OK;
    }
}
