package dev.interlock.catalog.graphql;

import graphql.language.Argument;
import graphql.language.Directive;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** Decides {@code @skip} and {@code @include} (GraphQL October 2021 §3.13); any other directive is refused. */
final class Directives {

    private final LiteralReader literals;

    Directives(Map<String, Value> variables) {
        this.literals = new LiteralReader(variables);
    }

    /** Returns whether a node with {@code directives} takes part at all. */
    boolean include(List<Directive> directives) {
        Set<String> seen = new HashSet<>();
        boolean included = true;
        for (Directive directive : directives) {
            if (!seen.add(directive.getName())) {
                throw LiteralReader.twice("directive", directive.getName());
            }
            included &= includes(directive);
        }
        return included;
    }

    private boolean includes(Directive directive) {
        return switch (directive.getName()) {
            case "include" -> condition(directive);
            case "skip" -> !condition(directive);
            default -> throw unknown(directive);
        };
    }

    private boolean condition(Directive directive) {
        List<Argument> arguments = directive.getArguments();
        if (arguments.size() == 1
                && arguments.getFirst().getName().equals("if")
                && literals.value(arguments.getFirst().getValue()) instanceof Value.Flag flag) {
            return flag.value();
        }
        throw new UnreadableGraphqlException(GraphqlRefusals.CONDITION);
    }

    static void refuseAny(List<Directive> directives) {
        if (!directives.isEmpty()) {
            throw unknown(directives.getFirst());
        }
    }

    private static UnreadableGraphqlException unknown(Directive directive) {
        return new UnreadableGraphqlException(GraphqlRefusals.DIRECTIVE, TextDecoding.shown(directive.getName()));
    }
}
