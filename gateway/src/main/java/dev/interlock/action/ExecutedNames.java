package dev.interlock.action;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/** Which entries paths fit; by their last name first, as most of a workspace's half a million fit none. */
public final class ExecutedNames {

    private final Known whole = new Known();
    private final Known beginnings = new Known();

    ExecutedNames(List<ExecutedPaths.Entry> entries) {
        for (ExecutedPaths.Entry entry : entries) {
            List<String> names = List.of(entry.pattern().split("/", -1));
            whole.add(names, entry);
            for (int i = 1; i < names.size(); i++) {
                beginnings.add(names.subList(0, i), entry);
            }
        }
    }

    /** The entry with most names that {@code path}, seen from the workspace, ends with. */
    public Optional<ExecutedPaths.Entry> of(Path path) {
        return whole.of(path);
    }

    /** An entry of which something may lie below {@code path}. */
    public Optional<ExecutedPaths.Entry> below(Path path) {
        return beginnings.of(path);
    }

    private record End(List<String> names, ExecutedPaths.Entry entry) {

        boolean isOf(Path path) {
            int from = path.getNameCount() - names.size();
            for (int i = names.size() - 1; from >= 0 && i >= 0; i--) {
                if (!is(path.getName(from + i).toString(), names.get(i))) {
                    return false;
                }
            }
            return from >= 0;
        }

        private static boolean is(String name, String pattern) {
            int star = pattern.indexOf('*');
            return star < 0
                    ? name.equals(pattern)
                    : name.startsWith(pattern.substring(0, star))
                            && Pattern.matches(Pattern.quote(pattern).replace("*", "\\E.*\\Q"), name);
        }
    }

    private static final class Known {

        private final Map<String, List<End>> byLastName = new HashMap<>();
        private final List<End> starred = new ArrayList<>();

        void add(List<String> names, ExecutedPaths.Entry entry) {
            String last = names.getLast();
            List<End> ends = last.contains("*") ? starred : byLastName.computeIfAbsent(last, _ -> new ArrayList<>(1));
            ends.add(new End(List.copyOf(names), entry));
        }

        Optional<ExecutedPaths.Entry> of(Path path) {
            String last = path.getNameCount() == 0 ? "" : path.getFileName().toString();
            return Stream.concat(byLastName.getOrDefault(last, List.of()).stream(), starred.stream())
                    .filter(end -> end.isOf(path))
                    .max(Comparator.comparingInt(end -> end.names().size()))
                    .map(End::entry);
        }
    }
}
