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

    private static final Template.Step ONE = new Template.One("");

    /** A point in the tree of templates, with its continuations by the next segment. */
    private static final class Node {
        private final Map<Template.Step, Node> next = new HashMap<>();
        private final List<RestEntry> here = new ArrayList<>();
    }

    private final Node root = new Node();

    /**
     * Creates the routes.
     *
     * @throws IllegalArgumentException if the same request could ask for two of {@code entries}
     */
    RestRoutes(Collection<RestEntry> entries) {
        for (RestEntry entry : entries) {
            Node node = root;
            for (Template.Step step : entry.line().template().steps()) {
                node = node.next.computeIfAbsent(nameless(step), _ -> new Node());
            }
            node.here.stream()
                    .filter(other -> other.line().method().equals(entry.line().method()))
                    .forEach(other -> {
                        throw new IllegalArgumentException(
                                "`" + other.name() + "` and `" + entry.name() + "` are asked for by the same requests");
                    });
            node.here.add(entry);
        }
    }

    private static Template.Step nameless(Template.Step step) {
        return switch (step) {
            case Template.Literal literal -> literal;
            case Template.Custom custom -> new Template.Custom("", custom.method());
            case Template.One _ -> ONE;
            case Template.Several several -> new Template.Several("", several.least());
        };
    }

    /**
     * Returns the entry that fits.
     *
     * @throws NotKnownException if two fit, and neither is the more exact one
     */
    Optional<RestEntry> find(String method, List<String> path) {
        List<RestEntry> found = fitting(path).stream()
                .filter(entry -> entry.line().method().equals(method))
                .toList();
        if (found.size() <= 1) {
            return found.stream().findFirst();
        }
        return Optional.of(found.stream()
                .filter(entry -> found.stream().allMatch(other -> isExact(entry, other, path)))
                .findFirst()
                .orElseThrow(() -> new NotKnownException(
                        "The path fits two operations of the catalog, `"
                                + found.get(0).name() + "` and `" + found.get(1).name() + "`.",
                        "Use an operation whose path is its own.")));
    }

    private static boolean isExact(RestEntry entry, RestEntry other, List<String> path) {
        return entry.line().template().asExactAs(other.line().template(), path);
    }

    /** Returns the methods that are known at {@code path}. */
    Set<String> methods(List<String> path) {
        Set<String> methods = new TreeSet<>();
        fitting(path).forEach(entry -> methods.add(entry.line().method()));
        return methods;
    }

    private List<RestEntry> fitting(List<String> path) {
        List<RestEntry> fitting = new ArrayList<>();
        collect(root, path, fitting);
        return fitting;
    }

    private static void collect(Node node, List<String> left, List<RestEntry> into) {
        if (left.isEmpty()) {
            into.addAll(node.here);
        } else {
            follow(node, new Template.Literal(left.getFirst()), left, 1, into);
            Template.custom(left.getFirst()).ifPresent(step -> follow(node, step, left, 1, into));
            if (!left.getFirst().isEmpty()) {
                follow(node, ONE, left, 1, into);
            }
        }
        for (int least = 0; least <= 1; least++) {
            Template.Step several = new Template.Several("", least);
            if (node.next.containsKey(several)) {
                int most = !left.isEmpty() && left.getLast().isEmpty() ? left.size() - 1 : left.size();
                for (int taken = least; taken <= most; taken++) {
                    follow(node, several, left, taken, into);
                }
            }
        }
    }

    private static void follow(Node node, Template.Step step, List<String> left, int taken, List<RestEntry> into) {
        Node next = node.next.get(step);
        if (next != null) {
            collect(next, left.subList(taken, left.size()), into);
        }
    }
}
