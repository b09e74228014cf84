package dev.interlock.catalog;

import dev.interlock.action.Impact;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;

/**
 * A condition on the provider's present state, under which an operation is milder.
 *
 * @param read the operation that reads the state
 * @param arguments its arguments, besides path parameters of the same name
 * @param condition the condition, on paths in the answer
 * @param kept the impacts of the operation if it holds
 * @param because the reason, in one sentence
 */
record StateCondition(
        String read,
        Map<ArgumentPath, ArgumentTemplate> arguments,
        ArgumentCondition condition,
        Set<Impact> kept,
        String because)
        implements StateQuestion {

    @Override
    public Set<ArgumentPath> readPaths() {
        Set<ArgumentPath> paths = new HashSet<>();
        arguments.values().forEach(template -> paths.addAll(template.paths()));
        return paths;
    }

    /**
     * Checks that it fits the operation it asks. The gateway asks by itself, before anybody has permitted anything.
     *
     * @param section this condition in the catalog file
     * @throws CatalogException if it does not
     */
    void requireFitting(CatalogSection section, RestOperation asked) {
        if (!asked.possible().equals(Set.of(Impact.READ))) {
            throw section.require("read").wrong("must only read, because the gateway asks it by itself");
        }
        arguments.keySet().forEach(path -> {
            try {
                path.requireWithin(asked.entry().shape().arguments(), asked.shapes());
            } catch (IllegalArgumentException e) {
                throw section.require("arguments").wrong(String.valueOf(e.getMessage()));
            }
        });
    }
}
