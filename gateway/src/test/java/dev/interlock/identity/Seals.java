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

/** A small organisation's seal, and variants of it. */
final class Seals {

    static final String AGENT = "jer/cursor";

    private Seals() {}

    static Seal with(String jersKey, String mayasKey) {
        Seal.TaskTemplate fix = new Seal.TaskTemplate(
                "fix-staging",
                Set.of("staging"),
                Set.of(Impact.READ, Impact.WRITE),
                Set.of(AGENT),
                Duration.ofHours(2));
        return new Seal(
                "5ea1",
                "pocketos",
                1,
                Instant.EPOCH,
                Instant.MAX,
                Map.of("staging", environment("staging", false), "production", environment("production", true)),
                Map.of(
                        "jer", new Seal.Person("jer", Set.of("platform"), List.of(jersKey)),
                        "maya", new Seal.Person("maya", Set.of("owners"), List.of(mayasKey)),
                        "sam", new Seal.Person("sam", Set.of("platform"), List.of())),
                true,
                Map.of(
                        AGENT,
                        new Seal.Agent(AGENT, "jer", Set.of("platform")),
                        "sam/bot",
                        new Seal.Agent("sam/bot", "sam", Set.of())),
                Map.of(),
                Map.of("fix-staging", fix),
                List.of(),
                Map.of());
    }

    static Seal.Environment environment(String name, boolean isProtected) {
        return new Seal.Environment(name, isProtected);
    }

    static Seal withEnvironments(Seal seal, Map<String, Seal.Environment> environments) {
        return copy(seal, environments, seal.people(), seal.softwareKeys(), seal.agents(), seal.tasks());
    }

    static Seal withoutSoftwareKeys(Seal seal) {
        return copy(seal, seal.environments(), seal.people(), false, seal.agents(), seal.tasks());
    }

    static Seal withPerson(Seal seal, Seal.Person person) {
        Map<String, Seal.Person> people = new LinkedHashMap<>(seal.people());
        people.put(person.name(), person);
        return copy(seal, seal.environments(), people, seal.softwareKeys(), seal.agents(), seal.tasks());
    }

    static Seal withoutPerson(Seal seal, String name) {
        Map<String, Seal.Person> people = new LinkedHashMap<>(seal.people());
        people.remove(name);
        return copy(seal, seal.environments(), people, seal.softwareKeys(), seal.agents(), seal.tasks());
    }

    static Seal withAgent(Seal seal, Optional<Seal.Agent> agent) {
        Map<String, Seal.Agent> agents = new LinkedHashMap<>(seal.agents());
        agents.remove(AGENT);
        agent.ifPresent(a -> agents.put(a.id(), a));
        return copy(seal, seal.environments(), seal.people(), seal.softwareKeys(), agents, seal.tasks());
    }

    static Seal withTasks(Seal seal, Map<String, Seal.TaskTemplate> tasks) {
        return copy(seal, seal.environments(), seal.people(), seal.softwareKeys(), seal.agents(), tasks);
    }

    private static Seal copy(
            Seal seal,
            Map<String, Seal.Environment> environments,
            Map<String, Seal.Person> people,
            boolean softwareKeys,
            Map<String, Seal.Agent> agents,
            Map<String, Seal.TaskTemplate> tasks) {
        return new Seal(
                "5ea2",
                seal.organisation(),
                seal.sequence() + 1,
                seal.sealedAt(),
                seal.expires(),
                environments,
                people,
                softwareKeys,
                agents,
                seal.upstreams(),
                tasks,
                seal.policies(),
                seal.catalogs());
    }
}
