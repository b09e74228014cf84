package dev.interlock.catalog;

import dev.interlock.action.Impact;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * What some fields mean, and the rules of that meaning. They apply at each operation that takes such a field, in each
 * language of the provider, so that no door to an intent is milder than another.
 *
 * @param isRead whether it is about operations that only read, instead of those that change something
 * @param isArgument whether policies find the values of its fields under the name of the meaning
 * @param isShown whether people are shown its fields, also where the operation does not list them
 * @param exceptions the operations at which such a field means something else
 * @param used the fields and exceptions that some operation has
 */
record FieldMeaning(
        String name,
        List<MeantField> fields,
        boolean isRead,
        boolean isArgument,
        boolean isShown,
        Map<String, CatalogSection> exceptions,
        List<CatalogSection> rules,
        Set<String> used) {

    /**
     * A field by the end of its path, in any place.
     *
     * @param operations the only operations that it is meant at; any, if empty
     */
    record MeantField(CatalogSection section, ArgumentPath end, Set<String> operations) {

        static MeantField read(CatalogSection section) {
            String[] words = section.text().split(" ");
            if (words.length > 1 && (words.length < 3 || !words[1].equals("of"))) {
                throw section.wrong("is a path, and perhaps `of` and the operations that it is meant at");
            }
            return new MeantField(
                    section,
                    section.at(() -> ArgumentPath.parse(words[0])),
                    Set.copyOf(Arrays.asList(words).subList(Math.min(2, words.length), words.length)));
        }

        private boolean isAt(String operation) {
            return operations.isEmpty() || operations.contains(operation);
        }

        private String use(String operation) {
            return operations.isEmpty() ? section.text() : end + " of " + operation;
        }

        private void requireUsed(Set<String> used) {
            for (String operation : operations.isEmpty() ? Set.of("") : operations) {
                if (!used.contains(use(operation))) {
                    throw section.wrong("`" + use(operation) + "` is no field that this meaning is about");
                }
            }
        }

        /** Returns where it is, if it is at {@code field} or within it. */
        private Optional<ArgumentPath> within(ArgumentPath field, FieldKind kind) {
            List<String> steps = end.steps();
            int least = kind == FieldKind.VALUE ? steps.size() : 1;
            int most = kind == FieldKind.BODY ? steps.size() - 1 : steps.size();
            for (int known = Math.min(most, field.steps().size()); known >= least; known--) {
                int from = field.steps().size() - known;
                if (field.steps().subList(from, field.steps().size()).equals(steps.subList(0, known))) {
                    List<String> whole = new ArrayList<>(field.steps());
                    whole.addAll(steps.subList(known, steps.size()));
                    return Optional.of(new ArgumentPath(whole));
                }
            }
            return Optional.empty();
        }
    }

    /** What may stand at a path of a request. */
    enum FieldKind {
        VALUE,
        /** Anything, so that a field may be within it. */
        OPEN,
        /** The whole body of a request, which is open and no field itself. */
        BODY
    }

    static FieldMeaning read(String name, CatalogSection section) {
        section.only("fields reads argument shown except when");
        if (!name.matches("[a-z][a-z-]*")) {
            throw section.wrong("must have a name of lower-case words");
        }
        Map<String, CatalogSection> exceptions = section.members("except");
        exceptions.values().forEach(CatalogSection::text); // the reason
        return new FieldMeaning(
                name,
                section.require("fields").items().stream().map(MeantField::read).toList(),
                EntryReader.isMarked(section, "reads"),
                EntryReader.isMarked(section, "argument"),
                EntryReader.isMarked(section, "shown"),
                exceptions,
                section.items("when"),
                new HashSet<>());
    }

    List<ArgumentPath> paths(String operation, Set<Impact> impacts, Map<ArgumentPath, FieldKind> known) {
        boolean reads = Set.of(Impact.READ, Impact.CREDENTIAL).containsAll(impacts);
        Set<ArgumentPath> paths = new LinkedHashSet<>();
        for (MeantField field : fields) {
            if (reads == isRead && field.isAt(operation)) {
                known.forEach((path, kind) -> field.within(path, kind).ifPresent(found -> {
                    paths.add(found);
                    used.add(field.use(operation));
                }));
            }
        }
        if (!paths.isEmpty() && exceptions.containsKey(operation)) {
            used.add(operation);
            return List.of();
        }
        return List.copyOf(paths);
    }

    /** Returns the fields of answers that have this meaning, and arguments of such, as {@code Type.field.argument}. */
    Set<String> selected(ProviderSchema shapes) {
        Set<String> selected = new LinkedHashSet<>();
        for (MeantField field : fields) {
            List<String> steps = field.end().steps();
            boolean isKnown = (steps.size() == 2 || steps.size() == 3)
                    && shapes.field(steps.get(0), steps.get(1))
                            .filter(known ->
                                    steps.size() == 2 || known.arguments().containsKey(steps.get(2)))
                            .isPresent();
            if (isArgument && isKnown) {
                selected.add(field.end().toString());
                used.add(field.section().text());
            }
        }
        return selected;
    }

    /** Requires that an operation has each of its fields and exceptions, because otherwise it is a slip. */
    void requireUsed() {
        fields.forEach(field -> field.requireUsed(used));
        exceptions.forEach((operation, reason) -> {
            if (!used.contains(operation)) {
                throw reason.wrong("is no operation with such a field");
            }
        });
    }

    /** Returns the meanings of a catalog, in the file's order. */
    static List<FieldMeaning> all(CatalogSection top) {
        Map<String, FieldMeaning> all = new LinkedHashMap<>();
        top.members("meanings").forEach((name, section) -> all.put(name, read(name, section)));
        return List.copyOf(all.values());
    }
}
