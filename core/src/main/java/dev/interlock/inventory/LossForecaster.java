package dev.interlock.inventory;

import dev.interlock.action.Action;
import dev.interlock.action.Backup;
import dev.interlock.action.BlastRadius;
import dev.interlock.action.Impact;
import dev.interlock.action.Operation;
import dev.interlock.action.OperationLoss;
import dev.interlock.action.Placement;
import dev.interlock.action.Provenance;
import dev.interlock.action.Resource;
import dev.interlock.action.ResourceContainment;
import dev.interlock.action.Reversibility;
import dev.interlock.action.Seal;
import dev.interlock.evidence.BackupCustody;
import dev.interlock.evidence.FailureDomain;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Collectors;

/** Predicts each kind of loss of each resource at one moment, over one picture of one upstream. One thread. */
final class LossForecaster {

    private static final Comparator<Backup> BEST = Comparator.comparing(
                    (Backup backup) -> backup.restoredAt().isPresent())
            .thenComparing(Backup::takenAt);

    private final Seal seal;
    private final Seal.Upstream upstream;
    private final Optional<Topology> picture;
    private final boolean asked;
    private final List<Backup> attested;
    private final Instant moment;
    private final ResourceContainment nesting;

    LossForecaster(
            Seal seal,
            Seal.Upstream upstream,
            Optional<Topology> picture,
            boolean asked,
            List<Backup> attested,
            Instant moment) {
        this.seal = seal;
        this.upstream = upstream;
        this.picture = picture;
        this.asked = asked;
        this.moment = moment;
        this.nesting = new ResourceContainment(upstream);
        this.attested = attested.stream()
                .filter(backup -> backup.of().provider().equals(upstream.catalog()))
                .toList();
    }

    /** Predicts for each of {@code things}, which hold data. */
    List<LossForecast> of(Set<Resource> things) {
        return things.stream().map(this::outlook).toList();
    }

    private LossForecast outlook(Resource thing) {
        Placement placement = Objects.requireNonNull(new PlacementResolver(seal, upstream, picture, asked)
                .place(List.of(loss(thing)))
                .get(thing));
        List<LossForecast.LossScenario> ways = new ArrayList<>();
        deletions(thing, placement).forEach((name, lost) -> ways.add(deletion(thing, name, lost)));
        ways.add(misuse(thing));
        Set<String> unseen = copies(thing).stream()
                .filter(Backup::isSeparationUnseen)
                .map(Backup::id)
                .collect(Collectors.toSet());
        return new LossForecast(upstream.name(), placement, ways, unseen);
    }

    static Action loss(Resource lost) {
        return new Action(
                new Operation(lost.provider(), "loss"),
                Set.of(Impact.DESTROY),
                Reversibility.IRREVERSIBLE,
                Set.of(lost),
                List.of());
    }

    private Map<String, Resource> deletions(Resource thing, Placement placement) {
        Map<String, Resource> ways = new LinkedHashMap<>();
        ways.put(thing.type(), thing);
        upstream.resources().forEach((resource, place) -> {
            boolean holds = ResourceKind.of(resource) == ResourceKind.ENVIRONMENT
                    && placement.environments().containsAll(place.environments());
            if (holds) {
                ways.put("environment " + Phrases.list(place.environments()), resource);
            }
        });
        placement.groups().forEach(group -> ways.putIfAbsent(group.type(), group));
        nesting.containers(thing).forEach(whole -> ways.putIfAbsent(whole.type(), whole));
        ways.put("account", new Resource(upstream.catalog(), "account", "all"));
        return ways;
    }

    private LossForecast.LossScenario deletion(Resource thing, String name, Resource lost) {
        Set<Resource> planned = Inventory.planned(seal, upstream);
        BlastRadius radius = new LossCalculator(
                        upstream,
                        seal.database(upstream),
                        picture.orElse(Topology.EMPTY),
                        _ -> OperationLoss.EVERYTHING,
                        planned,
                        attested,
                        Map.of(),
                        List.of())
                .radius(List.of(loss(lost)), Set.of());
        boolean everything = ResourceKind.of(lost) == ResourceKind.ACCOUNT;
        List<Backup> left = new ArrayList<>();
        Set<String> notKnown = new LinkedHashSet<>();
        for (Backup backup : copies(thing)) {
            boolean here = BackupCustody.provider(backup.domain()).equals(upstream.catalog());
            boolean gone = (everything && here)
                    || radius.lostBackups().stream().anyMatch(one -> one.id().equals(backup.id()))
                    || radius.lost().stream().anyMatch(one -> FailureDomain.liesIn(backup.domain(), one.toString()));
            if (gone) {
                continue;
            }
            if (here && !isSeen(backup.domain())) {
                notKnown.add("whether `" + backup.domain() + "` goes with `" + lost
                        + "`: no provider can list what it contains");
            } else {
                left.add(backup);
            }
        }
        return way(name, Set.of(lost.toString()), thing, left, notKnown);
    }

    /**
     * Evaluates one loss. The worst remaining backup of all plans that save {@code thing} decides, because one plan
     * does not restore what another does. A backup without a plan counts as a copy of everything.
     */
    private LossForecast.LossScenario way(
            String name, Set<String> lost, Resource thing, List<Backup> left, Set<String> notKnown) {
        Map<String, Set<String>> groups = seal.backups().groups(thing);
        Set<String> without = new TreeSet<>();
        List<Backup> decisive = new ArrayList<>();
        groups.forEach((group, plans) -> left.stream()
                .filter(backup -> backup.plan().map(plans::contains).orElse(true))
                .max(BEST)
                .ifPresentOrElse(decisive::add, () -> without.add(group)));
        if (groups.isEmpty()) {
            left.stream().max(BEST).ifPresent(decisive::add);
        }
        Optional<Backup> worst = without.isEmpty() ? decisive.stream().min(BEST) : Optional.empty();
        return new LossForecast.LossScenario(
                name,
                lost,
                worst,
                decisive.isEmpty() ? Set.of() : without,
                // A backup that surely remains is enough; others may be lost.
                worst.flatMap(Backup::restoredAt).isPresent() ? List.of() : List.copyOf(notKnown));
    }

    private boolean isSeen(String domain) {
        try {
            Resource resource = Resource.parse(domain);
            return picture.flatMap(topology -> topology.findPlace(resource)).isPresent();
        } catch (IllegalArgumentException e) {
            return false; // not a resource, although its name looks like one of this provider's
        }
    }

    private List<Backup> copies(Resource thing) {
        Map<String, Backup> copies = new TreeMap<>();
        picture.ifPresent(topology -> topology.touched(thing)
                .forEach(mount ->
                        topology.copies(mount).forEach(copy -> copies.put(copy.id(), onVolume(mount, copy)))));
        for (Backup declared : upstream.backups()) {
            if (declared.of().equals(thing)) {
                // The seal's claim does not prove that it was ever restored.
                copies.put(
                        declared.id(),
                        new Backup(
                                declared.id(),
                                thing,
                                declared.takenAt(),
                                declared.domain(),
                                Provenance.SEALED,
                                Optional.empty()));
            }
        }
        attested.stream()
                .filter(backup -> backup.of().equals(thing))
                .forEach(backup -> copies.put(backup.id(), backup));
        return copies.values().stream()
                .filter(copy -> !copy.takenAt().isAfter(moment))
                .toList();
    }

    private Backup onVolume(Topology.VolumeMount mount, Topology.VolumeBackup copy) {
        Resource volume = new Resource(upstream.catalog(), "volume", mount.volume());
        return new Backup(copy.id(), volume, copy.takenAt(), volume.toString(), Provenance.RESOLVED, Optional.empty());
    }

    private LossForecast.LossScenario misuse(Resource thing) {
        Set<String> shared = new TreeSet<>();
        Set<String> notKnown = new LinkedHashSet<>();
        List<Backup> left = new ArrayList<>();
        for (Backup backup : copies(thing)) {
            BackupCustody custody = LossExposure.custody(seal, backup);
            custody.shared().ifPresent(shared::addAll);
            if (custody.isApart()) {
                left.add(backup);
            } else if (custody.shared().isEmpty()) {
                notKnown.add("which credentials can delete `" + backup.id() + "`: the seal does not say");
            }
        }
        return way(LossForecast.LossScenario.CREDENTIAL, shared, thing, left, notKnown);
    }
}
