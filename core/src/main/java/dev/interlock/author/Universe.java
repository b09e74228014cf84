package dev.interlock.author;

import dev.interlock.action.CatalogFacts;
import dev.interlock.action.Fact;
import dev.interlock.action.Impact;
import dev.interlock.action.Operation;
import dev.interlock.action.Placement;
import dev.interlock.action.Provenance;
import dev.interlock.action.Resource;
import dev.interlock.action.Reversibility;
import dev.interlock.action.Seal;
import dev.interlock.policy.PolicyAnalysis;
import dev.interlock.policy.Trait;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.BiConsumer;
import java.util.function.Consumer;
import java.util.function.Function;

/**
 * Enumerates every attempt that a seal and its catalogs make possible. That is each operation with each possible
 * impact, on each kind of resource that the seal or a policy distinguishes, in each environment, by each agent. Each
 * agent acts under each task, and under a lease for everything, which a person may sign.
 *
 * <p>Each attempt has one impact and one environment. An attempt with several is the conjunction of such attempts. So
 * an operation that is never permitted here is never permitted. Traits that no policy reads are not varied: they make
 * no difference.
 */
final class Universe {

    private static final String UNHEARD_OF = "unheard-of";
    private final Seal seal;
    private final CatalogFacts catalogs;
    private final Set<Trait> read = EnumSet.noneOf(Trait.class);
    private final Set<Resource> named;
    private final Set<String> texts;
    private final boolean hasPatterns;
    private final Set<SortedMap<String, String>> compared;
    private final Function<Seal.Agent, Set<String>> namedPrincipals;

    Universe(Seal seal, CatalogFacts catalogs, PolicyAnalysis policies) {
        this.seal = seal;
        this.catalogs = catalogs.of(seal);
        this.compared = policies.comparedArguments();
        this.named = policies.resources();
        this.namedPrincipals = policies::namedPrincipals;
        this.texts = policies.texts();
        this.hasPatterns = policies.hasPatterns();
        policies.rules().forEach(rule -> read.addAll(rule.reads()));
    }

    /**
     * Returns the traits that policies read and that are not varied here; nothing is proven for their other values.
     * There are as many single leases as people issue, and losses depend on which other resources exist.
     */
    Set<String> open() {
        Set<String> open = new TreeSet<>();
        for (Trait trait : read) {
            boolean isOpen = switch (trait) {
                case GROUPS -> named.size() > 1; // each group by itself, never two at once
                case KIND -> hasPatterns; // one kind that fits each pattern, never one that fits two
                default -> !isVaried(trait);
            };
            if (isOpen) {
                open.add(trait.words());
            }
        }
        return open;
    }

    static boolean isVaried(Trait trait) {
        return switch (trait) {
            case ARGUMENTS, COUNTS, LEASE_ID, LEASE_TASK, LEASE_ENVIRONMENTS, LEASE_IMPACTS -> false;
            case RADIUS_ENVIRONMENTS, RADIUS_LOST, RADIUS_LOST_BACKUPS, RADIUS_UNSAVED -> false;
            case AGENT, TEAMS, OWNER, OPERATION, IMPACT, RESOURCE, ENVIRONMENT, PROVIDER, KNOWN, UPSTREAM -> true;
            case IN_ENVIRONMENT, PROTECTED, REVERSIBILITY, GROUPS, KIND, LEASE_NARROWED -> true;
            case LEASE_AGENT, LEASE_PERSON, LEASE_TEMPLATE, LEASE_NAMES_ENVIRONMENT -> true;
        };
    }

    void forEach(Consumer<HypotheticalAttempt> consumer) {
        forEach(
                placement -> holders(placement).stream().map(List::of).toList(),
                (attempt, _) -> consumer.accept(attempt));
    }

    /**
     * Does the same once for all holders that no policy can tell apart, with these: the answer about the first is that
     * about each. So agents and tasks that policies do not name cost nothing.
     */
    void forEachAlike(BiConsumer<HypotheticalAttempt, List<LeaseHolder>> consumer) {
        forEach(this::alike, consumer);
    }

    private void forEach(
            Function<Placement, List<List<LeaseHolder>>> grouping,
            BiConsumer<HypotheticalAttempt, List<LeaseHolder>> consumer) {
        Map<String, Map<Placement, List<List<LeaseHolder>>>> places = new HashMap<>();
        operations().forEach((operation, impacts) -> {
            Set<SortedMap<String, String>> arguments = arguments(operation);
            Set<Optional<String>> upstreams = upstreams(operation);
            places.computeIfAbsent(operation.provider(), provider -> {
                        Map<Placement, List<List<LeaseHolder>>> holders = new LinkedHashMap<>();
                        placements(provider).forEach(each -> holders.computeIfAbsent(each, grouping));
                        return holders;
                    })
                    .forEach((placement, holders) -> {
                        for (Impact impact : impacts) {
                            for (Reversibility reversibility : reversibilities(operation, impact)) {
                                for (Optional<String> upstream : upstreams) {
                                    for (List<LeaseHolder> alike : holders) {
                                        for (SortedMap<String, String> values : arguments) {
                                            consumer.accept(
                                                    new HypotheticalAttempt(
                                                            alike.getFirst().agent(),
                                                            alike.getFirst().task(),
                                                            alike.getFirst().cover(),
                                                            upstream,
                                                            operation,
                                                            Set.of(impact),
                                                            reversibility,
                                                            List.of(placement),
                                                            values),
                                                    alike);
                                        }
                                    }
                                }
                            }
                        }
                    });
        });
    }

    private Map<Operation, Set<Impact>> operations() {
        Map<Operation, Set<Impact>> operations = new TreeMap<>(Comparator.comparing(Operation::toString));
        for (String provider : seal.catalogs().keySet()) {
            catalogs.operations()
                    .getOrDefault(provider, Map.of())
                    .keySet()
                    .forEach(name -> operations.put(
                            new Operation(provider, name), catalogs.possible(new Operation(provider, name))));
            operations.put(new Operation(provider, UNHEARD_OF), Set.of(Impact.UNKNOWN));
        }
        operations.putAll(seal.classify());
        return operations;
    }

    private List<Placement> placements(String provider) {
        List<Placement> placements = new ArrayList<>();
        Set<Resource> resources = new LinkedHashSet<>();
        resources.add(new Resource(provider, "thing", "any"));
        named.stream().filter(resource -> resource.provider().equals(provider)).forEach(resources::add);
        if (reads(Trait.KIND)) {
            // A kind matters only where a policy compares it with a text or a pattern; all other kinds are `thing`.
            texts.forEach(text -> resources.add(new Resource(provider, text, "any")));
        }
        if (reads(Trait.KIND) || reads(Trait.RESOURCE)) {
            sealed(provider).keySet().forEach(resources::add);
        }
        for (Resource resource : resources) {
            for (String environment : seal.environments().keySet()) {
                Set<Resource> groups = Optional.ofNullable(sealed(provider).get(resource))
                        .map(Placement::groups)
                        .orElse(Set.of());
                placements.add(placement(resource, environment, groups, true));
                named.stream()
                        .filter(group -> group.provider().equals(provider) && !group.equals(resource))
                        .forEach(group -> placements.add(placement(resource, environment, Set.of(group), true)));
                if (reads(Trait.KNOWN) && seal.mostProtected().contains(environment)) {
                    placements.add(placement(resource, environment, groups, false));
                }
            }
        }
        return placements;
    }

    private static Placement placement(Resource resource, String environment, Set<Resource> groups, boolean known) {
        return new Placement(resource, Set.of(environment), groups, Provenance.SEALED, known);
    }

    private Map<Resource, Placement> sealed(String provider) {
        Map<Resource, Placement> sealed = new TreeMap<>();
        for (Seal.Upstream upstream : seal.upstreams().values()) {
            if (upstream.catalog().equals(provider)) {
                sealed.putAll(upstream.resources());
            }
        }
        return sealed;
    }

    /** Without policies that ask, the mildest decides most in an agent's favour. */
    private List<Reversibility> reversibilities(Operation operation, Impact impact) {
        return reads(Trait.REVERSIBILITY)
                ? List.of(Reversibility.values())
                : List.of(catalogs.reversibility(operation, Set.of(impact)));
    }

    private Set<Optional<String>> upstreams(Operation operation) {
        Set<Optional<String>> upstreams = new LinkedHashSet<>();
        for (Seal.Upstream upstream : seal.upstreams().values()) {
            if (upstream.catalog().equals(operation.provider()) && (upstreams.isEmpty() || reads(Trait.UPSTREAM))) {
                upstreams.add(Optional.of(upstream.name()));
            }
        }
        return upstreams.isEmpty() ? Set.of(Optional.empty()) : upstreams;
    }

    private Set<SortedMap<String, String>> arguments(Operation operation) {
        Set<SortedMap<String, String>> arguments = new LinkedHashSet<>(List.of(new TreeMap<>()));
        for (SortedMap<String, String> values : compared) {
            SortedMap<String, String> facts = new TreeMap<>();
            values.forEach((name, text) -> facts.put(Fact.readBy(name), text));
            facts.keySet().retainAll(catalogs.facts(operation).orElse(Set.of()));
            arguments.add(facts);
        }
        return arguments;
    }

    private boolean reads(Trait trait) {
        return read.contains(trait);
    }

    /** An agent with a lease: of a task, or with a scope of its own. */
    record LeaseHolder(String agent, Optional<String> task, Optional<HypotheticalAttempt.LeaseScope> cover) {}

    private List<List<LeaseHolder>> alike(Placement placement) {
        Map<List<Object>, List<LeaseHolder>> alike = new LinkedHashMap<>();
        for (LeaseHolder holder : holders(placement)) {
            alike.computeIfAbsent(seenOf(holder, placement), _ -> new ArrayList<>())
                    .add(holder);
        }
        return List.copyOf(alike.values());
    }

    /** Returns what policies may see of {@code holder}: every trait of an agent or a lease that they read. */
    private List<Object> seenOf(LeaseHolder holder, Placement placement) {
        Seal.Agent agent = Objects.requireNonNull(seal.agents().get(holder.agent()));
        HypotheticalAttempt.LeaseScope scope = holder.cover().orElseGet(() -> {
            Seal.TaskTemplate task =
                    Objects.requireNonNull(seal.tasks().get(holder.task().orElseThrow()));
            return new HypotheticalAttempt.LeaseScope(task.environments(), task.impacts(), Set.of());
        });
        List<Object> seen = new ArrayList<>(List.of(namedPrincipals.apply(agent)));
        for (Trait trait : read) {
            switch (trait) {
                case AGENT, LEASE_AGENT -> seen.add(agent.id());
                case TEAMS -> seen.add(agent.teams());
                case OWNER, LEASE_PERSON -> seen.add(agent.owner());
                case LEASE_TASK, LEASE_TEMPLATE -> seen.add(holder.task());
                case LEASE_ENVIRONMENTS -> seen.add(scope.environments());
                case LEASE_IMPACTS -> seen.add(scope.impacts());
                case LEASE_NAMES_ENVIRONMENT -> seen.add(scope.environments().containsAll(placement.environments()));
                case LEASE_NARROWED -> seen.add(scope.resources());
                case OPERATION, IMPACT, RESOURCE, ENVIRONMENT, GROUPS, PROVIDER, KIND, KNOWN -> {}
                case UPSTREAM, IN_ENVIRONMENT, PROTECTED, REVERSIBILITY, ARGUMENTS, COUNTS, LEASE_ID -> {}
                case RADIUS_ENVIRONMENTS, RADIUS_LOST, RADIUS_LOST_BACKUPS, RADIUS_UNSAVED -> {}
            }
        }
        return seen;
    }

    private List<LeaseHolder> holders(Placement placement) {
        return seal.agents().values().stream()
                .flatMap(agent -> holders(agent, placement.resource()).stream())
                .toList();
    }

    private List<LeaseHolder> holders(Seal.Agent agent, Resource resource) {
        List<LeaseHolder> holders = new ArrayList<>();
        for (Seal.TaskTemplate task : seal.tasks().values()) {
            if (task.agents().isEmpty() || task.agents().contains(agent.id())) {
                holders.add(new LeaseHolder(agent.id(), Optional.of(task.name()), Optional.empty()));
            }
        }
        Set<Impact> impacts = EnumSet.complementOf(EnumSet.of(Impact.UNKNOWN));
        Set<String> all = new TreeSet<>(seal.environments().keySet());
        for (Optional<String> task : underWhich()) {
            holders.add(new LeaseHolder(
                    agent.id(), task, Optional.of(new HypotheticalAttempt.LeaseScope(all, impacts, Set.of()))));
            if (reads(Trait.LEASE_NARROWED)) {
                holders.add(new LeaseHolder(
                        agent.id(),
                        task,
                        Optional.of(new HypotheticalAttempt.LeaseScope(all, impacts, Set.of(resource)))));
            }
        }
        return holders;
    }

    private List<Optional<String>> underWhich() {
        List<Optional<String>> tasks = new ArrayList<>(List.of(Optional.empty()));
        if (reads(Trait.LEASE_TEMPLATE)) {
            seal.tasks().keySet().forEach(task -> tasks.add(Optional.of(task)));
        }
        return tasks;
    }
}
