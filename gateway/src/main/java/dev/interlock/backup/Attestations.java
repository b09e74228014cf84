package dev.interlock.backup;

import dev.interlock.action.Backup;
import dev.interlock.action.BackupPlans;
import dev.interlock.action.Provenance;
import dev.interlock.action.Resource;
import dev.interlock.action.Seal;
import dev.interlock.evidence.BadSignatureException;
import dev.interlock.evidence.Json;
import dev.interlock.evidence.MalformedException;
import dev.interlock.evidence.Restoration;
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
import java.util.Objects;
import java.util.Optional;
import java.util.Set;

/**
 * What the gateway knows of backups that were tried: words with their signatures, in one file for each plan. The files
 * are believed no more than who sent them: each word is verified against the seal in force whenever that changes.
 *
 * <p>Threading: guarded by itself.
 */
public final class Attestations {

    private static final String SUFFIX = ".json";

    /** For each plan: the youngest that is good is what counts, and some before it, should it turn out bad. */
    private static final int MAX_KEPT = 16;

    /** Clocks of two machines are never the same. */
    private static final Duration SLACK = Duration.ofMinutes(1);

    private final Path directory;
    private final Map<String, List<Word>> words = new HashMap<>();
    private String verifiedUnder = "";
    private List<Backup> verified = List.of();

    /** As it was handed in. */
    private record Word(Json.Members said, String signature) {

        String backup() {
            return said.text("backup");
        }

        Instant triedAt() {
            return Instant.parse(said.text("tried_at"));
        }

        Json.Members json() {
            return Json.object().with("said", said).with("signature", signature);
        }
    }

    private Attestations(Path directory) {
        this.directory = directory;
    }

    /** Those in {@code directory}, which is made if it is not there. A file that cannot be read proves nothing. */
    public static Attestations open(Path directory) throws IOException {
        PrivateFiles.directories(directory);
        Attestations all = new Attestations(directory);
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
     * Requires that {@code said} counts under {@code seal} at {@code now}, and is news.
     *
     * @throws IllegalArgumentException if not; the message says why
     */
    public synchronized void require(Seal seal, Json.Members said, String signature, Instant now) {
        Restoration restoration;
        try {
            restoration = Restoration.verify(seal.backups().evidence(), said, signature);
        } catch (BadSignatureException e) {
            throw new IllegalArgumentException(e.getMessage(), e);
        }
        if (restoration.triedAt().isAfter(now.plus(SLACK))) {
            throw new IllegalArgumentException(
                    "it was tried at " + restoration.triedAt() + ", which is yet to come: compare the clocks");
        }
        boolean known = words.getOrDefault(restoration.plan(), List.of()).stream()
                .filter(word -> word.backup().equals(restoration.backup()))
                .anyMatch(word -> !word.triedAt().isBefore(restoration.triedAt()));
        if (known) {
            throw new IllegalArgumentException(
                    "`" + restoration.backup() + "` was tried since, or this is known already");
        }
    }

    /** Keeps what {@link #require} has let pass; of one backup the last word counts. */
    public synchronized void keep(Json.Members said, String signature) throws IOException {
        String plan = said.text("plan");
        List<Word> kept = new ArrayList<>(words.getOrDefault(plan, List.of()));
        Word fresh = new Word(said, signature);
        kept.removeIf(word -> word.backup().equals(fresh.backup()));
        kept.add(fresh);
        kept.sort(Comparator.comparing(Word::triedAt));
        while (kept.size() > MAX_KEPT) {
            kept.removeFirst();
        }
        words.put(plan, List.copyOf(kept));
        verifiedUnder = "";
        write(plan, kept);
    }

    private void write(String plan, List<Word> kept) throws IOException {
        Path file = directory.resolve(plan + SUFFIX);
        Path fresh = directory.resolve(plan + ".new");
        Files.deleteIfExists(fresh);
        PrivateFiles.write(
                fresh,
                Json.object()
                        .with(
                                "words",
                                new Json.Array(
                                        kept.stream().<Json>map(Word::json).toList()))
                        .canonical());
        Files.move(fresh, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
        PrivateFiles.sync(directory);
    }

    /** Of each plan of {@code seal} the youngest backup that was restored whole. */
    public synchronized List<Backup> survivors(Seal seal) {
        if (!verifiedUnder.equals(seal.id())) {
            verified = seal.backups().plans().keySet().stream()
                    .flatMap(plan -> youngest(seal.backups(), plan, Instant.MAX).stream())
                    .toList();
            verifiedUnder = seal.id();
        }
        return verified;
    }

    /**
     * The same as it was at {@code moment}, of those that are still known: one that was tried once more since then
     * counts as tried then, and the oldest words are forgotten.
     */
    public synchronized List<Backup> survivors(Seal seal, Instant moment) {
        return seal.backups().plans().keySet().stream()
                .flatMap(plan -> youngest(seal.backups(), plan, moment).stream())
                .toList();
    }

    private Optional<Backup> youngest(BackupPlans plans, String plan, Instant moment) {
        return words.getOrDefault(plan, List.of()).stream()
                .filter(word -> !word.triedAt().isAfter(moment))
                .flatMap(word -> backup(plans, plan, word).stream())
                .max(Comparator.comparing(Backup::takenAt));
    }

    private static Optional<Backup> backup(BackupPlans plans, String plan, Word word) {
        try {
            Restoration restoration = Restoration.verify(plans.evidence(), word.said(), word.signature());
            if (!restoration.isWhole() || !restoration.plan().equals(plan)) {
                return Optional.empty();
            }
            return Optional.of(new Backup(
                    plan + "/" + restoration.backup(),
                    Resource.parse(restoration.of()),
                    restoration.takenAt(),
                    Objects.requireNonNull(plans.plans().get(plan)).domain(),
                    Provenance.ATTESTED,
                    Optional.of(restoration.triedAt()),
                    Optional.of(new Backup.Attestation(word.said(), word.signature(), Set.of()))));
        } catch (BadSignatureException | MalformedException e) {
            return Optional.empty(); // the seal that it counted under is not in force any more
        }
    }

    /** What came of trying each backup of {@code plan}, oldest first, as it was handed in; for people to look at. */
    public synchronized List<Json.Members> tried(String plan) {
        return words.getOrDefault(plan, List.of()).stream().map(Word::said).toList();
    }
}
