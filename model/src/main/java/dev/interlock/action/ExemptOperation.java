package dev.interlock.action;

import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;

/** An operation that a policy may permit without asking people in one environment, as {@code github/x in staging}. */
public record ExemptOperation(Operation operation, String environment) {

    private static final String IN = " in ";

    /** Reads {@code provider/name in environment}; throws {@link IllegalArgumentException} for another form. */
    public static ExemptOperation parse(String text) {
        String[] parts = text.split(IN, -1);
        if (parts.length != 2 || parts[1].isBlank()) {
            throw new IllegalArgumentException("it is written `provider/name in environment`");
        }
        return new ExemptOperation(Operation.parse(parts[0]), parts[1]);
    }

    /**
     * Reads a line of a policy, {@code provider/name in one, other}. Without environments it is about
     * {@code unprotected} ones.
     */
    public static Set<ExemptOperation> of(String line, Set<String> unprotected) {
        int at = line.indexOf(IN);
        if (at < 0 && unprotected.isEmpty()) {
            throw new IllegalArgumentException(
                    "every environment is protected: name those that it is about, as `" + line + IN + "production`");
        }
        Operation operation = Operation.parse(at < 0 ? line : line.substring(0, at));
        Set<String> environments = at < 0
                ? unprotected
                : new TreeSet<>(List.of(line.substring(at + IN.length()).split(", *", -1)));
        Set<ExemptOperation> exempt = new HashSet<>();
        environments.forEach(environment -> exempt.add(new ExemptOperation(operation, environment)));
        return exempt;
    }

    @Override
    public String toString() {
        return operation + IN + environment;
    }
}
