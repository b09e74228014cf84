package dev.interlock.author;

import dev.interlock.action.CatalogFacts;
import dev.interlock.action.Impact;
import dev.interlock.action.Operation;
import dev.interlock.action.Placement;
import dev.interlock.action.Provenance;
import dev.interlock.action.Resource;
import dev.interlock.action.ResourceContainment;
import dev.interlock.action.Reversibility;
import dev.interlock.action.Seal;
import dev.interlock.author.HypotheticalAttempt.LeaseScope;
import dev.interlock.evidence.Json;
import dev.interlock.evidence.Keyword;
import dev.interlock.policy.SealIssue;
import java.util.Collection;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Collectors;

/**
 * An attempt as a person describes it to the command line, which may pass the description on to the gateway.
 *
 * @param task the template of the agent's lease; either this or {@code cover}
 * @param cover the lease's scope
 * @param operation as {@code railway/volumeDelete}
 * @param impacts the impacts; empty for those in the catalog
 * @param environments the resource's environments; empty for those in the seal
 * @param facts the facts of the operation, by name
 */
public record DescribedAttempt(
        String agent,
        Optional<String> task,
        Optional<LeaseScope> cover,
        String operation,
        Set<Impact> impacts,
        Optional<Reversibility> reversibility,
        Optional<Resource> resource,
        Set<String> environments,
        SortedMap<String, String> facts) {

    public DescribedAttempt {
        impacts = Set.copyOf(impacts);
        environments = Collections.unmodifiableSet(new TreeSet<>(environments));
        facts = Collections.unmodifiableSortedMap(new TreeMap<>(facts));
    }

    /**
     * Returns the attempt under {@code seal}. Missing parts get the values that the gateway would find. The impacts are
     * those that the catalog gives for any arguments, and the resource is the provider's account. A resource's place is
     * the one in the seal; without one, the most protected environments.
     *
     * @throws IllegalArgumentException if a part of the description is unknown
     */
    public HypotheticalAttempt under(Seal seal, CatalogFacts all) {
        CatalogFacts catalogs = all.of(seal);
        Operation tried = Operation.parse(operation);
        Set<Impact> does = impacts.isEmpty() ? catalogs.impacts(tried) : impacts;
        HypotheticalAttempt.refuse(SealIssue.unknown(
                "--environment", environments, seal.environments().keySet()));
        HypotheticalAttempt.requireFacts(catalogs, tried, facts.keySet());
        return new HypotheticalAttempt(
                agent,
                task,
                cover,
                Optional.empty(),
                tried,
                does.isEmpty() ? Set.of(Impact.UNKNOWN) : does,
                reversibility.orElseGet(() -> catalogs.reversibility(tried, does)),
                List.of(placed(
                        seal, resource.orElseGet(() -> new Resource(tried.provider(), "account", "self")), does)),
                facts);
    }

    private Placement placed(Seal seal, Resource touched, Set<Impact> does) {
        Optional<Placement> sealed = seal.upstreams().values().stream()
                .flatMap(upstream -> upstream.placement(touched).stream()
                        .map(placement -> new ResourceContainment(upstream).placed(placement, does)))
                .findFirst();
        return environments.isEmpty()
                ? sealed.orElseGet(
                        () -> new Placement(touched, seal.mostProtected(), Set.of(), Provenance.SEALED, false))
                : new Placement(
                        touched, environments, sealed.map(Placement::groups).orElse(Set.of()), Provenance.SEALED, true);
    }

    /**
     * Reads what {@link #json} writes.
     *
     * @throws IllegalArgumentException if a part of it is malformed
     */
    public static DescribedAttempt read(Json.Members json) {
        Optional<LeaseScope> cover = json.texts("environments").isEmpty()
                ? Optional.empty()
                : Optional.of(new LeaseScope(
                        Set.copyOf(json.texts("environments")), impacts(json, "lease_impacts"), Set.of()));
        Optional<String> task = json.optionalText("task");
        if (task.isPresent() == cover.isPresent()) {
            throw new IllegalArgumentException("Give either `task` or `environments`.");
        }
        return new DescribedAttempt(
                json.text("agent"),
                task,
                cover,
                json.text("operation"),
                impacts(json, "impacts"),
                json.optionalText("reversibility").map(DescribedAttempt::reversibility),
                json.optionalText("resource").map(Resource::parse),
                Set.of(),
                facts(json));
    }

    private static Set<Impact> impacts(Json.Members json, String name) {
        return json.texts(name).stream().map(Impact::of).collect(Collectors.toSet());
    }

    private static Reversibility reversibility(String word) {
        return Keyword.find(Reversibility.class, word)
                .orElseThrow(() -> new IllegalArgumentException("`" + word + "` is not a reversibility."));
    }

    private static SortedMap<String, String> facts(Json.Members json) {
        SortedMap<String, String> facts = new TreeMap<>();
        for (String fact : json.texts("facts")) {
            int equals = fact.indexOf('=');
            if (equals < 1) {
                throw new IllegalArgumentException("A fact is written `NAME=VALUE`.");
            }
            facts.put(fact.substring(0, equals), fact.substring(equals + 1));
        }
        return facts;
    }

    /** Returns the description as JSON, without the environments of the resource: the gateway finds those itself. */
    public Json.Members json() {
        Json.Members json = Json.object()
                .with("agent", agent)
                .withOptional("task", task)
                .with("operation", operation)
                .withOptional("reversibility", reversibility.map(Reversibility::word))
                .withOptional("resource", resource.map(Resource::toString));
        Map<String, Collection<String>> lists = Map.of(
                "environments", cover.map(LeaseScope::environments).orElse(Set.of()),
                "lease_impacts",
                        HypotheticalAttempt.words(cover.map(LeaseScope::impacts).orElse(Set.of())),
                "impacts", HypotheticalAttempt.words(impacts),
                "facts",
                        facts.entrySet().stream()
                                .map(fact -> fact.getKey() + "=" + fact.getValue())
                                .toList());
        for (Map.Entry<String, Collection<String>> list : lists.entrySet()) {
            if (!list.getValue().isEmpty()) {
                json = json.withTexts(list.getKey(), list.getValue().stream().sorted());
            }
        }
        return json;
    }
}
