package dev.interlock.backup;

import dev.interlock.action.Bytes;
import dev.interlock.action.VisibleText;
import dev.interlock.backup.content.Amount;
import dev.interlock.backup.content.Separation;
import dev.interlock.backup.tool.BackupTool;
import dev.interlock.evidence.Json;
import dev.interlock.evidence.MalformedException;
import dev.interlock.evidence.RestoreAttestation;
import java.nio.charset.StandardCharsets;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.util.HexFormat;
import java.util.List;

/** The signed result of a restore test: canonical JSON (RFC 8785) as in {@code docs/formats/backup.md}. */
public record BackupAttestation(Json.Members json) {

    private static final int MAX_REASONS = 8; // Maximum of reasons. People read them, and a receipt stores them.
    private static final int MAX_REASON = 600;

    /** {@code amount} was or should have been restored; {@code changed} counts changes at the source meanwhile. */
    static BackupAttestation of(
            BackupPlanConfig plan,
            String origin,
            BackupTool.StoredBackup backup,
            Amount amount,
            Separation separation,
            long changed,
            Instant at,
            Duration took,
            List<String> wrong) {
        return new BackupAttestation(amount.on(basis(plan, backup.id(), at, wrong))
                .with("taken_at", backup.takenAt().toString())
                .with("separation", separation.word())
                .with("changed", changed)
                .with("took_seconds", took.toSeconds())
                .with("origin_sha256", sha256(origin))
                .with("target_sha256", sha256(plan.tool().store())));
    }

    /** Hashes a text: a receipt does not need host names and paths. */
    private static String sha256(String words) {
        return HexFormat.of().formatHex(Bytes.newSha256().digest(words.getBytes(StandardCharsets.UTF_8)));
    }

    /** Returns the result for a backup of {@code plan} that was restored before and that its tool does not have now. */
    public static BackupAttestation gone(BackupPlanConfig plan, String id, Instant at) {
        return new BackupAttestation(basis(plan, id, at, List.of("its tool no longer has it")));
    }

    private static Json.Members basis(BackupPlanConfig plan, String id, Instant at, List<String> wrong) {
        return Json.object()
                .with("type", RestoreAttestation.TYPE)
                .with("plan", plan.name())
                .with("of", plan.of().toString())
                .with("backup", id)
                .with("tried_at", at.toString())
                .with("restored", wrong.isEmpty())
                .withTexts("wrong", wrong.stream().limit(MAX_REASONS).map(BackupAttestation::cut));
    }

    private static String cut(String reason) {
        return VisibleText.shortened(reason, MAX_REASON);
    }

    /** Returns the amount that was restored. Requires a backup whose manifest was read. */
    public Amount amount() {
        return Amount.of(json);
    }

    Instant triedAt() {
        return Instant.parse(json.text("tried_at"));
    }

    public boolean restored() {
        return json.flag("restored");
    }

    /** Returns whether somebody saw that the backup is separate from its source; the seal's claim is not enough. */
    public boolean isSeparationObserved() {
        return RestoreAttestation.isSeparationSeen(json);
    }

    public List<String> faults() {
        return json.texts("wrong");
    }

    public String id() {
        return json.text("backup");
    }

    /** Reads a test result, and throws {@link MalformedException} if it is none. The signature is not checked. */
    public static BackupAttestation of(Json.Members json) {
        BackupAttestation found = new BackupAttestation(json);
        try {
            if (json.text("type").equals(RestoreAttestation.TYPE)
                    && RestoreAttestation.isName(found.id())
                    && found.triedAt().isAfter(Instant.MIN)
                    && found.restored() == found.faults().isEmpty()) {
                return found;
            }
        } catch (DateTimeException e) {
            throw new MalformedException("it does not say when the backup was verified", e);
        }
        throw new MalformedException("it does not give the result of the restore test");
    }
}
