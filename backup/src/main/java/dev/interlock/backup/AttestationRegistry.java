package dev.interlock.backup;

import dev.interlock.action.Backup;
import dev.interlock.action.BackupPlans;
import dev.interlock.action.Provenance;
import dev.interlock.action.Resource;
import dev.interlock.action.Seal;
import dev.interlock.evidence.BadSignatureException;
import dev.interlock.evidence.Json;
import dev.interlock.evidence.MalformedException;
import dev.interlock.evidence.RestoreAttestation;
import dev.interlock.evidence.UnknownPlanException;
import dev.interlock.linux.PrivateFiles;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Function;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * The gateway's knowledge of tested backups. Each attestation is verified against the seal in force whenever that
 * changes. Threading: guarded by itself.
 */
public final class AttestationRegistry {

    private static final Duration SLACK = Duration.ofMinutes(1);

    private final AttestationFiles words;
    private final UncheckedTargets unlooked;
    /** The findings under one seal; null after any change. Every call asks for them, without the monitor. */
    private volatile @Nullable SealFindings findings;

    /** The backups that count under one seal, and what agents read about the others, by saved resource. */
    private record SealFindings(String seal, List<Backup> counted, Map<Resource, List<String>> failed) {}

    private AttestationRegistry(AttestationFiles words, UncheckedTargets unlooked) {
        this.words = words;
        this.unlooked = unlooked;
    }

    /** Opens the attestations in {@code directory}, created if missing; an unreadable file proves nothing. */
    public static AttestationRegistry open(Path directory) throws IOException {
        return new AttestationRegistry(AttestationFiles.open(directory, "tried_at"), UncheckedTargets.open(directory));
    }

    /**
     * Requires that {@code said} is valid under {@code seal} at {@code now}, and new or not yet written. Returns
     * whether it is new. The message of the {@link IllegalArgumentException} has the reason otherwise.
     */
    public synchronized boolean require(Seal seal, Json.Members said, String signature, Instant now) {
        RestoreAttestation restoration;
        try {
            restoration = RestoreAttestation.verify(seal.backups().evidence(), said, signature);
        } catch (BadSignatureException e) {
            throw new IllegalArgumentException(e.getMessage(), e);
        } catch (UnknownPlanException e) { // it is well formed, but people have yet to seal the plan
            throw new IllegalArgumentException(e.getMessage() + ": add it to interlock.yaml and seal", e);
        }
        if (restoration.triedAt().isAfter(now.plus(SLACK))) {
            throw new IllegalArgumentException(
                    "it was verified at " + restoration.triedAt() + ", which is in the future: compare the clocks");
        }
        List<AttestationFiles.SignedAttestation> known = words.of(restoration.plan()).stream()
                .filter(word -> isOf(word, restoration.backup()))
                .filter(word -> !words.at(word).isBefore(restoration.triedAt()))
                .toList();
        if (known.stream().anyMatch(word -> !word.said().equals(said) || words.isWritten(restoration.plan(), word))) {
            throw new IllegalArgumentException(
                    "`" + restoration.backup() + "` was verified since, or this is known already");
        }
        return known.isEmpty();
    }

    /**
     * Stores an attestation that {@link #require} has accepted; per backup the last one counts. Failed tests never
     * displace the youngest of the other attestations of a successful one. The new one has no such protection: if it
     * comes late, its backup may have gone bad since.
     */
    public synchronized void keep(Seal seal, Json.Members said, String signature) throws IOException {
        String plan = said.text("plan");
        List<AttestationFiles.SignedAttestation> kept = new ArrayList<>(words.of(plan));
        kept.removeIf(word -> isOf(word, said.text("backup")));
        Optional<AttestationFiles.SignedAttestation> youngest = kept.stream()
                .filter(word -> word.said().flag("restored"))
                .max(Comparator.comparing(AttestationRegistry::takenAt));
        AttestationFiles.SignedAttestation fresh = new AttestationFiles.SignedAttestation(said, signature);
        kept.add(fresh);
        findings = null;
        words.keep(plan, kept, fresh, youngest);
        if (said.flag("restored") && isReadSince(plan, said) && isCounted(seal, plan, said.text("backup"))) {
            unlooked.remove(plan);
        }
    }

    /** Writes the attestations that could not be written when they arrived, so that no restart forgets them. */
    public synchronized void writePending() throws IOException {
        words.settle();
    }

    // Whether the test began after the target became unreadable, despite clock differences; false if that is unknown.
    private boolean isReadSince(String plan, Json.Members said) {
        Instant triedAt = Instant.parse(said.text("tried_at"));
        return unlooked.since(plan)
                .filter(since -> !since.equals(UncheckedTargets.UNKNOWN))
                .map(since -> Duration.between(since, triedAt).minus(SLACK).toSeconds())
                .filter(left -> left > said.whole("took_seconds"))
                .isPresent();
    }

    /** A restored older backup does not show whether the counted one still exists. */
    private boolean isCounted(Seal seal, String plan, String backup) {
        return youngest(seal.backups(), plan, Instant.MAX)
                .filter(counted -> counted.id().equals(plan + "/" + backup))
                .isPresent();
    }

    /**
     * Records whether the target of {@code plan} could be checked. Backups on an unreadable target may be gone, so none
     * counts until it can be read, or the backup that would count is restored.
     */
    public synchronized void recordTargetCheck(String plan, boolean looked, Instant now) throws IOException {
        findings = null;
        if (looked) {
            unlooked.remove(plan);
        } else {
            unlooked.add(plan, now);
        }
    }

    /** Returns the time since which the target of {@code plan} cannot be checked; empty if it can. */
    public synchronized Optional<Instant> uncheckedSince(String plan) {
        return unlooked.since(plan);
    }

    private boolean isLookedAt(String plan, Instant moment) {
        return unlooked.since(plan).filter(since -> !since.isAfter(moment)).isEmpty();
    }

    private static Instant takenAt(AttestationFiles.SignedAttestation whole) {
        return Instant.parse(whole.said().text("taken_at"));
    }

    private static boolean isOf(AttestationFiles.SignedAttestation word, String backup) {
        return word.said().text("backup").equals(backup);
    }

    /** Returns the youngest fully restored backup of each plan of {@code seal} whose target can be checked. */
    public List<Backup> countedBackups(Seal seal) {
        return under(seal).counted();
    }

    private SealFindings under(Seal seal) {
        SealFindings known = findings;
        return known != null && known.seal().equals(seal.id()) ? known : find(seal);
    }

    private synchronized SealFindings find(Seal seal) {
        List<Backup> counted = seal.backups().plans().keySet().stream()
                .filter(plan -> isLookedAt(plan, Instant.MAX))
                .flatMap(plan -> youngest(seal.backups(), plan, Instant.MAX).stream())
                .toList();
        SealFindings found = new SealFindings(seal.id(), counted, findFailed(seal));
        findings = found;
        return found;
    }

    /** Returns the survivors at {@code moment}, among the backups that are still known, by the last test of each. */
    public synchronized List<Backup> countedBackups(Seal seal, Instant moment) {
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
     * Describes another source or target of the two youngest fully restored backups of {@code plan} at {@code moment}.
     * The seal only names both, so people must notice if something else is saved under that name, or elsewhere.
     */
    public synchronized Optional<String> describeSourceChange(Seal seal, String plan, Instant moment) {
        List<Backup> last = whole(seal.backups(), plan, moment)
                .sorted(Comparator.comparing(Backup::takenAt).reversed())
                .limit(2)
                .toList();
        boolean isOfAnother = differ(last, RestoreAttestation::origin);
        boolean isElsewhere = differ(last, RestoreAttestation::target);
        if (!isOfAnother && !isElsewhere) {
            return Optional.empty();
        }
        String how = isOfAnother && isElsewhere
                ? "has another source and another target than"
                : isOfAnother ? "has another source than" : "has another target than";
        return Optional.of(
                "`" + last.getFirst().id() + "` " + how + " `" + last.getLast().id() + "` before it");
    }

    /** Returns whether the digests differ. An attestation without such a digest counts as unknown, not as different. */
    private static boolean differ(List<Backup> backups, Function<Json.Members, Optional<String>> digest) {
        return backups.stream()
                        .flatMap(backup -> backup.attestation().flatMap(word -> digest.apply(word.said())).stream())
                        .distinct()
                        .count()
                > 1;
    }

    private static Optional<Backup> backup(BackupPlans plans, String plan, AttestationFiles.SignedAttestation word) {
        try {
            RestoreAttestation restoration = RestoreAttestation.verify(plans.evidence(), word.said(), word.signature());
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
            return Optional.empty(); // the seal under which it was valid is not in force any more
        }
    }

    /**
     * Returns what agents may read of plans whose last restore test failed or whose target cannot be checked, by saved
     * resource. The findings of a test may quote rows and are for people only.
     */
    public Map<Resource, List<String>> failed(Seal seal) {
        return under(seal).failed();
    }

    private Map<Resource, List<String>> findFailed(Seal seal) {
        Map<Resource, List<String>> failed = new TreeMap<>();
        seal.backups()
                .plans()
                .forEach((name, plan) -> tried(name).stream()
                        .reduce((_, last) -> last)
                        .filter(last -> !last.flag("restored"))
                        .ifPresent(last -> failed.computeIfAbsent(plan.of(), _ -> new ArrayList<>())
                                .add("`" + name + "/" + last.text("backup") + "` failed its restore test.")));
        seal.backups()
                .plans()
                .forEach((name, plan) -> unlooked.since(name)
                        .ifPresent(since -> failed.computeIfAbsent(plan.of(), _ -> new ArrayList<>())
                                .add("The backups of `" + name + "` could not be checked since " + since
                                        + ", and do not count until they are.")));
        failed.replaceAll((_, texts) -> List.copyOf(texts));
        return Collections.unmodifiableMap(failed);
    }

    /**
     * Returns the status of each plan: the {@code counted} backup, the {@code failed} ones, the time at which each was
     * {@code tried}, those {@code unkept} by a failed write, and since when it is {@code unlooked} at, so that none
     * counts.
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
                                            .map(said -> said.text("backup")))
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

    /** Returns the last test result of each backup of {@code plan}, oldest first, as submitted; for people to view. */
    public synchronized List<Json.Members> tried(String plan) {
        return words.of(plan).stream()
                .map(AttestationFiles.SignedAttestation::said)
                .toList();
    }

    /** Since when the targets of plans cannot be checked, a file for each, for restarts. Guarded by its owner. */
    static final class UncheckedTargets {

        static final Instant UNKNOWN = Instant.EPOCH; // the time for a file whose content cannot be read
        private static final String SUFFIX = ".unlooked";

        private final Path directory;
        private final Map<String, Instant> since = new HashMap<>();

        private UncheckedTargets(Path directory) {
            this.directory = directory;
        }

        /** Opens the plans in {@code directory}. The existence of a file is enough; its content does not matter. */
        static UncheckedTargets open(Path directory) throws IOException {
            UncheckedTargets all = new UncheckedTargets(directory);
            try (Stream<Path> files = Files.list(directory)) {
                for (Path file :
                        files.filter(path -> path.toString().endsWith(SUFFIX)).toList()) {
                    String name = file.getFileName().toString();
                    all.since.put(name.substring(0, name.length() - SUFFIX.length()), read(file));
                }
            }
            return all;
        }

        private static Instant read(Path file) throws IOException {
            try {
                return Instant.parse(new String(Files.readAllBytes(file), StandardCharsets.UTF_8));
            } catch (DateTimeException e) {
                return UNKNOWN;
            }
        }

        Optional<Instant> since(String plan) {
            return Optional.ofNullable(since.get(plan));
        }

        /**
         * Adds a plan, unless it is there, or writes it now if that failed before; on failure a restart may forget it.
         */
        void add(String plan, Instant now) throws IOException {
            Instant first = since.computeIfAbsent(plan, _ -> now);
            if (!Files.exists(file(plan))) {
                PrivateFiles.replace(file(plan), first.toString().getBytes(StandardCharsets.UTF_8));
            }
        }

        void remove(String plan) throws IOException {
            if (since.containsKey(plan)) {
                Files.deleteIfExists(file(plan));
                PrivateFiles.sync(directory);
                since.remove(plan);
            }
        }

        private Path file(String plan) {
            return directory.resolve(plan + SUFFIX);
        }
    }
}
