package dev.interlock.catalog;

import dev.interlock.action.Impact;
import dev.interlock.action.Reversibility;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import java.util.stream.Collectors;

/**
 * The operations that do the same by several protocols of one provider, as a catalog's {@code same-as} says. None is
 * milder than its twin.
 *
 * @param twins operation of GraphQL or MCP → operation that does the same
 */
record OperationTwins(Map<String, String> twins) {

    /** An operation as mild as its provider's state allows. */
    record Mildest(Set<Impact> impacts, Reversibility reversibility) {

        private static Mildest of(CatalogEntry entry) {
            return new Mildest(entry.impacts(), entry.reversibility());
        }

        static Mildest of(RestOperation operation) {
            return operation.asks().orElse(null) instanceof StateQuestion.StateCondition asked
                    ? new Mildest(asked.kept(), Reversibility.REVERSIBLE)
                    : of(operation.entry());
        }

        private boolean isMilderThan(Mildest other) {
            return !impacts.containsAll(other.impacts()) || reversibility.compareTo(other.reversibility()) < 0;
        }
    }

    /** Returns the operations that do the same as {@code twin}. */
    Set<String> of(String twin) {
        return twins.entrySet().stream()
                .filter(known -> known.getValue().equals(twin))
                .map(Map.Entry::getKey)
                .collect(Collectors.toUnmodifiableSet());
    }

    /**
     * @param parts the operations of GraphQL and MCP
     * @param rest finds an operation of REST
     */
    static OperationTwins read(
            CatalogSection top, Map<String, CatalogEntry> parts, Function<String, Optional<RestOperation>> rest) {
        Map<String, CatalogSection> said = top.members("same-as");
        Map<String, String> twins = new LinkedHashMap<>();
        said.forEach((name, twin) -> {
            if (!parts.containsKey(name)) {
                throw twin.wrong("is about `" + name + "`, which is no operation of `graphql` or `mcp`");
            }
            if (twin.text().contains(" ")) {
                return; // the reason why it has none
            }
            Mildest other = rest.apply(twin.text())
                    .map(Mildest::of)
                    .or(() -> Optional.ofNullable(parts.get(twin.text())).map(Mildest::of))
                    .orElseThrow(() -> twin.wrong("is neither an operation of this catalog nor a reason"));
            if (Mildest.of(parts.get(name)).isMilderThan(other)) {
                throw twin.wrong("must not be milder than `" + twin.text() + "`, which does the same");
            }
            twins.put(name, twin.text());
        });
        parts.forEach((name, entry) -> {
            boolean changes = !Set.of(Impact.READ, Impact.CREDENTIAL).containsAll(entry.impacts());
            if (changes && !said.containsKey(name)) {
                throw top.wrong("`same-as` must say which operation does the same as `" + name
                        + "`, or in a sentence why none does");
            }
        });
        return new OperationTwins(twins);
    }
}
