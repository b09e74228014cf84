package dev.interlock.backup;

import dev.interlock.action.BackupPlans;
import dev.interlock.action.Seal;
import dev.interlock.evidence.BadSignatureException;
import dev.interlock.evidence.Json;
import dev.interlock.evidence.MalformedException;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * What the gateway knows of recoveries that people practised. Each word of that is verified against the seal in force.
 *
 * <p>Threading: guarded by itself.
 */
public final class Rehearsals {

    /** Clocks of two machines are never the same. */
    private static final Duration SLACK = Duration.ofMinutes(1);

    private final Signers signers;
    private final Words words;

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

    private Rehearsals(Words words, Signers signers) {
        this.words = words;
        this.signers = signers;
    }

    /** Those in {@code directory}, which is made if it is not there. A file that cannot be read proves nothing. */
    public static Rehearsals open(Path directory, Signers signers) throws IOException {
        return new Rehearsals(Words.open(directory, "practised_at"), signers);
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
        BackupPlans.Plan plan = seal.backups().plans().get(rehearsal.plan());
        if (plan == null || !plan.of().equals(rehearsal.of())) {
            throw new IllegalArgumentException(
                    "the seal has no plan `" + rehearsal.plan() + "` that saves `" + rehearsal.of() + "`");
        }
        if (rehearsal.practisedAt().isAfter(now.plus(SLACK))) {
            throw new IllegalArgumentException(
                    "it was practised at " + rehearsal.practisedAt() + ", which is yet to come: compare the clocks");
        }
        boolean known = words.of(rehearsal.plan()).stream()
                .anyMatch(word -> !words.at(word).isBefore(rehearsal.practisedAt()));
        if (known) {
            throw new IllegalArgumentException("it was practised since, or this is known already");
        }
        return person;
    }

    /** Keeps what {@link #require} has let pass. */
    public synchronized void keep(Json.Members said, String signature) throws IOException {
        String plan = said.text("plan");
        List<Words.Word> kept = new ArrayList<>(words.of(plan));
        kept.add(new Words.Word(said, signature));
        words.keep(plan, kept);
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
