package dev.interlock.cli;

import dev.interlock.action.Seal;
import dev.interlock.author.PolicyLearner;
import dev.interlock.author.PolicyReplay;
import dev.interlock.catalog.CatalogView;
import dev.interlock.program.ExitCodes;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

@Command(
        name = "learn",
        mixinStandardHelpOptions = true,
        description = {
            "Print a short policy that permits again what was permitted in the past, with the forbids of the "
                    + "policy directory. Comments say what it permits beyond that. A replay shows that it "
                    + "permits nothing that was refused.",
            "Exit code 1 if the replay cannot show this."
        },
        footer = {
            "",
            "Example:",
            "  interlock policy learn > learned.cedar",
            "",
            "Without a daemon:",
            "  interlock policy learn interlock/policy --ledger /backup/ledger --vkey ledger.pub"
        })
final class PolicyLearnCommand implements Callable<Integer> {

    @Parameters(paramLabel = "DIRECTORY", arity = "0..1", description = "policy/ beside gateway.yaml unless given.")
    private @Nullable Path directory;

    @Mixin
    private PastOptions past = new PastOptions();

    @Mixin
    private Options options = new Options();

    private final Terminal terminal;

    PolicyLearnCommand(Terminal terminal) {
        this.terminal = terminal;
    }

    @Override
    public Integer call() throws Exception {
        Seal draft = PolicyCommand.sound(terminal, options, directory).draft();
        PastOptions.PastRecords told = past.read(options);
        PolicyLearner.LearnedPolicy learned =
                PolicyLearner.from(draft, CatalogView.facts(), told.receipts(), told.acts(), told.seals());
        if (options.json()) {
            terminal.json(learned.json());
        } else {
            print(learned);
        }
        return learned.proof().holds() ? ExitCodes.OK : ExitCodes.NO;
    }

    /** Prints only the policy to standard output, so that it can be saved as a file; remarks go to standard error. */
    private void print(PolicyLearner.LearnedPolicy learned) {
        terminal.line(learned.policy().stripTrailing());
        terminal.aside(CellFormat.number(learned.permits(), "permit") + ", learned from "
                + CellFormat.number(learned.used(), "attempt") + " let go.");
        learned.leftOut().forEach((why, count) -> terminal.aside("left out: " + count + ". " + why));
        if (!learned.untried().isEmpty()) {
            terminal.aside("not replayed: the forbids `" + String.join("`, `", learned.untried())
                    + "`. Receipts do not record what they read.");
        }
        learned.tasks().lines().forEach(terminal::aside);
        if (learned.used() == 0) {
            terminal.aside("Nothing was learned, so there is nothing to replay.");
            return;
        }
        PolicyLearner.LearningProof proof = learned.proof();
        proof.used().differences().forEach(this::against);
        proof.others().differences().stream()
                .filter(PolicyReplay.DecisionDifference::loosened)
                .forEach(this::against);
        terminal.aside(
                proof.holds()
                        ? "Replayed: all of it is permitted again under the same obligations. None of "
                                + CellFormat.number(proof.others().replayed(), "attempt")
                                + " that did not go is permitted."
                        : "The replay does not show that this policy permits what went, and nothing that did not: see "
                                + "above.");
        if (!proof.used().isReadAnew()) {
            terminal.aside("Some of the attempts are uncertain, because a catalog has changed: see "
                    + "`interlock policy replay`.");
        }
    }

    private void against(PolicyReplay.DecisionDifference difference) {
        terminal.aside("NOT SHOWN  " + difference.before() + " → " + difference.after() + "  " + difference.what()
                + "  (" + difference.count() + " ×, first " + difference.receipt() + ")");
    }
}
