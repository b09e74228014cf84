package dev.interlock.backup;

import dev.interlock.action.Plain;
import dev.interlock.backup.kept.Amount;
import dev.interlock.backup.kept.Manifest;
import dev.interlock.backup.kept.Separation;
import dev.interlock.backup.kept.Shelf;
import dev.interlock.backup.run.Digests;
import dev.interlock.evidence.BadSignatureException;
import dev.interlock.evidence.Json;
import dev.interlock.evidence.MalformedException;
import dev.interlock.evidence.Restoration;
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
 * What came of trying a backup, as it is signed: RFC 8785, as {@code docs/formats/backup.md} names its members.
 *
 * @param json all of it
 */
public record Attested(Json.Members json) {

    /** The SSHSIG namespace in which these, and nothing else, are signed. */
    public static final String NAMESPACE = Restoration.NAMESPACE;

    private static final String FILE = "attested.json";
    private static final String SIGNATURE = "attested.json.sig";

    /** Reasons are read by people, and kept in a receipt. */
    private static final int MAX_REASONS = 8;

    private static final int MAX_REASON = 600;

    /** Nobody waits so long: how long others may take is reckoned by it. */
    private static final Duration LONGEST = Duration.ofDays(31);

    /**
     * Of one whose manifest was read.
     *
     * @param separation what can be said of it now
     * @param uncompared extensions of which nobody could tell whether they have made again what belonged to them
     */
    static Attested of(
            Plan plan,
            Manifest manifest,
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
        word = Restoration.withOrigin(word, sha256(manifest.origin()));
        word = Restoration.withTarget(word, sha256(plan.target().words()));
        Json.Members compared = manifest.holding().isSequencesKnown() ? word : Restoration.withoutSequences(word);
        compared = Restoration.withoutExtensions(compared, uncompared);
        return new Attested(Restoration.beside(compared, manifest.holding().beside()));
    }

    /** Names of hosts and paths are nothing that a receipt has to hold. */
    private static String sha256(String words) {
        return HexFormat.of().formatHex(Digests.sha256().digest(words.getBytes(StandardCharsets.UTF_8)));
    }

    /** Of one of which not even the manifest can be read. */
    static Attested unreadable(Plan plan, String id, Instant at, String why) {
        return new Attested(basis(plan, id, at, List.of(why)));
    }

    /** Of one of {@code plan} that was restored before, and is not where it was. */
    public static Attested gone(Plan plan, String id, Instant at) {
        return unreadable(plan, id, at, "it is not on its target any more");
    }

    private static Json.Members basis(Plan plan, String id, Instant at, List<String> wrong) {
        return Json.object()
                .with("type", Restoration.TYPE)
                .with("plan", plan.name())
                .with("of", plan.of().toString())
                .with("backup", id)
                .with("tried_at", at.toString())
                .with("restored", wrong.isEmpty())
                .withTexts(
                        "wrong",
                        wrong.stream().limit(MAX_REASONS).map(Attested::cut).toList());
    }

    private static String cut(String reason) {
        return Plain.shortened(reason, MAX_REASON);
    }

    /** Whether not even its manifest could be read. */
    boolean isOfNoManifest() {
        return !restored() && json.get("taken_at").isEmpty();
    }

    /** Whether it says that it lay where {@code plan} keeps none any more: of that place it says nothing. */
    boolean isOfAnotherTarget(Plan plan) {
        return Restoration.target(json)
                .filter(target -> !target.equals(sha256(plan.target().words())))
                .isPresent();
    }

    /** Whether all was restored, and it is worth nothing only because it does not lie apart. */
    boolean isWrongForItsPlaceAlone() {
        return wrong().size() == 1
                && json.optionalText("separation")
                        .filter(Separation.SAME.word()::equals)
                        .isPresent();
    }

    /** How much was restored; of one that was read. */
    public Amount amount() {
        return Amount.of(json);
    }

    /** When that was. */
    Instant triedAt() {
        return Instant.parse(json.text("tried_at"));
    }

    /** How long that took; no time at all, where there was nothing to restore. */
    Duration took() {
        return json.get("took_seconds").isPresent() ? Duration.ofSeconds(json.whole("took_seconds")) : Duration.ZERO;
    }

    /** Whether nothing was wrong. */
    public boolean restored() {
        return json.flag("restored");
    }

    /** Whether somebody saw that it lies apart from what it is a copy of: not only the seal says so. */
    public boolean isSeenApart() {
        return Restoration.isSeenApart(json);
    }

    /** False where nobody knew where its sequences stood when it was taken: they were not compared. */
    public boolean isSequencesKnown() {
        return Restoration.isSequencesKnown(json);
    }

    /** Of which extensions nobody could tell whether they have made again what belonged to them. */
    public List<String> extensionsUncompared() {
        return Restoration.extensionsUncompared(json);
    }

    /** Which databases were on its source's server that no plan saved. */
    public Optional<Restoration.Beside> beside() {
        return Restoration.beside(json);
    }

    /** What was wrong, in words. */
    public List<String> wrong() {
        return json.texts("wrong");
    }

    void write(Shelf shelf, String signature) throws IOException {
        shelf.note(id(), SIGNATURE, signature);
        shelf.note(id(), FILE, json.canonicalText());
    }

    /** Which backup it is about. */
    public String id() {
        return json.text("backup");
    }

    /**
     * What was found when a backup of {@code plan} was tried last, if it was. Half a note, one from after {@code now},
     * or one that somebody else signed than who attests here, is none: then it is tried again, and noted anew. What is
     * kept, tried and given up rests on notes, and a target is open to others.
     */
    static Optional<Attested> read(Plan plan, Shelf shelf, String id, Instant now) throws IOException {
        Optional<Attested> found = shelf.noted(id, FILE)
                .flatMap(Attested::understood)
                .filter(one -> one.id().equals(id)
                        && one.json.text("plan").equals(plan.name())
                        && !one.triedAt().isAfter(now));
        if (found.isEmpty() || plan.attester().isEmpty()) {
            return found;
        }
        Optional<String> signature = readableSignature(shelf, id);
        return found.filter(one -> signature
                .filter(word -> one.isSignedBy(plan.attester().get(), word))
                .isPresent());
    }

    /** One that cannot be read says as little as none; whether the target can be is what the manifest shows. */
    private static Optional<String> readableSignature(Shelf shelf, String id) throws IOException {
        try {
            return signature(shelf, id);
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

    /** The signature that was noted with what was found; whose it is is not looked at. */
    static Optional<String> signature(Shelf shelf, String id) throws IOException {
        return shelf.noted(id, SIGNATURE);
    }

    private static Optional<Attested> understood(String text) {
        try {
            return Optional.of(of(Json.readObject(text.getBytes(StandardCharsets.UTF_8))));
        } catch (MalformedException e) {
            return Optional.empty();
        }
    }

    /**
     * That which {@code json} says; whether somebody signed it is not looked at.
     *
     * @throws MalformedException if it is none
     */
    public static Attested of(Json.Members json) {
        Attested found = new Attested(json);
        try {
            if (json.text("type").equals(Restoration.TYPE)
                    && Restoration.isName(found.id())
                    && found.triedAt().isAfter(Instant.MIN)
                    && !found.took().isNegative()
                    && found.took().compareTo(LONGEST) < 0
                    && found.restored() == found.wrong().isEmpty()) {
                return found;
            }
        } catch (DateTimeException e) {
            throw new MalformedException("it does not say when the backup was tried", e);
        }
        throw new MalformedException("it does not say what came of trying a backup");
    }
}
