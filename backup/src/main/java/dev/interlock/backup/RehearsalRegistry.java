package dev.interlock.backup;

import dev.interlock.action.BackupPlans;
import dev.interlock.action.Bytes;
import dev.interlock.action.Seal;
import dev.interlock.evidence.BadSignatureException;
import dev.interlock.evidence.Json;
import dev.interlock.evidence.MalformedException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;

/**
 * The gateway's knowledge of rehearsed recoveries, each verified against the seal in force; unsigned ones prove
 * nothing. Threading: guarded by itself.
 */
public final class RehearsalRegistry {

    private static final Duration SLACK = Duration.ofMinutes(1);

    /** The receipt of an unsigned rehearsal then has room for the longest passkey signature, in canonical bytes. */
    static final int MAX_UNSIGNED = 6 * 1024;

    /** The file name for unsigned rehearsals. No plan's file has it, because those have another ending. */
    private static final String UNSIGNED = "unsigned";

    private final RehearsalSigners signers;
    private final AttestationFiles words;
    private final UnsignedRehearsals unsigned;

    /** A rehearsal that the machine's user {@code by} submitted, unsigned; {@code id} derives from its content. */
    public record UnsignedRehearsal(String id, Json.Members said, String by, Instant since) {

        private static UnsignedRehearsal of(UnsignedRehearsals.UnsignedEntry entry) {
            return new UnsignedRehearsal(name(entry.said()), entry.said(), entry.by(), entry.since());
        }

        private static String name(Json.Members said) {
            return "P-" + Bytes.of(said.canonical()).sha256().substring(0, 20);
        }
    }

    /** Identifies the signer of a statement. */
    @FunctionalInterface
    public interface RehearsalSigners {

        /** Returns the person who signed {@code statement} in {@link Rehearsal#NAMESPACE} with an accepted key. */
        String person(Seal seal, byte[] statement, String signature) throws BadSignatureException;
    }

    private RehearsalRegistry(AttestationFiles words, UnsignedRehearsals unsigned, RehearsalSigners signers) {
        this.words = words;
        this.unsigned = unsigned;
        this.signers = signers;
    }

    /** Opens the rehearsals in {@code directory}, created if missing; an unreadable file proves nothing. */
    public static RehearsalRegistry open(Path directory, RehearsalSigners signers) throws IOException {
        return new RehearsalRegistry(
                AttestationFiles.open(directory, "practised_at"),
                new UnsignedRehearsals(directory.resolve(UNSIGNED)),
                signers);
    }

    /** Returns who rehearsed {@code said}; an {@link IllegalArgumentException} says why it is not valid or new. */
    public synchronized String require(Seal seal, Json.Members said, String signature, Instant now) {
        Rehearsal rehearsal = Rehearsal.read(said);
        String person;
        try {
            person = signers.person(seal, said.canonical(), signature);
        } catch (BadSignatureException e) {
            throw new IllegalArgumentException(e.getMessage(), e);
        }
        requireCountable(seal, rehearsal, now);
        return person;
    }

    private void requireCountable(Seal seal, Rehearsal rehearsal, Instant now) {
        objection(seal, rehearsal, now).ifPresent(why -> {
            throw new IllegalArgumentException(why);
        });
    }

    /** Returns why no signature could make {@code rehearsal} valid; empty if one could. */
    private Optional<String> objection(Seal seal, Rehearsal rehearsal, Instant now) {
        BackupPlans.Plan plan = seal.backups().plans().get(rehearsal.plan());
        if (plan == null || !plan.of().equals(rehearsal.of())) {
            return Optional.of("the seal has no plan `" + rehearsal.plan() + "` that saves `" + rehearsal.of()
                    + "`: add it to interlock.yaml and seal");
        }
        if (rehearsal.rehearsedAt().isAfter(now.plus(SLACK))) {
            return Optional.of(
                    "it was rehearsed at " + rehearsal.rehearsedAt() + ", which is in the future: compare the clocks");
        }
        if (rehearsal.rehearsedAt().isBefore(Instant.EPOCH)) {
            return Optional.of("it was rehearsed at " + rehearsal.rehearsedAt() + ", before this plan existed");
        }
        // A rehearsal that skipped steps proves nothing about them. So it must not prevent people from signing theirs.
        boolean known = words.of(rehearsal.plan()).stream()
                .filter(word -> !words.at(word).isBefore(rehearsal.rehearsedAt()))
                .anyMatch(word -> !isPartial(word.said()) || isSame(word.said(), rehearsal.json()));
        return known ? Optional.of("it was rehearsed since, or this is known already") : Optional.empty();
    }

    /** Returns the identifier of {@code said}, or throws {@link IllegalArgumentException} if nobody could sign it. */
    public synchronized String requireSignable(Seal seal, Json.Members said, Instant now) {
        requireCountable(seal, Rehearsal.read(said), now);
        if (said.canonical().length > MAX_UNSIGNED) {
            throw new IllegalArgumentException("it is longer than " + MAX_UNSIGNED + " bytes: say less in each step");
        }
        return UnsignedRehearsal.name(said);
    }

    /** Stores what {@link #requireSignable} has accepted, for {@code by}, until it is signed or a week is over. */
    public synchronized void keepUnsigned(Json.Members said, String by, Instant now) throws IOException {
        unsigned.keep(new UnsignedRehearsals.UnsignedEntry(said, by, now));
    }

    /** Returns the rehearsals that somebody could sign now, oldest first. */
    public synchronized List<UnsignedRehearsal> waiting(Seal seal, Instant now) {
        try {
            return unsigned.all(now).stream()
                    .filter(entry -> signable(seal, entry.said(), now))
                    .map(UnsignedRehearsal::of)
                    .toList();
        } catch (IOException e) {
            throw new UncheckedIOException("the rehearsals that wait for a signature cannot be read", e);
        }
    }

    private boolean signable(Seal seal, Json.Members said, Instant now) {
        try {
            return objection(seal, Rehearsal.read(said), now).isEmpty();
        } catch (MalformedException e) {
            return false;
        }
    }

    /**
     * Stores what {@link #require} has accepted. Of those with skipped steps only the last is stored, so that a nightly
     * timer does not displace the rehearsals of people.
     */
    public synchronized void keep(Json.Members said, String signature) throws IOException {
        String plan = said.text("plan");
        List<AttestationFiles.SignedAttestation> kept = new ArrayList<>(words.of(plan));
        AttestationFiles.SignedAttestation fresh = new AttestationFiles.SignedAttestation(said, signature);
        kept.add(fresh);
        Optional<AttestationFiles.SignedAttestation> partial =
                kept.stream().filter(word -> isPartial(word.said())).max(Comparator.comparing(words::at));
        kept.removeIf(word -> isPartial(word.said()) && !partial.equals(Optional.of(word)));
        words.keep(
                plan,
                kept,
                fresh,
                kept.stream().filter(word -> isWhole(word.said())).max(Comparator.comparing(words::at)));
    }

    /** Writes the rehearsals that could not be written when they arrived, so that no restart forgets them. */
    public synchronized void settle() throws IOException {
        words.settle();
    }

    /** Returns whether everything was restored in {@code practised}, and somebody did each step. */
    public static boolean isWhole(Json.Members practised) {
        return practised.flag("restored") && skipped(practised) == 0;
    }

    public static long skipped(Json.Members practised) {
        return practised.objects("steps").stream()
                .filter(step -> step.text("result").equals(Rehearsal.StepResult.SKIPPED.word()))
                .count();
    }

    private static boolean isPartial(Json.Members practised) {
        return practised.flag("restored") && skipped(practised) > 0;
    }

    private static boolean isSame(Json.Members one, Json.Members other) {
        return Arrays.equals(one.canonical(), other.canonical());
    }

    /** Returns the rehearsals of {@code plan} by people of {@code seal}, oldest first; {@code by} names the person. */
    public synchronized List<Json.Members> rehearsals(Seal seal, String plan) {
        return words.of(plan).stream()
                .flatMap(word -> genuine(seal, plan, word).stream())
                .toList();
    }

    private Optional<Json.Members> genuine(Seal seal, String plan, AttestationFiles.SignedAttestation word) {
        try {
            Rehearsal rehearsal = Rehearsal.read(word.said());
            String person = signers.person(seal, word.said().canonical(), word.signature());
            return rehearsal.plan().equals(plan) ? Optional.of(word.said().with("by", person)) : Optional.empty();
        } catch (BadSignatureException | MalformedException e) {
            return Optional.empty(); // the seal under which it was valid is not in force any more
        }
    }
}
