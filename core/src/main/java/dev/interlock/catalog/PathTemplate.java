package dev.interlock.catalog;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * A path with parameters, as {@code /repos/{owner}/{repo}}. {@code {branch...}} takes one or more segments and
 * {@code {path*}} any number. A template has at most one of these, so that it fits a path in only one way.
 * {@code {repo~.git}} leaves out that suffix of a name. {@code {model}:count} takes a segment with that ending. A
 * template that ends with a slash fits only paths that do.
 */
record PathTemplate(List<Step> steps) {

    private static final Pattern LITERAL = Pattern.compile("[A-Za-z0-9._~:@-]+");
    private static final Pattern PARAMETER =
            Pattern.compile("\\{([A-Za-z_][A-Za-z0-9_-]*)(\\.\\.\\.|\\*)?(?:~(\\.[a-z]+))?}");
    private static final Pattern METHOD = Pattern.compile("\\{([A-Za-z_][A-Za-z0-9_-]*)}:([A-Za-z][A-Za-z0-9]*)");
    /** The empty segment behind a slash at the end. No parameter takes it. */
    private static final Step END = Step.literal("");
    /** Names that stand for the other parts of a request, so that no parameter may have them. */
    private static final Set<String> TAKEN = Set.of("query", "header", "body");

    /** What stands at a place of a path. If two templates fit, this is the order of preference. */
    enum StepKind {
        /** Exactly the text. */
        LITERAL,
        /** Any one segment that ends with a colon and the text. It has no other colon, so its ending is unambiguous. */
        METHOD,
        /** Any one segment; the text is a suffix that is no part of the name, here and below. */
        ONE,
        /** One segment or more. */
        SOME,
        /** Any number of segments. */
        ANY;

        int vagueness() {
            return switch (this) {
                case LITERAL -> 0;
                case METHOD -> 1;
                case ONE -> 2;
                case SOME, ANY -> 3;
            };
        }

        boolean takesSeveral() {
            return this == SOME || this == ANY;
        }
    }

    /** One segment of a template; a literal one has no name. */
    record Step(StepKind kind, String name, String text) {

        static Step literal(String text) {
            return new Step(StepKind.LITERAL, "", text);
        }

        /** Returns it as it fits a path, whatever its name is. */
        Step nameless() {
            return new Step(kind, "", kind == StepKind.LITERAL || kind == StepKind.METHOD ? text : "");
        }

        @Override
        public String toString() {
            String suffix = text.isEmpty() ? "}" : "~" + text + "}";
            return switch (kind) {
                case LITERAL -> text;
                case METHOD -> "{" + name + "}:" + text;
                case ONE -> "{" + name + suffix;
                case SOME -> "{" + name + "..." + suffix;
                case ANY -> "{" + name + "*" + suffix;
            };
        }
    }

    PathTemplate {
        steps = List.copyOf(steps);
    }

    static PathTemplate parse(String text) {
        if (!text.startsWith("/")) {
            throw new IllegalArgumentException("`" + text + "` must begin with a slash");
        }
        List<Step> steps = new ArrayList<>();
        List<String> segments = segments(text);
        for (int i = 0; i < segments.size(); i++) {
            boolean end = segments.get(i).isEmpty() && i > 0 && i == segments.size() - 1;
            steps.add(end ? END : step(segments.get(i)));
        }
        PathTemplate template = new PathTemplate(steps);
        template.requireOneReading(text);
        return template;
    }

    static List<String> segments(String path) {
        return path.equals("/") ? List.of() : List.of(path.substring(1).split("/", -1));
    }

    private static Step step(String segment) {
        Matcher parameter = PARAMETER.matcher(segment);
        if (parameter.matches()) {
            StepKind kind = switch (parameter.group(2)) {
                case null -> StepKind.ONE;
                case "*" -> StepKind.ANY;
                default -> StepKind.SOME;
            };
            return new Step(kind, parameter.group(1), Objects.requireNonNullElse(parameter.group(3), ""));
        }
        Matcher method = METHOD.matcher(segment);
        if (method.matches()) {
            return new Step(StepKind.METHOD, method.group(1), method.group(2));
        }
        if (!LITERAL.matcher(segment).matches() || segment.matches("\\.\\.?")) {
            throw new IllegalArgumentException("`" + segment
                    + "` is neither a plain segment nor `{name}`, `{name}:method`, `{name...}` or `{name*}`");
        }
        return Step.literal(segment);
    }

    /**
     * Returns the nameless method that {@code segment} fits. Empty unless it has exactly one colon, not at its start.
     */
    static Optional<Step> method(String segment) {
        int colon = segment.indexOf(':');
        return colon > 0 && segment.indexOf(':', colon + 1) < 0
                ? Optional.of(new Step(StepKind.METHOD, "", segment.substring(colon + 1)))
                : Optional.empty();
    }

    private void requireOneReading(String text) {
        long several = steps.stream().filter(step -> step.kind().takesSeveral()).count();
        long named =
                steps.stream().filter(step -> step.kind() != StepKind.LITERAL).count();
        if (several > 1 || named != names().size() || names().stream().anyMatch(TAKEN::contains)) {
            throw new IllegalArgumentException(
                    "`" + text
                            + "` names a parameter twice, names one `query`, `header` or `body`, or has two that take several segments");
        }
    }

    /** Returns the names of its parameters, in order. */
    Set<String> names() {
        return steps.stream()
                .filter(step -> step.kind() != StepKind.LITERAL)
                .map(Step::name)
                .collect(Collectors.toCollection(LinkedHashSet::new));
    }

    /** Returns the name of the parameter that it ends with; empty if it ends with a plain segment or a method. */
    Optional<String> end() {
        return steps.isEmpty() || steps.getLast().kind().compareTo(StepKind.ONE) < 0
                ? Optional.empty()
                : Optional.of(steps.getLast().name());
    }

    /** Returns the value of each parameter in {@code path}. The template must be known to fit the segments. */
    Map<String, String> values(List<String> path) {
        Map<String, String> values = new LinkedHashMap<>();
        int at = 0;
        for (Step step : steps) {
            int end = at + length(step, path.size());
            String segments = String.join("/", path.subList(at, end));
            switch (step.kind()) {
                case LITERAL -> {}
                case METHOD -> values.put(step.name(), segments.split(":", -1)[0]);
                case ONE, SOME, ANY -> values.put(step.name(), without(step.text(), segments));
            }
            at = end;
        }
        return values;
    }

    private static String without(String suffix, String value) {
        return value.endsWith(suffix) && value.length() > suffix.length()
                ? value.substring(0, value.length() - suffix.length())
                : value;
    }

    /** Returns the path with {@code values} in place of its parameters. The values were read from another path. */
    String filled(Map<String, String> values) {
        StringBuilder path = new StringBuilder();
        for (Step step : steps) {
            String value = values.getOrDefault(step.name(), "");
            String segment = switch (step.kind()) {
                case LITERAL -> step.text();
                case METHOD -> value + ":" + step.text();
                case ONE, SOME, ANY -> value;
            };
            if (!segment.isEmpty() || step.equals(END)) {
                path.append('/').append(segment);
            }
        }
        return path.isEmpty() ? "/" : path.toString();
    }

    private int length(Step step, int whole) {
        return step.kind().takesSeveral() ? whole - steps.size() + 1 : 1;
    }

    /** Returns whether it is at least as exact as {@code other} at each segment of {@code path}, which both fit. */
    boolean asExactAs(PathTemplate other, List<String> path) {
        List<Integer> mine = vagueness(path.size());
        List<Integer> theirs = other.vagueness(path.size());
        for (int i = 0; i < path.size(); i++) {
            if (mine.get(i) > theirs.get(i)) {
                return false;
            }
        }
        return !mine.equals(theirs) || steps.size() <= other.steps().size();
    }

    private List<Integer> vagueness(int whole) {
        List<Integer> vagueness = new ArrayList<>();
        for (Step step : steps) {
            for (int i = 0; i < length(step, whole); i++) {
                vagueness.add(step.kind().vagueness());
            }
        }
        return vagueness;
    }

    @Override
    public String toString() {
        return steps.isEmpty() ? "/" : steps.stream().map(step -> "/" + step).collect(Collectors.joining());
    }
}
