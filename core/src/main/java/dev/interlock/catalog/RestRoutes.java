package dev.interlock.catalog;

import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;

/** Finds the one operation for a method and a path. The time does not grow with the catalog. */
final class RestRoutes {

    private static final PathTemplate.Step ONE = new PathTemplate.One("");

    /** A point in the tree of templates, with its continuations by the next segment. */
    private static final class Node {
        private final Map<PathTemplate.Step, Node> next = new HashMap<>();
        private final List<RestOperation> here = new ArrayList<>();
    }

    private final Node root = new Node();

    /**
     * Creates the routes.
     *
     * @throws IllegalArgumentException if the same request could ask for two of {@code entries}
     */
    RestRoutes(Collection<RestOperation> entries) {
        for (RestOperation entry : entries) {
            Node node = root;
            for (PathTemplate.Step step : entry.line().template().steps()) {
                node = node.next.computeIfAbsent(nameless(step), _ -> new Node());
            }
            node.here.stream()
                    .filter(other -> other.line().method().equals(entry.line().method()))
                    .forEach(other -> {
                        throw new IllegalArgumentException(
                                "`" + other.name() + "` and `" + entry.name() + "` match the same requests");
                    });
            node.here.add(entry);
        }
    }

    private static PathTemplate.Step nameless(PathTemplate.Step step) {
        return switch (step) {
            case PathTemplate.Literal literal -> literal;
            case PathTemplate.Custom custom -> new PathTemplate.Custom("", custom.method());
            case PathTemplate.One _ -> ONE;
            case PathTemplate.Several several -> new PathTemplate.Several("", several.least());
        };
    }

    /**
     * Returns the entry that fits.
     *
     * @throws UnknownCallException if two fit, and neither is the more exact one
     */
    Optional<RestOperation> find(String method, List<String> path) {
        List<RestOperation> found = fitting(path).stream()
                .filter(entry -> entry.line().method().equals(method))
                .toList();
        if (found.size() <= 1) {
            return found.stream().findFirst();
        }
        return Optional.of(found.stream()
                .filter(entry -> found.stream().allMatch(other -> isExact(entry, other, path)))
                .findFirst()
                .orElseThrow(() -> new UnknownCallException(CatalogRefusals.TWO_OPERATIONS, found.get(0).name(), found.get(1).name())));
    }

    private static boolean isExact(RestOperation entry, RestOperation other, List<String> path) {
        return entry.line().template().asExactAs(other.line().template(), path);
    }

    /** Returns the methods that are known at {@code path}. */
    Set<String> methods(List<String> path) {
        Set<String> methods = new TreeSet<>();
        fitting(path).forEach(entry -> methods.add(entry.line().method()));
        return methods;
    }

    private List<RestOperation> fitting(List<String> path) {
        List<RestOperation> fitting = new ArrayList<>();
        collect(root, path, fitting);
        return fitting;
    }

    private static void collect(Node node, List<String> left, List<RestOperation> into) {
        if (left.isEmpty()) {
            into.addAll(node.here);
        } else {
            follow(node, new PathTemplate.Literal(left.getFirst()), left, 1, into);
            PathTemplate.custom(left.getFirst()).ifPresent(step -> follow(node, step, left, 1, into));
            if (!left.getFirst().isEmpty()) {
                follow(node, ONE, left, 1, into);
            }
        }
        for (int least = 0; least <= 1; least++) {
            PathTemplate.Step several = new PathTemplate.Several("", least);
            if (node.next.containsKey(several)) {
                int most = !left.isEmpty() && left.getLast().isEmpty() ? left.size() - 1 : left.size();
                for (int taken = least; taken <= most; taken++) {
                    follow(node, several, left, taken, into);
                }
            }
        }
    }

    private static void follow(
            Node node, PathTemplate.Step step, List<String> left, int taken, List<RestOperation> into) {
        Node next = node.next.get(step);
        if (next != null) {
            collect(next, left.subList(taken, left.size()), into);
        }
    }
}
