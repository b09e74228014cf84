package dev.interlock.testing;

import dev.interlock.action.Action;
import dev.interlock.action.Attempt;
import dev.interlock.action.BlastRadius;
import dev.interlock.action.Bytes;
import dev.interlock.action.CatalogFacts;
import dev.interlock.action.HttpCall;
import dev.interlock.action.Impact;
import dev.interlock.action.Lease;
import dev.interlock.action.LeaseSigners;
import dev.interlock.action.Operation;
import dev.interlock.action.OperationLoss;
import dev.interlock.action.OperationSummary;
import dev.interlock.action.Placement;
import dev.interlock.action.Provenance;
import dev.interlock.action.ResolvedAttempt;
import dev.interlock.action.Resource;
import dev.interlock.action.Reversibility;
import dev.interlock.action.SaltedDigests;
import dev.interlock.action.Seal;
import dev.interlock.action.SealLimits;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;

/** A small organisation, and attempts in it. */
public final class Fixtures {

    public static final Instant NOW = Instant.parse("2026-11-20T08:00:00Z");
    public static final Set<Impact> ALL_IMPACTS =
            Set.of(Impact.READ, Impact.WRITE, Impact.DESTROY, Impact.CREDENTIAL, Impact.PRIVILEGE, Impact.EXECUTE);
    private static final CatalogFacts.OwnCatalogReader UNREAD = new CatalogFacts.OwnCatalogReader() {
        @Override
        public List<String> mistakes(Seal.OwnCatalog catalog) {
            return List.of("custom catalogs are not read here");
        }

        @Override
        public CatalogFacts with(Map<String, Seal.OwnCatalog> catalogs) {
            throw new IllegalArgumentException("custom catalogs are not read here");
        }
    };

    /** The impacts of the operations of {@link #CATALOGS}. */
    public static final Map<String, Set<Impact>> IMPACTS = Map.of(
            "volumeDelete", Set.of(Impact.DESTROY),
            "variableUpsert", Set.of(Impact.WRITE),
            "project", Set.of(Impact.READ),
            "deploymentRedeploy", Set.of());

    public static final CatalogFacts CATALOGS = facts(Map.of("railway", IMPACTS), Map.of("railway", "00".repeat(32)));

    private Fixtures() {}

    public static Seal seal(String... cedar) {
        List<Seal.PolicyText> texts = new ArrayList<>();
        for (String text : cedar) {
            texts.add(new Seal.PolicyText("policy" + texts.size() + ".cedar", text));
        }
        return seal(texts, Map.of());
    }

    public static Seal seal(List<Seal.PolicyText> texts, Map<Operation, Set<Impact>> classify) {
        return Seal.empty("5ea1", "pocketos", 1, NOW, NOW.plusSeconds(86400)).with(parts -> {
            parts.environments = Map.of(
                    "staging", new Seal.Environment("staging", false, false),
                    "production", new Seal.Environment("production", true, false));
            parts.people = Map.of("jer", new Seal.Person("jer", Set.of("owners"), List.of(), Optional.empty()));
            parts.softwareKeys = true;
            parts.agents = Map.of("jer/cursor", new Seal.Agent("jer/cursor", "jer", Set.of("platform")));
            parts.policies = texts;
            parts.catalogs = Map.of("railway", "00".repeat(32));
            parts.classify = classify;
        });
    }

    /** Returns the same seal with another id. */
    public static Seal resealed(Seal seal, String id) {
        return seal.with(parts -> {
            parts.id = id;
            parts.sequence = seal.sequence() + 1;
        });
    }

    /** Returns the same seal with limits. */
    public static Seal limited(Seal seal, SealLimits limits) {
        return seal.with(parts -> parts.limits = limits);
    }

    public static Lease lease(Set<String> environments, Set<Impact> impacts, Set<Resource> resources) {
        return new Lease(
                "L-1",
                "L-1",
                "jer/cursor",
                "jer",
                LeaseSigners.NOBODY,
                "fix",
                Optional.of("fix-staging"),
                environments,
                impacts,
                resources,
                Optional.empty(),
                NOW,
                NOW.plusSeconds(3600));
    }

    public static Lease wide() {
        return lease(Set.of("staging", "production"), ALL_IMPACTS, Set.of());
    }

    public static Placement place(String resource, String... environments) {
        return new Placement(Resource.parse(resource), Set.of(environments), Set.of(), Provenance.SEALED, true);
    }

    public static Action action(String operation, Set<Impact> impacts, Placement... placements) {
        Set<Resource> resources = new TreeSet<>();
        for (Placement placement : placements) {
            resources.add(placement.resource());
        }
        return new Action(Operation.parse(operation), impacts, Reversibility.RECOVERABLE, resources, List.of());
    }

    /** Returns {@code some} as if nothing that it does could be undone. */
    public static ResolvedAttempt irreversible(ResolvedAttempt some) {
        List<Action> actions = some.actions().stream()
                .map(action -> new Action(
                        action.operation(),
                        action.impacts(),
                        Reversibility.IRREVERSIBLE,
                        action.resources(),
                        action.facts()))
                .toList();
        return new ResolvedAttempt(
                some.attempt(),
                some.lease(),
                actions,
                some.placements(),
                some.radius(),
                some.outgoing(),
                SaltedDigests.OPEN);
    }

    public static ResolvedAttempt resolved(Lease lease, List<Action> actions, Placement... placements) {
        Map<Resource, Placement> places = new TreeMap<>();
        Set<String> environments = new TreeSet<>();
        Set<Resource> lost = new TreeSet<>();
        for (Placement placement : placements) {
            places.put(placement.resource(), placement);
            environments.addAll(placement.environments());
        }
        for (Action action : actions) {
            if (action.has(Impact.DESTROY)) {
                lost.addAll(action.resources());
            }
        }
        HttpCall call = new HttpCall("POST", "up.example", "/", List.of(), List.of(), Bytes.empty());
        return new ResolvedAttempt(
                new Attempt("railway", List.of(), Optional.empty(), call, NOW),
                lease,
                actions,
                places,
                new BlastRadius(environments, lost, List.of(), List.of(), List.of()),
                call,
                SaltedDigests.OPEN);
    }

    public static ResolvedAttempt one(Lease lease, String operation, Set<Impact> impacts, Placement... placements) {
        return resolved(lease, List.of(action(operation, impacts, placements)), placements);
    }

    public static Map<Resource, Placement> byResource(List<Placement> placements) {
        Map<Resource, Placement> all = new HashMap<>();
        placements.forEach(placement -> all.put(placement.resource(), placement));
        return all;
    }

    /** Returns facts of operations whose impacts do not depend on arguments, and of nothing else. */
    public static CatalogFacts facts(Map<String, Map<String, Set<Impact>>> operations, Map<String, String> digests) {
        Map<String, Map<String, OperationSummary>> all = new HashMap<>();
        operations.forEach((catalog, impacts) -> {
            Map<String, OperationSummary> each = new TreeMap<>();
            impacts.forEach((name, its) ->
                    each.put(name, summary(catalog, name, its, its, Reversibility.RECOVERABLE, Set.of())));
            all.put(catalog, each);
        });
        return new CatalogFacts(all, digests, UNREAD, Map.of(), Map.of());
    }

    /** Returns what a catalog says of an operation, as far as policies ask. */
    public static OperationSummary summary(
            String catalog,
            String name,
            Set<Impact> impacts,
            Set<Impact> possible,
            Reversibility reversibility,
            Set<String> facts) {
        return new OperationSummary(
                new Operation(catalog, name),
                impacts,
                possible,
                reversibility,
                false,
                Optional.empty(),
                facts,
                Set.of(),
                OperationLoss.EVERYTHING,
                Optional.empty());
    }

    /** Returns {@code facts} with one operation of {@code known}'s name as {@code known} describes it. */
    public static CatalogFacts with(CatalogFacts facts, OperationSummary known) {
        String catalog = known.operation().provider();
        Map<String, OperationSummary> its = new TreeMap<>(facts.operations().getOrDefault(catalog, Map.of()));
        its.put(known.operation().name(), known);
        Map<String, Map<String, OperationSummary>> all = new HashMap<>(facts.operations());
        all.put(catalog, its);
        return new CatalogFacts(all, facts.digests(), facts.own(), facts.holding(), facts.touched());
    }
}
