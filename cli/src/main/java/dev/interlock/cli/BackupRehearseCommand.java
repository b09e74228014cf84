package dev.interlock.cli;

import dev.interlock.action.VisibleText;
import dev.interlock.adminapi.BackupQuestion;
import dev.interlock.adminapi.StatusQuestion;
import dev.interlock.adminclient.AdminClient;
import dev.interlock.backup.BackupAttestation;
import dev.interlock.backup.BackupConfig;
import dev.interlock.backup.BackupPlanConfig;
import dev.interlock.backup.BackupProof;
import dev.interlock.backup.Rehearsal;
import dev.interlock.backup.RehearsalRegistry;
import dev.interlock.backup.tool.BackupTool;
import dev.interlock.evidence.Json;
import dev.interlock.program.ExitCodes;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Clock;
import java.util.List;
import java.util.Optional;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(
        name = "rehearse",
        description = {
            "Rehearse a recovery step by step, each timed: the manual steps of the plan, and a restore of a backup in a scratch directory.",
            "A person signs the rehearsal, and `interlock backup status` shows it: with an SSH key (--key), or afterwards by passkey, on the console's backups page.",
            "Exit code 1 if something differs, 69 if the restore could not run."
        },
        footer = "  interlock backup rehearse shop-db --key ~/.ssh/id_ed25519_sk")
final class BackupRehearseCommand extends ConfiguredCommand {
    private final Clock clock = Clock.systemUTC();

    @Parameters(paramLabel = "PLAN", index = "0", description = "The plan.")
    private String plan = "";

    @Parameters(
            paramLabel = "BACKUP",
            index = "1",
            arity = "0..1",
            description = "The backup to restore. Unless given, the one that the gateway counts on, or the youngest.")
    private @Nullable String backup;

    @Option(
            names = "--key",
            paramLabel = "FILE",
            description =
                    "The SSH key of a person of the seal, who signs the rehearsal. Without it the rehearsal waits for a passkey at the console.")
    private @Nullable Path key;

    @Override
    public Integer call() throws Exception {
        BackupConfig backups = BackupConfig.beside(options.configFile());
        BackupPlanConfig which = UsageException.unless(() -> backups.plan(plan));
        try (BackupJob job =
                new BackupJob(terminal, "the rehearsal was not finished; the next one starts from the beginning")) {
            BackupProof proof = job.proof(which, backups);
            String id = chosen(which, proof);
            if (!options.json()) {
                terminal.line("Recovery of " + which.name() + ", rehearsed in a scratch directory:");
            }
            RecoveryChecklist checklist = new RecoveryChecklist(terminal, options.json());
            which.checklist().before().forEach(checklist::person);
            BackupAttestation found = checklist.run(
                    "preparing",
                    job.progress(which),
                    progress -> proof.prove(id, progress),
                    BackupAttestation::restored);
            which.checklist().after().forEach(checklist::person);
            Rehearsal done = new Rehearsal(
                    which.name(), which.of(), found.id(), clock.instant(), checklist.steps(), found.faults());
            report(done, key == null ? leaveUnsigned(done) : handIn(done, key));
            return done.isWhole() ? ExitCodes.OK : ExitCodes.NO;
        }
    }

    private String chosen(BackupPlanConfig which, BackupProof proof) throws IOException {
        if (backup != null) {
            return backup;
        }
        List<String> stored =
                proof.list().stream().map(BackupTool.StoredBackup::id).toList();
        if (stored.isEmpty()) {
            throw new IllegalArgumentException("there is no backup of `" + plan + "`");
        }
        return new BackupGateway(terminal, options)
                .counted(which)
                .filter(stored::contains)
                .orElse(stored.getLast());
    }

    /** What became of it: as members for programs, and for people. */
    private record HandedIn(UnaryOperator<Json.Members> json, Runnable told) {

        /** The gateway does not have it; the reason was printed. */
        static final HandedIn NOT = new HandedIn(UnaryOperator.identity(), () -> {});
    }

    private HandedIn handIn(Rehearsal done, Path signer) throws IOException {
        String signature =
                SshKeygen.sign(signer, Rehearsal.NAMESPACE, done.json().canonical());
        try {
            BackupQuestion.SignedRehearsal said = options.daemon()
                    .ask(new BackupQuestion.SignRehearsal(
                            Optional.of(done.json()), Optional.empty(), new Json.Text(signature)));
            return new HandedIn(
                    all -> all.with("person", said.person()).with("receipt", said.receipt()),
                    () -> terminal.line("    rehearsed by " + said.person() + ", receipt " + said.receipt()));
        } catch (Exception e) {
            terminal.problem("the gateway could not be notified, so it counts as never rehearsed: " + e.getMessage());
            return HandedIn.NOT;
        }
    }

    /** A person with a passkey signs it at the console. Nothing that this program prints could be signed instead. */
    private HandedIn leaveUnsigned(Rehearsal done) {
        try {
            AdminClient daemon = options.daemon();
            BackupQuestion.UnsignedRehearsal left = daemon.ask(new BackupQuestion.HandInRehearsal(done.json()));
            return new HandedIn(all -> all.with("unsigned", left.unsigned()).with("words", left.words()), () -> {
                terminal.line("    its words: " + left.words());
                terminal.problem("nobody has signed it yet, so it counts as never rehearsed: "
                        + console(daemon)
                                .map(at -> "sign it by passkey within a week, at " + at + "/backups")
                                .orElse("there is no console to sign at")
                        + "; or rehearse with --key");
            });
        } catch (Exception e) {
            terminal.problem(
                    "nobody signed, so it counts as never rehearsed: rehearse with --key KEY. It could not be handed to the gateway for a passkey signature either: "
                            + e.getMessage());
            return HandedIn.NOT;
        }
    }

    private static Optional<String> console(AdminClient daemon) {
        try {
            return Optional.of(daemon.ask(new StatusQuestion.AskStatus()).console())
                    .filter(told -> told.startsWith("http"));
        } catch (Exception e) {
            return Optional.empty(); // the record is stored all the same
        }
    }

    private void report(Rehearsal done, HandedIn kept) {
        terminal.answer(options, kept.json().apply(done.json()), () -> {
            terminal.line((done.isWhole() ? "✓ " : "✗ ") + done.backup() + "  "
                    + (done.isWhole() ? "everything was restored" : "not everything was restored") + ", in "
                    + CellFormat.age(done.tookSeconds()));
            done.wrong().forEach(why -> terminal.line("    " + VisibleText.line(why)));
            long skipped = RehearsalRegistry.skipped(done.json());
            if (skipped > 0) {
                terminal.line("    " + skipped + " of " + done.steps().size()
                        + " steps were skipped, so this is not a recovery time");
            }
            kept.told().run();
        });
    }
}
