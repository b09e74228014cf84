package dev.interlock.catalog;

import dev.interlock.action.Action;
import dev.interlock.action.Fact;
import dev.interlock.action.Impact;
import dev.interlock.action.Operation;
import dev.interlock.action.Resource;
import dev.interlock.action.Reversibility;
import dev.interlock.action.VisibleText;
import dev.interlock.catalog.AbstractTypes.SelectedType;
import dev.interlock.catalog.graphql.GraphqlRequest;
import dev.interlock.catalog.graphql.GraphqlRequest.OperationKind;
import dev.interlock.catalog.graphql.GraphqlRequest.SelectedField;
import dev.interlock.catalog.graphql.UnreadableException;
import dev.interlock.catalog.graphql.Value;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Deque;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;

/** Turns the root fields of GraphQL requests into actions, one for each field. */
record Classifier(GraphqlCatalog knowledge, ProviderAnswers answers) {

    /** The field that every type has in GraphQL. */
    static final String TYPENAME = "__typename";

    private static final Set<String> INTROSPECTION = Set.of("__schema", "__type", TYPENAME);

    /** Maximum length of an operation's name: twice the longest at any provider examined. */
    private static final int MAX_NAME = 100;

    /**
     * Maximum actions in one call. Each takes room in a receipt. A page of a provider's own console needs about ten.
     */
    static final int MAX_ACTIONS = 200;

    /** Returns the paths of secrets in the answer to {@code requests}, if their {@code actions} reveal any. */
    Optional<ResponseRedaction> redaction(List<GraphqlRequest> requests, List<Action> actions) {
        boolean reveals = actions.stream().anyMatch(action -> action.impacts().contains(Impact.CREDENTIAL));
        Set<List<String>> paths = new TreeSet<>(ResponseRedaction.ORDER);
        for (GraphqlRequest request : requests) {
            for (SelectedField field : request.fields()) {
                CatalogEntry entry = entries(request.kind()).get(field.name());
                SelectionWalker selections = new SelectionWalker(knowledge);
                if (entry == null) {
                    selections.walkNames(field);
                } else if (reveals) {
                    selections.walk(field, entry.shape(), "`" + field.name() + "`");
                }
                paths.addAll(selections.revealing);
            }
        }
        return paths.isEmpty() ? Optional.empty() : Optional.of(new ResponseRedaction(paths));
    }

    List<Action> actions(List<GraphqlRequest> requests) {
        List<Action> actions = new ArrayList<>();
        int resources = 0;
        for (GraphqlRequest request : requests) {
            for (SelectedField field : meaningful(request.fields())) {
                Action judged = action(field, request.kind());
                actions.add(judged);
                resources += judged.resources().size();
                AppliedEntry.requireFew(resources);
                if (actions.size() > MAX_ACTIONS) {
                    throw new UnreadableException(CatalogRefusals.TOO_MANY_OPERATIONS, MAX_ACTIONS);
                }
            }
        }
        return actions;
    }

    // A client may add `__typename` to anything, so it is an action only where it stands alone.
    static List<SelectedField> meaningful(List<SelectedField> fields) {
        List<SelectedField> others =
                fields.stream().filter(field -> !field.name().equals(TYPENAME)).toList();
        return others.isEmpty() ? fields : others;
    }

    private Map<String, CatalogEntry> entries(OperationKind kind) {
        return kind == OperationKind.QUERY ? knowledge.queries() : knowledge.mutations();
    }

    private Action action(SelectedField field, OperationKind kind) {
        requireRoot(field, kind);
        if (INTROSPECTION.contains(field.name())) {
            return new Action(
                    operation(field),
                    Set.of(Impact.READ),
                    Reversibility.REVERSIBLE,
                    Set.of(knowledge.head().account()),
                    List.of());
        }
        CatalogEntry entry = entries(kind).get(field.name());
        return entry == null ? unknown(field, kind) : known(field, kind, entry);
    }

    private static void requireRoot(SelectedField field, OperationKind kind) {
        String root = kind == OperationKind.QUERY ? "Query" : "Mutation";
        if (!field.conditions().stream().allMatch(root::equals)) {
            throw new UnreadableException(CatalogRefusals.WRONG_FRAGMENT, root);
        }
        if (field.name().length() > MAX_NAME) {
            throw new UnreadableException(CatalogRefusals.NAME_TOO_LONG);
        }
    }

    private Operation operation(SelectedField field) {
        return new Operation(knowledge.name(), field.name());
    }

    // An operation that the catalog does not know is refused by its name until the catalog describes it.
    private Action unknown(SelectedField field, OperationKind kind) {
        Set<Impact> impacts = EnumSet.of(Impact.UNKNOWN);
        if (selects(field, knowledge.secrets().names())) {
            impacts.add(Impact.CREDENTIAL);
        }
        return new Action(
                operation(field),
                impacts,
                Reversibility.IRREVERSIBLE,
                Set.of(knowledge.head().account()),
                List.of(),
                isPiecemeal(field, kind));
    }

    private static boolean selects(SelectedField field, Set<String> names) {
        return field.fields().stream().anyMatch(below -> names.contains(below.name()) || selects(below, names));
    }

    /**
     * Returns whether a mutation may take effect although its answer reports an error. The selected fields of a
     * mutation are resolved after it is done (GraphQL §6.2.2). A server may derive the status of the whole answer from
     * an error there.
     */
    private static boolean isPiecemeal(SelectedField field, OperationKind kind) {
        return kind == OperationKind.MUTATION
                && field.fields().stream().anyMatch(below -> !below.name().equals(TYPENAME));
    }

    /** Returns the action of {@code field} while the state before it is kept. */
    Action recoverableAction(SelectedField field, CatalogEntry entry, UndoPlan plan) {
        return known(field, OperationKind.MUTATION, entry.undone(plan));
    }

    private Action known(SelectedField field, OperationKind kind, CatalogEntry entry) {
        String where = "`" + field.name() + "`";
        new ArgumentCheck(knowledge.shapes())
                .requireKnown(field.arguments(), entry.shape().arguments(), where);
        MemberSpelling.requireExact(entry.readPaths(), field.arguments());
        SelectionWalker selections = new SelectionWalker(knowledge);
        selections.walk(field, entry.shape(), where);
        AppliedEntry strict = AppliedEntry.of(entry, field.arguments());
        Set<Resource> resources = resources(strict, selections);
        AppliedEntry applied = strict.settled(resources, answers);
        Set<Impact> impacts = applied.impacts();
        List<Fact> noticed = new ArrayList<>();
        selections.secrets.forEach(secret -> {
            impacts.add(Impact.CREDENTIAL);
            noticed.add(ActionFacts.known(ActionFacts.REVEALS, secret));
        });
        noticed.addAll(selections.named);
        selections.outward.forEach(way -> noticed.add(ActionFacts.known(ActionFacts.LEADS_OUT_BY, way)));
        return new Action(
                operation(field),
                impacts,
                applied.reversibility(),
                resources,
                ActionFacts.of(applied, noticed),
                entry.piecemeal() || isPiecemeal(field, kind));
    }

    private Set<Resource> resources(AppliedEntry applied, SelectionWalker selections) {
        Set<Resource> resources = knowledge.head().fold(applied.resources(knowledge.name()));
        // A field that leads out of a resource leads to others that the request did not name.
        if (resources.isEmpty() || !selections.outward.isEmpty()) {
            resources.add(knowledge.head().account());
        }
        return resources;
    }

    private record TypedField(SelectedField field, SelectedType type) {

        /** Returns whether one answer could have both under one name (GraphQL October 2021 §5.3.2). */
        boolean contradicts(TypedField other) {
            return !field.isSame(other.field) && !Collections.disjoint(type.objects(), other.type.objects());
        }

        boolean isOfSameType(TypedField other) {
            return type.name().equals(other.type.name());
        }
    }

    private static final class SelectionWalker {

        private final GraphqlCatalog knowledge;
        private final ArgumentCheck arguments;
        private final Set<String> secrets = new TreeSet<>();
        private final Set<Fact> named = new LinkedHashSet<>();
        /** Those that lead out of the resource and are read beyond its name, as {@code Type.field}. */
        private final Set<String> outward = new TreeSet<>();
        /** The paths of the secrets in the answer, from {@code data} on. */
        private final Set<List<String>> revealing = new TreeSet<>(ResponseRedaction.ORDER);

        private final Deque<String> way = new ArrayDeque<>();
        /** The meaning whose argument has named what is read at this place. */
        private Optional<String> naming = Optional.empty();

        SelectionWalker(GraphqlCatalog knowledge) {
            this.knowledge = knowledge;
            this.arguments = new ArgumentCheck(knowledge.shapes());
        }

        /**
         * Walks the selection below {@code field}, whose type is given by {@code shape}. Messages call the field
         * {@code where}.
         */
        void walk(SelectedField field, ProviderSchema.OutputField shape, String where) {
            way.addLast(field.key());
            below(field, shape, where);
            way.removeLast();
        }

        private void below(SelectedField field, ProviderSchema.OutputField shape, String where) {
            if (shape.type().isEmpty() != field.fields().isEmpty()) {
                throw new UnreadableException(CatalogRefusals.SELECTION_FORM, where);
            }
            shape.type()
                    .ifPresent(type -> fields(
                            field.fields(), knowledge.shapes().abstracts().select(type)));
        }

        private void fields(List<SelectedField> fields, SelectedType parent) {
            Map<String, List<TypedField>> byKey = new HashMap<>();
            for (SelectedField field : fields) {
                TypedField typed = new TypedField(field, narrowed(parent, field.conditions()));
                List<TypedField> others = byKey.computeIfAbsent(field.key(), _ -> new ArrayList<>());
                if (others.stream().anyMatch(typed::contradicts)) {
                    throw new UnreadableException(CatalogRefusals.SAME_KEY, VisibleText.shown(field.key()));
                }
                if (others.stream().noneMatch(typed::isOfSameType)) {
                    others.add(typed);
                }
                step(field, typed.type().name());
            }
        }

        private SelectedType narrowed(SelectedType parent, List<String> conditions) {
            SelectedType type = parent;
            for (String condition : conditions) {
                SelectedType wider = type;
                type = knowledge
                        .shapes()
                        .abstracts()
                        .narrow(type, condition)
                        .orElseThrow(() -> wrong(wider, condition));
            }
            return type;
        }

        private void step(SelectedField field, String type) {
            if (field.name().equals(TYPENAME)) {
                return;
            }
            String where = type + "." + field.name();
            ProviderSchema.OutputField shape =
                    knowledge.shapes().field(type, field.name()).orElseThrow(() -> unknown(type, field.name()));
            arguments.requireKnown(field.arguments(), shape.arguments(), "`" + where + "`");
            if (knowledge.secrets().carries(type, field.name(), field.arguments())) {
                secrets.add(where);
                reveal(field);
            }
            String meant = knowledge.aliases().get(where);
            if (meant != null && !naming.equals(Optional.of(meant))) {
                named.add(ActionFacts.unnamed(meant));
            }
            Optional<String> above = naming;
            // A name names one thing: what the field of the argument leads to, and what the catalog says is the same.
            naming = above.filter(name -> field.arguments().isEmpty()
                    && name.equals(knowledge.passages().get(where)));
            field.arguments().forEach((name, value) -> {
                String alias = knowledge.aliases().get(where + "." + name);
                if (alias != null) {
                    named.add(ActionFacts.selecting(alias, value));
                    naming = Optional.of(alias).filter(_ -> field.arguments().size() == 1 && names(name, value));
                }
            });
            if (shape.outward() && !onlyLabels(field.fields())) {
                outward.add(where);
            }
            walk(field, shape, "`" + where + "`");
            naming = above;
        }

        /** A revision of Git, as a branch or a digest, names a file only behind a colon. */
        private static boolean names(String argument, Value value) {
            return !argument.equals("expression")
                    || value.scalar().filter(text -> text.contains(":")).isPresent();
        }

        /**
         * Notes every field below {@code root} that has the name of a secret field. It serves selections whose type is
         * not known.
         */
        void walkNames(SelectedField root) {
            way.addLast(root.key());
            root.fields().forEach(field -> {
                if (knowledge.secrets().names().contains(field.name())) {
                    secrets.add(field.name());
                    reveal(field);
                }
                walkNames(field);
            });
            way.removeLast();
        }

        private void reveal(SelectedField field) {
            List<String> path = new ArrayList<>(List.of("data"));
            path.addAll(way);
            path.add(field.key());
            revealing.add(path);
        }

        private boolean onlyLabels(List<SelectedField> fields) {
            return fields.stream()
                    .allMatch(field -> field.name().equals(TYPENAME)
                            || (knowledge.labels().contains(field.name()) && onlyLabels(field.fields())));
        }

        private UnreadableException wrong(SelectedType type, String condition) {
            return new UnreadableException(
                    CatalogRefusals.WRONG_CONDITION,
                    VisibleText.shown(condition),
                    VisibleText.shown(type.name()),
                    ArgumentCheck.meant(condition, type.objects()));
        }

        private UnreadableException unknown(String type, String field) {
            return new UnreadableException(
                    CatalogRefusals.UNKNOWN_FIELD,
                    VisibleText.shown(field),
                    VisibleText.shown(type),
                    ArgumentCheck.meant(field, knowledge.shapes().fields(type)));
        }
    }
}
