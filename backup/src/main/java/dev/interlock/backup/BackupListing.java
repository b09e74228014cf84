package dev.interlock.backup;

import dev.interlock.backup.kept.BackupManifest;
import dev.interlock.backup.kept.BackupRepository;
import dev.interlock.backup.kept.Encryption;
import dev.interlock.backup.run.BackupException;
import dev.interlock.backup.run.InconclusiveException;
import dev.interlock.evidence.Json;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Stream;

/**
 * The backups of a plan on its target.
 *
 * @param entries oldest first
 */
public record BackupListing(List<ListedBackup> entries) {

    /**
     * A backup that has its final name, and so was taken completely.
     *
     * @param takenAt {@link Instant#EPOCH} if it cannot be read
     * @param bytes its size on the target
     * @param attested the result of the last test
     * @param problem why it does not count, if so: it cannot be read, or has a time in the future
     */
    public record ListedBackup(
            String id, Instant takenAt, long bytes, Optional<BackupAttestation> attested, Optional<String> problem) {

        /** Returns whether it passed its last restore test. */
        boolean isRestored() {
            return attested.filter(BackupAttestation::restored).isPresent();
        }

        /** Returns whether its time and size could be read. */
        public boolean isRead() {
            return !takenAt.equals(Instant.EPOCH);
        }

        /**
         * Returns the entry as JSON. Programs may rely on {@code restored} alone: it is false for a backup in trouble.
         */
        public Json.Members json() {
            Json.Members named = Json.object().with("backup", id);
            Json.Members read =
                    isRead() ? named.with("taken_at", takenAt.toString()).with("bytes", bytes) : named;
            return read.withOptional(
                            "tried_at", attested.map(found -> found.json().text("tried_at")))
                    .with("restored", isRestored() && problem.isEmpty())
                    .withTexts("wrong", attested.map(BackupAttestation::faults).orElse(List.of()))
                    .withOptional("trouble", problem);
        }
    }

    /** Lists the target now, for a person who waits for the result. */
    public static BackupListing of(BackupPlanConfig plan, Encryption encryption) throws IOException {
        return TargetCheck.once()
                .at(
                        plan,
                        encryption,
                        (repository, steps) ->
                                of(plan, repository, Instant.now(), new ListingCache(), Optional.empty(), steps));
    }

    /**
     * Lists the target, but reads only new entries and those that matter: the youngest readable one and
     * {@code counted}, on which the gateway relies.
     *
     * @param remembered the entries that were read before
     */
    public static BackupListing of(
            TargetCheck looks,
            BackupPlanConfig plan,
            Encryption encryption,
            ListingCache remembered,
            Optional<String> counted)
            throws IOException {
        return looks.at(
                plan,
                encryption,
                (repository, steps) -> of(plan, repository, Instant.now(), remembered, counted, steps));
    }

    /** Returns whether the target has {@code id}. This asks for nothing else and is faster than a listing. */
    public static boolean has(TargetCheck looks, BackupPlanConfig plan, Encryption encryption, String id)
            throws IOException {
        return looks.at(plan, encryption, (repository, _) -> repository.has(id));
    }

    /** Returns the signature noted beside {@code id} after its last test, if any. */
    public static Optional<String> signature(TargetCheck looks, BackupPlanConfig plan, Encryption encryption, String id)
            throws IOException {
        return looks.at(plan, encryption, (repository, _) -> BackupAttestation.signature(repository, id));
    }

    /** Returns the items on the target of {@code plan} that are not backups, by name, with the reasons. */
    public static Map<String, String> leftovers(BackupPlanConfig plan, Encryption encryption) throws IOException {
        return TargetCheck.once().at(plan, encryption, (repository, _) -> repository.leftovers());
    }

    /** Lists the backups of {@code plan} in {@code repository} at {@code now}. */
    static BackupListing of(BackupPlanConfig plan, BackupRepository repository, Instant now) throws IOException {
        return of(plan, repository, now, new ListingCache(), Optional.empty(), new TargetCheck.CheckProgress(true));
    }

    private static BackupListing of(
            BackupPlanConfig plan,
            BackupRepository repository,
            Instant now,
            ListingCache remembered,
            Optional<String> counted,
            TargetCheck.CheckProgress steps)
            throws IOException {
        BackupRepository looked = repository.looked();
        List<String> ids = looked.ids(steps::next);
        Set<String> anew = new HashSet<>();
        counted.ifPresent(anew::add);
        remembered.youngestOf(ids).ifPresent(anew::add);
        anew.forEach(remembered::forget);
        List<ListedBackup> entries = new ArrayList<>();
        for (String id : ids) {
            Optional<ListedBackup> known = remembered.of(id);
            ListedBackup entry = known.isPresent() ? known.get() : entry(plan, looked, id, now);
            steps.read(); // a check that nobody waits for any more must not change the cache either
            remembered.keep(entry);
            entries.add(entry);
        }
        return new BackupListing(entries);
    }

    private static ListedBackup entry(BackupPlanConfig plan, BackupRepository repository, String id, Instant now)
            throws IOException {
        Optional<BackupAttestation> attested = Optional.empty();
        try {
            attested = BackupAttestation.read(plan, repository, id, now);
            BackupManifest manifest = repository.manifest(id);
            Optional<String> trouble = manifest.takenAt().isAfter(now)
                    ? Optional.of("it says that it was taken at " + manifest.takenAt() + ", which is in the future")
                    : Optional.empty();
            return new ListedBackup(id, manifest.takenAt(), manifest.bytes(), attested, trouble);
        } catch (InconclusiveException e) {
            throw e;
        } catch (BackupException e) {
            return new ListedBackup(id, Instant.EPOCH, 0, attested, Optional.of(String.valueOf(e.getMessage())));
        } catch (UncheckedIOException e) {
            repository.looked().ids(); // also throws if the problem is not limited to this backup
            String why =
                    "it cannot be read: " + Objects.requireNonNull(e.getCause()).getMessage();
            return new ListedBackup(id, Instant.EPOCH, 0, attested, Optional.of(why));
        }
    }

    /** Returns whether {@code id} is in the list. */
    public boolean has(String id) {
        return entries.stream().anyMatch(entry -> entry.id().equals(id));
    }

    /** Returns the backups that do not count, by name, with the reasons. */
    public Map<String, String> unusable() {
        Map<String, String> troubled = new TreeMap<>();
        entries.forEach(entry -> entry.problem().ifPresent(why -> troubled.put(entry.id(), why)));
        return troubled;
    }

    /** Returns the youngest backup that can be read and has no time in the future. */
    public Optional<ListedBackup> youngest() {
        return readable().max(Comparator.comparing(ListedBackup::takenAt));
    }

    /** Returns the youngest backup that passed its last restore test. */
    Optional<ListedBackup> youngestRestored() {
        return restored().stream().findFirst();
    }

    /** Returns the backups that passed their last restore test, youngest first. */
    List<ListedBackup> restored() {
        return readable()
                .filter(ListedBackup::isRestored)
                .sorted(Comparator.comparing(ListedBackup::takenAt).reversed())
                .toList();
    }

    private Stream<ListedBackup> readable() {
        return entries.stream().filter(entry -> entry.problem().isEmpty());
    }

    /** Returns the results that matter: for the {@code counted} backup, the youngest, and the youngest restored one. */
    public List<BackupAttestation> relevantResults(Optional<String> counted) {
        return Stream.of(
                        entries.stream()
                                .filter(entry ->
                                        counted.filter(entry.id()::equals).isPresent()),
                        youngest().stream(),
                        youngestRestored().stream())
                .flatMap(found -> found)
                .distinct()
                .flatMap(entry -> entry.attested().stream())
                .toList();
    }

    /** Returns the last test result of {@code id}, or of any backup if {@code id} is empty. */
    public Optional<BackupAttestation> lastTried(Optional<String> id) {
        return entries.stream()
                .filter(entry -> id.isEmpty() || id.get().equals(entry.id()))
                .flatMap(entry -> entry.attested().stream())
                .max(Comparator.comparing(BackupAttestation::triedAt));
    }

    /** Returns the duration of the longest completed test. */
    public Duration longestTrial() {
        return entries.stream()
                .flatMap(entry -> entry.attested().stream())
                .map(BackupAttestation::took)
                .max(Comparator.naturalOrder())
                .orElse(Duration.ZERO);
    }
}
