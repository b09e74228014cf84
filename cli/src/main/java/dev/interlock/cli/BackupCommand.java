package dev.interlock.cli;

import dev.interlock.action.VisibleText;
import dev.interlock.backup.BackupConfig;
import dev.interlock.backup.BackupPlanConfig;
import dev.interlock.backup.BackupProof;
import dev.interlock.evidence.Json;
import dev.interlock.program.ExitCodes;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(
        name = "backup",
        subcommands = {BackupCommand.BackupRunCommand.class, BackupRehearseCommand.class, BackupStatusCommand.class},
        description = "Backups that another tool takes and stores, restored for real and compared here.",
        synopsisSubcommandLabel = "COMMAND",
        footer = {
            "  interlock backup run shop-db",
            "  interlock backup status",
            "  interlock backup rehearse shop-db --key ~/.ssh/id_ed25519_sk",
            "  interlock backup attest attested.json"
        })
final class BackupCommand extends TerminalCommand {

    @Command(
            name = "attest",
            description = {
                "Hand this machine's gateway the attestation of a restore test that ran elsewhere. The gateway checks the signature, so anybody may hand it in.",
                "It ignores an attestation that it knows already.",
                "Exit code 69 if the gateway could not save it: a restart would lose it, so hand it in again."
            },
            footer = {
                "  interlock backup attest attested.json",
                "  cat attested.json attested.json.sig | ssh gateway interlock backup attest"
            })
    int attest(
            @Parameters(
                            paramLabel = "FILE",
                            arity = "0..1",
                            description =
                                    "The attestation, with its signature beside it in FILE.sig; unless given, both are read from standard input, one after the other.")
                    @Nullable Path file,
            @Mixin Options own)
            throws Exception {
        AttestationDocument word = AttestationDocument.read(file);
        Optional<BackupGateway.AcceptedAttestation> taken = BackupGateway.deliver(own.daemon(), word);
        Optional<String> receipt = taken.map(BackupGateway.AcceptedAttestation::receipt);
        String backup = word.said().text("plan") + "/" + word.said().text("backup");
        boolean isForgotten = taken.filter(one -> !one.isStored()).isPresent();
        Json.Members json = word.said().withOptional("receipt", receipt);
        terminal.answer(
                own,
                isForgotten ? json.with("kept", false) : json,
                receipt.map(id -> backup + ": the gateway recorded it, receipt " + id)
                        .orElse(backup + ": the gateway already has this attestation or a later one"));
        if (isForgotten) {
            terminal.problem(backup + BackupGateway.UNKEPT + "hand it in again");
            return ExitCodes.UNAVAILABLE;
        }
        return ExitCodes.OK;
    }

    /** Proves backups: once, for one plan or all. */
    @Command(
            name = "run",
            description = {
                "Let the plan's tool take a backup, restore it for real in a scratch directory, compare it with its source, and sign the result. A running gateway records it.",
                "Exit code 1 if a backup is faulty or gone, 69 if something could not be done or the gateway not be told."
            },
            footer = {"  interlock backup run shop-db", "  interlock backup run"})
    static final class BackupRunCommand extends ConfiguredCommand {

        @Parameters(paramLabel = "PLAN", arity = "0..1", description = "The plan; all plans unless given.")
        private @Nullable String name;

        @Option(
                names = "--out",
                paramLabel = "FILE",
                description =
                        "Also write the attestation to FILE and its signature to FILE.sig, for `interlock backup attest` on the gateway's machine. Only with a PLAN.")
        private @Nullable Path out;

        @Override
        public Integer call() throws Exception {
            if (out != null && name == null) {
                throw new UsageException("--out needs the name of a plan");
            }
            BackupConfig backups = BackupConfig.beside(options.configFile());
            String only = name;
            List<BackupPlanConfig> plans = only == null
                    ? List.copyOf(backups.plans().values())
                    : List.of(UsageException.unless(() -> backups.plan(only)));
            BackupWork work = new BackupWork(terminal, options, backups);
            work.tellSecrets();
            // A killed process may have left unencrypted rows there.
            BackupProof.clear(backups.scratch())
                    .forEach((path, why) -> terminal.problem("`" + path
                            + "` was left by a killed run, may hold data, and could not be removed: "
                            + VisibleText.line(why))); // it contains names of files that others have chosen
            int worst = ExitCodes.OK;
            for (BackupPlanConfig plan : plans) {
                try {
                    worst = Math.max(worst, work.run(plan, Optional.ofNullable(out)));
                } catch (IOException | RuntimeException e) {
                    if (only != null) {
                        throw e;
                    }
                    terminal.problem(plan.name() + ": " + e.getMessage()); // the other plans can still be run
                    worst = ExitCodes.UNAVAILABLE;
                }
            }
            return worst;
        }
    }
}
