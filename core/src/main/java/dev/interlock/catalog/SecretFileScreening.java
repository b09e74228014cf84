package dev.interlock.catalog;

import dev.interlock.action.Fact;
import dev.interlock.action.Impact;
import dev.interlock.action.SecretFiles;
import dev.interlock.catalog.graphql.Value;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;

/** Finds tools that take the name of a file, and do not know those that usually hold secrets. */
final class SecretFileScreening {

    /** The last words of names of arguments that name files. */
    private static final Set<String> FILE_WORDS = Set.of("file", "files", "filename", "filenames");

    /** Those of names that may name a file or a directory. */
    private static final Set<String> PATH_WORDS = Set.of("path", "paths");

    /** Words beside those which say that it is a directory. */
    private static final Set<String> DIRECTORY_WORDS =
            Set.of("repo", "repository", "workspace", "worktree", "directory", "dir", "root", "project");

    /** Some of {@link SecretFiles}; a list of a catalog's own usually lacks one. */
    static final List<String> SECRET = List.of("a/.ENV", "a/prod.tfvars", "a/id_rsa.bak");

    private SecretFileScreening() {}

    /** Returns a sentence for each such tool of {@code catalog} that agents may call without being asked. */
    static List<String> findings(McpCatalog catalog) {
        List<String> found = new ArrayList<>();
        catalog.operations().forEach((name, entry) -> {
            boolean isRead = entry.impacts().equals(Set.of(Impact.READ));
            List<String> named = catalog.shapes().fields(entry.shape().arguments()).keySet().stream()
                    .filter(path -> mayNameAFile(path, isRead) && !isScreened(entry, path))
                    .map(ArgumentPath::toString)
                    .sorted()
                    .toList();
            if (!named.isEmpty()
                    && entry.topic().isEmpty()
                    && Set.of(Impact.READ, Impact.WRITE).containsAll(entry.impacts())) {
                found.add(finding(name, named));
            }
        });
        return found;
    }

    private static String finding(String tool, List<String> named) {
        return "the tool `" + tool + "` takes `" + String.join("` and `", named)
                + "`, and no rule asks whether that usually holds secrets. Add the rule `if: {among-end: {"
                + named.getFirst() + ": [$secret-files]}}` with `impacts: [credential]`. If it names no file, or the"
                + " tool shows nothing that the file holds, add `about: no-files`";
    }

    /** A path that a tool writes to is shown to nobody; a file may be one that it sends. */
    private static boolean mayNameAFile(ArgumentPath path, boolean isRead) {
        List<String> words = List.of(path.steps()
                .getLast()
                .replaceAll("([a-z0-9])([A-Z])", "$1_$2")
                .toLowerCase(Locale.ROOT)
                .split("[_.-]", -1));
        boolean isPath = PATH_WORDS.contains(words.getLast());
        return FILE_WORDS.contains(words.getLast())
                || (isPath && words.contains("file"))
                || (isPath && isRead && words.stream().noneMatch(DIRECTORY_WORDS::contains));
    }

    /** Returns whether policies see which file it is, or a rule of the catalog tells such a file from others. */
    private static boolean isScreened(CatalogEntry entry, ArgumentPath path) {
        return entry.aliases().getOrDefault(Fact.FILE, List.of()).contains(path)
                || entry.rules().stream()
                        .map(CatalogEntry.ArgumentRule::condition)
                        .anyMatch(condition -> SECRET.stream().allMatch(file -> condition.holds(at(path, file)))
                                && !condition.holds(at(path, "a/b.txt")));
    }

    private static Map<String, Value> at(ArgumentPath path, String file) {
        Value value = new Value.Text(file);
        for (String step : path.steps().subList(1, path.steps().size()).reversed()) {
            value = new Value.Members(Map.of(step, value));
        }
        return Map.of(path.steps().getFirst(), value);
    }
}
