package dev.interlock.backup;

import dev.interlock.action.BackupPlans;
import dev.interlock.action.Seal;
import dev.interlock.evidence.BadSignatureException;
import dev.interlock.evidence.Json;
import dev.interlock.evidence.MalformedException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * What the gateway knows of recoveries that people practised: words with their signatures, in one file for each plan.
 * The files are believed no more than who sent them: each word is verified against the seal in force.
 *
 * <p>Threading: guarded by itself.
 */
public final class Rehearsals {

    private static final String SUFFIX = ".json";

    /** For each plan: what people want to see is the last one, and how the ones before went. */
    private static final int MAX_KEPT = 16;

    /** Clocks of two machines are never the same. */
    private static final Duration SLACK = Duration.ofMinutes(1);

    private final Path directory;
    private final Signers signers;
    private final Map<String, List<Word>> words = new HashMap<>();

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

    private record Word(Json.Members said, String signature) {}

    private Rehearsals(Path directory, Signers signers) {
        this.directory = directory;
        this.signers = signers;
    }

    /** Those in {@code directory}, which is made if it is not there. A file that cannot be read proves nothing. */
    public static Rehearsals open(Path directory, Signers signers) throws IOException {
        PrivateFiles.directories(directory);
        Rehearsals all = new Rehearsals(directory, signers);
        try (var files = Files.list(directory)) {
            for (Path file :
                    files.filter(path -> path.toString().endsWith(SUFFIX)).toList()) {
                String name = file.getFileName().toString();
                all.words.put(name.substring(0, name.length() - SUFFIX.length()), read(file));
            }
        }
        return all;
    }

    private static List<Word> read(Path file) throws IOException {
        try {
            return Json.readObject(Files.readAllBytes(file)).objects("words").stream()
                    .map(word -> new Word(word.object("said"), word.text("signature")))
                    .toList();
        } catch (MalformedException e) {
            return List.of();
        }
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
        boolean known = words.getOrDefault(rehearsal.plan(), List.of()).stream()
                .map(word -> Instant.parse(word.said().text("practised_at")))
                .anyMatch(at -> !at.isBefore(rehearsal.practisedAt()));
        if (known) {
            throw new IllegalArgumentException("it was practised since, or this is known already");
        }
        return person;
    }

    /** Keeps what {@link #require} has let pass. */
    public synchronized void keep(Json.Members said, String signature) throws IOException {
        String plan = said.text("plan");
        List<Word> kept = new ArrayList<>(words.getOrDefault(plan, List.of()));
        kept.add(new Word(said, signature));
        kept.sort(Comparator.comparing(word -> Instant.parse(word.said().text("practised_at"))));
        while (kept.size() > MAX_KEPT) {
            kept.removeFirst();
        }
        words.put(plan, List.copyOf(kept));
        Path fresh = directory.resolve(plan + ".new");
        Files.deleteIfExists(fresh);
        PrivateFiles.write(
                fresh,
                Json.object()
                        .with(
                                "words",
                                new Json.Array(kept.stream()
                                        .<Json>map(word -> Json.object()
                                                .with("said", word.said())
                                                .with("signature", word.signature()))
                                        .toList()))
                        .canonical());
        Files.move(
                fresh,
                directory.resolve(plan + SUFFIX),
                StandardCopyOption.ATOMIC_MOVE,
                StandardCopyOption.REPLACE_EXISTING);
        PrivateFiles.sync(directory);
    }

    /** What people of {@code seal} have practised of {@code plan}, oldest first; {@code by} says who. */
    public synchronized List<Json.Members> practised(Seal seal, String plan) {
        return words.getOrDefault(plan, List.of()).stream()
                .flatMap(word -> genuine(seal, plan, word).stream())
                .toList();
    }

    private Optional<Json.Members> genuine(Seal seal, String plan, Word word) {
        try {
            Rehearsal rehearsal = Rehearsal.read(word.said());
            String person = signers.person(seal, word.said().canonical(), word.signature());
            return rehearsal.plan().equals(plan) ? Optional.of(word.said().with("by", person)) : Optional.empty();
        } catch (BadSignatureException | MalformedException e) {
            return Optional.empty(); // the seal that it counted under is not in force any more
        }
    }
}
