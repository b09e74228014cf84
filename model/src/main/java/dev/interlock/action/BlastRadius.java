package dev.interlock.action;

import dev.interlock.evidence.Json;
import java.time.Instant;
import java.util.Collections;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Stream;

/**
 * The cost of an attempt, computed and never guessed.
 *
 * @param lost resources that would be gone; empty unless something is destroyed
 * @param survivors backups of what is lost that would remain
 * @param notes further information for people, in whole sentences
 * @param names what people call the resources, by the provider; those without a name are left out
 * @param titles what their authors called things that have a number besides: others' words, which decide nothing
 * @param alsoIn environments where lost resources are used besides those of the resources that are acted on
 */
public record BlastRadius(
        Set<String> environments,
        Set<Resource> lost,
        List<Backup> lostBackups,
        List<Backup> survivors,
        List<String> notes,
        Map<Resource, String> names,
        Map<Resource, String> titles,
        Map<Resource, Set<String>> alsoIn) {

    /**
     * Maximum names in the canonical form, so that a statement about many resources stays short enough to be signed.
     */
    private static final int MAX_NAMES = 40;

    public BlastRadius {
        environments = Collections.unmodifiableSet(new TreeSet<>(environments));
        lost = Collections.unmodifiableSet(new TreeSet<>(lost));
        lostBackups = List.copyOf(lostBackups);
        survivors = List.copyOf(survivors);
        notes = List.copyOf(notes);
        names = Collections.unmodifiableMap(new TreeMap<>(names));
        titles = Collections.unmodifiableMap(new TreeMap<>(titles));
        Map<Resource, Set<String>> wider = new TreeMap<>();
        alsoIn.forEach((resource, some) -> wider.put(resource, Collections.unmodifiableSet(new TreeSet<>(some))));
        alsoIn = Collections.unmodifiableMap(wider);
    }

    /** Returns the same cost with the names, the titles and the other environments of resources. */
    public BlastRadius with(
            Map<Resource, String> known, Map<Resource, String> called, Map<Resource, Set<String>> wider) {
        return new BlastRadius(environments, lost, lostBackups, survivors, notes, known, called, wider);
    }

    /** Returns the same cost of an attempt that reaches {@code other} environments. */
    public BlastRadius in(Set<String> other) {
        return new BlastRadius(other, lost, lostBackups, survivors, notes, names, titles, alsoIn);
    }

    /** Creates the cost for resources without names that are used nowhere else. */
    public BlastRadius(
            Set<String> environments,
            Set<Resource> lost,
            List<Backup> lostBackups,
            List<Backup> survivors,
            List<String> notes) {
        this(environments, lost, lostBackups, survivors, notes, Map.of(), Map.of(), Map.of());
    }

    /** The youngest backup that would remain, restored or not. */
    public Optional<Backup> youngestSurvivor() {
        return survivors.stream().max(Comparator.comparing(Backup::takenAt));
    }

    /** The form in statements and receipts. Ages are left out: they would change it from one second to the next. */
    public Json.Members canonical() {
        Json.Members radius = Json.object()
                .withTexts("environments", environments)
                .withTexts("lost", lost.stream().map(Resource::toString))
                .with("lost_backups", backups(lostBackups))
                .with("survivors", backups(survivors))
                .withTexts("notes", notes);
        radius = with(radius, "names", names);
        radius = with(radius, "titles", titles);
        if (!alsoIn.isEmpty()) {
            Json.Members some = Json.object();
            for (Map.Entry<Resource, Set<String>> wider : alsoIn.entrySet()) {
                some = some.withTexts(wider.getKey().toString(), wider.getValue());
            }
            radius = radius.with("also_in", some);
        }
        return radius;
    }

    private Json.Members with(Json.Members radius, String member, Map<Resource, String> texts) {
        Json.Members some = Json.object();
        List<Resource> first = Stream.concat(
                        lost.stream().filter(texts::containsKey),
                        texts.keySet().stream().filter(resource -> !lost.contains(resource)))
                .limit(MAX_NAMES)
                .toList();
        for (Resource resource : first) {
            some = some.withOptional(resource.toString(), Optional.ofNullable(texts.get(resource)));
        }
        return first.isEmpty() ? radius : radius.with(member, some);
    }

    /**
     * Returns the form for agents. It lists backups without their places and attestations, and only the first items of
     * long lists.
     *
     * @param most maximum items of each list; the total is included too
     */
    public Json.Members agentJson(int most) {
        return Json.object()
                .withTexts("environments", environments)
                .with("lost_count", lost.size())
                .withTexts("lost", lost.stream().limit(most).map(Resource::toString))
                .with("lost_backups_count", lostBackups.size())
                .with("lost_backups", agentJson(lostBackups, most))
                .with("survivors_count", survivors.size())
                .with("survivors", agentJson(survivors, most))
                .withTexts("notes", notes.stream().limit(most));
    }

    private static Json.Array agentJson(List<Backup> backups, int most) {
        return new Json.Array(sorted(backups).stream()
                .limit(most)
                .<Json>map(BlastRadius::known)
                .toList());
    }

    private static Json.Array backups(List<Backup> backups) {
        return new Json.Array(
                sorted(backups).stream().<Json>map(BlastRadius::backup).toList());
    }

    private static List<Backup> sorted(List<Backup> backups) {
        return backups.stream().sorted(Comparator.comparing(Backup::id)).toList();
    }

    private static Json.Members known(Backup backup) {
        return Json.object()
                .with("id", backup.id())
                .with("of", backup.of().toString())
                .with("taken_at", backup.takenAt().toString())
                .withOptional("restored_at", backup.restoredAt().map(Instant::toString));
    }

    private static Json.Members backup(Backup backup) {
        Json.Members restored = known(backup)
                .with("domain", backup.domain())
                .with("provenance", backup.provenance().word());
        return backup.attestation()
                .map(word -> restored.with("attestation", word.said())
                        .with("signature", word.signature())
                        .withTexts("covers", word.covers().stream().map(Resource::toString)))
                .orElse(restored);
    }
}
