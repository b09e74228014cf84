package dev.interlock.catalog.graphql;

import dev.interlock.action.Bytes;
import dev.interlock.catalog.graphql.MultipartBody.BodyPart;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;

/**
 * The <a href="https://github.com/jaydenseric/graphql-multipart-request-spec">GraphQL multipart request
 * specification</a>: requests in JSON with {@code null} in place of each file, and a map that says which file belongs
 * where.
 */
final class Uploads {

    private static final String OPERATIONS = "operations";
    private static final String MAP = "map";
    private static final String VARIABLES = "variables";
    private static final String UNTYPED = "application/octet-stream";

    /** Maximum paths. Each is walked through all variables. A file is used in one place, or a few. */
    static final int MAX_PATHS = 100;
    private static final Pattern STEP = Pattern.compile("(?!__)[_A-Za-z][_A-Za-z0-9]*|0|[1-9][0-9]{0,3}");

    private Uploads() {}

    private static UnreadableException wrong(String reason) {
        return new UnreadableException(
                reason, "Send `operations` with a null for each file, and `map` with the path of each of these nulls.");
    }

    /** Returns the requests in {@code body}, with the files in their places. */
    static Value read(MultipartBody body) {
        List<BodyPart> parts = body.parts();
        if (parts.size() < 2) {
            throw wrong("The multipart body has no `operations` and `map`.");
        }
        Value operations = json(parts.get(0), OPERATIONS);
        if (!(json(parts.get(1), MAP) instanceof Value.Members map)) {
            throw wrong("`map` is not a JSON object.");
        }
        Map<String, Value.File> files = files(parts.subList(2, parts.size()));
        if (!files.keySet().equals(map.members().keySet())) {
            throw wrong("`map` does not name exactly the files that follow it.");
        }
        int left = MAX_PATHS;
        for (Map.Entry<String, Value.File> file : files.entrySet()) {
            for (String path : paths(map.members().getOrDefault(file.getKey(), new Value.NullLiteral()))) {
                if (--left < 0) {
                    throw wrong("`map` names more than " + MAX_PATHS + " paths.");
                }
                operations = placed(operations, path, file.getValue());
            }
        }
        return operations;
    }

    private static Value json(BodyPart part, String name) {
        boolean plain = part.name().equals(name)
                && part.filename().isEmpty()
                && part.type().filter(type -> !type.equals("application/json")).isEmpty();
        if (!plain) {
            throw wrong("The multipart body does not begin with `operations` and then `map`, both in JSON.");
        }
        return JsonReader.read(TextDecoding.utf8(part.content().toArray()));
    }

    private static Map<String, Value.File> files(List<BodyPart> parts) {
        Map<String, Value.File> files = new LinkedHashMap<>();
        for (BodyPart part : parts) {
            String filename = part.filename()
                    .orElseThrow(() -> wrong("A part of the multipart body is not `operations`, `map` or a file."));
            files.put(part.name(), new Value.File(filename, part.type().orElse(UNTYPED), part.content()));
        }
        return files;
    }

    private static List<String> paths(Value value) {
        if (!(value instanceof Value.Items items) || items.items().isEmpty()) {
            throw wrong("`map` names no path for a file.");
        }
        return items.items().stream()
                .map(item -> item instanceof Value.Text text ? text.value() : "")
                .toList();
    }

    private static Value placed(Value operations, String path, Value.File file) {
        List<String> steps = List.of(path.split("\\.", -1));
        int first = operations instanceof Value.Items ? 1 : 0; // in a batch, the path begins with the request's index
        boolean sound = steps.size() > first + 1
                && steps.get(first).equals(VARIABLES)
                && steps.stream().allMatch(step -> STEP.matcher(step).matches());
        if (!sound) {
            throw wrong("A path in `map` does not lead into the variables of a request.");
        }
        return placed(operations, steps, file);
    }

    private static Value placed(Value value, List<String> steps, Value.File file) {
        if (steps.isEmpty()) {
            if (!(value instanceof Value.NullLiteral)) {
                throw wrong("A path in `map` leads to a value that is not null, or to the same value as another path.");
            }
            return file;
        }
        String step = steps.getFirst();
        List<String> rest = steps.subList(1, steps.size());
        return switch (value) {
            case Value.Members members -> {
                Map<String, Value> changed = new LinkedHashMap<>(members.members());
                changed.computeIfPresent(step, (_, member) -> placed(member, rest, file));
                yield changed.containsKey(step) ? new Value.Members(changed) : nowhere();
            }
            case Value.Items items -> {
                List<Value> changed = new ArrayList<>(items.items());
                int place = step.matches("[0-9]+") ? Integer.parseInt(step) : changed.size();
                if (place >= changed.size()) {
                    yield nowhere();
                }
                changed.set(place, placed(changed.get(place), rest, file));
                yield new Value.Items(changed);
            }
            case Value.NullLiteral _, Value.Flag _, Value.Numeric _, Value.Text _, Value.Word _, Value.File _ ->
                nowhere();
        };
    }

    private static Value nowhere() {
        throw wrong("A path in `map` leads nowhere.");
    }

    /** Returns the paths of each file in {@code value}, in order. */
    static Map<Value.File, List<String>> in(Value value) {
        Map<Value.File, List<String>> places = new LinkedHashMap<>();
        collect(value, "", places);
        return places;
    }

    private static void collect(Value value, String path, Map<Value.File, List<String>> places) {
        String prefix = path.isEmpty() ? "" : path + ".";
        switch (value) {
            case Value.File file ->
                places.computeIfAbsent(file, _ -> new ArrayList<>()).add(path);
            case Value.Members members ->
                members.members().forEach((name, member) -> collect(member, prefix + name, places));
            case Value.Items items -> {
                for (int i = 0; i < items.items().size(); i++) {
                    collect(items.items().get(i), prefix + i, places);
                }
            }
            case Value.NullLiteral _, Value.Flag _, Value.Numeric _, Value.Text _, Value.Word _ -> {}
        }
    }

    /** Returns the body that carries {@code operations}, with the files numbered anew. */
    static MultipartBody write(Value operations) {
        Map<String, Value> map = new LinkedHashMap<>();
        List<BodyPart> files = new ArrayList<>();
        in(operations).forEach((file, paths) -> {
            String name = Integer.toString(files.size());
            map.put(
                    name,
                    new Value.Items(paths.stream().<Value>map(Value.Text::new).toList()));
            files.add(new BodyPart(name, Optional.of(file.name()), Optional.of(file.type()), file.content()));
        });
        List<BodyPart> parts = new ArrayList<>();
        parts.add(field(OPERATIONS, operations));
        parts.add(field(MAP, new Value.Members(map)));
        parts.addAll(files);
        return new MultipartBody(parts);
    }

    private static BodyPart field(String name, Value value) {
        return new BodyPart(name, Optional.empty(), Optional.empty(), Bytes.utf8(value.json()));
    }

    /** Requires that {@code used} still holds each file of {@code sent}. A file that no variable uses is refused. */
    static void requireUsed(Value sent, List<GraphqlRequest> used) {
        Set<Value.File> left = in(new Value.Items(
                        used.stream().<Value>map(GraphqlRequest::members).toList()))
                .keySet();
        if (!left.containsAll(in(sent).keySet())) {
            throw wrong("A file is not used by the operation.");
        }
    }
}
