package dev.interlock.backup;

import dev.interlock.action.Bytes;
import dev.interlock.action.VisibleText;
import dev.interlock.backup.kept.Amount;
import dev.interlock.backup.kept.BackupManifest;
import dev.interlock.backup.kept.BackupRepository;
import dev.interlock.backup.kept.Separation;
import dev.interlock.evidence.BadSignatureException;
import dev.interlock.evidence.Json;
import dev.interlock.evidence.MalformedException;
import dev.interlock.evidence.RestoreAttestation;
import dev.interlock.evidence.SshPublicKey;
import dev.interlock.evidence.SshSignature;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;

/**
 * The signed result of a restore test: canonical JSON (RFC 8785) with the members of {@code docs/formats/backup.md}.
 *
 * @param json the whole statement
 */
public record BackupAttestation(Json.Members json) {

    /** The SSHSIG namespace for these statements and nothing else. */
    public static final String NAMESPACE = RestoreAttestation.NAMESPACE;

    private static final String FILE = "attested.json";
    private static final String SIGNATURE = "attested.json.sig";

    /** Maximum of reasons. People read them, and a receipt stores them. */
    private static final int MAX_REASONS = 8;

    private static final int MAX_REASON = 600;

    /** Maximum duration of a test. Limits for later tests are computed from it, and nobody would wait longer. */
    private static final Duration LONGEST = Duration.ofDays(31);

    /**
     * Returns the result for a backup whose manifest was read.
     *
     * @param separation its separation from the source as seen now
     * @param uncompared extensions for which it is unknown whether they recreated all their members
     */
    static BackupAttestation of(
            BackupPlanConfig plan,
            BackupManifest manifest,
            Separation separation,
            Instant at,
            Duration took,
            List<String> wrong,
            List<String> uncompared) {
        Json.Members word = manifest.holding()
                .amount()
                .on(basis(plan, manifest.id(), at, wrong))
                .with("taken_at", manifest.takenAt().toString())
                .with("separation", separation.word())
                .with("bytes", manifest.bytes())
                .with("took_seconds", took.toSeconds());
        word = RestoreAttestation.withOrigin(word, sha256(manifest.origin()));
        word = RestoreAttestation.withTarget(word, sha256(plan.target().words()));
        Json.Members compared =
                manifest.holding().isSequencesKnown() ? word : RestoreAttestation.withoutSequences(word);
        compared = RestoreAttestation.withoutExtensions(compared, uncompared);
        return new BackupAttestation(
                RestoreAttestation.unsavedDatabases(compared, manifest.holding().beside()));
    }

    /** Hashes a text: a receipt does not need host names and paths. */
    private static String sha256(String words) {
        return HexFormat.of().formatHex(Bytes.newSha256().digest(words.getBytes(StandardCharsets.UTF_8)));
    }

    /** Returns the result for a backup whose manifest cannot be read. */
    static BackupAttestation unreadable(BackupPlanConfig plan, String id, Instant at, String why) {
        return new BackupAttestation(basis(plan, id, at, List.of(why)));
    }

    /** Returns the result for a backup of {@code plan} that was restored before and has disappeared from its target. */
    public static BackupAttestation gone(BackupPlanConfig plan, String id, Instant at) {
        return unreadable(plan, id, at, "it is no longer on its target");
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

    /** Returns whether not even its manifest could be read. */
    boolean isOfNoManifest() {
        return !restored() && json.get("taken_at").isEmpty();
    }

    /**
     * Returns whether it names a target that {@code plan} does not use any more. It proves nothing about the present
     * target.
     */
    boolean isOfAnotherTarget(BackupPlanConfig plan) {
        return RestoreAttestation.target(json)
                .filter(target -> !target.equals(sha256(plan.target().words())))
                .isPresent();
    }

    /**
     * Returns whether everything was restored, and the only fault is that the backup is not separate from its source.
     */
    boolean failsOnlySeparation() {
        return faults().size() == 1
                && json.optionalText("separation")
                        .filter(Separation.SAME.word()::equals)
                        .isPresent();
    }

    /** Returns the amount that was restored. Requires a backup whose manifest was read. */
    public Amount amount() {
        return Amount.of(json);
    }

    /** Returns the time of the test. */
    Instant triedAt() {
        return Instant.parse(json.text("tried_at"));
    }

    /** Returns the duration of the test; zero if there was nothing to restore. */
    Duration took() {
        return json.get("took_seconds").isPresent() ? Duration.ofSeconds(json.whole("took_seconds")) : Duration.ZERO;
    }

    /** Returns whether the test found no fault. */
    public boolean restored() {
        return json.flag("restored");
    }

    /**
     * Returns whether somebody saw that the backup is separate from its source. A claim in the seal alone is not
     * enough.
     */
    public boolean isSeparationObserved() {
        return RestoreAttestation.isSeparationSeen(json);
    }

    /** Returns whether the positions of its sequences were known when it was taken. If not, they were not compared. */
    public boolean isSequencesKnown() {
        return RestoreAttestation.isSequencesKnown(json);
    }

    /** Returns the extensions for which it is unknown whether they recreated all their members. */
    public List<String> extensionsUncompared() {
        return RestoreAttestation.extensionsUncompared(json);
    }

    /** Returns the databases on the source's server that no plan saved. */
    public Optional<RestoreAttestation.UnsavedDatabaseList> beside() {
        return RestoreAttestation.unsavedDatabases(json);
    }

    /** Returns descriptions of the faults. */
    public List<String> faults() {
        return json.texts("wrong");
    }

    void write(BackupRepository repository, String signature) throws IOException {
        repository.note(id(), SIGNATURE, signature);
        repository.note(id(), FILE, json.canonicalText());
    }

    /** Returns the backup's identifier. */
    public String id() {
        return json.text("backup");
    }

    /**
     * Reads the result of the last test of a backup of {@code plan}, if any. A partial note is ignored, and so is one
     * from after {@code now} or one signed by another attester. Then the backup is tested and noted again. Decisions on
     * what to keep, test and remove rest on notes, and others may write to a target.
     */
    static Optional<BackupAttestation> read(BackupPlanConfig plan, BackupRepository repository, String id, Instant now)
            throws IOException {
        Optional<BackupAttestation> found = repository
                .noted(id, FILE)
                .flatMap(BackupAttestation::understood)
                .filter(one -> one.id().equals(id)
                        && one.json.text("plan").equals(plan.name())
                        && !one.triedAt().isAfter(now));
        if (found.isEmpty() || plan.attester().isEmpty()) {
            return found;
        }
        Optional<String> signature = readableSignature(repository, id);
        return found.filter(one -> signature
                .filter(word -> one.isSignedBy(plan.attester().get(), word))
                .isPresent());
    }

    /** Returns the signature; empty if it cannot be read. The manifest shows whether the target itself can be read. */
    private static Optional<String> readableSignature(BackupRepository repository, String id) throws IOException {
        try {
            return signature(repository, id);
        } catch (UncheckedIOException e) {
            return Optional.empty();
        }
    }

    private boolean isSignedBy(SshPublicKey attester, String signature) {
        try {
            return SshSignature.parse(signature)
                    .verify(json.canonical(), NAMESPACE)
                    .key()
                    .equals(attester);
        } catch (BadSignatureException | MalformedException e) {
            return false;
        }
    }

    /** Returns the signature that was noted with the result. The signer is not checked. */
    static Optional<String> signature(BackupRepository repository, String id) throws IOException {
        return repository.noted(id, SIGNATURE);
    }

    private static Optional<BackupAttestation> understood(String text) {
        try {
            return Optional.of(of(Json.readObject(text.getBytes(StandardCharsets.UTF_8))));
        } catch (MalformedException e) {
            return Optional.empty();
        }
    }

    /**
     * Reads the result from {@code json}. The signature is not checked.
     *
     * @throws MalformedException if it is not a test result
     */
    public static BackupAttestation of(Json.Members json) {
        BackupAttestation found = new BackupAttestation(json);
        try {
            if (json.text("type").equals(RestoreAttestation.TYPE)
                    && RestoreAttestation.isName(found.id())
                    && found.triedAt().isAfter(Instant.MIN)
                    && !found.took().isNegative()
                    && found.took().compareTo(LONGEST) < 0
                    && found.restored() == found.faults().isEmpty()) {
                return found;
            }
        } catch (DateTimeException e) {
            throw new MalformedException("it does not say when the backup was verified", e);
        }
        throw new MalformedException("it does not give the result of the restore test");
    }
}
