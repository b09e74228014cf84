package dev.interlock.catalog;

import dev.interlock.action.Action;
import dev.interlock.action.Impact;
import dev.interlock.action.PushedRef;
import dev.interlock.action.Resource;
import dev.interlock.catalog.CallReading.NamedDeletion;
import dev.interlock.catalog.CallReading.NodeDeletion;
import dev.interlock.catalog.graphql.GraphqlRequest.SelectedField;
import dev.interlock.catalog.graphql.Value;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.BiFunction;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * Finds the deletions of branches and tags in mutations. These name the ref, or its repository, by an opaque id.
 *
 * @param deleting the mutations that delete the ref that they name
 * @param moving the mutations that move refs, which delete those that are moved to nothing
 * @param named {@link NodeDeletion#named}
 */
record NodeDeletions(
        Set<String> deleting, Set<String> moving, BiFunction<Resource, String, Optional<NamedDeletion>> named) {

    static final NodeDeletions NONE = new NodeDeletions(Set.of(), Set.of(), (_, _) -> Optional.empty());

    /** The names of the members that say which ref is moved where, in GitHub's schema. */
    private static final String NAME = "name";

    private static final String AFTER = "afterOid";

    /** The digest of no object. */
    private static final Pattern NOTHING = Pattern.compile("0+");

    /** @param actions what {@code fields} do, an action for each */
    List<NodeDeletion> in(List<SelectedField> fields, List<Action> actions) {
        List<NodeDeletion> found = new ArrayList<>();
        for (int i = 0; i < fields.size(); i++) {
            Set<Resource> touched = actions.get(i).resources();
            if (touched.size() == 1) {
                found.addAll(
                        in(fields.get(i), i, actions.get(i), touched.iterator().next()));
            }
        }
        return found;
    }

    private List<NodeDeletion> in(SelectedField field, int place, Action action, Resource node) {
        if (deleting.contains(field.name())) {
            boolean isAll = action.impacts().equals(Set.of(Impact.DESTROY));
            return List.of(new NodeDeletion(place, isAll, node, Optional.empty(), named));
        }
        return moving.contains(field.name())
                ? movedToNothing(new Value.Members(field.arguments()))
                        .map(ref -> new NodeDeletion(place, false, node, Optional.of(ref), named))
                        .toList()
                : List.of();
    }

    private static Stream<String> movedToNothing(Value value) {
        return switch (value) {
            case Value.Members(var members) ->
                Stream.concat(
                        text(members, AFTER)
                                .filter(after -> NOTHING.matcher(after).matches())
                                .flatMap(_ -> text(members, NAME))
                                .filter(name -> name.startsWith(PushedRef.REFS))
                                .stream(),
                        members.values().stream().flatMap(NodeDeletions::movedToNothing));
            case Value.Items(var items) -> items.stream().flatMap(NodeDeletions::movedToNothing);
            default -> Stream.empty();
        };
    }

    private static Optional<String> text(Map<String, Value> members, String name) {
        return Optional.ofNullable(members.get(name)).flatMap(Value::scalar);
    }
}
