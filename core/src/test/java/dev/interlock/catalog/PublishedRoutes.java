package dev.interlock.catalog;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Finds GitHub's operations by GitHub's published list alone. The route with the most literal letters wins. */
final class PublishedRoutes {

    private static final Set<String> LONG = Set.of(
            "basehead", "branch", "commit_sha", "dir", "path", "ref", "sha", "subject_digest", "tag", "tree_sha");

    private static final Pattern PARAMETER = Pattern.compile("/\\{([^}]*)}");

    /**
     * The operation of a request.
     *
     * @param operation its name
     * @param values the values of its parameters, in order
     */
    record MatchedOperation(String operation, List<String> values) {}

    private record Route(String method, Pattern path, int letters, String operation) {}

    private final List<Route> routes = new ArrayList<>();

    PublishedRoutes() {
        for (String line : RestFixture.lines("github-operations.tsv")) {
            String[] fields = line.split("\t");
            routes.add(new Route(
                    fields[0],
                    Pattern.compile(pattern(fields[1])),
                    PARAMETER.matcher(fields[1]).replaceAll("").length(),
                    fields[2]));
        }
        routes.sort(Comparator.comparingInt(Route::letters).reversed());
    }

    private static String pattern(String template) {
        StringBuilder pattern = new StringBuilder();
        Matcher parameter = PARAMETER.matcher(template);
        int at = 0;
        while (parameter.find()) {
            pattern.append(Pattern.quote(template.substring(at, parameter.start())));
            // The root of a repository's files is a path of no segments.
            boolean rest = parameter.group(1).equals("path");
            pattern.append(rest ? "(?:/(.*))?" : LONG.contains(parameter.group(1)) ? "/(.+)" : "/([^/]+)");
            at = parameter.end();
        }
        return pattern.append(Pattern.quote(template.substring(at))).toString();
    }

    Optional<MatchedOperation> find(String method, String path) {
        for (Route route : routes) {
            Matcher matcher = route.path().matcher(path);
            if (route.method().equals(method) && matcher.matches()) {
                List<String> values = new ArrayList<>();
                for (int i = 1; i <= matcher.groupCount(); i++) {
                    values.add(Optional.ofNullable(matcher.group(i)).orElse(""));
                }
                return Optional.of(new MatchedOperation(route.operation(), values));
            }
        }
        return Optional.empty();
    }
}
