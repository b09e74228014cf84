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
 * What the gateway knows of recoveries that people practised. Each word of that is verified against the seal in force;
 * what nobody has signed yet is no word of anybody's.
 *
 * <p>Threading: guarded by itself.
 */
public final class Rehearsals {

    /** Clocks of two machines are never the same. */
    private static final Duration SLACK = Duration.ofMinutes(1);

    /** So that its receipt has room for the longest signature by a passkey, in canonical bytes. */
    static final int MAX_UNSIGNED = 6 * 1024;

    /** No plan's: those end in something else. */
    private static final String UNSIGNED = "unsigned";

    private final Signers signers;
    private final Words words;
    private final Unsigned unsigned;

    /**
     * One that nobody has signed yet.
     *
     * @param id what it is called, made of what it says
     * @param said exactly what is to be signed
     * @param by which user of the machine handed it in
     * @param since when
     */
    public record Waiting(String id, Json.Members said, String by, Instant since) {

        private static Waiting of(Unsigned.Entry entry) {
            return new Waiting(name(entry.said()), entry.said(), entry.by(), entry.since());
        }

        private static String name(Json.Members said) {
            return "P-" + Bytes.of(said.canonical()).sha256().substring(0, 20);
        }
    }

    /** Says whose a signature is. */
    @FunctionalInterface
    public interface Signers {

        /**
         * The person who signed {@code statement} in {@link Rehearsal#NAMESPACE}.
         *
         * @throws BadSignatureException if nobody of the seal did, or with a key that does not count
         */
        String person(Seal seal, byte[] statement, String signature) throws BadSignatureException;
    }

    private Rehearsals(Words words, Unsigned unsigned, Signers signers) {
        this.words = words;
        this.unsigned = unsigned;
        this.signers = signers;
    }

    /** Those in {@code directory}, which is made if it is not there. A file that cannot be read proves nothing. */
    public static Rehearsals open(Path directory, Signers signers) throws IOException {
        return new Rehearsals(
                Words.open(directory, "practised_at"), new Unsigned(directory.resolve(UNSIGNED)), signers);
    }

    /**
     * Who practised what {@code said} says, if that counts under {@code seal} at {@code now}, and is news.
     *
     * @throws IllegalArgumentException if not; the message says why
     */
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

    /** Why nobody's signature would make {@code rehearsal} count. */
    private Optional<String> objection(Seal seal, Rehearsal rehearsal, Instant now) {
        BackupPlans.Plan plan = seal.backups().plans().get(rehearsal.plan());
        if (plan == null || !plan.of().equals(rehearsal.of())) {
            return Optional.of("the seal has no plan `" + rehearsal.plan() + "` that saves `" + rehearsal.of()
                    + "`: seal it in interlock.yaml");
        }
        if (rehearsal.practisedAt().isAfter(now.plus(SLACK))) {
            return Optional.of(
                    "it was practised at " + rehearsal.practisedAt() + ", which is yet to come: compare the clocks");
        }
        if (rehearsal.practisedAt().isBefore(Instant.EPOCH)) {
            return Optional.of(
                    "it was practised at " + rehearsal.practisedAt() + ", before there was anything to practise");
        }
        // What skipped steps says nothing of them, and keeps nobody's practice from being signed.
        boolean known = words.of(rehearsal.plan()).stream()
                .filter(word -> !words.at(word).isBefore(rehearsal.practisedAt()))
                .anyMatch(word -> !isPartial(word.said()) || isSame(word.said(), rehearsal.json()));
        return known ? Optional.of("it was practised since, or this is known already") : Optional.empty();
    }

    /**
     * What {@code said} is called while it waits for somebody's signature, if one could make it count.
     *
     * @throws IllegalArgumentException if none could; the message says why
     */
    public synchronized String requireSignable(Seal seal, Json.Members said, Instant now) {
        requireCountable(seal, Rehearsal.read(said), now);
        if (said.canonical().length > MAX_UNSIGNED) {
            throw new IllegalArgumentException("it is longer than " + MAX_UNSIGNED + " bytes: say less in each step");
        }
        return Waiting.name(said);
    }

    /** Keeps what {@link #requireSignable} has let pass, for {@code by}, until it is signed or a week is over. */
    public synchronized void keepUnsigned(Json.Members said, String by, Instant now) throws IOException {
        unsigned.keep(new Unsigned.Entry(said, by, now));
    }

    /** Those that somebody could sign now, oldest first. */
    public synchronized List<Waiting> waiting(Seal seal, Instant now) {
        try {
            return unsigned.all(now).stream()
                    .filter(entry -> signable(seal, entry.said(), now))
                    .map(Waiting::of)
                    .toList();
        } catch (IOException e) {
            throw new UncheckedIOException("the rehearsals that wait to be signed cannot be read", e);
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
     * Keeps what {@link #require} has let pass. Of those that skipped steps the last says all: a timer that rehearses
     * every night pushes out nobody's practice.
     */
    public synchronized void keep(Json.Members said, String signature) throws IOException {
        String plan = said.text("plan");
        List<Words.Word> kept = new ArrayList<>(words.of(plan));
        Words.Word fresh = new Words.Word(said, signature);
        kept.add(fresh);
        Optional<Words.Word> partial =
                kept.stream().filter(word -> isPartial(word.said())).max(Comparator.comparing(words::at));
        kept.removeIf(word -> isPartial(word.said()) && !partial.equals(Optional.of(word)));
        words.keep(
                plan,
                kept,
                fresh,
                kept.stream().filter(word -> isWhole(word.said())).max(Comparator.comparing(words::at)));
    }

    /**
     * Writes what could not be written when it was handed in, so that no restart forgets it.
     *
     * @throws IOException if some of it still cannot be
     */
    public synchronized void settle() throws IOException {
        words.settle();
    }

    /** Whether everything was there again in {@code practised}, and somebody did each step. */
    public static boolean isWhole(Json.Members practised) {
        return practised.flag("restored") && skipped(practised) == 0;
    }

    /** How many steps of {@code practised} nobody did. */
    public static long skipped(Json.Members practised) {
        return practised.objects("steps").stream()
                .filter(step -> step.text("result").equals(Rehearsal.Result.SKIPPED.word()))
                .count();
    }

    private static boolean isPartial(Json.Members practised) {
        return practised.flag("restored") && skipped(practised) > 0;
    }

    private static boolean isSame(Json.Members one, Json.Members other) {
        return Arrays.equals(one.canonical(), other.canonical());
    }

    /** What people of {@code seal} have practised of {@code plan}, oldest first; {@code by} says who. */
    public synchronized List<Json.Members> practised(Seal seal, String plan) {
        return words.of(plan).stream()
                .flatMap(word -> genuine(seal, plan, word).stream())
                .toList();
    }

    private Optional<Json.Members> genuine(Seal seal, String plan, Words.Word word) {
        try {
            Rehearsal rehearsal = Rehearsal.read(word.said());
            String person = signers.person(seal, word.said().canonical(), word.signature());
            return rehearsal.plan().equals(plan) ? Optional.of(word.said().with("by", person)) : Optional.empty();
        } catch (BadSignatureException | MalformedException e) {
            return Optional.empty(); // the seal that it counted under is not in force any more
        }
    }
}
