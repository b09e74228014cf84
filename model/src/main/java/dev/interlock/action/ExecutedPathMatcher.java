package dev.interlock.action;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Matches paths against entries, by their last name first: most of a workspace's half a million files match none. */
public final class ExecutedPathMatcher {

    private final NamePatternIndex whole = new NamePatternIndex();
    private final NamePatternIndex beginnings = new NamePatternIndex();

    ExecutedPathMatcher(List<ExecutedPaths.ExecutedPattern> entries) {
        for (ExecutedPaths.ExecutedPattern entry : entries) {
            List<String> names = List.of(entry.pattern().split("/", -1));
            whole.add(names, entry);
            for (int i = 1; i < names.size(); i++) {
                beginnings.add(names.subList(0, i), entry);
            }
        }
    }

    /** Returns the entry with the most names that matches the end of {@code path}, relative to the workspace. */
    public Optional<ExecutedPaths.ExecutedPattern> of(Path path) {
        return whole.of(path);
    }

    /** Returns an entry that may match something below {@code path}. */
    public Optional<ExecutedPaths.ExecutedPattern> below(Path path) {
        return beginnings.of(path);
    }

    private record PatternEnd(List<NamePattern> names, ExecutedPaths.ExecutedPattern entry) {

        boolean isOf(Path path, String lastName) {
            int from = path.getNameCount() - names.size();
            if (from < 0 || !names.getLast().is(lastName)) {
                return false;
            }
            for (int i = 0; i < names.size() - 1; i++) {
                if (!names.get(i).is(path.getName(from + i).toString())) {
                    return false;
                }
            }
            return true;
        }
    }

    private static final class NamePatternIndex {

        private final Map<String, List<PatternEnd>> byLastName = new HashMap<>();
        private final List<PatternEnd> starred = new ArrayList<>();

        void add(List<String> names, ExecutedPaths.ExecutedPattern entry) {
            PatternEnd end = new PatternEnd(names.stream().map(NamePattern::of).toList(), entry);
            List<PatternEnd> ends = end.names().getLast().isStarred()
                    ? starred
                    : byLastName.computeIfAbsent(names.getLast(), _ -> new ArrayList<>(1));
            ends.add(end);
        }

        /** Avoids streams: it runs for each of half a million paths. */
        Optional<ExecutedPaths.ExecutedPattern> of(Path path) {
            String last = path.getNameCount() == 0 ? "" : path.getFileName().toString();
            Optional<PatternEnd> longest = Optional.empty();
            for (List<PatternEnd> ends : List.of(byLastName.getOrDefault(last, List.of()), starred)) {
                for (PatternEnd end : ends) {
                    boolean isLonger = longest.isEmpty()
                            || end.names().size() > longest.get().names().size();
                    if (isLonger && end.isOf(path, last)) {
                        longest = Optional.of(end);
                    }
                }
            }
            return longest.map(PatternEnd::entry);
        }
    }
}
