package dev.interlock.incidents;

import dev.interlock.action.Action;
import dev.interlock.action.Attempt;
import dev.interlock.action.Bytes;
import dev.interlock.action.Impact;
import dev.interlock.action.Lease;
import dev.interlock.action.Obligations;
import dev.interlock.action.Operation;
import dev.interlock.action.Placement;
import dev.interlock.action.Provenance;
import dev.interlock.action.ResolvedAttempt;
import dev.interlock.action.Resource;
import dev.interlock.action.Reversibility;
import dev.interlock.action.SaltedDigests;
import dev.interlock.action.Seal;
import dev.interlock.action.Verdict;
import dev.interlock.action.VerdictReasons;
import dev.interlock.author.HypotheticalAttempt;
import dev.interlock.catalog.CatalogView;
import dev.interlock.catalog.Catalogs;
import dev.interlock.evidence.Keyword;
import dev.interlock.incidents.Incident.Step;
import dev.interlock.incidents.StepReader.ReadStep;
import dev.interlock.inventory.Freshness;
import dev.interlock.inventory.Inventory;
import dev.interlock.inventory.LocatedActions;
import dev.interlock.limits.LimitEnforcer;
import dev.interlock.policy.Annotations;
import dev.interlock.policy.Policies;
import dev.interlock.policy.PolicyAnalysis;
import java.net.URI;
import java.time.Clock;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * Judges each step of incidents under a seal, by the code that judges calls, and sends nothing. The systems are
 * simulated: what a step touches is placed in the user's own environments. Of all the leases that agents may take, the
 * one with which a step gets furthest counts.
 */
public final class IncidentDrill {

    /** A sentence that places a single resource, which is the incident's. */
    private static final Pattern PLACED = Pattern.compile("`[^`]*` is in `[^`]*`\\.");

    /** How a step ends, the strictest first. */
    public enum StepVerdict implements Keyword {
        /** No upstream of the policy leads there, so it is refused. */
        NO_WAY,
        /** It is refused. */
        WALL,
        /** People are asked before it goes. */
        ASKED,
        /** It goes, and the gateway keeps what is needed to put it back. */
        UNDOABLE,
        PASSES,
        /** There is nothing in the policy to try it on. */
        UNTRIED
    }

    /**
     * A step with its verdict.
     *
     * @param why the rule, the missing permission, or who is asked
     * @param who the agent, task, upstream and environment
     * @param widened what would follow if a person widened the lease, which is signed for; only if the lease stops it
     * @param remedy a policy that would stop it; only if it does harm
     */
    public record JudgedStep(
            Step step,
            StepVerdict verdict,
            String why,
            Optional<String> who,
            Optional<String> widened,
            Optional<String> remedy) {

        boolean isTried() {
            return verdict != StepVerdict.UNTRIED;
        }

        /** Returns whether harm is done. */
        public boolean isRed() {
            return step.isHarmful() && verdict == StepVerdict.PASSES;
        }
    }

    public record JudgedIncident(Incident incident, List<JudgedStep> steps) {

        public boolean isRed() {
            return steps.stream().anyMatch(JudgedStep::isRed);
        }

        /** Returns whether the policy has an upstream for any of it. */
        public boolean isTried() {
            return steps.stream().anyMatch(step -> step.who().isPresent());
        }
    }

    /**
     * The results of a drill. The same seal and incidents give the same.
     *
     * @param missing what the policy lacks against such incidents, as whole sentences
     */
    public record DrillResult(
            String seal, boolean harmPasses, String summary, List<String> missing, List<JudgedIncident> incidents) {

        private static String counts(List<JudgedIncident> all, boolean isHarmful) {
            return all.stream()
                    .flatMap(judged -> judged.steps().stream())
                    .filter(judged -> judged.step().isHarmful() == isHarmful)
                    .collect(Collectors.groupingBy(JudgedStep::verdict, TreeMap::new, Collectors.counting()))
                    .entrySet()
                    .stream()
                    .map(each -> each.getValue() + " " + each.getKey().word())
                    .collect(Collectors.joining(", "));
        }
    }

    private final Seal seal;
    private final Clock clock;
    private final StepReader reader;
    private final Policies policies = new Policies(_ -> "");
    private final Inventory inventory;
    private final List<Lease> leases = new ArrayList<>();
    private final Lease wide;
    private final Map<String, String> lines = new HashMap<>();

    private IncidentDrill(Seal seal, Optional<String> agent, Optional<String> task, Clock clock) {
        this.seal = seal;
        this.clock = clock;
        this.reader = new StepReader(seal);
        this.inventory = new Inventory((_, _) -> Bytes.empty(), clock, CatalogView.facts()); // nobody is asked
        Set<String> agents = agent.map(Set::of).orElse(seal.agents().keySet());
        for (String name : agents) {
            seal.tasks().values().stream()
                    .filter(known -> known.agents().isEmpty() || known.agents().contains(name))
                    .filter(known -> task.isEmpty() || task.get().equals(known.name()))
                    .forEach(known -> leases.add(lease(name, Optional.of(known.name()))));
        }
        if (leases.isEmpty() && task.isEmpty()) { // people sign for each
            agents.forEach(name -> leases.add(lease(name, Optional.empty())));
        }
        if (leases.isEmpty()) {
            throw new IllegalArgumentException("no such agent of the policy may take such a task");
        }
        this.wide = lease(leases.getFirst().agent(), Optional.empty());
        PolicyAnalysis.of(seal)
                .rules()
                .forEach(rule -> lines.put(rule.id(), rule.file() + ":" + rule.line() + " `" + rule.id() + "`"));
    }

    /**
     * Judges {@code incidents} for an agent and its task; for each that there is if these are empty.
     *
     * @param isEverywhere whether to judge as if there were an upstream for every provider that Interlock knows
     */
    public static DrillResult of(
            Seal seal,
            boolean isEverywhere,
            List<Incident> incidents,
            Optional<String> agent,
            Optional<String> task,
            Clock clock) {
        Seal played = isEverywhere ? withEveryProvider(seal, incidents) : seal;
        IncidentDrill drill = new IncidentDrill(played, agent, task, clock);
        List<JudgedIncident> judged = incidents.stream()
                .map(incident -> new JudgedIncident(
                        incident, incident.steps().stream().map(drill::judge).toList()))
                .toList();
        return new DrillResult(
                seal.id(),
                judged.stream().anyMatch(JudgedIncident::isRed),
                incidents.size() + " incidents. Harmful steps: " + DrillResult.counts(judged, true)
                        + ". Ordinary ones beside them: " + DrillResult.counts(judged, false) + ".",
                PolicyGaps.of(seal),
                judged);
    }

    /** Returns {@code seal} with an upstream for every provider of {@code incidents} that Interlock knows. */
    private static Seal withEveryProvider(Seal seal, List<Incident> incidents) {
        Map<String, Seal.Upstream> all = new TreeMap<>(seal.upstreams());
        incidents.stream()
                .flatMap(incident -> incident.steps().stream().map(Step::provider))
                .filter(provider -> Catalogs.builtIn().find(provider).isPresent())
                .filter(provider -> seal.upstreams().values().stream()
                        .noneMatch(known -> known.catalog().contains(provider)))
                .forEach(provider -> all.put(
                        "a-" + provider,
                        upstream("a-" + provider, provider, URI.create("https://" + provider + ".invalid"), Map.of())));
        return seal.with(parts -> parts.upstreams = all);
    }

    private static Seal.Upstream upstream(
            String name, String catalog, URI address, Map<Resource, Placement> resources) {
        return new Seal.Upstream(
                name, catalog, address, Optional.empty(), List.of(), Optional.empty(), resources, List.of());
    }

    /** Returns the lease of {@code task}; without one, as wide as people can make it. */
    private Lease lease(String agent, Optional<String> task) {
        HypotheticalAttempt.LeaseScope all = new HypotheticalAttempt.LeaseScope(
                seal.environments().keySet(), EnumSet.complementOf(EnumSet.of(Impact.UNKNOWN)), Set.of());
        Resource any = new Resource("any", "thing", "any");
        return new HypotheticalAttempt(
                        agent,
                        task,
                        task.isPresent() ? Optional.empty() : Optional.of(all),
                        Optional.empty(),
                        new Operation("any", "any"),
                        Set.of(Impact.READ),
                        Reversibility.REVERSIBLE,
                        List.of(new Placement(any, seal.mostProtected(), Set.of(), Provenance.SEALED, true)),
                        new TreeMap<>())
                .resolved(seal)
                .lease();
    }

    private JudgedStep judge(Step step) {
        List<Seal.Upstream> ways = seal.upstreams().values().stream()
                .filter(upstream -> upstream.catalog().contains(step.provider()))
                .toList();
        Set<String> places = step.where().equals("production")
                ? seal.mostProtected()
                : seal.environments().values().stream()
                        .filter(environment -> !environment.isProtected())
                        .map(Seal.Environment::name)
                        .collect(Collectors.toSet());
        if (ways.isEmpty() || places.isEmpty()) {
            String missing =
                    ways.isEmpty() ? "no upstream for " + step.provider() : "no environment like " + step.where();
            return stopped(step, StepVerdict.NO_WAY, "the policy has " + missing);
        }
        List<JudgedStep> all = new ArrayList<>();
        for (Seal.Upstream way : ways) {
            if (!reader.fits(step, way)) {
                continue;
            }
            try {
                ReadStep read = reader.read(step, way);
                places.forEach(place -> leases.forEach(lease -> all.add(judge(step, way, place, lease, read))));
            } catch (IllegalArgumentException e) {
                all.add(stopped(step, StepVerdict.WALL, "not understood: " + e.getMessage()));
            }
        }
        return all.stream()
                .max(Comparator.comparing(JudgedStep::isTried).thenComparing(JudgedStep::verdict))
                .orElseGet(() -> stopped(
                        step, StepVerdict.UNTRIED, "no catalog of " + step.provider() + " reads " + step.door()));
    }

    private static JudgedStep stopped(Step step, StepVerdict ifHarmful, String why) {
        StepVerdict verdict = step.isHarmful() ? ifHarmful : StepVerdict.UNTRIED;
        return new JudgedStep(step, verdict, why, Optional.empty(), Optional.empty(), Optional.empty());
    }

    private JudgedStep judge(Step step, Seal.Upstream way, String place, Lease lease, ReadStep read) {
        ResolvedAttempt attempt = attempt(way, place, lease, read);
        int before = (int) (step.times().orElse(1L) - 1);
        Verdict verdict =
                LimitEnforcer.limitedInRehearsal(seal, Collections.nCopies(before, attempt), attempt, decide(attempt));
        StepVerdict word = word(verdict, read);
        Verdict wider = decide(attempt.under(wide));
        Set<String> played = attempt.environments();
        return new JudgedStep(
                step,
                word,
                words(verdict),
                Optional.of(
                        lease.agent() + ", " + lease.task() + ", " + way.name() + ", " + String.join(" and ", played)),
                policies.covers(seal, attempt)
                        ? Optional.empty()
                        : Optional.of(word(wider, read).word() + ": " + words(wider)),
                step.isHarmful() && word == StepVerdict.PASSES
                        ? Optional.of(remedy(attempt, played.iterator().next()))
                        : Optional.empty());
    }

    private static StepVerdict word(Verdict verdict, ReadStep read) {
        return switch (verdict) {
            case Verdict.Refuse _ -> StepVerdict.WALL;
            case Verdict.Hold _ -> StepVerdict.ASKED;
            case Verdict.Permit _ -> read.isKept() ? StepVerdict.UNDOABLE : StepVerdict.PASSES;
        };
    }

    private Verdict decide(ResolvedAttempt attempt) {
        return policies.decideOrObserve(seal, attempt, clock.instant());
    }

    private ResolvedAttempt attempt(Seal.Upstream way, String place, Lease lease, ReadStep read) {
        List<Action> actions = read.actions().stream().map(seal::classified).toList();
        Map<Resource, Placement> places = new TreeMap<>();
        actions.stream()
                .flatMap(action -> action.resources().stream())
                .forEach(resource -> places.put(
                        resource,
                        new Placement(resource, places(way, resource, place), Set.of(), Provenance.SEALED, true)));
        Map<String, Seal.Upstream> simulated =
                Map.of(way.name(), upstream(way.name(), way.catalog(), way.address(), places));
        LocatedActions located = inventory.locate(
                seal.with(parts -> parts.upstreams = simulated), way.name(), lease.agent(), actions, Freshness.CACHED);
        return new ResolvedAttempt(
                new Attempt(way.name(), List.of(), Optional.empty(), read.outgoing(), clock.instant()),
                lease,
                actions,
                located.placements(),
                located.radius(),
                read.outgoing(),
                SaltedDigests.OPEN); // it is never recorded
    }

    /**
     * Returns where {@code resource} counts as standing, which is one of {@code place}: elsewhere, if the seal has all
     * of its type elsewhere, and no provider says otherwise.
     */
    private Set<String> places(Seal.Upstream way, Resource resource, String place) {
        Set<String> played = new TreeSet<>(sealed(way, resource.type(), place));
        if (inventory.asksWhere(way, resource)) {
            played.addAll(sealed(way, "environment", place));
        }
        return played;
    }

    private Set<String> sealed(Seal.Upstream way, String type, String place) {
        Set<String> sealed = sealed(way, type);
        return isProtected(place) && !sealed.isEmpty() && sealed.stream().noneMatch(this::isProtected)
                ? sealed
                : Set.of(place);
    }

    private boolean isProtected(String environment) {
        return Optional.ofNullable(seal.environments().get(environment))
                .filter(Seal.Environment::isProtected)
                .isPresent();
    }

    private static Set<String> sealed(Seal.Upstream way, String type) {
        return Stream.concat(
                        way.resources().values().stream()
                                .filter(placed -> placed.resource().type().equals(type))
                                .flatMap(placed -> placed.environments().stream()),
                        way.patterns().stream()
                                .filter(pattern -> pattern.type().equals(type))
                                .flatMap(pattern -> pattern.environments().stream()))
                .collect(Collectors.toCollection(TreeSet::new));
    }

    /** Says which lines decided, and what else is to be known of {@code verdict}. */
    private String words(Verdict verdict) {
        VerdictReasons grounds = verdict.grounds();
        String by = Stream.concat(
                        grounds.policies().stream().map(id -> lines.getOrDefault(id, id)),
                        grounds.limits().stream().map(VerdictReasons.ReachedLimit::reason))
                .collect(Collectors.joining(", "));
        return switch (verdict) {
            case Verdict.Permit _ -> grounds.observed().isPresent() ? "the seal only observes" : by;
            case Verdict.Refuse refuse ->
                Stream.of(refuse.refusal().reason().split("(?<=\\.) "))
                        .filter(sentence -> !PLACED.matcher(sentence).matches())
                        .collect(Collectors.joining(" ", by.isEmpty() ? "" : by + ": ", ""))
                        .replace(" `" + wide.id() + "`", "");
            case Verdict.Hold hold -> asked(hold.obligations()) + "; " + by;
        };
    }

    private String asked(Obligations obligations) {
        return obligations.quorums().stream()
                        .map(quorum -> quorum
                                + seal.people().values().stream()
                                        .filter(person -> person.groups().contains(quorum.group()))
                                        .map(Seal.Person::name)
                                        .collect(Collectors.joining(", ", " (", ") ")))
                        .collect(Collectors.joining())
                + Annotations.write(obligations.withoutQuorums());
    }

    /** Writes a policy that forbids the gravest part of {@code attempt}. */
    private static String remedy(ResolvedAttempt attempt, String place) {
        Action gravest = attempt.actions().stream()
                .max(Comparator.comparing(Action::isGrave).thenComparing(action -> !action.isPureRead()))
                .orElseThrow();
        String id = ("no " + gravest.operation() + " in " + place).toLowerCase(Locale.ROOT);
        return "@id(\"" + id.replaceAll("[^a-z0-9]+", "-") + "\") forbid (principal, action == Operation::Action::\""
                + gravest.operation() + "\", resource in Environment::\"" + place + "\");";
    }
}
