package dev.interlock.inventory;

import dev.interlock.action.Action;
import dev.interlock.action.Backup;
import dev.interlock.action.BackupPlans;
import dev.interlock.action.BlastRadius;
import dev.interlock.action.Bytes;
import dev.interlock.action.Call;
import dev.interlock.action.CatalogFacts;
import dev.interlock.action.FairSemaphore;
import dev.interlock.action.Impact;
import dev.interlock.action.Inquiry;
import dev.interlock.action.OperationLoss;
import dev.interlock.action.OperationSummary;
import dev.interlock.action.Placement;
import dev.interlock.action.Resource;
import dev.interlock.action.Reversibility;
import dev.interlock.action.Seal;
import java.io.IOException;
import java.net.URI;
import java.time.Clock;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.BiFunction;
import java.util.function.Function;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * Finds where resources are and what would be lost with them.
 *
 * <p>It never refuses, and never throws for a provider's failure. Anything that cannot be found out is placed in the
 * most protected environments and marked as unknown, with a note that gives the reason.
 *
 * <p>Threading: safe from every thread; a query to a provider blocks the calling thread.
 */
public final class Inventory {

    private static final String SIGNED = "signed calls of ";
    static final int MAX_LOOKING = 4;

    /** Maximum waiting attempts of one agent, each with all that was read of it: as many as one connection carries. */
    static final int MAX_WAITING = 32;

    private final ResolverQuery asker;
    private final Clock clock;
    private final Function<Seal, List<Backup>> attested;
    private final Function<Seal, Map<Resource, List<String>>> failed;
    private final CatalogFacts catalogs;
    private final QueryBudget budget;
    private final QueryBudget signedBudget;
    private final PendingLookups<LookupKey, LookupResult> lookups = new PendingLookups<>();
    private final TopologyCache pictures;
    private final Map<String, Provider> providers;
    private final ProviderWords words;

    /** Limits the attempts that query at once, because a parsed answer takes many times its bytes. */
    private final FairSemaphore looking = new FairSemaphore(MAX_LOOKING, MAX_WAITING);

    private volatile SealedFacts sealed;

    private record SealedFacts(String seal, CatalogFacts catalogs, Map<String, Set<Resource>> saved) {}

    public Inventory(ResolverQuery asker, Clock clock, CatalogFacts catalogs) {
        this(asker, clock, catalogs, _ -> List.of());
    }

    /** Creates an inventory that knows attested backups, and none that failed a restore. */
    public Inventory(ResolverQuery asker, Clock clock, CatalogFacts catalogs, Function<Seal, List<Backup>> attested) {
        this(asker, clock, catalogs, attested, _ -> Map.of());
    }

    /**
     * @param asker queries as the gateway itself; it gets nothing from an agent but identifiers, as variables
     * @param clock for ages and budgets
     * @param catalogs the built-in catalogs
     * @param attested returns the backups that keys of a seal attest
     * @param failed returns a sentence for each backup that could not be restored, by the resource that it copies
     */
    public Inventory(
            ResolverQuery asker,
            Clock clock,
            CatalogFacts catalogs,
            Function<Seal, List<Backup>> attested,
            Function<Seal, Map<Resource, List<String>>> failed) {
        this.catalogs = catalogs;
        this.sealed = new SealedFacts("", catalogs, Map.of());
        this.attested = attested;
        this.failed = failed;
        this.asker = asker;
        this.clock = clock;
        this.budget = new QueryBudget(clock, QueryBudget.PER_UPSTREAM);
        this.signedBudget = new QueryBudget(clock, QueryBudget.PER_UPSTREAM_SIGNED);
        this.pictures = new TopologyCache(clock);
        this.providers = Provider.all(clock);
        this.words = new ProviderWords(clock);
    }

    /**
     * Locates everything that {@code actions} touch.
     *
     * @param agent whose query budget pays for this
     */
    public LocatedActions locate(Seal seal, String upstream, String agent, List<Action> actions, Freshness freshness) {
        Seal.Upstream system = system(seal, upstream);
        Optional<Resolver> resolver = resolver(system);
        ResourceLookup look = new ResourceLookup(system, resolver, actions, agent);
        Optional<Topology> picture = look.needed() ? look.take(freshness) : Optional.empty();

        Map<Resource, NodeDescription> nodes = look.describe(freshness);
        Map<Resource, Resource> containers = new TreeMap<>();
        nodes.forEach((node, told) -> told.container().ifPresent(container -> containers.put(node, container)));

        PlacementResolver placing = new PlacementResolver(seal, system, picture, resolver.isPresent(), containers);
        Map<Resource, Placement> own = placing.place(actions);
        List<String> notes = new ArrayList<>(placing.notes());
        notes.addAll(look.notes);
        BlastRadius radius = radius(seal, system, picture, actions, own, notes);
        Map<Resource, Placement> losses = placing.placeLosses(radius);
        Map<Resource, Placement> placements = PlacementResolver.withLosses(actions, own, losses.values());
        return new LocatedActions(
                placements,
                radius.in(environments(placements))
                        .with(
                                names(picture, nodes, placements, losses),
                                actions.stream().allMatch(Inventory::isOrdinary) ? Map.of() : titles(nodes),
                                alsoIn(own, losses)),
                look.notes);
    }

    /**
     * Returns whether {@link #locate} says the same of {@code actions} as long as the seal is in force: they destroy
     * nothing, and no provider is asked where they act.
     */
    public boolean isPlacedBySeal(Seal seal, String upstream, List<Action> actions) {
        Seal.Upstream system = system(seal, upstream);
        Optional<Resolver> resolver = resolver(system);
        ResourceLookup look = new ResourceLookup(system, resolver, actions, "");
        return !look.destroys()
                && (resolver.isEmpty() || !look.needed())
                && look.opaque().isEmpty();
    }

    private static Map<Resource, String> names(
            Optional<Topology> picture,
            Map<Resource, NodeDescription> nodes,
            Map<Resource, Placement> placements,
            Map<Resource, Placement> losses) {
        Map<Resource, String> names = new TreeMap<>();
        nodes.forEach((node, told) -> told.name().ifPresent(name -> names.put(node, name)));
        picture.ifPresent(topology -> Stream.of(placements, losses)
                .flatMap(some -> some.keySet().stream())
                .forEach(resource -> topology.name(resource).ifPresent(name -> names.put(resource, name))));
        return names;
    }

    private static Map<Resource, String> titles(Map<Resource, NodeDescription> nodes) {
        Map<Resource, String> titles = new TreeMap<>();
        nodes.forEach((node, told) -> told.title().ifPresent(title -> titles.put(node, title)));
        return titles;
    }

    /** Returns whether nobody needs the titles of what {@code action} touches, so that no receipt should have them. */
    private static boolean isOrdinary(Action action) {
        return Set.of(Impact.READ, Impact.WRITE).containsAll(action.impacts())
                && action.reversibility() == Reversibility.REVERSIBLE;
    }

    private static Map<Resource, Set<String>> alsoIn(
            Map<Resource, Placement> placements, Map<Resource, Placement> losses) {
        Set<String> touched = environments(placements);
        Map<Resource, Set<String>> wider = new TreeMap<>();
        losses.forEach((resource, placement) -> {
            Set<String> others = new TreeSet<>(placement.environments());
            others.removeAll(touched);
            if (!others.isEmpty()) {
                wider.put(resource, others);
            }
        });
        return wider;
    }

    private BlastRadius radius(
            Seal seal,
            Seal.Upstream upstream,
            Optional<Topology> picture,
            List<Action> actions,
            Map<Resource, Placement> placements,
            List<String> notes) {
        return new LossCalculator(
                        upstream,
                        seal.database(upstream),
                        picture.orElse(Topology.EMPTY),
                        operation -> catalogs(seal)
                                .find(operation)
                                .map(OperationSummary::loss)
                                .orElse(OperationLoss.EVERYTHING),
                        sealed(seal).saved().computeIfAbsent(upstream.catalog(), _ -> planned(seal, upstream)),
                        attested.apply(seal),
                        failed.apply(seal),
                        notes)
                .radius(actions, environments(placements));
    }

    private static Set<String> environments(Map<Resource, Placement> placements) {
        Set<String> environments = new TreeSet<>();
        placements.values().forEach(placement -> environments.addAll(placement.environments()));
        return environments;
    }

    /**
     * Sends {@code question} to {@code upstream}, because of an attempt of {@code agent}. It counts against the same
     * budget. The answer is never cached, because its subject is about to change.
     *
     * @param freshness as for {@link #locate}
     * @throws IOException if it could not be asked; the message says why, in a few words
     */
    public Bytes ask(Seal seal, String upstream, String agent, Call question, Freshness freshness) throws IOException {
        Seal.Upstream system = system(seal, upstream);
        if (system.resolver().isEmpty()) {
            throw new UnresolvedException("the seal gives `" + upstream + "` no resolver");
        }
        try (SurveyQueries questions = questions(system, agent, freshness, () -> {})) {
            return questions.ask(system, question);
        }
    }

    /**
     * Returns the word with which a provider answers {@code question} about a thing; empty if it does not, or cannot be
     * asked. An upstream that does not answer itself, such as one of MCP alone, is asked by another one of its
     * provider.
     *
     * @param about the thing; of one whose name does not tell where it lies, what it lies in is asked about
     * @param freshness as for {@link #locate}
     * @param asked writes the question about a thing, for a host
     */
    public Optional<String> word(
            Seal seal,
            String upstream,
            String agent,
            String question,
            Resource about,
            Freshness freshness,
            BiFunction<Resource, String, Optional<Inquiry>> asked) {
        for (Seal.Upstream system : askable(seal, upstream)) {
            try (SurveyQueries questions = questions(system, agent, freshness, () -> {})) {
                Optional<Resource> thing = named(system, about, freshness, questions);
                Optional<String> known = thing.filter(_ -> freshness == Freshness.CACHED)
                        .flatMap(named -> words.find(system, question, named));
                if (known.isPresent()) {
                    return known;
                }
                Optional<Inquiry> inquiry = thing.flatMap(named -> asked.apply(named, SurveyQueries.authority(system)));
                if (inquiry.isPresent()) {
                    Instant begun = clock.instant();
                    Optional<String> word = inquiry.get()
                            .answer()
                            .apply(questions.ask(system, inquiry.get().call()));
                    words.keep(system, question, thing.get(), word, begun);
                    if (word.isPresent()) {
                        return word;
                    }
                }
            } catch (UnresolvedException _) {
                // the next one may answer
            }
        }
        return Optional.empty();
    }

    /** Returns what {@link #word} would, if it is known without asking anybody. */
    public Optional<String> knownWord(Seal seal, String upstream, String question, Resource about) {
        return askable(seal, upstream).stream()
                .flatMap(system -> words.find(system, question, about).stream())
                .findFirst();
    }

    /**
     * What an opaque id names, as the provider has just told.
     *
     * @param container what the thing lies in
     * @param ref the whole name of a branch or tag, if it is one
     */
    public record NamedNode(Resource container, Optional<String> ref) {}

    /**
     * Asks what {@code nodes} name. Those of which the provider does not tell what they lie in are missing. No answer
     * is remembered.
     *
     * @param freshness as for {@link #locate}
     */
    public Map<Resource, NamedNode> name(
            Seal seal, String upstream, String agent, Set<Resource> nodes, Freshness freshness) {
        Seal.Upstream system = system(seal, upstream);
        Optional<Provider> provider =
                provider(system).filter(one -> nodes.stream().allMatch(one::isOpaque));
        Map<Resource, NamedNode> named = new TreeMap<>();
        if (provider.isPresent() && !nodes.isEmpty()) {
            try (SurveyQueries questions = questions(system, agent, freshness, () -> {})) {
                provider.get()
                        .describe(system, nodes, false, questions)
                        .forEach((node, told) ->
                                told.container().ifPresent(in -> named.put(node, new NamedNode(in, told.ref()))));
            } catch (UnresolvedException _) {
                return Map.of();
            }
        }
        return named;
    }

    private Optional<Resource> named(Seal.Upstream system, Resource about, Freshness freshness, SurveyQueries questions)
            throws UnresolvedException {
        Optional<Provider> provider = provider(system).filter(one -> one.isOpaque(about));
        if (provider.isEmpty()) {
            return Optional.of(about);
        }
        return Optional.ofNullable(provider.get()
                        .describe(system, Set.of(about), freshness == Freshness.CACHED, questions)
                        .get(about))
                .flatMap(NodeDescription::container);
    }

    /** Returns the upstreams of the provider of {@code upstream} that have a credential that reads, its own first. */
    private static List<Seal.Upstream> askable(Seal seal, String upstream) {
        Seal.Upstream own = system(seal, upstream);
        return Stream.concat(
                        Stream.of(own),
                        new TreeMap<>(seal.upstreams())
                                .values().stream()
                                        .filter(other -> other.catalog().equals(own.catalog()) && !other.equals(own)))
                .filter(system -> system.resolver().isPresent())
                .toList();
    }

    /** Reads a new picture of every upstream that can be queried. For a scheduler: never throws, may take a while. */
    public void refresh(Seal seal) {
        for (Seal.Upstream upstream : seal.upstreams().values()) {
            resolver(upstream).ifPresent(resolver -> refresh(upstream, resolver));
        }
    }

    private void refresh(Seal.Upstream upstream, Resolver resolver) {
        Instant begun = clock.instant();
        try {
            pictures.keep(upstream, resolver.survey(upstream, background(upstream)), begun);
        } catch (UnresolvedException e) {
            // The last picture ages until it is too old to rely on. The next attempt that needs it queries, and its
            // note reports a failure.
        }
    }

    /** Returns how people call {@code resource}, as far as the last picture of its provider knows. It asks nobody. */
    public Optional<String> name(Seal seal, Resource resource) {
        return seal.upstreams().values().stream()
                .filter(upstream -> upstream.catalog().equals(resource.provider()))
                .flatMap(upstream -> pictures.any(upstream).stream())
                .flatMap(picture -> picture.name(resource).stream())
                .findFirst();
    }

    /** Returns whether the provider of {@code upstream} can list its resources. */
    public boolean lists(Seal.Upstream upstream) {
        return resolver(upstream).isPresent();
    }

    /**
     * Assesses the possible loss by single calls, before anybody makes one: for every resource of {@code upstream} that
     * holds data, and for the rest by the seal.
     *
     * @throws IOException if the provider could not be queried completely; the message says why, in a few words
     */
    public List<LossExposure> examine(Seal seal, Seal.Upstream upstream) throws IOException {
        Optional<Resolver> resolver = resolver(upstream);
        if (resolver.isEmpty()) {
            throw new UnresolvedException(
                    upstream.resolver().isEmpty()
                            ? "the seal gives `" + upstream.name() + "` no resolver"
                            : "resources can be listed only with the catalog "
                                    + named(provider -> provider.resolver().isPresent()));
        }
        Topology picture = withVolumes(upstream, resolver.get());
        return exposures(seal, upstream, Optional.of(picture), holdings(seal, upstream, Optional.of(picture)));
    }

    /**
     * Assesses the possible loss by the seal alone, without a query. It covers resources with a known backup, placed
     * resources that hold data, and resources in several environments.
     */
    public List<LossExposure> examineSealed(Seal seal, Seal.Upstream upstream) {
        return exposures(seal, upstream, Optional.empty(), holdings(seal, upstream, Optional.empty()));
    }

    private List<LossExposure> exposures(
            Seal seal, Seal.Upstream upstream, Optional<Topology> picture, Set<Resource> things) {
        List<LossExposure> exposures = new ArrayList<>();
        things.forEach(thing -> exposures.add(exposure(seal, upstream, picture, thing)));
        upstream.resources().values().stream()
                .filter(placed -> !things.contains(placed.resource()) && !isContainer(upstream, placed.resource()))
                .forEach(placed ->
                        LossExposure.ofShared(seal, upstream.name(), placed).ifPresent(exposures::add));
        return exposures;
    }

    private CatalogFacts catalogs(Seal seal) {
        return sealed(seal).catalogs();
    }

    private SealedFacts sealed(Seal seal) {
        SealedFacts known = sealed;
        if (!known.seal().equals(seal.id())) {
            known = new SealedFacts(seal.id(), catalogs.of(seal), new ConcurrentHashMap<>());
            sealed = known;
        }
        return known;
    }

    private Set<Resource> holdings(Seal seal, Seal.Upstream upstream, Optional<Topology> picture) {
        return DataHoldings.of(seal, upstream, catalogs(seal).holdsData(upstream.catalog()), picture);
    }

    static Set<Resource> planned(Seal seal, Seal.Upstream upstream) {
        return seal.backups().plans().values().stream()
                .map(BackupPlans.Plan::of)
                .filter(of -> of.provider().equals(upstream.catalog()))
                .collect(Collectors.toCollection(TreeSet::new));
    }

    // Environments share a container, and nobody can give each its own.
    private static boolean isContainer(Seal.Upstream upstream, Resource resource) {
        return Set.of(ResourceKind.ACCOUNT, ResourceKind.WORKSPACE, ResourceKind.PROJECT)
                        .contains(ResourceKind.of(resource))
                || upstream.resources().values().stream()
                        .anyMatch(placed -> placed.groups().contains(resource));
    }

    /** Predicts what would be left of each resource of {@code upstream} that holds data, after each kind of loss. */
    public LossForecast.LossForecasts forecast(Seal seal, Seal.Upstream upstream) {
        return forecast(seal, upstream, Instant.MAX, attested.apply(seal));
    }

    /**
     * Predicts the same for {@code moment}, by present knowledge: resources are placed as they are now, and only
     * backups taken by then count.
     *
     * @param restored the backups that had been restored by then
     */
    public LossForecast.LossForecasts forecast(
            Seal seal, Seal.Upstream upstream, Instant moment, List<Backup> restored) {
        Optional<Resolver> resolver = resolver(upstream);
        List<String> notKnown = new ArrayList<>();
        Optional<Topology> picture = Optional.empty();
        if (resolver.isPresent()) {
            try {
                picture = Optional.of(withVolumes(upstream, resolver.get()));
            } catch (UnresolvedException e) {
                notKnown.add("the resources at `" + upstream.name() + "`: " + e.getMessage());
            }
        }
        Set<Resource> things = holdings(seal, upstream, picture);
        return new LossForecast.LossForecasts(
                new LossForecaster(seal, upstream, picture, resolver.isPresent(), restored, moment).of(things),
                notKnown);
    }

    private Topology withVolumes(Seal.Upstream upstream, Resolver resolver) throws UnresolvedException {
        SurveyQueries questions = background(upstream);
        Topology surveyed = resolver.survey(upstream, questions);
        return resolver.withBackups(upstream, surveyed, surveyed.volumes(upstream.catalog()), questions);
    }

    /**
     * A service that has something mounted.
     *
     * @param service the service's name, or the provider's id if it has none
     * @param environment the seal's name of the environment, or the provider's id if the seal has none
     */
    public record MountUse(String service, String environment) {}

    /** Returns the services that use {@code resource}, by the last picture, however old; none if unknown. */
    public List<MountUse> uses(Seal.Upstream upstream, Resource resource) {
        return pictures.any(upstream)
                .map(topology -> topology.touched(resource).stream()
                        .flatMap(mount -> mount
                                .service()
                                .map(service -> new MountUse(
                                        topology.name(new Resource(upstream.catalog(), "service", service))
                                                .orElse(service),
                                        called(upstream, mount.environment())))
                                .stream())
                        .distinct()
                        .toList())
                .orElse(List.of());
    }

    private static String called(Seal.Upstream upstream, String environment) {
        Placement placed = upstream.resources().get(new Resource(upstream.catalog(), "environment", environment));
        return placed != null && placed.environments().size() == 1
                ? placed.environments().iterator().next()
                : environment;
    }

    /**
     * Lists the tokens that the provider of {@code upstream} honours, using its resolver credential, which only reads.
     *
     * @throws IOException if the provider could not be queried; the message says why, in a few words
     */
    public ProviderTokens tokens(Seal seal, Seal.Upstream upstream) throws IOException {
        if (upstream.resolver().isEmpty()) {
            throw new UnresolvedException("the seal gives `" + upstream.name() + "` no resolver");
        }
        List<String> unread = new ArrayList<>();
        SurveyQueries questions = background(upstream);
        Provider provider = providers.get(upstream.catalog());
        if (provider == null) {
            throw new UnresolvedException("tokens can be listed only with the catalogs " + named(_ -> true));
        }
        return ProviderTokens.mark(
                upstream, provider.tokens(seal, upstream, questions, unread), unread, clock.instant());
    }

    private LossExposure exposure(Seal seal, Seal.Upstream upstream, Optional<Topology> picture, Resource thing) {
        Action loss = LossForecaster.loss(thing);
        PlacementResolver placing = new PlacementResolver(seal, upstream, picture, picture.isPresent());
        Map<Resource, Placement> placements = placing.place(List.of(loss));
        BlastRadius radius =
                radius(seal, upstream, picture, List.of(loss), placements, new ArrayList<>(placing.notes()));
        boolean listed = ResourceKind.of(thing) != ResourceKind.VOLUME
                || picture.map(topology -> topology.holding(thing).isPresent()).orElse(true);
        return LossExposure.of(seal, upstream.name(), Objects.requireNonNull(placements.get(thing)), radius, listed);
    }

    /** Returns whether the provider of {@code upstream} is asked where {@code resource} is, whatever the seal says. */
    public boolean asksWhere(Seal.Upstream upstream, Resource resource) {
        return resolver(upstream).isPresent() && ResourceKind.of(resource) != ResourceKind.OTHER;
    }

    private Optional<Resolver> resolver(Seal.Upstream upstream) {
        return provider(upstream).flatMap(Provider::resolver);
    }

    private Optional<Provider> provider(Seal.Upstream upstream) {
        return upstream.resolver().flatMap(_ -> Optional.ofNullable(providers.get(upstream.catalog())));
    }

    private String named(Predicate<Provider> can) {
        return providers.entrySet().stream()
                .filter(entry -> can.test(entry.getValue()))
                .map(entry -> "`" + entry.getKey() + "`")
                .sorted()
                .collect(Collectors.joining(" and "));
    }

    private SurveyQueries questions(Seal.Upstream upstream, String agent, Freshness freshness, Runnable begun) {
        boolean isSigned = freshness == Freshness.FRESH;
        return new SurveyQueries(
                asker,
                isSigned ? signedBudget : budget,
                Optional.of(looking),
                upstream.name(),
                isSigned ? SIGNED + agent : agent, // takes turns with the agent's other calls
                clock,
                SurveyQueries.MAX_TIME,
                begun);
    }

    private SurveyQueries background(Seal.Upstream upstream) {
        return new SurveyQueries(
                asker,
                budget,
                Optional.empty(),
                upstream.name(),
                QueryBudget.BACKGROUND,
                clock,
                SurveyQueries.MAX_BACKGROUND_TIME,
                () -> {});
    }

    private static Seal.Upstream system(Seal seal, String name) {
        Seal.Upstream sealed = seal.upstreams().get(name);
        return sealed != null ? sealed : nowhere(name);
    }

    private static Seal.Upstream nowhere(String name) {
        return new Seal.Upstream(
                name,
                "nothing",
                URI.create("https://invalid"),
                Optional.empty(),
                List.of(),
                Optional.empty(),
                Map.of(),
                List.of());
    }

    private record LookupKey(
            String upstream, String agent, Set<Resource> resources, boolean destroys, Freshness freshness) {}

    private record LookupResult(Optional<Topology> picture, List<String> notes) {}

    private final class ResourceLookup {
        private final Seal.Upstream upstream;
        private final Optional<Resolver> resolver;
        private final List<Action> actions;
        private final String agent;
        private final Set<Resource> resources = new TreeSet<>();
        private final List<String> notes = new ArrayList<>();

        ResourceLookup(Seal.Upstream upstream, Optional<Resolver> resolver, List<Action> actions, String agent) {
            this.upstream = upstream;
            this.resolver = resolver;
            this.actions = actions;
            this.agent = agent;
            for (Action action : actions) {
                action.resources().stream()
                        .filter(resource -> resource.provider().equals(upstream.catalog()))
                        .forEach(resources::add);
            }
        }

        private boolean destroys() {
            return actions.stream().anyMatch(action -> action.has(Impact.DESTROY));
        }

        /**
         * Returns whether a query is needed. Ordinary work names an environment that the seal binds, and needs none.
         */
        boolean needed() {
            return destroys() || resources.stream().anyMatch(resource -> !bound(resource));
        }

        private boolean bound(Resource resource) {
            return ResourceKind.of(resource) == ResourceKind.ENVIRONMENT
                    && upstream.resources().containsKey(resource);
        }

        Optional<Topology> take(Freshness freshness) {
            if (resolver.isEmpty()) {
                return Optional.empty();
            }
            LookupKey key =
                    new LookupKey(TopologyCache.key(upstream), agent, Set.copyOf(resources), destroys(), freshness);
            LookupResult result = lookups.share(key, begun -> look(resolver.get(), freshness, begun));
            notes.clear(); // another attempt may have made them
            notes.addAll(result.notes());
            return result.picture();
        }

        Set<Resource> opaque() {
            Optional<Provider> provider = provider(upstream);
            return resources.stream()
                    .filter(resource ->
                            provider.filter(one -> one.isOpaque(resource)).isPresent())
                    .collect(Collectors.toSet());
        }

        /** Returns what opaque ids name, as far as the provider tells. */
        Map<Resource, NodeDescription> describe(Freshness freshness) {
            Set<Resource> opaque = opaque();
            if (opaque.isEmpty()) {
                return Map.of();
            }
            boolean mayRemember = freshness == Freshness.CACHED && !destroys();
            try (SurveyQueries questions = questions(upstream, agent, freshness, () -> {})) {
                return provider(upstream).orElseThrow().describe(upstream, opaque, mayRemember, questions);
            } catch (UnresolvedException e) {
                notes.add("What the provider's ids lie in could not be looked up: " + e.getMessage() + ".");
                return Map.of();
            }
        }

        private LookupResult look(Resolver asked, Freshness freshness, Runnable begun) {
            try (SurveyQueries questions = questions(upstream, agent, freshness, begun)) {
                Optional<Topology> picture = survey(asked, freshness, questions)
                        .map(taken -> withBackups(asked, withSingles(asked, taken, freshness, questions), questions));
                return new LookupResult(picture, List.copyOf(notes));
            }
        }

        private Optional<Topology> survey(Resolver asked, Freshness freshness, SurveyQueries questions) {
            // A mount may have moved since the last picture, and destruction cannot be undone.
            boolean mayRemember = freshness == Freshness.CACHED && !destroys();
            Optional<Topology> recent = mayRemember ? pictures.recent(upstream) : Optional.empty();
            if (recent.isPresent()) {
                return recent;
            }
            try {
                questions.enter();
                // Another attempt may have read everything while this one waited for a slot.
                Optional<Topology> read = mayRemember ? pictures.recent(upstream) : Optional.empty();
                if (read.isPresent()) {
                    return read;
                }
                Optional<Topology> known = mayRemember ? Optional.empty() : pictures.any(upstream);
                return Optional.of(
                        known.isPresent()
                                ? asked.survey(upstream, known.get(), resources, questions)
                                : surveyAll(asked, questions));
            } catch (UnresolvedException e) {
                notes.add("The environments of the resources could not be resolved: " + e.getMessage() + ".");
                return Optional.empty();
            }
        }

        private Topology surveyAll(Resolver asked, SurveyQueries questions) throws UnresolvedException {
            Instant begun = clock.instant();
            Topology taken = asked.survey(upstream, questions);
            pictures.keep(upstream, taken, begun);
            return taken;
        }

        private Topology withSingles(Resolver asked, Topology taken, Freshness freshness, SurveyQueries questions) {
            boolean remembered = freshness == Freshness.CACHED && !destroys();
            Topology known = remembered ? taken.with(pictures.deployments(upstream, resources), Map.of()) : taken;
            try {
                Topology all = asked.withSingles(upstream, known, resources, questions);
                pictures.keepDeployments(upstream, all.singles());
                return all;
            } catch (UnresolvedException e) {
                notes.add("A separate lookup of one resource failed: " + e.getMessage() + ".");
                return taken;
            }
        }

        private Topology withBackups(Resolver asked, Topology taken, SurveyQueries questions) {
            if (!destroys()
                    && resources.stream().noneMatch(resource -> ResourceKind.of(resource) == ResourceKind.BACKUP)) {
                return taken;
            }
            try {
                return asked.withBackups(upstream, taken, resources, questions);
            } catch (UnresolvedException e) {
                notes.add("The backups could not be looked up, so none is assumed to exist: " + e.getMessage() + ".");
                return taken;
            }
        }
    }
}
