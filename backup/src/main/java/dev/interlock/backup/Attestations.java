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
import dev.interlock.evidence.UnsealedPlanException;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Function;
import java.util.stream.Stream;

/**
 * What the gateway knows of backups that were tried. Each word of that is verified against the seal in force whenever
 * that changes.
 *
 * <p>Threading: guarded by itself.
 */
public final class Attestations {

    /** Clocks of two machines are never the same. */
    private static final Duration SLACK = Duration.ofMinutes(1);

    private final Words words;
    private final Unlooked unlooked;
    private String verifiedUnder = "";
    private List<Backup> verified = List.of();

    private Attestations(Words words, Unlooked unlooked) {
        this.words = words;
        this.unlooked = unlooked;
    }

    /** Those in {@code directory}, which is made if it is not there. A file that cannot be read proves nothing. */
    public static Attestations open(Path directory) throws IOException {
        return new Attestations(Words.open(directory, "tried_at"), Unlooked.open(directory));
    }

    /**
     * Requires that {@code said} counts under {@code seal} at {@code now}, and is news, or would be after a restart: it
     * could not be written when it was handed in.
     *
     * @return whether it is news
     * @throws IllegalArgumentException if not; the message says why
     */
    public synchronized boolean require(Seal seal, Json.Members said, String signature, Instant now) {
        Restoration restoration;
        try {
            restoration = Restoration.verify(seal.backups().evidence(), said, signature);
        } catch (BadSignatureException e) {
            throw new IllegalArgumentException(e.getMessage(), e);
        } catch (UnsealedPlanException e) { // it is understood, and people have yet to seal the plan
            throw new IllegalArgumentException(e.getMessage() + ": seal it in interlock.yaml", e);
        }
        if (restoration.triedAt().isAfter(now.plus(SLACK))) {
            throw new IllegalArgumentException(
                    "it was tried at " + restoration.triedAt() + ", which is yet to come: compare the clocks");
        }
        List<Words.Word> known = words.of(restoration.plan()).stream()
                .filter(word -> isOf(word, restoration.backup()))
                .filter(word -> !words.at(word).isBefore(restoration.triedAt()))
                .toList();
        if (known.stream().anyMatch(word -> !word.said().equals(said) || words.isWritten(restoration.plan(), word))) {
            throw new IllegalArgumentException(
                    "`" + restoration.backup() + "` was tried since, or this is known already");
        }
        return known.isEmpty();
    }

    /**
     * Keeps what {@link #require} has let pass; of one backup the last word counts. Bad words push out no good one: the
     * youngest of the others that was whole stays. A word that comes late is not spared itself: it may be an old one
     * about a backup that went bad since, of which the younger word was forgotten.
     *
     * @throws IOException if it may be gone after a restart
     */
    public synchronized void keep(Seal seal, Json.Members said, String signature) throws IOException {
        String plan = said.text("plan");
        List<Words.Word> kept = new ArrayList<>(words.of(plan));
        kept.removeIf(word -> isOf(word, said.text("backup")));
        Optional<Words.Word> youngest = kept.stream()
                .filter(word -> word.said().flag("restored"))
                .max(Comparator.comparing(Attestations::takenAt));
        Words.Word fresh = new Words.Word(said, signature);
        kept.add(fresh);
        verifiedUnder = "";
        words.keep(plan, kept, fresh, youngest);
        if (said.flag("restored") && isReadSince(plan, said) && isCounted(seal, plan, said.text("backup"))) {
            unlooked.remove(plan);
        }
    }

    /**
     * Writes what could not be written when it was handed in, so that no restart forgets it.
     *
     * @throws IOException if some of it still cannot be
     */
    public synchronized void settle() throws IOException {
        words.settle();
    }

    /**
     * Whether somebody began to read what {@code said} is of after the target of {@code plan} could not be looked at,
     * by any clock. Since when it cannot, nobody knows of a file that cannot be read.
     */
    private boolean isReadSince(String plan, Json.Members said) {
        Instant triedAt = Instant.parse(said.text("tried_at"));
        return unlooked.since(plan)
                .filter(since -> !since.equals(Unlooked.UNKNOWN))
                .map(since -> Duration.between(since, triedAt).minus(SLACK).toSeconds())
                .filter(left -> left > said.whole("took_seconds"))
                .isPresent();
    }

    /** Of another one that was restored nobody knows whether this one is still there. */
    private boolean isCounted(Seal seal, String plan, String backup) {
        return youngest(seal.backups(), plan, Instant.MAX)
                .filter(counted -> counted.id().equals(plan + "/" + backup))
                .isPresent();
    }

    /**
     * Notes whether the target of {@code plan} could be looked at. What cannot be may be gone: until it can be, or the
     * one that would count is restored, none of them counts. Nothing is held against them.
     *
     * @throws IOException if that may not outlast a restart; it is not looked at all the same
     */
    public synchronized void look(String plan, boolean looked, Instant now) throws IOException {
        verifiedUnder = "";
        if (looked) {
            unlooked.remove(plan);
        } else {
            unlooked.add(plan, now);
        }
    }

    /** Since when the target of {@code plan} could not be looked at, if it could not. */
    public synchronized Optional<Instant> unlooked(String plan) {
        return unlooked.since(plan);
    }

    private boolean isLookedAt(String plan, Instant moment) {
        return unlooked.since(plan).filter(since -> !since.isAfter(moment)).isEmpty();
    }

    private static Instant takenAt(Words.Word whole) {
        return Instant.parse(whole.said().text("taken_at"));
    }

    private static boolean isOf(Words.Word word, String backup) {
        return word.said().text("backup").equals(backup);
    }

    /**
     * Of each plan of {@code seal}, as far as its target can be looked at, the youngest backup that was restored whole.
     */
    public synchronized List<Backup> survivors(Seal seal) {
        if (!verifiedUnder.equals(seal.id())) {
            verified = seal.backups().plans().keySet().stream()
                    .filter(plan -> isLookedAt(plan, Instant.MAX))
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
                .filter(plan -> isLookedAt(plan, moment))
                .flatMap(plan -> youngest(seal.backups(), plan, moment).stream())
                .toList();
    }

    private Optional<Backup> youngest(BackupPlans plans, String plan, Instant moment) {
        return whole(plans, plan, moment).max(Comparator.comparing(Backup::takenAt));
    }

    private Stream<Backup> whole(BackupPlans plans, String plan, Instant moment) {
        return words.of(plan).stream()
                .filter(word -> !words.at(word).isAfter(moment))
                .flatMap(word -> backup(plans, plan, word).stream());
    }

    /**
     * That the youngest backup of {@code plan} which was restored whole is of another source than the one before it, or
     * lies on another target, in words; as it was at {@code moment}. What it is of and where it lies is what the seal
     * says: that nobody saves something else under its name, or somewhere else, people have to see.
     */
    public synchronized Optional<String> moved(Seal seal, String plan, Instant moment) {
        List<Backup> last = whole(seal.backups(), plan, moment)
                .sorted(Comparator.comparing(Backup::takenAt).reversed())
                .limit(2)
                .toList();
        boolean isOfAnother = differ(last, Restoration::origin);
        boolean isElsewhere = differ(last, Restoration::target);
        if (!isOfAnother && !isElsewhere) {
            return Optional.empty();
        }
        String how = isOfAnother && isElsewhere
                ? "was taken from another source, and lies on another target, than"
                : isOfAnother ? "was taken from another source than" : "lies on another target than";
        return Optional.of(
                "`" + last.getFirst().id() + "` " + how + " `" + last.getLast().id() + "` before it");
    }

    /** Of words that do not say it nobody knows. */
    private static boolean differ(List<Backup> backups, Function<Json.Members, Optional<String>> digest) {
        return backups.stream()
                        .flatMap(backup -> backup.attestation().flatMap(word -> digest.apply(word.said())).stream())
                        .distinct()
                        .count()
                > 1;
    }

    private static Optional<Backup> backup(BackupPlans plans, String plan, Words.Word word) {
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

    /**
     * Of each plan of {@code seal} whose backup was tried last and came to nothing, that, by what it saves; and that
     * its target could not be looked at. Agents are told it: what was wrong may quote rows, and is for people.
     */
    public synchronized Map<Resource, List<String>> failed(Seal seal) {
        Map<Resource, List<String>> failed = new TreeMap<>();
        seal.backups()
                .plans()
                .forEach((name, plan) -> tried(name).stream()
                        .reduce((_, last) -> last)
                        .filter(last -> !last.flag("restored"))
                        .ifPresent(last -> failed.computeIfAbsent(plan.of(), _ -> new ArrayList<>())
                                .add("`" + name + "/" + last.text("backup") + "` was tried, and is worth nothing.")));
        seal.backups()
                .plans()
                .forEach((name, plan) -> unlooked.since(name)
                        .ifPresent(since -> failed.computeIfAbsent(plan.of(), _ -> new ArrayList<>())
                                .add("What `" + name + "` has on its target could not be looked at since " + since
                                        + ", and does not count until it is.")));
        return failed;
    }

    /**
     * Of each plan of {@code seal}: {@code counted}, the backup that counts, if any; {@code failed}, which do not;
     * {@code tried}, when each of them was tried by the last word about it; {@code unkept}, of which that word could
     * not be written, so that a restart forgets it; {@code unlooked}, since when its target could not be looked at, if
     * it could not: then what is counted does not count.
     */
    public synchronized Json.Members standing(Seal seal) {
        Json.Members plans = Json.object();
        for (String plan : seal.backups().plans().keySet()) {
            List<String> unkept = unkept(plan);
            plans = plans.with(
                    plan,
                    (unkept.isEmpty() ? Json.object() : Json.object().withTexts("unkept", unkept))
                            .withOptional(
                                    "counted",
                                    youngest(seal.backups(), plan, Instant.MAX)
                                            .map(backup -> backup.id().substring(plan.length() + 1)))
                            .withTexts(
                                    "failed",
                                    tried(plan).stream()
                                            .filter(said -> !said.flag("restored"))
                                            .map(said -> said.text("backup"))
                                            .toList())
                            .with("tried", times(plan))
                            .withOptional("unlooked", unlooked.since(plan).map(Instant::toString)));
        }
        return plans;
    }

    private Json.Members times(String plan) {
        Json.Members times = Json.object();
        for (Json.Members said : tried(plan)) {
            times = times.with(said.text("backup"), said.text("tried_at"));
        }
        return times;
    }

    private List<String> unkept(String plan) {
        return words.of(plan).stream()
                .filter(word -> !words.isWritten(plan, word))
                .map(word -> word.said().text("backup"))
                .toList();
    }

    /** What came of trying each backup of {@code plan}, oldest first, as it was handed in; for people to look at. */
    public synchronized List<Json.Members> tried(String plan) {
        return words.of(plan).stream().map(Words.Word::said).toList();
    }
}
