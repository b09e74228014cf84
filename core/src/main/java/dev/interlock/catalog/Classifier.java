package dev.interlock.catalog;

import dev.interlock.action.Action;
import dev.interlock.action.Fact;
import dev.interlock.action.Impact;
import dev.interlock.action.Operation;
import dev.interlock.action.Resource;
import dev.interlock.action.Reversibility;
import dev.interlock.catalog.Explanation.Judged;
import dev.interlock.catalog.Explanation.Reason;
import dev.interlock.catalog.graphql.Request;
import dev.interlock.catalog.graphql.Request.Field;
import dev.interlock.catalog.graphql.Request.Kind;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;

/** Turns the root fields of GraphQL requests into actions, one for each field. */
final class Classifier {

    /** Fields that the schema answers about itself. */
    private static final Set<String> INTROSPECTION = Set.of("__schema", "__type", Selections.TYPENAME);

    /** Maximum length of an operation's name: twice the longest at any provider examined. */
    private static final int MAX_NAME = 100;

    /**
     * Maximum actions in one call. Each takes room in a receipt. A page of a provider's own console needs about ten.
     */
    static final int MAX_ACTIONS = 200;

    private final Knowledge knowledge;
    private final Resource account;

    Classifier(Knowledge knowledge) {
        this.knowledge = knowledge;
        this.account = new Resource(knowledge.name(), "account", "self");
    }

    /** Returns the paths of secrets in the answer to {@code requests}, if there are any. */
    Optional<Veil> veil(List<Request> requests) {
        Set<List<String>> paths = new TreeSet<>(Veil.ORDER);
        for (Request request : requests) {
            for (Field field : request.fields()) {
                Entry entry =
                        (request.kind() == Kind.QUERY ? knowledge.queries() : knowledge.mutations()).get(field.name());
                Selections selections = new Selections(knowledge);
                if (entry == null) {
                    selections.walkNames(field);
                } else {
                    selections.walk(field, entry.shape(), "`" + field.name() + "`");
                }
                paths.addAll(selections.revealing());
            }
        }
        return paths.isEmpty() ? Optional.empty() : Optional.of(new Veil(paths));
    }

    List<Judged> actions(List<Request> requests) {
        List<Judged> actions = new ArrayList<>();
        int resources = 0;
        for (Request request : requests) {
            for (Field field : meaningful(request.fields())) {
                Judged judged = action(field, request.kind());
                actions.add(judged);
                resources += judged.action().resources().size();
                Applied.requireFew(resources);
                requireFewActions(actions.size());
            }
        }
        return actions;
    }

    private static void requireFewActions(int actions) {
        if (actions > MAX_ACTIONS) {
            throw new NotKnownException(
                    "The call asks for more than " + MAX_ACTIONS + " things at once.", "Send several smaller ones.");
        }
    }

    /**
     * Drops {@code __typename} beside other fields. A client may add it to anything, so it is an action only where it
     * stands alone.
     */
    private static List<Field> meaningful(List<Field> fields) {
        List<Field> others = fields.stream()
                .filter(field -> !field.name().equals(Selections.TYPENAME))
                .toList();
        return others.isEmpty() ? fields : others;
    }

    private Judged action(Field field, Kind kind) {
        requireRoot(field, kind);
        if (INTROSPECTION.contains(field.name())) {
            return alone(
                    new Action(
                            operation(field),
                            Set.of(Impact.READ),
                            Reversibility.REVERSIBLE,
                            Set.of(account),
                            List.of()),
                    "The schema answers about itself.");
        }
        Entry entry = (kind == Kind.QUERY ? knowledge.queries() : knowledge.mutations()).get(field.name());
        return entry == null ? unknown(field, kind) : known(field, kind, entry);
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

    /**
     * Returns the action for an operation that the catalog does not know. It is refused by its name until the catalog
     * describes it.
     */
    private Judged unknown(Field field, Kind kind) {
        Set<Impact> impacts = EnumSet.of(Impact.UNKNOWN);
        if (selects(field, knowledge.secrets().names())) {
            impacts.add(Impact.CREDENTIAL);
        }
        return alone(
                new Action(
                        operation(field),
                        impacts,
                        Reversibility.IRREVERSIBLE,
                        Set.of(account),
                        List.of(),
                        isPiecemeal(field, kind)),
                "The catalog does not know the operation.");
    }

    private static Judged alone(Action action, String because) {
        return new Judged(action, List.of(new Reason(action.impacts(), because)));
    }

    private static boolean selects(Field field, Set<String> names) {
        return field.fields().stream().anyMatch(below -> names.contains(below.name()) || selects(below, names));
    }

    /**
     * Returns whether a mutation may take effect although its answer reports an error. The selected fields of a
     * mutation are resolved after it is done (GraphQL §6.2.2). A server may derive the status of the whole answer from
     * an error there.
     */
    private static boolean isPiecemeal(Field field, Kind kind) {
        return kind == Kind.MUTATION
                && field.fields().stream().anyMatch(below -> !below.name().equals(Selections.TYPENAME));
    }

    private Judged known(Field field, Kind kind, Entry entry) {
        String where = "`" + field.name() + "`";
        new Arguments(knowledge.shapes())
                .requireKnown(field.arguments(), entry.shape().arguments(), where);
        Spelling.requireExact(entry.looked(), field.arguments());
        Selections selections = new Selections(knowledge);
        selections.walk(field, entry.shape(), where);
        Applied applied = Applied.of(entry, field.arguments());
        Set<Impact> impacts = applied.impacts();
        List<Reason> reasons = applied.reasons();
        List<Fact> noticed = new ArrayList<>();
        selections.secrets().forEach(secret -> {
            impacts.add(Impact.CREDENTIAL);
            reasons.add(new Reason(Set.of(Impact.CREDENTIAL), "The answer reveals `" + secret + "`."));
            noticed.add(Facts.known("reveals", secret));
        });
        selections.outward().forEach(way -> noticed.add(Facts.known("leads-out-by", way)));
        Action action = new Action(
                operation(field),
                impacts,
                applied.reversibility(),
                resources(applied, selections),
                Facts.of(field.arguments(), entry, applied.rules(), noticed),
                entry.piecemeal() || isPiecemeal(field, kind));
        return new Judged(action, reasons);
    }

    private Set<Resource> resources(Applied applied, Selections selections) {
        Set<Resource> resources = applied.resources(knowledge.name());
        // A field that leads out of a resource leads to others that the request did not name.
        if (resources.isEmpty() || !selections.outward().isEmpty()) {
            resources.add(account);
        }
        return resources;
    }
}
