package dev.interlock.cli;

import dev.interlock.adminapi.EvidenceQuestion;
import dev.interlock.evidence.Json;
import dev.interlock.evidence.ProofPage;
import dev.interlock.program.ExitCodes;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(
        name = "prove",
        description =
                "Print one self-contained file that proves a receipt to a third party: of a call with its seal, its signatures and its outcome.",
        footer = {"  interlock prove R-01JD… > receipt.proof.json", "  interlock prove --page check.html"})
final class ProveCommand extends ConfiguredCommand {

    @ArgGroup(multiplicity = "1")
    private Wanted wanted = new Wanted();

    static final class Wanted {
        @Parameters(paramLabel = "RECEIPT", description = "As R-01JD…; of an outcome, its call is proven too.")
        private String receipt = "";

        @Option(
                names = "--page",
                paramLabel = "FILE",
                description = "Instead write the page on which a browser checks such files, offline.")
        private Optional<Path> page = Optional.empty();
    }

    @Override
    public Integer call() throws Exception {
        if (wanted.page.isPresent()) {
            Files.writeString(wanted.page.get(), ProofPage.html());
            return ExitCodes.OK;
        }
        Json.Members proof = proof(wanted.receipt);
        // The proof itself is JSON, so --json changes nothing.
        terminal.json(
                proof.object("receipt").text("kind").equals("outcome")
                        ? proof(proof.object("receipt").text("intent"))
                        : proof);
        return ExitCodes.OK;
    }

    private Json.Members proof(String receipt) throws Exception {
        return options.daemon().ask(new EvidenceQuestion.ProveReceipt(receipt)).proof();
    }
}
