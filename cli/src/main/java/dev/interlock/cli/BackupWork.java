package dev.interlock.cli;

import dev.interlock.action.VisibleText;
import dev.interlock.backup.BackupAttestation;
import dev.interlock.backup.BackupConfig;
import dev.interlock.backup.BackupPlanConfig;
import dev.interlock.backup.BackupProof;
import dev.interlock.backup.BackupStatus;
import dev.interlock.backup.content.Amount;
import dev.interlock.backup.tool.BackupTool;
import dev.interlock.config.Config;
import dev.interlock.confine.SandboxLauncher;
import dev.interlock.evidence.RestoreAttestation;
import dev.interlock.program.ExitCodes;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.Optional;

/** Proves the backups of plans, and tells people and the gateway about each result. */
final class BackupWork {

    private static final String UNSEEN =
            "this machine cannot check whether the backup is stored apart from its source: only the seal says so";

    private final Terminal terminal;
    private final Options own;
    private final BackupConfig backups;
    private final BackupGateway gateway;

    BackupWork(Terminal terminal, Options own, BackupConfig backups) {
        this.terminal = terminal;
        this.own = own;
        this.backups = backups;
        this.gateway = new BackupGateway(terminal, own);
    }

    void tellSecrets() {
        try {
            BackupSecrets.check(backups, config(), SandboxLauncher.agentUid())
                    .wrong()
                    .forEach(terminal::problem);
        } catch (IOException | RuntimeException e) {
            terminal.problem("could not check who else can use the secrets for backups: " + e.getMessage());
        }
    }

    private Optional<Config> config() throws IOException {
        try {
            return Optional.of(own.config());
        } catch (FileNotFoundException | NoSuchFileException e) {
            return Optional.empty();
        }
    }

    /** Looks first for the backup that the gateway counts on: it must hear of a loss whatever comes of the new one. */
    int run(BackupPlanConfig plan, Optional<Path> out) throws IOException {
        String ifInterrupted = "`" + plan.name()
                + "` has no new result, and earlier ones count as before; the next run starts from the beginning";
        try (BackupJob job = new BackupJob(terminal, ifInterrupted)) {
            BackupProof proof = job.proof(plan, backups);
            boolean isGone = look(plan, proof);
            BackupAttestation found = proof.run(job.progress(plan));
            boolean isHeard = handIn(found, out);
            if (!found.restored() || isGone) {
                return ExitCodes.NO;
            }
            return isHeard ? ExitCodes.OK : ExitCodes.UNAVAILABLE;
        }
    }

    private boolean look(BackupPlanConfig plan, BackupProof proof) throws IOException {
        Optional<BackupStatus> standing = gateway.standing(plan);
        Optional<String> counted = standing.flatMap(BackupStatus::counted);
        boolean has;
        try {
            List<BackupTool.StoredBackup> stored = proof.list();
            has = counted.isEmpty() || stored.stream().anyMatch(one -> one.id().equals(counted.get()));
        } catch (IOException e) {
            gateway.reportCheck(plan, false);
            throw e;
        }
        if (!has) {
            boolean _ = handIn(BackupAttestation.gone(plan, counted.orElseThrow(), Instant.now()), Optional.empty());
            return true;
        }
        if (standing.filter(BackupStatus::isUnchecked).isPresent()) {
            gateway.reportCheck(plan, true);
        }
        return false;
    }

    private boolean handIn(BackupAttestation found, Optional<Path> out) throws IOException {
        String signature = SshKeygen.sign(
                backups.attestKey(), RestoreAttestation.NAMESPACE, found.json().canonical());
        if (out.isPresent()) {
            Files.write(out.get(), found.json().canonical());
            Files.writeString(Path.of(out.get() + ".sig"), signature);
        }
        Optional<String> receipt = gateway.attest(found, signature, out);
        report(found, receipt);
        return receipt.isPresent() || out.isPresent();
    }

    private void report(BackupAttestation found, Optional<String> receipt) {
        terminal.answer(own, found.json().withOptional("receipt", receipt), () -> tell(found, receipt));
    }

    private void tell(BackupAttestation found, Optional<String> receipt) {
        terminal.line((found.restored() ? "✓ " : "✗ ") + found.json().text("plan") + "  " + found.id() + "  "
                + (found.restored()
                        ? "restored whole: " + amount(found.amount()) + ", in "
                                + found.json().whole("took_seconds") + " s"
                        : "cannot be restored as it was:"));
        found.faults().forEach(why -> terminal.line("    " + VisibleText.line(why)));
        if (found.restored()) {
            if (found.json().whole("changed") > 0) {
                terminal.line("    not compared, because the source changed meanwhile: "
                        + found.json().whole("changed") + " of its tables, files or other things");
            }
            if (!found.isSeparationObserved()) {
                terminal.line("    " + UNSEEN);
            }
        }
        receipt.ifPresent(id -> terminal.line("    receipt " + id));
    }

    static String amount(Amount amount) {
        return switch (amount) {
            case Amount.Rows all ->
                CellFormat.number(all.rows(), "row") + " of " + CellFormat.number(all.tables(), "table");
            case Amount.Files all -> CellFormat.number(all.files(), "file") + " with " + size(all.contentBytes());
        };
    }

    static String size(long bytes) {
        if (bytes < 10_000) {
            return bytes + " B";
        }
        return bytes < 10_000_000 ? bytes / 1000 + " kB" : bytes / 1_000_000 + " MB";
    }
}
