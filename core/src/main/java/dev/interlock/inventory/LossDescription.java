package dev.interlock.inventory;

import dev.interlock.action.Action;
import dev.interlock.action.Backup;
import dev.interlock.action.BlastRadius;
import dev.interlock.action.Impact;
import dev.interlock.action.Placement;
import dev.interlock.action.ResolvedAttempt;
import dev.interlock.action.Resource;
import dev.interlock.action.VisibleText;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;

/**
 * Describes a blast radius in one paragraph, for refusals and for signers. It states only what was found out. Ages are
 * calculated when the text is read, so that they are in no digest.
 */
public final class LossDescription {

    /** Maximum resources in the paragraph; a reader who needs all of them reads the radius itself. */
    private static final int MAX_SUBJECTS = 3;

    private final Map<Resource, Placement> placements;
    private final BlastRadius radius;
    private final Set<String> named;
    private final Instant now;

    private LossDescription(Map<Resource, Placement> placements, BlastRadius radius, Set<String> named, Instant now) {
        this.placements = placements;
        this.radius = radius;
        this.named = named;
        this.now = now;
    }

    /**
     * Describes what {@code sensed} would destroy, in a whole sentence. The environments that its lease names come
     * first.
     */
    public static String describe(ResolvedAttempt sensed, Instant now) {
        return sentence(describe(
                sensed.actions(),
                sensed.placements(),
                sensed.radius(),
                sensed.lease().environments(),
                now));
    }

    private static String sentence(String words) {
        return words.isEmpty() ? "" : Character.toUpperCase(words.charAt(0)) + words.substring(1) + ".";
    }

    /**
     * Describes what {@code actions} would destroy, for example {@code volume vol_x is mounted by staging and
     * production; all 3 backups live on it; youngest other backup declared: 92 days old, never verified}.
     *
     * @param named environments to write first: those that the reader has in mind
     */
    public static String describe(
            List<Action> actions,
            Map<Resource, Placement> placements,
            BlastRadius radius,
            Set<String> named,
            Instant now) {
        LossDescription words = new LossDescription(placements, radius, named, now);
        List<Resource> subjects = subjects(actions);
        List<String> parts = new ArrayList<>();
        subjects.stream().limit(MAX_SUBJECTS).forEach(subject -> parts.add(words.place(subject)));
        if (subjects.size() > MAX_SUBJECTS) {
            parts.add("and " + Phrases.count(subjects.size() - MAX_SUBJECTS, "more resource"));
        }
        if (destroys(actions)) {
            parts.add(words.lostBackups(subjects));
            parts.add(words.survivors());
        }
        return String.join("; ", parts);
    }

    private static boolean destroys(List<Action> actions) {
        return actions.stream().anyMatch(action -> action.has(Impact.DESTROY));
    }

    private static List<Resource> subjects(List<Action> actions) {
        boolean destroys = destroys(actions);
        Set<Resource> subjects = new TreeSet<>();
        actions.stream()
                .filter(action -> !destroys || action.has(Impact.DESTROY))
                .forEach(action -> action.resources().stream()
                        .filter(resource -> !action.preserves(resource))
                        .forEach(subjects::add));
        return List.copyOf(subjects);
    }

    private String name(Resource resource) {
        String type = resource.type().replace('-', ' ') + " ";
        String name = radius.names().get(resource);
        return name == null
                ? type + resource.id()
                : type + VisibleText.unambiguous(VisibleText.quoted(name)) + " (" + resource.id() + ")";
    }

    private String place(Resource subject) {
        Placement placement = placements.get(subject);
        boolean known = placement != null && placement.known();
        String where = environments(List.of(subject));
        return name(subject)
                + (!known
                        ? " is not fully known and counts as " + where
                        : switch (ResourceKind.of(subject)) {
                            case VOLUME, MOUNT -> " is mounted by " + where;
                            case ENVIRONMENT -> " is " + where;
                            case ACCOUNT, WORKSPACE, PROJECT -> " holds " + where;
                            case SERVICE, SERVICE_INSTANCE -> " runs in " + where;
                            case BACKUP, SINGLE, OTHER -> " belongs to " + where;
                        });
    }

    private String environments(List<Resource> subjects) {
        Set<String> all = new TreeSet<>();
        for (Resource subject : subjects) {
            Placement placement = placements.get(subject);
            all.addAll(placement == null ? radius.environments() : placement.environments());
        }
        List<String> ordered =
                new ArrayList<>(all.stream().filter(named::contains).toList());
        all.stream().filter(name -> !named.contains(name)).forEach(ordered::add);
        return Phrases.list(ordered);
    }

    private String lostBackups(List<Resource> subjects) {
        Set<String> providers = subjects.stream().map(Resource::provider).collect(Collectors.toSet());
        List<Backup> foreign = radius.lostBackups().stream()
                .filter(backup -> !providers.contains(backup.of().provider()))
                .toList();
        int count = radius.lostBackups().size() - foreign.size();
        if (foreign.isEmpty()) {
            return ownBackups(subjects, count);
        }
        Set<String> sources =
                foreign.stream().map(backup -> backup.of().toString()).collect(Collectors.toCollection(TreeSet::new));
        String others = Phrases.count(foreign.size(), "backup") + " of " + Phrases.list(sources)
                + " would be lost with " + it(subjects);
        return count == 0 ? others : ownBackups(subjects, count) + "; " + others;
    }

    private String ownBackups(List<Resource> subjects, int count) {
        if (count == 0) {
            return "no backup is known to be lost with " + it(subjects);
        }
        // A backup may be named together with its mount, which is not lost.
        boolean onlyBackups = !radius.lost().isEmpty() && radius.lost().stream().allMatch(LossDescription::isBackup);
        if (onlyBackups || subjects.stream().allMatch(LossDescription::isBackup)) {
            return remaining(count);
        }
        boolean all = radius.survivors().stream().noneMatch(this::liesOnWhatIsLost);
        String on = it(subjects);
        if (!all) {
            return Phrases.count(count, "backup") + " would be lost with " + on;
        }
        return count == 1 ? "its only backup lives on " + on : "all " + count + " backups live on " + on;
    }

    private static boolean isBackup(Resource resource) {
        return ResourceKind.of(resource) == ResourceKind.BACKUP;
    }

    private String remaining(int count) {
        return Phrases.count(count, "backup") + " would be lost, "
                + (radius.survivors().isEmpty()
                        ? "the last one"
                        : Phrases.count(radius.survivors().size(), "other backup") + " would remain");
    }

    private boolean liesOnWhatIsLost(Backup backup) {
        return radius.lostBackups().stream().anyMatch(lost -> lost.domain().equals(backup.domain()));
    }

    private static String it(List<Resource> subjects) {
        return subjects.size() == 1 ? "it" : "them";
    }

    private String survivors() {
        return radius.youngestSurvivor().map(this::survivor).orElse("no other backup is declared");
    }

    private String survivor(Backup backup) {
        String verb = switch (backup.provenance()) {
            case SEALED -> "declared";
            case RESOLVED -> "found";
            case ATTESTED -> "attested";
            case CLAIMED -> "claimed";
        };
        return "youngest other backup " + verb + ": " + Phrases.age(Duration.between(backup.takenAt(), now)) + " old, "
                + backup.restoredAt()
                        .map(at -> "restored " + Phrases.age(Duration.between(at, now)) + " ago")
                        .orElse("never verified")
                + (backup.isSeparationUnseen() ? ", separate only by the seal's declaration" : "");
    }
}
