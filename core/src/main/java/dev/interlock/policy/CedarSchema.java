package dev.interlock.policy;

import dev.interlock.action.Fact;
import dev.interlock.action.Impact;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** Generates a Cedar schema from the seal and its catalogs, so that validation finds typing errors in policies. */
final class CedarSchema {

    private static final String TYPES = """
            entity Team;
            entity Agent in [Team] { owner: String };
            entity Environment;
            entity Resource in [Resource, Environment] { provider: String, kind: String, known: Bool };
            type Request = {
                upstream: String,
                environment: String,
                protected: Bool,
                reversibility: String,
                lease: {
                    id: String,
                    agent: String,
                    person: String,
                    task: String,
                    template?: String,
                    environments: Set<String>,
                    impacts: Set<String>,
                    names_environment: Bool,
                    narrowed: Bool,
                },
                radius: { environments: Set<String>, lost: Long, lost_backups: Long, unsaved: Long },
                argument: Arguments,
                counts: Counts,
            };
            """;

    private CedarSchema() {}

    /** Each argument is optional, so that a policy has to ask with {@code has} first. */
    static String of(Set<String> operations, Set<String> arguments) {
        String texts = arguments.stream()
                .filter(name -> !Fact.isCount(name))
                .map(name -> "\"" + name + "\"?: String")
                .collect(Collectors.joining(", "));
        String counts = arguments.stream()
                .filter(Fact::isCount)
                .map(name -> "\"" + Fact.countRead(name) + "\"?: Long")
                .collect(Collectors.joining(", "));
        List<String> impacts = Stream.of(Impact.values())
                .filter(impact -> impact != Impact.UNKNOWN)
                .map(Impact::word)
                .toList();
        String groups = impacts.stream().map(i -> "action \"" + i + "\";\n").collect(Collectors.joining());
        String parents =
                impacts.stream().map(i -> "Impact::Action::\"" + i + "\"").collect(Collectors.joining(", "));
        String actions = operations.stream()
                .map(operation -> "action \"" + operation + "\" in [" + parents
                        + "] appliesTo { principal: Agent, resource: Resource, context: Request };\n")
                .collect(Collectors.joining());
        return TYPES + "type Arguments = { " + texts + " };\ntype Counts = { " + counts + " };\nnamespace Impact {\n"
                + groups + "}\nnamespace Operation {\n" + actions + "}\n";
    }

    /**
     * Cedar tries each policy with each operation, declared alike: one that no policy names stands for all of those.
     */
    static Set<String> representativeOperations(Set<String> all, Set<String> named) {
        Set<String> telling = new TreeSet<>(all);
        telling.retainAll(named);
        all.stream().filter(operation -> !named.contains(operation)).findFirst().ifPresent(telling::add);
        return telling;
    }
}
