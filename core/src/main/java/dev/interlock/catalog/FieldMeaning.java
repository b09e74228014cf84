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
 * @param others the fields that are none of it, although it is about every text of an operation
 * @param open the fields in which anything may stand, since nobody but their readers knows what
 * @param through fields of answers through which an argument names what stands below
 * @param exceptions the operations at which such a field means something else
 * @param used the fields and exceptions that some operation has
 */
record FieldMeaning(
        String name,
        CatalogSection section,
        List<MeantField> fields,
        boolean isRead,
        boolean isArgument,
        boolean isShown,
        boolean isEverywhere,
        List<MeantField> others,
        List<MeantField> open,
        List<MeantField> through,
        Map<String, CatalogSection> exceptions,
        List<CatalogSection> rules,
        Set<String> used) {

    /**
     * A field by the end of its path, in any place.
     *
     * @param operations the only operations that it is meant at; any, if empty
     */
    record MeantField(String text, CatalogSection section, ArgumentPath end, Set<String> operations) {

        static MeantField read(CatalogSection section) {
            return read(section.text(), section);
        }

        private static MeantField read(String text, CatalogSection section) {
            String[] words = text.split(" ");
            if (words.length > 1 && (words.length < 3 || !words[1].equals("of"))) {
                throw section.wrong("is a path, and perhaps `of` and the operations that it is meant at");
            }
            return new MeantField(
                    text,
                    section,
                    section.at(() -> ArgumentPath.parse(words[0])),
                    Set.copyOf(Arrays.asList(words).subList(Math.min(2, words.length), words.length)));
        }

        private boolean isAt(String operation) {
            return operations.isEmpty() || operations.contains(operation);
        }

        private String use(String operation) {
            return operations.isEmpty() ? text : end + " of " + operation;
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
        section.only("fields everywhere others open reads argument shown through except when");
        if (!name.matches("[a-z][a-z-]*")) {
            throw section.wrong("must have a name of lower-case words");
        }
        Map<String, CatalogSection> exceptions = section.members("except");
        exceptions.values().forEach(CatalogSection::text); // the reason
        return new FieldMeaning(
                name,
                section,
                (EntryReader.isMarked(section, "everywhere")
                                ? section.items("fields")
                                : section.require("fields").items())
                        .stream().map(MeantField::read).toList(),
                EntryReader.isMarked(section, "reads"),
                EntryReader.isMarked(section, "argument"),
                EntryReader.isMarked(section, "shown"),
                EntryReader.isMarked(section, "everywhere"),
                reasoned(section, "others"),
                reasoned(section, "open"),
                section.items("through").stream().map(MeantField::read).toList(),
                exceptions,
                section.items("when"),
                new HashSet<>());
    }

    private static List<MeantField> reasoned(CatalogSection section, String name) {
        return section.members(name).entrySet().stream()
                .peek(each -> each.getValue().text()) // the reason
                .map(each -> MeantField.read(each.getKey(), each.getValue()))
                .toList();
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

    /**
     * Returns the texts of {@code operation}, if this meaning is about all of them.
     *
     * @param skipped the arguments that are no texts
     * @throws CatalogException if anything may stand in a field of which {@code open} does not say why
     */
    Optional<TextWalk> walk(
            String operation, Set<Impact> impacts, Map<ArgumentPath, FieldKind> known, Set<String> skipped) {
        if (!isEverywhere || Set.of(Impact.READ, Impact.CREDENTIAL).containsAll(impacts)) {
            return Optional.empty();
        }
        known.forEach((path, kind) -> {
            boolean isOther = isAmong(others, path, operation);
            if (kind != FieldKind.VALUE && !isAmong(open, path, operation) && !isOther) {
                throw section.wrong("is about every text, and anything may stand in `" + path + "` of `" + operation
                        + "`; list its fields in `inputs`, or give the reason why nobody knows them under `open`");
            }
        });
        if (exceptions.containsKey(operation)) {
            used.add(operation);
            return Optional.empty();
        }
        return Optional.of(new TextWalk(ends(others, operation), ends(fields, operation), skipped));
    }

    private boolean isAmong(List<MeantField> some, ArgumentPath path, String operation) {
        boolean isFound = false;
        for (MeantField field : some) {
            int from = path.steps().size() - field.end().steps().size();
            if (field.isAt(operation)
                    && from >= 0
                    && path.steps()
                            .subList(from, path.steps().size())
                            .equals(field.end().steps())) {
                used.add(field.use(operation));
                isFound = true;
            }
        }
        return isFound;
    }

    private static List<List<String>> ends(List<MeantField> some, String operation) {
        return some.stream()
                .filter(field -> field.isAt(operation))
                .map(field -> field.end().steps())
                .toList();
    }

    /** Returns the fields of answers that have this meaning, and arguments of such, as {@code Type.field.argument}. */
    Set<String> selected(ProviderSchema shapes) {
        Set<String> selected = new LinkedHashSet<>();
        for (MeantField field : fields) {
            List<String> steps = field.end().steps();
            if (isArgument && (steps.size() == 2 || steps.size() == 3) && isOf(shapes, steps)) {
                selected.add(field.end().toString());
                used.add(field.section().text());
            }
        }
        requireData(selected);
        return selected;
    }

    // Otherwise leaving out the argument, or reaching the data without the field, would leave out the meaning.
    private void requireData(Set<String> selected) {
        Set<String> data = new HashSet<>(selected);
        data.removeIf(path -> ArgumentPath.parse(path).steps().size() != 2);
        fields.stream()
                .filter(field -> data.isEmpty() && selected.contains(field.end().toString()))
                .findFirst()
                .ifPresent(field -> {
                    throw field.section().wrong("is an argument, and no `Type.field` says what is read by it");
                });
    }

    /** Returns the fields through which an argument names what stands below, as {@code Type.field}. */
    Set<String> passages(ProviderSchema shapes) {
        Set<String> passages = new LinkedHashSet<>();
        for (MeantField field : through) {
            List<String> steps = field.end().steps();
            if (isArgument && steps.size() == 2 && isOf(shapes, steps)) {
                passages.add(field.end().toString());
                used.add(field.section().text());
            }
        }
        return passages;
    }

    private static boolean isOf(ProviderSchema shapes, List<String> steps) {
        return shapes.field(steps.get(0), steps.get(1))
                .filter(known -> steps.size() == 2 || known.arguments().containsKey(steps.get(2)))
                .isPresent();
    }

    /** Requires that an operation has each of its fields and exceptions, because otherwise it is a slip. */
    void requireUsed() {
        fields.forEach(field -> field.requireUsed(used));
        others.forEach(field -> field.requireUsed(used));
        open.forEach(field -> field.requireUsed(used));
        through.forEach(field -> field.requireUsed(used));
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
