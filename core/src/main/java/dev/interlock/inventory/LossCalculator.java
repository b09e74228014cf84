package dev.interlock.inventory;

import dev.interlock.action.Action;
import dev.interlock.action.Backup;
import dev.interlock.action.BlastRadius;
import dev.interlock.action.Impact;
import dev.interlock.action.Operation;
import dev.interlock.action.OperationLoss;
import dev.interlock.action.Provenance;
import dev.interlock.action.Resource;
import dev.interlock.action.ResourceContainment;
import dev.interlock.action.Seal;
import dev.interlock.evidence.FailureDomain;
import dev.interlock.inventory.Topology.VolumeMount;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Function;
import java.util.stream.Stream;

/** Calculates the losses of destroying actions, over one picture. One call of {@link #radius}, one thread. */
final class LossCalculator {

    private final Seal.Upstream upstream;
    private final Optional<Resource> database;
    private final Topology picture;
    private final Function<Operation, OperationLoss> kinds;
    private final Set<Resource> saved;
    private final List<Backup> attested;
    private final Map<Resource, List<String>> failed;
    private final Set<Resource> lost = new TreeSet<>();
    private final Map<String, Backup> lostBackups = new TreeMap<>();
    private final Map<String, Backup> others = new TreeMap<>();
    private final List<Backup> elsewhere = new ArrayList<>();
    private final ResourceContainment nesting;
    private final Set<String> notes;

    /**
     * @param database the one that all tables of {@code upstream} are in, if that is known
     * @param kinds what an operation loses, as its catalog says
     * @param saved the resources that the seal has plans for
     * @param attested backups that were really restored, as keys in the seal attest
     * @param failed sentences about backups that could not be restored, by the resource that they copy
     */
    LossCalculator(
            Seal.Upstream upstream,
            Optional<Resource> database,
            Topology picture,
            Function<Operation, OperationLoss> kinds,
            Set<Resource> saved,
            List<Backup> attested,
            Map<Resource, List<String>> failed,
            List<String> notes) {
        this.failed = failed;
        this.upstream = upstream;
        this.nesting = new ResourceContainment(upstream);
        this.database = database;
        this.picture = picture;
        this.kinds = kinds;
        this.saved = saved;
        this.attested = attested;
        this.notes = new LinkedHashSet<>(notes);
    }

    BlastRadius radius(List<Action> actions, Set<String> environments) {
        for (Action action : actions) {
            if (action.has(Impact.DESTROY)) {
                action.resources().stream()
                        .filter(resource -> !isPlace(action, resource) && !action.preserves(resource))
                        .forEach(resource -> lose(action, resource));
            }
        }
        if (actions.stream().noneMatch(action -> action.has(Impact.DESTROY))) { // then no backup is of interest
            return new BlastRadius(environments, Set.of(), List.of(), List.of(), List.copyOf(notes));
        }
        Set<String> emptied = emptied(actions);
        declared(emptied);
        foreign(emptied);
        lostBackups.keySet().forEach(others::remove);
        lastCopies();
        failed.forEach((of, sentences) -> {
            if (lost.contains(of)) {
                notes.addAll(sentences);
            }
        });
        return new BlastRadius(
                environments,
                lost,
                List.copyOf(lostBackups.values()),
                List.copyOf(others.values()),
                List.copyOf(notes));
    }

    private void lose(Action action, Resource resource) {
        switch (kinds.apply(action.operation())) {
            case EVERYTHING, ENVIRONMENT, NO_DATA -> loseWhole(action, resource);
            case RUNNING -> {
                if (ResourceKind.of(resource) == ResourceKind.SERVICE) {
                    lost.add(resource);
                } else {
                    loseWhole(action, resource);
                }
            }
            case SETTINGS -> notes.add("Settings of `" + resource + "` would be lost, but no data on volumes.");
            case PROTECTION -> loseProtection(resource);
            case BACKUP -> loseBackup(action, resource);
            case RESTORE -> restore(action, resource);
        }
    }

    private void loseWhole(Action action, Resource resource) {
        loseAll(resource);
        if (!action.destroysAPart()) {
            lost.addAll(sealedWithin(action, resource));
        }
    }

    private boolean isPlace(Action action, Resource resource) {
        return ResourceKind.of(resource) == ResourceKind.ENVIRONMENT
                && kinds.apply(action.operation()) != OperationLoss.ENVIRONMENT
                && action.resources().stream().map(ResourceKind::of).anyMatch(ResourceKind::isThing);
    }

    private void loseProtection(Resource resource) {
        keep(resource);
        Set<String> kinds = new TreeSet<>();
        picture.touched(resource).forEach(mount -> kinds.addAll(picture.schedules(mount)));
        notes.add("The backup schedule of `" + resource + "` would change; "
                + (kinds.isEmpty()
                        ? "the current schedule is not known."
                        : "the current schedule is " + Phrases.list(kinds) + "."));
    }

    private void loseBackup(Action action, Resource resource) {
        keep(resource);
        if (ResourceKind.of(resource) == ResourceKind.BACKUP) {
            lost.add(resource);
            find(resource).ifPresent(this::loseBackup);
        } else if (named(action).isEmpty()) {
            backups(resource).forEach(this::loseBackup);
        }
    }

    private void restore(Action action, Resource resource) {
        Instant from = named(action).flatMap(this::find).map(Backup::takenAt).orElse(Instant.MIN);
        switch (ResourceKind.of(resource)) {
            case MOUNT -> {
                lost.add(resource);
                keep(resource);
                backups(resource).stream()
                        .filter(backup -> backup.takenAt().isAfter(from))
                        .forEach(this::loseBackup);
                notes.add("The data of `" + resource + "` would be replaced by an older copy.");
            }
            case SERVICE, SERVICE_INSTANCE -> picture.touched(resource).forEach(mount -> loseMount(resource, mount));
            case BACKUP -> keep(resource);
            case ACCOUNT, WORKSPACE, PROJECT, ENVIRONMENT, VOLUME, SINGLE, OTHER -> loseAll(resource);
        }
    }

    private static Optional<Resource> named(Action action) {
        return action.resources().stream()
                .filter(resource -> ResourceKind.of(resource) == ResourceKind.BACKUP)
                .findFirst();
    }

    private void loseAll(Resource resource) {
        lost.add(resource);
        lost.addAll(picture.contents(resource));
        List<VolumeMount> touched = picture.touched(resource);
        if (ResourceKind.of(resource) == ResourceKind.SERVICE && !touched.isEmpty()) {
            notes.add("Whether the volumes of `" + resource + "` survive is not certain; they count as lost with it.");
        }
        touched.forEach(mount -> loseMount(resource, mount));
        touched.forEach(mount -> loseVolume(volume(resource, mount), touched));
    }

    private Set<Resource> sealedWithin(Action action, Resource resource) {
        Set<Resource> within = nesting.resources(resource);
        Set<Resource> containers = new TreeSet<>(within);
        containers.add(resource);
        saved.stream().filter(of -> nesting.liesIn(of, containers)).forEach(within::add);
        within.removeIf(action::preserves);
        return within;
    }

    private void loseMount(Resource like, VolumeMount mount) {
        lost.add(new Resource(like.provider(), "volume-instance", mount.id()));
        backups(like, mount).forEach(this::loseBackup);
    }

    private void loseVolume(Resource volume, List<VolumeMount> gone) {
        lost.add(volume);
        if (!gone.containsAll(picture.touched(volume))) {
            picture.touched(volume).forEach(mount -> loseMount(volume, mount));
            notes.add("`" + volume
                    + "` is mounted elsewhere too; whether it survives there is not certain, so it counts as lost.");
        }
    }

    private void loseBackup(Backup backup) {
        lostBackups.put(backup.id(), backup);
    }

    private void keep(Resource resource) {
        backups(resource).forEach(backup -> others.put(backup.id(), backup));
    }

    private Optional<Backup> find(Resource resource) {
        return backups(resource).stream()
                .filter(backup -> backup.id().equals(resource.id()))
                .findFirst();
    }

    private List<Backup> backups(Resource resource) {
        return picture.touched(resource).stream()
                .flatMap(mount -> backups(resource, mount).stream())
                .toList();
    }

    private List<Backup> backups(Resource like, VolumeMount mount) {
        Resource volume = volume(like, mount);
        return picture.copies(mount).stream()
                .map(copy -> new Backup(
                        copy.id(), volume, copy.takenAt(), volume.toString(), Provenance.RESOLVED, Optional.empty()))
                .toList();
    }

    private static Resource volume(Resource like, VolumeMount mount) {
        return new Resource(like.provider(), "volume", mount.volume());
    }

    /**
     * Counts the seal's declared backups. They survive only if they lie elsewhere, and count as never restored even if
     * the seal says otherwise.
     */
    private void declared(Set<String> emptied) {
        List<Backup> own = new ArrayList<>();
        for (Backup backup : upstream.backups()) {
            own.add(new Backup(
                    backup.id(), backup.of(), backup.takenAt(), backup.domain(), Provenance.SEALED, Optional.empty()));
        }
        attested.stream().filter(this::isOwn).forEach(backup -> own.add(backup.covering(covered(backup))));
        own.stream().filter(backup -> liesIn(emptied, backup)).forEach(this::loseBackup);
        own.stream()
                .filter(backup -> !liesIn(emptied, backup) && concerns(backup))
                .forEach(backup -> others.put(backup.id(), backup));
    }

    private void foreign(Set<String> emptied) {
        for (Backup backup : attested) {
            if (isOwn(backup)) {
                continue;
            }
            if (liesIn(emptied, backup)) {
                loseBackup(new Backup(
                        backup.id(),
                        backup.of(),
                        backup.takenAt(),
                        backup.domain(),
                        backup.provenance(),
                        Optional.empty()));
            } else {
                elsewhere.add(backup);
            }
        }
    }

    private Set<String> emptied(List<Action> actions) {
        Set<String> parts = new TreeSet<>();
        Set<String> wholes = new TreeSet<>();
        for (Action action : actions) {
            boolean part = action.destroysAPart();
            action.resources().forEach(resource -> (part ? parts : wholes).add(resource.toString()));
        }
        parts.removeAll(wholes);
        Set<String> emptied = new TreeSet<>();
        lost.forEach(resource -> emptied.add(resource.toString()));
        emptied.removeAll(parts);
        return emptied;
    }

    private boolean isOwn(Backup backup) {
        return backup.of().provider().equals(upstream.catalog());
    }

    private static boolean liesIn(Set<String> gone, Backup backup) {
        return gone.stream().anyMatch(one -> FailureDomain.liesIn(backup.domain(), one));
    }

    private Set<Resource> covered(Backup backup) {
        Set<Resource> covered = new TreeSet<>(Set.of(backup.of()));
        if (ResourceKind.of(backup.of()) == ResourceKind.VOLUME) {
            picture.touched(backup.of())
                    .forEach(mount -> covered.add(new Resource(backup.of().provider(), "volume-instance", mount.id())));
        }
        if (database.filter(backup.of()::equals).isPresent()) {
            lost.stream().filter(gone -> gone.type().equals("table")).forEach(covered::add);
        }
        lost.stream()
                .filter(gone -> ResourceKind.of(gone) == ResourceKind.BACKUP)
                .filter(gone ->
                        find(gone).filter(copy -> copy.of().equals(backup.of())).isPresent())
                .forEach(covered::add);
        covered.retainAll(lost);
        return covered;
    }

    private boolean concerns(Backup backup) {
        return !covered(backup).isEmpty()
                || lostBackups.values().stream().anyMatch(one -> one.of().equals(backup.of()))
                || others.values().stream().anyMatch(one -> one.of().equals(backup.of()));
    }

    private void lastCopies() {
        Set<Resource> sources = new TreeSet<>();
        lostBackups.values().forEach(backup -> sources.add(backup.of()));
        for (Resource source : sources) {
            List<Backup> left = Stream.concat(others.values().stream(), elsewhere.stream())
                    .filter(backup -> backup.of().equals(source))
                    .toList();
            if (left.isEmpty()) {
                notes.add("No backup of `" + source + "` would remain.");
            } else if (left.stream().allMatch(one -> FailureDomain.liesIn(one.domain(), source.toString()))) {
                notes.add("Every remaining backup of `" + source + "` is stored on the resource that it saves.");
            }
        }
    }
}
