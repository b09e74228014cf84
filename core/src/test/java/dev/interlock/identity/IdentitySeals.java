package dev.interlock.identity;

import dev.interlock.action.Impact;
import dev.interlock.action.Seal;
import java.time.Duration;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;

/** A small organisation's seal, and variants of it. */
final class IdentitySeals {

    static final String AGENT = "jer/cursor";

    private IdentitySeals() {}

    static Seal with(String jersKey, String mayasKey) {
        Seal.TaskTemplate fix = new Seal.TaskTemplate(
                "fix-staging",
                Set.of("staging"),
                Set.of(Impact.READ, Impact.WRITE),
                Set.of(AGENT),
                Duration.ofHours(2));
        return Seal.empty("5ea1", "pocketos", 1, Instant.EPOCH, Instant.MAX).with(parts -> {
            parts.environments =
                    Map.of("staging", environment("staging", false), "production", environment("production", true));
            parts.people = Map.of(
                    "jer", new Seal.Person("jer", Set.of("platform"), List.of(jersKey), Optional.empty()),
                    "maya", new Seal.Person("maya", Set.of("owners"), List.of(mayasKey), Optional.empty()),
                    "sam", new Seal.Person("sam", Set.of("platform"), List.of(), Optional.empty()));
            parts.softwareKeys = true;
            parts.agents = Map.of(
                    AGENT,
                    new Seal.Agent(AGENT, "jer", Set.of("platform")),
                    "sam/bot",
                    new Seal.Agent("sam/bot", "sam", Set.of()));
            parts.tasks = Map.of("fix-staging", fix);
        });
    }

    static Seal.Environment environment(String name, boolean isProtected) {
        return new Seal.Environment(name, isProtected, false);
    }

    static Seal withEnvironments(Seal seal, Map<String, Seal.Environment> environments) {
        return resealed(seal, parts -> parts.environments = environments);
    }

    static Seal withoutSoftwareKeys(Seal seal) {
        return resealed(seal, parts -> parts.softwareKeys = false);
    }

    static Seal withPerson(Seal seal, Seal.Person person) {
        Map<String, Seal.Person> people = new LinkedHashMap<>(seal.people());
        people.put(person.name(), person);
        return resealed(seal, parts -> parts.people = people);
    }

    static Seal withoutPerson(Seal seal, String name) {
        Map<String, Seal.Person> people = new LinkedHashMap<>(seal.people());
        people.remove(name);
        return resealed(seal, parts -> parts.people = people);
    }

    static Seal withAgent(Seal seal, Optional<Seal.Agent> agent) {
        Map<String, Seal.Agent> agents = new LinkedHashMap<>(seal.agents());
        agents.remove(AGENT);
        agent.ifPresent(a -> agents.put(a.id(), a));
        return resealed(seal, parts -> parts.agents = agents);
    }

    static Seal withTasks(Seal seal, Map<String, Seal.TaskTemplate> tasks) {
        return resealed(seal, parts -> parts.tasks = tasks);
    }

    private static Seal resealed(Seal seal, Consumer<Seal.SealParts> change) {
        return seal.with(change.andThen(parts -> {
            parts.id = "5ea2";
            parts.sequence = seal.sequence() + 1;
        }));
    }
}
