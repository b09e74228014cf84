package dev.interlock.evidence;

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
import java.util.stream.Collectors;

/**
 * Checks that everything a statement would destroy can be restored. Every plan of the seal that saves a lost resource
 * needs a backup that was restored, is young enough, and lies elsewhere; of plans that save the same, one is enough.
 * Only the keys that the seal names for backups are trusted.
 */
final class BackupCheck {

    private static final String MOUNT = ":volume-instance/";
    private static final String VOLUME = ":volume/";
    private static final String TABLE = ":table/";
    private static final String DATABASE = ":database/";

    private final SealDocument seal;
    private final Duration age;
    private final Instant now;
    private final boolean judgesCustody;
    private final Set<String> lost;
    private final List<String> notes;
    private final List<String> flaws = new ArrayList<>();

    private BackupCheck(
            SealDocument seal, Duration age, Instant now, boolean judgesCustody, Set<String> lost, List<String> notes) {
        this.notes = notes;
        this.judgesCustody = judgesCustody;
        this.seal = seal;
        this.age = age;
        this.now = now;
        this.lost = lost;
    }

    static List<String> unmet(
            SealDocument seal, Statement statement, Duration age, Instant now, boolean judgesCustody) {
        Json.Members radius = statement.meaning().object("radius");
        Set<String> lost = new HashSet<>(radius.texts("lost"));
        return new BackupCheck(seal, age, now, judgesCustody, lost, radius.texts("notes"))
                .unmet(radius.objects("survivors"), radius.objects("lost_backups"));
    }

    private List<String> unmet(List<Json.Members> survivors, List<Json.Members> lostBackups) {
        if (lost.isEmpty()) {
            return List.of("a backup is required, but the blast radius names no lost resource");
        }
        lostBackups.stream()
                .filter(backup -> backup.get("attestation").isPresent())
                .forEach(backup -> flaws.add("`" + backup.text("id") + "` was restored, but would be lost as well"));
        List<CountedBackup> held = survivors.stream()
                .filter(survivor -> survivor.get("attestation").isPresent())
                .flatMap(survivor -> held(survivor).stream())
                .toList();
        return lost.stream()
                .sorted()
                .flatMap(resource -> missing(resource, held).stream())
                .distinct() // of all tables of a database alike
                .toList();
    }

    /** A backup that counts, by the plan or the one that this is a copy of; {@code covers} is what it brings back. */
    private record CountedBackup(String group, String of, List<String> covers) {}

    /** Each group of plans that saves {@code resource} needs a backup, and at least one is needed. */
    private List<String> missing(String resource, List<CountedBackup> held) {
        List<CountedBackup> covering =
                held.stream().filter(one -> one.covers().contains(resource)).toList();
        String whole = whole(resource);
        Set<String> saved = new HashSet<>(List.of(resource, whole));
        covering.forEach(one -> saved.add(one.of()));
        Map<String, Set<String>> needed = seal.backups().groups(saved);
        if (covering.isEmpty() && needed.isEmpty() && flaws.isEmpty() && isMountOfWhatIsMissing(resource, held)) {
            return List.of(backupOf(resource, "") + ": a backup of its volume restores it as well");
        }
        if (covering.isEmpty() && needed.size() <= 1) {
            return List.of(missing(whole, "", needed));
        }
        covering.forEach(one -> needed.remove(one.group()));
        return needed.values().stream()
                .map(plans -> missing(whole, " by plan `" + String.join("` or `", plans) + "`", needed))
                .toList();
    }

    /** Returns the database of a table, if a plan saves that; otherwise {@code resource} itself. */
    private String whole(String resource) {
        return seal.backups().plans().values().stream()
                .map(SealDocument.SealedPlan::of)
                .filter(of -> of.contains(DATABASE) && resource.startsWith(of.replaceFirst(DATABASE, TABLE) + "."))
                .max(Comparator.comparingInt(String::length))
                .orElse(resource);
    }

    // Whether `resource` is a mount and some lost volume of its provider has no backup. It may be another volume, so
    // this only chooses the message.
    private boolean isMountOfWhatIsMissing(String resource, List<CountedBackup> held) {
        int type = resource.indexOf(MOUNT);
        return type > 0
                && lost.stream()
                        .filter(one -> one.startsWith(resource.substring(0, type) + VOLUME))
                        .anyMatch(volume -> !missing(volume, held).isEmpty());
    }

    private String missing(String resource, String by, Map<String, Set<String>> plans) {
        return backupOf(resource, by) + why(plans);
    }

    private String backupOf(String resource, String by) {
        return "a backup of `" + resource + "`" + by + " elsewhere, at most " + words(age)
                + " old, that was verified by a restore";
    }

    private String why(Map<String, Set<String>> plans) {
        if (!flaws.isEmpty()) {
            return " (" + String.join("; ", flaws) + ")";
        }
        if (plans.isEmpty()) {
            return ": no backup plan of the seal saves it";
        }
        String commands = plans.values().stream()
                .flatMap(Set::stream)
                .map(plan -> "`interlock backup run " + plan + "`")
                .collect(Collectors.joining(" or "));
        String told = String.join(" ", about(plans));
        return ": none is attested by " + commands + (told.isEmpty() ? "" : " (" + told + ")");
    }

    /**
     * Returns the notes about {@code plans}: the last backup failed, or the store cannot be read. They decide nothing.
     */
    private List<String> about(Map<String, Set<String>> plans) {
        return notes.stream()
                .filter(note -> plans.values().stream()
                        .flatMap(Set::stream)
                        .anyMatch(plan ->
                                note.startsWith("`" + plan + "/") || note.startsWith("The backups of `" + plan + "`")))
                .toList();
    }

    private Optional<CountedBackup> held(Json.Members survivor) {
        try {
            RestoreAttestation restoration = RestoreAttestation.verify(
                    seal.backups(), survivor.object("attestation"), survivor.text("signature"));
            return noFlaw(survivor, restoration)
                    ? Optional.of(new CountedBackup(
                            seal.backups().group(restoration.plan()), restoration.of(), survivor.texts("covers")))
                    : Optional.empty();
        } catch (BadSignatureException | MalformedException e) {
            flaws.add(String.valueOf(e.getMessage()));
            return Optional.empty();
        }
    }

    private boolean noFlaw(Json.Members survivor, RestoreAttestation restoration) {
        String name = "`" + restoration.plan() + "/" + restoration.backup() + "` ";
        SealDocument.SealedPlan plan =
                Objects.requireNonNull(seal.backups().plans().get(restoration.plan()));
        String domain = plan.domain();
        List<String> wrong = new ArrayList<>();
        if (!restoration.isWhole()) {
            wrong.add(name + "did not restore");
        }
        if (restoration.takenAt().isAfter(now) || restoration.triedAt().isAfter(now)) {
            wrong.add(name + "has a time in the future");
        }
        if (restoration.takenAt().plus(age).isBefore(now)) {
            wrong.add(name + "was taken at " + restoration.takenAt());
        }
        if (lost.stream().anyMatch(gone -> FailureDomain.liesIn(domain, gone))
                || FailureDomain.liesIn(domain, restoration.of())) {
            wrong.add(name + "would be lost as well");
        }
        BackupCustody custody = seal.custody(plan);
        if (judgesCustody && custody.shared().isEmpty()) {
            wrong.add(name + "does not state who can delete it: set `deletable-by` in the seal");
        } else if (judgesCustody && !custody.isApart()) {
            wrong.add(name + "can be deleted by `"
                    + String.join("`, `", custody.shared().get())
                    + "`, which can also delete the resource that it saves");
        }
        boolean same = survivor.text("of").equals(restoration.of())
                && survivor.text("domain").equals(domain)
                && survivor.text("taken_at").equals(restoration.takenAt().toString());
        if (!same) {
            wrong.add(name + "does not match its attestation");
        }
        flaws.addAll(wrong);
        return wrong.isEmpty();
    }

    private static String words(Duration age) {
        return age.toSeconds() % 3600 == 0 ? age.toHours() + " h" : age.toSeconds() + " s";
    }
}
