package dev.interlock.catalog;

import dev.interlock.action.Action;
import dev.interlock.action.Impact;
import dev.interlock.action.Operation;
import dev.interlock.action.Resource;
import dev.interlock.action.Reversibility;
import dev.interlock.catalog.graphql.Request;
import dev.interlock.catalog.graphql.Request.Field;
import dev.interlock.catalog.graphql.Request.Kind;
import dev.interlock.catalog.graphql.Value;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;

/** Turns the root fields of GraphQL requests into actions: one for each, and none is forgotten. */
final class Classifier {

    /** Answered by the schema itself, about the schema. */
    private static final Set<String> INTROSPECTION = Set.of("__schema", "__type", Selections.TYPENAME);

    /** Twice the longest name of an operation at any provider that was looked at. */
    private static final int MAX_NAME = 100;

    private final Knowledge knowledge;
    private final Resource account;

    Classifier(Knowledge knowledge) {
        this.knowledge = knowledge;
        this.account = new Resource(knowledge.name(), "account", "self");
    }

    List<Action> actions(List<Request> requests) {
        List<Action> actions = new ArrayList<>();
        for (Request request : requests) {
            meaningful(request.fields()).forEach(field -> actions.add(action(field, request.kind())));
        }
        return actions;
    }

    /** A client may add {@code __typename} to anything; it is an action only where it stands alone. */
    private static List<Field> meaningful(List<Field> fields) {
        List<Field> others = fields.stream()
                .filter(field -> !field.name().equals(Selections.TYPENAME))
                .toList();
        return others.isEmpty() ? fields : others;
    }

    private Action action(Field field, Kind kind) {
        requireRoot(field, kind);
        if (INTROSPECTION.contains(field.name())) {
            return new Action(
                    operation(field), Set.of(Impact.READ), Reversibility.REVERSIBLE, Set.of(account), List.of());
        }
        Entry entry = (kind == Kind.QUERY ? knowledge.queries() : knowledge.mutations()).get(field.name());
        return entry == null ? unknown(field) : known(field, entry);
    }

    private static void requireRoot(Field field, Kind kind) {
        String root = kind == Kind.QUERY ? "Query" : "Mutation";
        if (field.on().filter(type -> !type.equals(root)).isPresent()) {
            throw new NotKnownException(
                    "A fragment at the top of the request is for another type than `" + root + "`.",
                    "Write the fields themselves.");
        }
        if (field.name().length() > MAX_NAME) {
            throw new NotKnownException("The name of an operation is too long.", "Send an operation that exists.");
        }
    }

    private Operation operation(Field field) {
        return new Operation(knowledge.name(), field.name());
    }

    /** Whatever it is, it is refused by its name until somebody has said what it does. */
    private Action unknown(Field field) {
        Set<Impact> impacts = EnumSet.of(Impact.UNKNOWN);
        if (selects(field, knowledge.secrets().names())) {
            impacts.add(Impact.CREDENTIAL);
        }
        return new Action(operation(field), impacts, Reversibility.IRREVERSIBLE, Set.of(account), List.of());
    }

    private static boolean selects(Field field, Set<String> names) {
        return field.fields().stream().anyMatch(below -> names.contains(below.name()) || selects(below, names));
    }

    private Action known(Field field, Entry entry) {
        String where = "`" + field.name() + "`";
        new Arguments(knowledge.shapes())
                .requireKnown(field.arguments(), entry.shape().arguments(), where);
        Selections selections = new Selections(knowledge);
        selections.walk(field, entry.shape(), where);
        List<Entry.Rule> rules = entry.rules().stream()
                .filter(rule -> rule.condition().holds(field.arguments()))
                .toList();
        return new Action(
                operation(field),
                impacts(entry, rules, selections),
                rules.stream().map(Entry.Rule::reversibility).reduce(entry.reversibility(), Classifier::worse),
                resources(field, entry, selections),
                Facts.of(field.arguments(), entry, rules, selections));
    }

    private static Reversibility worse(Reversibility one, Reversibility other) {
        return one.compareTo(other) >= 0 ? one : other;
    }

    private static Set<Impact> impacts(Entry entry, List<Entry.Rule> rules, Selections selections) {
        Set<Impact> impacts = EnumSet.copyOf(entry.impacts());
        rules.forEach(rule -> impacts.addAll(rule.impacts()));
        if (!selections.secrets().isEmpty()) {
            impacts.add(Impact.CREDENTIAL);
        }
        return impacts;
    }

    private Set<Resource> resources(Field field, Entry entry, Selections selections) {
        Set<Resource> resources = new TreeSet<>(named(field.arguments(), entry.resources()));
        if (resources.isEmpty()) {
            resources.addAll(named(field.arguments(), entry.otherwise()));
        }
        // What leads out of a resource leads to others that nobody named.
        if (resources.isEmpty() || !selections.outward().isEmpty()) {
            resources.add(account);
        }
        return resources;
    }

    private Set<Resource> named(Map<String, Value> arguments, Map<Path, String> paths) {
        Set<Resource> resources = new TreeSet<>();
        paths.forEach((path, type) -> {
            for (Value value : path.each(arguments)) {
                if (!(value instanceof Value.Nothing)) {
                    resources.add(new Resource(knowledge.name(), type, id(value, path)));
                }
            }
        });
        return resources;
    }

    private static String id(Value value, Path path) {
        return value.scalar()
                .filter(id -> id.matches("[\\x21-\\x7e]{1,200}"))
                .orElseThrow(() -> new NotKnownException(
                        "The argument `" + path + "` is not an identifier.", "Send the provider's own identifier."));
    }
}
