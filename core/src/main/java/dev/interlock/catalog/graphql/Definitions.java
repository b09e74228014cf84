package dev.interlock.catalog.graphql;

import graphql.language.Definition;
import graphql.language.Document;
import graphql.language.FragmentDefinition;
import graphql.language.FragmentSpread;
import graphql.language.Node;
import graphql.language.OperationDefinition;
import graphql.language.SelectionSet;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** The operations and fragments of one document, checked against GraphQL October 2021 §5.2 and §5.5. */
record Definitions(List<OperationDefinition> operations, Map<String, FragmentDefinition> fragments) {

    /** Maximum definitions. Real clients send one, or a file of a few. */
    static final int MAX_DEFINITIONS = 100;

    /**
     * Maximum nesting of selections, through all fragments. The introspection query of real clients goes 14 deep. All
     * code that reads the document recurses this deep on its stack.
     */
    static final int MAX_DEPTH = 100;

    static Definitions of(Document document) {
        List<OperationDefinition> operations = new ArrayList<>();
        Map<String, FragmentDefinition> fragments = new LinkedHashMap<>();
        if (document.getDefinitions().size() > MAX_DEFINITIONS) {
            throw new UnreadableException(GraphqlRefusals.TOO_MANY_DEFINITIONS);
        }
        for (Definition<?> definition : document.getDefinitions()) {
            switch (definition) {
                case OperationDefinition operation -> operations.add(operation);
                case FragmentDefinition fragment -> put(fragments, fragment);
                default -> throw new UnreadableException(GraphqlRefusals.TYPE_DEFINITIONS);
            }
        }
        Definitions definitions = new Definitions(operations, fragments);
        definitions.check();
        return definitions;
    }

    private static void put(Map<String, FragmentDefinition> fragments, FragmentDefinition fragment) {
        if (fragments.put(fragment.getName(), fragment) != null) {
            throw LiteralReader.twice("fragment", fragment.getName());
        }
    }

    // §5.2.1.1, §5.2.2.1, §5.5.1.4, §5.5.2.1, §5.5.2.2
    private void check() {
        Set<String> names = new HashSet<>();
        for (OperationDefinition operation : operations) {
            String name = operation.getName();
            if (name == null && operations.size() > 1) {
                throw new UnreadableException(GraphqlRefusals.UNNAMED_OPERATION);
            }
            if (name != null && !names.add(name)) {
                throw LiteralReader.twice("operation", name);
            }
        }
        Map<String, Integer> heights = new HashMap<>();
        operations.forEach(operation -> height(operation, List.of(), 0, heights));
        requireAllUsed(heights.keySet());
    }

    private void requireAllUsed(Set<String> used) {
        for (String name : fragments.keySet()) {
            if (!used.contains(name)) {
                throw new UnreadableException(GraphqlRefusals.UNUSED_FRAGMENT, TextDecoding.shown(name));
            }
        }
    }

    private int height(Node<?> node, List<String> path, int depth, Map<String, Integer> heights) {
        if (node instanceof FragmentSpread spread) {
            return height(spread.getName(), path, depth, heights);
        }
        int own = node instanceof SelectionSet ? 1 : 0;
        int below = 0;
        for (Node<?> child : node.getChildren()) {
            below = Math.max(below, height(child, path, requireShallow(depth + own), heights));
        }
        requireShallow(depth + own + below);
        return own + below;
    }

    private int height(String name, List<String> path, int depth, Map<String, Integer> heights) {
        FragmentDefinition fragment = fragment(name);
        if (path.contains(name)) {
            throw new UnreadableException(GraphqlRefusals.FRAGMENT_CYCLE, TextDecoding.shown(name));
        }
        Integer known = heights.get(name);
        if (known != null) {
            return known;
        }
        List<String> deeper = new ArrayList<>(path);
        deeper.add(name);
        int height = height(fragment, deeper, depth, heights);
        heights.put(name, height);
        return height;
    }

    private static int requireShallow(int depth) {
        if (depth > MAX_DEPTH) {
            throw new UnreadableException(GraphqlRefusals.TOO_DEEP);
        }
        return depth;
    }

    FragmentDefinition fragment(String name) {
        FragmentDefinition fragment = fragments.get(name);
        if (fragment == null) {
            throw new UnreadableException(GraphqlRefusals.NO_FRAGMENT, TextDecoding.shown(name));
        }
        return fragment;
    }

    // §6.1 GetOperation
    OperationDefinition chosen(Optional<String> operationName) {
        if (operations.isEmpty()) {
            throw new UnreadableException(GraphqlRefusals.NO_OPERATION);
        }
        if (operationName.isEmpty() && operations.size() > 1) {
            throw new UnreadableException(GraphqlRefusals.SEVERAL_OPERATIONS);
        }
        return operationName.map(this::named).orElse(operations.getFirst());
    }

    private OperationDefinition named(String name) {
        return operations.stream()
                .filter(operation -> name.equals(operation.getName()))
                .findFirst()
                .orElseThrow(() -> new UnreadableException(GraphqlRefusals.NO_SUCH_OPERATION));
    }
}
