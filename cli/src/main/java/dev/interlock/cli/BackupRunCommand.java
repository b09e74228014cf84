package dev.interlock.cli;

import dev.interlock.action.VisibleText;
import dev.interlock.backup.BackupConfig;
import dev.interlock.backup.BackupPlanConfig;
import dev.interlock.backup.BackupProof;
import dev.interlock.program.ExitCodes;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Proves backups: once, for one plan or all. */
@Command(
        name = "run",
        description = {
            "Let the plan's tool take a backup, restore it for real in a scratch directory, compare it with its source, and sign the result. A running gateway records it.",
            "Exit code 1 if a backup is faulty or gone, 69 if something could not be done or the gateway not be told."
        },
        footer = {"  interlock backup run shop-db", "  interlock backup run"})
final class BackupRunCommand extends ConfiguredCommand {

    @Parameters(paramLabel = "PLAN", arity = "0..1", description = "The plan; all plans unless given.")
    private @Nullable String name;

    @Option(
            names = "--out",
            paramLabel = "FILE",
            description = "Also write the attestation to FILE and its signature to FILE.sig, for `interlock backup attest` on the gateway's machine. Only with a PLAN.")
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
