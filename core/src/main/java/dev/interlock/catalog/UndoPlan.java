package dev.interlock.catalog;

import dev.interlock.action.Impact;
import dev.interlock.action.Reversibility;
import dev.interlock.catalog.graphql.Value;
import dev.interlock.evidence.Keyword;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * The way in which an operation can be undone: what to read before it, and how to put that back.
 *
 * @param arguments its arguments, besides path parameters of the same name
 * @param where the answer to {@code read} counts only if these paths hold these texts
 * @param members the state's named members, if it has any
 * @param edits the texts that the operation replaces within edited values, if it edits
 * @param absent how an error of {@code read} begins that says that nothing is there, of a tool of MCP
 * @param ignored arguments of the undone operation that change nothing that is kept
 * @param kept the impacts of the undone operation while its state is kept
 * @param reversibility the reversibility that it has then
 */
record UndoPlan(
        String read,
        Map<ArgumentPath, ArgumentTemplate> arguments,
        Map<ArgumentPath, String> where,
        List<StateValue> values,
        Optional<StateMembers> members,
        Optional<StateEdits> edits,
        Optional<String> absent,
        Restoration restoration,
        Set<ArgumentPath> ignored,
        Set<Impact> kept,
        Reversibility reversibility) {

    private static final String NOW = "now";

    /**
     * A value that the operation replaces or removes.
     *
     * @param at where the undone request has the new value, and the restoring request the old one
     * @param answer where the answer has the present one
     */
    record StateValue(ArgumentPath at, ArgumentPath answer, Set<ValueTrait> traits) {

        boolean is(ValueTrait trait) {
            return traits.contains(trait);
        }

        /** Returns what stands in its place once it is removed. */
        Value removed() {
            return is(ValueTrait.LIST) ? new Value.Items(List.of()) : new Value.NullLiteral();
        }
    }

    /** What is particular about a value. */
    enum ValueTrait implements Keyword {
        /** The operation removes it, so that its request holds no new one. */
        REMOVED,
        /** It is a list of all values at its path in the answer. */
        LIST,
        /** Line breaks in it mean nothing. */
        BASE64,
        /** It is the last segment of an address. */
        SEGMENT,
        /** The operation makes it, and only where nothing is; what it is like is not kept. */
        NEW,
        /** It is a text, and the request says what is replaced in it. */
        EDITED
    }

    /**
     * Texts of which the operation replaces each once, in order.
     *
     * @param from the path to the old texts
     * @param to the path to the new ones
     */
    record StateEdits(ArgumentPath from, ArgumentPath to) {

        /** Maximum characters that all edits go through: each of thousands may copy a text of megabytes. */
        private static final long MAX_READ = 1 << 26;

        /**
         * Returns {@code text} as {@code request} edits it. Empty unless each old text is in it, and something is left.
         */
        Optional<Value> applied(Value text, Map<String, Value> request) {
            List<Value> old = from.in(request);
            List<Value> changed = to.in(request);
            if (!(text instanceof Value.Text(String edited))
                    || old.size() != changed.size()
                    || edited.contains("\r")) { // servers write other line ends than they read
                return Optional.empty();
            }
            long read = 0;
            for (int i = 0; i < old.size(); i++) {
                read += edited.length();
                if (read > MAX_READ
                        || !(old.get(i) instanceof Value.Text(String before))
                        || !(changed.get(i) instanceof Value.Text(String after))
                        || !edited.contains(before)
                        || (before + after).contains("\r")) {
                    return Optional.empty();
                }
                int at = edited.indexOf(before);
                edited = edited.substring(0, at) + after + edited.substring(at + before.length());
            }
            return edited.isEmpty() ? Optional.empty() : Optional.of(new Value.Text(edited));
        }
    }

    /**
     * Members of an object, of which the operation replaces or removes some.
     *
     * @param name the path to the name of the one member that the request changes
     * @param value the path to its new value; absent if the request removes it
     * @param all the path to an object of all members that the request changes; {@code null} removes one
     * @param into where the restoring request has the old members
     */
    record StateMembers(
            ArgumentPath of,
            Optional<ArgumentPath> name,
            Optional<ArgumentPath> value,
            Optional<ArgumentPath> all,
            ArgumentPath into) {}

    /**
     * The call that puts the state back.
     *
     * @param difference set if it makes the thing anew: what is different about it, in one sentence
     */
    record Restoration(String operation, Map<ArgumentPath, ArgumentTemplate> sends, Optional<String> difference) {}

    record UsedOperation(CatalogEntry entry, ProviderSchema shapes, boolean isTool) {}

    /**
     * Checks that it fits the operations it uses. The gateway asks the question by itself, before anybody has permitted
     * anything, so that must only read.
     */
    void requireFitting(CatalogSection section, Optional<UsedOperation> reading, Optional<UsedOperation> restoring) {
        if (absent.isPresent() && reading.filter(UsedOperation::isTool).isEmpty()) {
            throw section.require("absent").wrong("is the error of a tool of MCP, and of nothing else");
        }
        UsedOperation asked = reading.filter(used -> Set.of(Impact.READ, Impact.CREDENTIAL)
                        .containsAll(used.entry().possible()))
                .orElseThrow(() -> section.require("read").wrong("is no operation of this catalog that only reads"));
        UsedOperation sent = restoring.orElseThrow(
                () -> section.require("restore").wrong("is no operation of this catalog that changes something"));
        arguments.keySet().forEach(path -> require(section.require("arguments"), asked, path));
        restoration.sends().keySet().forEach(path -> require(section.require("sends"), sent, path));
        values.forEach(value -> require(section.require("values"), sent, value.at()));
        members.ifPresent(of -> require(section.require("members"), sent, of.into()));
    }

    private static void require(CatalogSection section, UsedOperation used, ArgumentPath path) {
        path.requireWithin(section, used.entry().shape().arguments(), used.shapes());
    }

    /** Returns the paths of the state below the answer to the question; empty if all of the answer is needed. */
    Set<ArgumentPath> selected() {
        Set<ArgumentPath> paths = new LinkedHashSet<>();
        values.forEach(value -> paths.add(value.answer()));
        where.keySet().forEach(paths::add);
        restoration
                .sends()
                .values()
                .forEach(template -> template.paths().stream()
                        .filter(path -> path.steps().getFirst().equals(NOW))
                        .forEach(paths::add));
        return paths.stream()
                .filter(path -> path.steps().size() > 1)
                .map(path ->
                        new ArgumentPath(path.steps().subList(1, path.steps().size())))
                .collect(Collectors.toCollection(LinkedHashSet::new));
    }

    /**
     * Returns whether it puts back all that the request changes. An argument that no part of this plan mentions may
     * change something else.
     *
     * @param parameters the names of path parameters, which only name the resource
     */
    boolean covers(Map<String, Value> request, Set<String> parameters) {
        Set<ArgumentPath> known = new LinkedHashSet<>(ignored);
        values.forEach(value -> known.add(value.at()));
        edits.ifPresent(of -> known.add(new ArgumentPath(of.from().steps().subList(0, 1))));
        members.ifPresent(of -> {
            of.name().ifPresent(known::add);
            of.value().ifPresent(known::add);
            of.all().ifPresent(known::add);
        });
        // A fixed argument of the restoring request covers only a request that has the same.
        restoration.sends().forEach((path, template) -> {
            if (!template.paths().isEmpty()
                    || path.in(request).stream().map(Optional::of).toList().equals(List.of(template.fill(request)))) {
                known.add(path);
            }
        });
        arguments.values().forEach(template -> known.addAll(template.paths()));
        restoration.sends().values().forEach(template -> known.addAll(template.paths()));
        return arguments(request, parameters).stream().allMatch(known::contains);
    }

    private static List<ArgumentPath> arguments(Map<String, Value> request, Set<String> parameters) {
        List<ArgumentPath> paths = new ArrayList<>();
        request.forEach((name, value) -> {
            ArgumentPath path = new ArgumentPath(List.of(name));
            if (parameters.contains(name)) {
                return;
            }
            if (value instanceof Value.Members(var members)) {
                members.keySet().forEach(member -> paths.add(path.below(member)));
            } else {
                paths.add(path);
            }
        });
        return paths;
    }

    /** Returns what the request changes the state to. Empty if it changes none of it, or that cannot be told. */
    Optional<UndoState> after(Map<String, Value> request) {
        Map<String, Value> state = new LinkedHashMap<>();
        for (StateValue value : values) {
            List<Value> sent = value.at().in(request);
            if (value.is(ValueTrait.REMOVED)) {
                state.put(value.at().toString(), value.removed());
            } else if (value.is(ValueTrait.NEW) || value.is(ValueTrait.EDITED)) {
                state.put(value.at().toString(), new Value.Flag(true));
            } else if (sent.size() == 1) {
                state.put(value.at().toString(), plain(value, sent.getFirst()));
            } else if (!sent.isEmpty()) {
                return Optional.empty();
            }
        }
        if (members.isPresent()) {
            Optional<Value> changed = changed(members.get(), request);
            if (changed.isEmpty()) {
                return Optional.empty();
            }
            state.put(members.get().into().toString(), changed.get());
        }
        return state.isEmpty() ? Optional.empty() : Optional.of(new UndoState(new Value.Members(state)));
    }

    /** Returns {@code after} with what edited texts become that were {@code before}; empty if that cannot be told. */
    Optional<UndoState> edited(UndoState after, UndoState before, Map<String, Value> request) {
        Map<String, Value> state = new LinkedHashMap<>(after.values().members());
        for (StateValue value : values) {
            String at = value.at().toString();
            if (value.is(ValueTrait.EDITED)) {
                Value text = before.values().members().getOrDefault(at, new Value.NullLiteral());
                Optional<Value> edited = edits.flatMap(of -> of.applied(text, request));
                if (edited.isEmpty()) {
                    return Optional.empty();
                }
                state.put(at, edited.get());
            }
        }
        return Optional.of(new UndoState(new Value.Members(state)));
    }

    private static Optional<Value> changed(StateMembers of, Map<String, Value> request) {
        if (of.all().isPresent()) {
            List<Value> all = of.all().get().in(request);
            return all.size() == 1
                            && all.getFirst() instanceof Value.Members members
                            && !members.members().isEmpty()
                    ? Optional.of(members)
                    : Optional.empty();
        }
        List<Value> name = of.name().orElseThrow().in(request);
        List<Value> value = of.value().isEmpty()
                ? List.of(new Value.NullLiteral())
                : of.value().get().in(request);
        return name.size() == 1 && value.size() == 1 && name.getFirst() instanceof Value.Text(var text)
                ? Optional.of(new Value.Members(Map.of(text, value.getFirst())))
                : Optional.empty();
    }

    /**
     * Returns the part of the state that {@code answer} shows and {@code after} changes. Empty if it does not show all
     * of it.
     *
     * @param isBefore whether this is the state to put back. Then a member that the answer lacks may be one that the
     *     provider hides, and not one that does not exist
     */
    Optional<UndoState> shown(Value answer, UndoState after, boolean isBefore) {
        Map<String, Value> root = Map.of(StateQuestion.ANSWER, answer);
        boolean counts = where.entrySet().stream()
                .allMatch(required -> required.getKey().in(root).stream()
                        .map(Value::scalar)
                        .toList()
                        .equals(List.of(Optional.of(required.getValue()))));
        if (!counts) {
            return Optional.empty();
        }
        Map<String, Value> state = new LinkedHashMap<>();
        for (StateValue value : values) {
            if (!after.values().members().containsKey(value.at().toString())) {
                continue;
            }
            Optional<Value> present =
                    absent.isPresent() && answer instanceof Value.NullLiteral ? Optional.of(answer) : at(value, root);
            boolean isUnsaid = absent.isPresent() && !answer.equals(new Value.NullLiteral());
            if (present.isEmpty()
                    || (isUnsaid
                            && present.get() instanceof Value.NullLiteral) // only the error says that nothing is there
                    || (isBefore && value.is(ValueTrait.NEW) && !(present.get() instanceof Value.NullLiteral))) {
                return Optional.empty();
            }
            state.put(value.at().toString(), plain(value, present.get()));
        }
        if (members.isPresent()) {
            String into = members.get().into().toString();
            List<Value> object = members.get().of().in(root);
            if (object.size() != 1
                    || !(object.getFirst() instanceof Value.Members(var present))
                    || !(after.values().members().get(into) instanceof Value.Members(var changed))) {
                return Optional.empty();
            }
            if (isBefore && !changed.keySet().stream().allMatch(name -> present.get(name) instanceof Value.Text)) {
                return Optional.empty();
            }
            Map<String, Value> old = new LinkedHashMap<>();
            changed.keySet().forEach(name -> old.put(name, present.getOrDefault(name, new Value.NullLiteral())));
            state.put(into, new Value.Members(old));
        }
        return Optional.of(new UndoState(new Value.Members(state)));
    }

    private static Optional<Value> at(StateValue value, Map<String, Value> root) {
        ArgumentPath path = value.answer();
        List<Value> found = path.in(root);
        ArgumentPath whole = new ArgumentPath(
                path.steps().subList(0, Math.max(1, path.steps().size() - 1)));
        if (value.is(ValueTrait.NEW)) {
            return found.stream()
                    .findFirst()
                    .map(there -> there instanceof Value.NullLiteral ? there : new Value.Flag(true));
        }
        if (value.is(ValueTrait.LIST)) {
            // An answer without the list is no empty list.
            boolean exists =
                    Stream.concat(found.stream(), whole.in(root).stream()).anyMatch(Value.Items.class::isInstance);
            return exists ? Optional.of(new Value.Items(path.each(root))) : Optional.empty();
        }
        if (found.isEmpty()) {
            return whole.in(root).equals(List.of(new Value.NullLiteral()))
                    ? Optional.of(new Value.NullLiteral())
                    : Optional.empty();
        }
        return found.size() == 1 && !(found.getFirst() instanceof Value.Members)
                ? Optional.of(found.getFirst())
                : Optional.empty();
    }

    private static Value plain(StateValue value, Value found) {
        if (value.is(ValueTrait.SEGMENT) && found instanceof Value.Text(var address)) {
            return new Value.Text(address.substring(address.lastIndexOf('/') + 1));
        }
        return value.is(ValueTrait.BASE64) && found instanceof Value.Text(var text)
                ? new Value.Text(text.replaceAll("\\s", ""))
                : found;
    }

    /**
     * Returns the arguments of the restoring request.
     *
     * @param now the present answer, if there is one
     */
    Optional<Map<String, Value>> restoring(
            Map<String, Value> request, Set<String> parameters, UndoState before, Optional<Value> now) {
        Map<String, Value> sources = new LinkedHashMap<>(request);
        now.ifPresent(answer -> sources.put(NOW, answer));
        return filled(restoration.sends(), sources, parameters).map(arguments -> {
            Value.Members all = new Value.Members(arguments);
            for (var value : before.values().members().entrySet()) {
                ArgumentPath at = ArgumentPath.parse(value.getKey());
                if (values.stream()
                        .noneMatch(made -> made.is(ValueTrait.NEW) && made.at().equals(at))) {
                    all = with(all, at.steps(), value.getValue());
                }
            }
            return all.members();
        });
    }

    Optional<Map<String, Value>> question(Map<String, Value> request, Set<String> parameters) {
        return filled(arguments, request, parameters);
    }

    /**
     * Returns the arguments of a request of the gateway's own: path parameters of the same name, and those of
     * {@code templates}. A template of a single path is left out if {@code sources} have no such value; without any
     * other value there is no request.
     */
    static Optional<Map<String, Value>> filled(
            Map<ArgumentPath, ArgumentTemplate> templates, Map<String, Value> sources, Set<String> parameters) {
        Value.Members all = new Value.Members(Map.of());
        for (String name : parameters) {
            all = with(all, List.of(name), sources.getOrDefault(name, new Value.NullLiteral()));
        }
        for (var each : templates.entrySet()) {
            Optional<Value> value = each.getValue().fill(sources);
            if (value.isPresent()) {
                all = with(all, each.getKey().steps(), value.get());
            } else if (!each.getValue().paths().stream()
                    .allMatch(path ->
                            path.in(sources).isEmpty() && each.getValue().text().equals("{" + path + "}"))) {
                return Optional.empty();
            }
        }
        return Optional.of(all.members());
    }

    private static Value.Members with(Value.Members tree, List<String> steps, Value value) {
        Map<String, Value> members = new LinkedHashMap<>(tree.members());
        String first = steps.getFirst();
        if (steps.size() == 1) {
            members.put(first, value);
        } else {
            Value.Members below =
                    members.get(first) instanceof Value.Members inner ? inner : new Value.Members(Map.of());
            members.put(first, with(below, steps.subList(1, steps.size()), value));
        }
        return new Value.Members(members);
    }
}
