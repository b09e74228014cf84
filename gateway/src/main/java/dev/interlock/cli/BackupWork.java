package dev.interlock.cli;

import dev.interlock.Backups;
import dev.interlock.action.Plain;
import dev.interlock.backup.Attested;
import dev.interlock.backup.Listing;
import dev.interlock.backup.Plan;
import dev.interlock.backup.Taking;
import dev.interlock.backup.Verification;
import dev.interlock.backup.kept.Amount;
import dev.interlock.backup.kept.Encryption;
import dev.interlock.backup.place.Target;
import dev.interlock.evidence.Json;
import java.io.IOException;
import java.time.Instant;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** Takes and tries backups, and tells what came of it. */
final class BackupWork {

    private final Terminal terminal;
    private final Options own;
    private final Backups backups;
    private final Encryption encryption;
    private final Set<String> told = new HashSet<>();

    BackupWork(Terminal terminal, Options own, Backups backups) throws IOException {
        this.terminal = terminal;
        this.own = own;
        this.backups = backups;
        this.encryption = Encryption.of(backups.key());
    }

    Encryption encryption() {
        return encryption;
    }

    /** Takes one of {@code plan}, and removes those that its rules let go; the exit code. */
    int take(Plan plan) throws IOException {
        try (BackupJob job = new BackupJob()) {
            Taking taking = new Taking(job.on(plan, backups, encryption));
            Taking.Taken taken = taking.take(BackupJob.progress(terminal, plan.name()));
            Taking.Pruned pruned = Taking.Pruned.NOTHING;
            try {
                pruned = taking.prune();
            } finally {
                tell(plan, taken, pruned); // it is there, whatever becomes of the others
            }
            return taken.sameDevice() ? Exit.NO : Exit.OK;
        }
    }

    private void tell(Plan plan, Taking.Taken taken, Taking.Pruned pruned) {
        if (own.json()) {
            terminal.json(json(plan, taken, pruned.removed()));
        } else {
            words(plan, taken, pruned.removed()).lines().forEach(terminal::line);
        }
        tellTrouble(plan, pruned.left());
    }

    /** Says once what lies there and counts for nothing; no rule removes it. */
    void tellTrouble(Plan plan, Map<String, String> troubled) {
        troubled.forEach((id, why) -> {
            if (told.add(plan.name() + "/" + id)) {
                terminal.problem(plan.name() + "/" + id + " counts for nothing, and is left where it is: " + why);
            }
        });
    }

    private static Json.Members json(Plan plan, Taking.Taken taken, List<String> pruned) {
        return taken.amount()
                .on(Json.object())
                .with("plan", plan.name())
                .with("backup", taken.id())
                .with("taken_at", taken.takenAt().toString())
                .with("bytes", taken.bytes())
                .with("same_device", taken.sameDevice())
                .with("devices_known", taken.devicesKnown())
                .withTexts("removed", pruned);
    }

    private static String words(Plan plan, Taking.Taken taken, List<String> pruned) {
        return (taken.sameDevice() ? "✗ " : "✓ ") + plan.name() + "  " + taken.id() + "  "
                + amount(taken.amount()) + ", "
                + BackupCommand.size(taken.bytes())
                + (pruned.isEmpty() ? "" : "; removed: " + String.join(", ", pruned))
                + (taken.sameDevice()
                        ? "\n    it lies on the same device as what it is a copy of: what takes the one takes the other"
                        : "\n    not worth anything yet: interlock backup verify " + plan.name())
                + (taken.devicesKnown() || !(plan.target() instanceof Target.Directory)
                        ? ""
                        : "\n    whether it lies on another device than what it is a copy of cannot be seen from here: that counts"
                                + " which the seal says");
    }

    /** {@code 1000 rows of 4 tables}, {@code 12 files}. */
    static String amount(Amount amount) {
        return switch (amount) {
            case Amount.Rows all ->
                Rendering.number(all.rows(), "row") + " of " + Rendering.number(all.tables(), "table");
            case Amount.Parts all -> all.counted() + " in " + Rendering.number(all.parts(), "part");
            case Amount.Files all ->
                Rendering.number(all.files(), "file") + " with " + BackupCommand.size(all.contentBytes());
        };
    }

    /** What the gateway believes of each plan, if there is one that can be asked. */
    Optional<Json.Members> standing(Plan plan) {
        try {
            return own.daemon()
                    .call("backup.standing", Json.object())
                    .object("plans")
                    .get(plan.name())
                    .map(Json.Members.class::cast);
        } catch (Exception e) {
            return Optional.empty(); // whoever is told something is told that it could not be
        }
    }

    /** Which backup of {@code plan} the gateway counts on, if it can be asked; to be asked before its target is. */
    Optional<String> counted(Plan plan) {
        return standing(plan).flatMap(standing -> standing.optionalText("counted"));
    }

    /**
     * Signs that the backup {@code counted} is gone, if it is: until then a destroying call may rest on it. Behind it
     * there may be others that the gateway goes on to count: the next look finds them.
     *
     * @param listing what there was on the target since the gateway counted on it
     * @return whether it is
     */
    boolean tellGone(Plan plan, Optional<String> counted, Listing listing) {
        if (counted.isEmpty()
                || listing.entries().stream().anyMatch(entry -> entry.id().equals(counted.get()))) {
            return false;
        }
        Attested found = Attested.gone(plan, counted.get(), Instant.now());
        try {
            Optional<String> signature = sign(found);
            report(found, signature.isPresent(), signature.flatMap(word -> attest(found, word)));
        } catch (IOException e) {
            terminal.problem(plan.name() + "/" + counted.get()
                    + " is not on its target any more, and that could not be signed: " + e.getMessage());
        }
        return true;
    }

    /** Whether the gateway holds a backup for bad that, by what lies beside it, is good: it has come back. */
    boolean isBack(Plan plan, Listing.Entry entry) {
        return entry.attested().filter(Attested::restored).isPresent()
                && standing(plan)
                        .filter(standing -> standing.texts("failed").contains(entry.id()))
                        .isPresent();
    }

    /** Tries {@code id}, or the youngest of {@code plan}; the exit code. */
    int verify(Plan plan, Optional<String> id) throws IOException {
        try (BackupJob job = new BackupJob()) {
            Verification verification = new Verification(job.on(plan, backups, encryption));
            if (id.isEmpty()) {
                Optional<String> counted = counted(plan);
                if (tellGone(plan, counted, Listing.of(plan, encryption))) {
                    return Exit.NO;
                }
            }
            String which = id.isPresent() ? id.get() : verification.youngest();
            Attested found = verification.verify(which, BackupJob.progress(terminal, plan.name()));
            Optional<String> signature = sign(found);
            if (signature.isPresent()) {
                verification.note(found, signature.get());
            }
            report(found, signature.isPresent(), signature.flatMap(word -> attest(found, word)));
            return found.restored() ? Exit.OK : Exit.NO;
        }
    }

    private Optional<String> sign(Attested found) throws IOException {
        if (backups.attestKey().isEmpty()) {
            terminal.problem("backups.yaml names no `attest-key`: nobody but you knows of this");
            return Optional.empty();
        }
        return Optional.of(SshKeygen.sign(
                backups.attestKey().get(), Attested.NAMESPACE, found.json().canonical()));
    }

    /** A gateway that is not there now is told by the next one, or by hand; what was found is true all the same. */
    private Optional<String> attest(Attested found, String signature) {
        try {
            return Optional.of(own.daemon()
                    .call(
                            "backup.attest",
                            Json.object().with("attestation", found.json()).with("signature", signature))
                    .text("receipt"));
        } catch (Exception e) {
            terminal.problem("the gateway was not told: " + e.getMessage());
            return Optional.empty();
        }
    }

    private void report(Attested found, boolean signed, Optional<String> receipt) {
        if (own.json()) {
            terminal.json(found.json().with("signed", signed).withOptional("receipt", receipt));
            return;
        }
        terminal.line((found.restored() ? "✓ " : "✗ ") + found.json().text("plan") + "  " + found.id() + "  "
                + (found.restored()
                        ? "restored whole: " + amount(found.amount()) + ", in "
                                + found.json().whole("took_seconds") + " s"
                        : "is worth nothing:"));
        found.wrong().forEach(why -> terminal.line("    " + Plain.line(why)));
        receipt.ifPresent(id -> terminal.line("    receipt " + id));
    }
}
