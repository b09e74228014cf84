package dev.interlock.inventory;

import dev.interlock.action.Action;
import dev.interlock.action.Backup;
import dev.interlock.action.BlastRadius;
import dev.interlock.action.Impact;
import dev.interlock.action.Provenance;
import dev.interlock.action.Resource;
import dev.interlock.action.Seal;
import dev.interlock.inventory.Topology.Copy;
import dev.interlock.inventory.Topology.Mount;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * What destroying actions take with them, over one picture. One call of {@link #radius}, one thread.
 *
 * <p>An operation that nobody has described here is taken to lose all that lies in or on what it touches.
 */
final class Losses {

    /** Lose settings, not data: nothing that lies in the environment goes with them. */
    private static final Set<String> SPARE_DATA = Set.of(
            "variableUpsert",
            "variableDelete",
            "variableCollectionUpsert",
            "deploymentRemove",
            "deploymentStop",
            "deploymentCancel",
            "customDomainDelete",
            "serviceDomainDelete");

    private static final Set<String> BACKUP_DELETIONS =
            Set.of("volumeInstanceBackupDelete", "volumeInstanceBackupBatchDelete");

    private static final Set<String> PROTECTIONS =
            Set.of("volumeInstanceBackupScheduleUpdate", "volumeInstanceBackupLock", "disablePitrForHaCluster");

    private final Seal.Upstream upstream;
    private final Optional<Topology> picture;
    private final Set<Resource> lost = new TreeSet<>();
    private final Map<String, Backup> lostBackups = new TreeMap<>();
    private final Map<String, Backup> others = new TreeMap<>();
    private final List<String> notes;

    Losses(Seal.Upstream upstream, Optional<Topology> picture, List<String> notes) {
        this.upstream = upstream;
        this.picture = picture;
        this.notes = new ArrayList<>(notes);
    }

    BlastRadius radius(List<Action> actions, Set<String> environments) {
        for (Action action : actions) {
            if (action.has(Impact.DESTROY)) {
                action.resources().forEach(resource -> lose(action.operation().name(), action, resource));
            }
        }
        declared();
        lostBackups.keySet().forEach(others::remove);
        lastCopies();
        return new BlastRadius(
                environments,
                lost,
                List.copyOf(lostBackups.values()),
                List.copyOf(others.values()),
                notes.stream().distinct().toList());
    }

    private void lose(String operation, Action action, Resource resource) {
        if (PROTECTIONS.contains(operation)) {
            keep(resource);
            note("What makes and keeps the backups of `" + resource + "` would change: " + protects(resource) + ".");
        } else if (BACKUP_DELETIONS.contains(operation)) {
            loseBackup(action, resource);
        } else if (SPARE_DATA.contains(operation)) {
            note("Settings of `" + resource + "` would be lost, and no data on volumes.");
        } else {
            loseAll(resource);
        }
    }

    private String protects(Resource resource) {
        Set<String> kinds = new TreeSet<>();
        picture.ifPresent(
                topology -> topology.touched(resource).forEach(mount -> kinds.addAll(topology.schedules(mount))));
        return kinds.isEmpty() ? "no schedule is known now" : "the schedule now is " + Words.list(kinds);
    }

    private void loseBackup(Action action, Resource resource) {
        boolean named = action.resources().stream().anyMatch(one -> Kind.of(one) == Kind.BACKUP);
        keep(resource);
        if (Kind.of(resource) == Kind.BACKUP) {
            lost.add(resource);
            Backup backup = others.get(resource.id());
            if (backup != null) {
                lostBackups.put(backup.id(), backup);
            }
        } else if (!named) {
            touched(resource).forEach(mount -> copies(resource, mount).forEach(this::loseBackup));
        }
    }

    private void loseBackup(Backup backup) {
        lostBackups.put(backup.id(), backup);
    }

    /** Counts the backups of what {@code resource} lies on as staying. */
    private void keep(Resource resource) {
        touched(resource).forEach(mount -> copies(resource, mount).forEach(backup -> others.put(backup.id(), backup)));
    }

    private void loseAll(Resource resource) {
        lost.add(resource);
        List<Mount> touched = touched(resource);
        for (Mount mount : touched) {
            if (Kind.of(resource) != Kind.SERVICE) {
                lost.add(new Resource(resource.provider(), "volume-instance", mount.id()));
                copies(resource, mount).forEach(this::loseBackup);
            }
        }
        loseVolumes(resource, touched);
        loseContents(resource);
        if (Kind.of(resource) == Kind.SERVICE && !touched.isEmpty()) {
            note("The volumes of `" + resource + "` would be mounted by nothing.");
        }
    }

    /** A volume goes with its last mount. */
    private void loseVolumes(Resource resource, List<Mount> touched) {
        if (picture.isEmpty() || Kind.of(resource) == Kind.SERVICE) {
            return;
        }
        for (Mount mount : touched) {
            Resource volume = new Resource(resource.provider(), "volume", mount.volume());
            if (picture.get().touched(volume).stream().allMatch(touched::contains)) {
                lost.add(volume);
            } else {
                note("`" + volume + "` would lose a mount and stay elsewhere.");
            }
        }
    }

    private void loseContents(Resource resource) {
        picture.ifPresent(topology -> topology.contents(resource).forEach(lost::add));
    }

    private List<Mount> touched(Resource resource) {
        return picture.map(topology -> topology.touched(resource)).orElse(List.of());
    }

    /** Railway keeps backups on the volume itself: they share its fate, whatever it is. */
    private List<Backup> copies(Resource like, Mount mount) {
        Resource volume = new Resource(like.provider(), "volume", mount.volume());
        List<Copy> copies = picture.map(topology -> topology.copies(mount)).orElse(List.of());
        return copies.stream()
                .map(copy -> new Backup(
                        copy.id(), volume, copy.takenAt(), volume.toString(), Provenance.RESOLVED, Optional.empty()))
                .toList();
    }

    /** What the seal declares saves the day only if it lies elsewhere; nobody has restored it, whatever it says. */
    private void declared() {
        for (Backup backup : upstream.backups()) {
            Backup declared = new Backup(
                    backup.id(), backup.of(), backup.takenAt(), backup.domain(), Provenance.SEALED, Optional.empty());
            boolean gone =
                    lost.stream().anyMatch(resource -> resource.toString().equals(declared.domain()));
            if (gone) {
                lostBackups.put(declared.id(), declared);
            } else if (concerns(declared)) {
                others.put(declared.id(), declared);
            }
        }
    }

    private boolean concerns(Backup backup) {
        return lost.contains(backup.of())
                || lostBackups.values().stream().anyMatch(one -> one.of().equals(backup.of()))
                || others.values().stream().anyMatch(one -> one.of().equals(backup.of()));
    }

    private void lastCopies() {
        Set<Resource> sources = new TreeSet<>();
        lostBackups.values().forEach(backup -> sources.add(backup.of()));
        for (Resource source : sources) {
            List<Backup> left = others.values().stream()
                    .filter(one -> one.of().equals(source))
                    .toList();
            if (left.isEmpty()) {
                note("No backup of `" + source + "` would remain.");
            } else if (left.stream().allMatch(one -> one.domain().equals(source.toString()))) {
                note("Every remaining backup of `" + source + "` lies on what it is a copy of.");
            }
        }
    }

    private void note(String sentence) {
        notes.add(sentence);
    }
}
