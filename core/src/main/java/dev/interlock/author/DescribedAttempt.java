package dev.interlock.author;

import dev.interlock.action.CatalogFacts;
import dev.interlock.action.Impact;
import dev.interlock.action.Resource;
import dev.interlock.action.Reversibility;
import dev.interlock.action.Seal;
import dev.interlock.author.HypotheticalAttempt.DescribedAction;
import dev.interlock.author.HypotheticalAttempt.LeaseScope;
import dev.interlock.evidence.Json;
import dev.interlock.evidence.Keyword;
import java.util.Collection;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.stream.Collectors;

/**
 * An attempt as a person describes it to the command line, which may pass the description on to the gateway.
 *
 * @param agent the agent that acts
 * @param task the template of its lease; either this or {@code cover}
 * @param cover the lease's scope
 * @param action what is tried
 */
public record DescribedAttempt(
        String agent, Optional<String> task, Optional<LeaseScope> cover, DescribedAction action) {

    /**
     * Returns the attempt under {@code seal}, with the missing parts.
     *
     * @throws IllegalArgumentException if a part of the description is unknown
     */
    public HypotheticalAttempt under(Seal seal, CatalogFacts catalogs) {
        return HypotheticalAttempt.fromDescription(seal, catalogs, agent, task, cover, action);
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
                new DescribedAction(
                        json.text("operation"),
                        impacts(json, "impacts"),
                        json.optionalText("reversibility").map(DescribedAttempt::reversibility),
                        json.optionalText("resource").map(Resource::parse),
                        Set.of(),
                        facts(json)));
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
                .with("operation", action.operation())
                .withOptional("reversibility", action.reversibility().map(Reversibility::word))
                .withOptional("resource", action.resource().map(Resource::toString));
        json = withAny(json, "environments", cover.map(LeaseScope::environments).orElse(Set.of()));
        json = withAny(
                json, "lease_impacts", words(cover.map(LeaseScope::impacts).orElse(Set.of())));
        json = withAny(json, "impacts", words(action.impacts()));
        return withAny(
                json,
                "facts",
                action.facts().entrySet().stream()
                        .map(fact -> fact.getKey() + "=" + fact.getValue())
                        .toList());
    }

    private static Set<String> words(Set<Impact> impacts) {
        return impacts.stream().map(Impact::word).collect(Collectors.toSet());
    }

    private static Json.Members withAny(Json.Members json, String name, Collection<String> texts) {
        return texts.isEmpty() ? json : json.withTexts(name, texts.stream().sorted());
    }
}
