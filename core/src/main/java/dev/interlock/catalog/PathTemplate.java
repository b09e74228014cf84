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
    private static final Literal END = new Literal("");

    /** Names that stand for the other parts of a request, so that no parameter may have them. */
    private static final Set<String> TAKEN = Set.of("query", "header", "body");

    /** One segment, or several. If two templates fit, the order of these types is the order of preference. */
    sealed interface Step {}

    /** Exactly this segment. */
    record Literal(String text) implements Step {}

    /**
     * Any one segment that ends with a colon and {@code method}. It has no other colon, so its ending is unambiguous.
     */
    record Custom(String name, String method) implements Step {}

    /** Any one segment; {@code suffix} is no part of the name. */
    record One(String name, String suffix) implements Step {
        One(String name) {
            this(name, "");
        }
    }

    /** Several segments; {@code least} is 0 or 1. {@code suffix} is no part of the name. */
    record Several(String name, int least, String suffix) implements Step {
        Several(String name, int least) {
            this(name, least, "");
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

    /** Returns the segments of a path that begins with a slash. */
    static List<String> segments(String path) {
        return path.equals("/") ? List.of() : List.of(path.substring(1).split("/", -1));
    }

    private static Step step(String segment) {
        Matcher parameter = PARAMETER.matcher(segment);
        if (parameter.matches()) {
            String name = parameter.group(1);
            String suffix = Objects.requireNonNullElse(parameter.group(3), "");
            return switch (parameter.group(2)) {
                case null -> new One(name, suffix);
                case "*" -> new Several(name, 0, suffix);
                default -> new Several(name, 1, suffix);
            };
        }
        Matcher method = METHOD.matcher(segment);
        if (method.matches()) {
            return new Custom(method.group(1), method.group(2));
        }
        if (!LITERAL.matcher(segment).matches() || segment.matches("\\.\\.?")) {
            throw new IllegalArgumentException("`" + segment
                    + "` is neither a plain segment nor `{name}`, `{name}:method`, `{name...}` or `{name*}`");
        }
        return new Literal(segment);
    }

    /**
     * Returns the step of this kind that {@code segment} fits, without a name. Empty unless the segment has exactly one
     * colon, and not at its start.
     */
    static Optional<Step> custom(String segment) {
        int colon = segment.indexOf(':');
        return colon > 0 && segment.indexOf(':', colon + 1) < 0
                ? Optional.of(new Custom("", segment.substring(colon + 1)))
                : Optional.empty();
    }

    private void requireOneReading(String text) {
        long several = steps.stream().filter(Several.class::isInstance).count();
        long named = steps.stream().filter(step -> !(step instanceof Literal)).count();
        if (several > 1 || named != names().size() || names().stream().anyMatch(TAKEN::contains)) {
            throw new IllegalArgumentException(
                    "`" + text
                            + "` names a parameter twice, names one `query`, `header` or `body`, or has two that take several segments");
        }
    }

    /** Returns the names of its parameters, in order. */
    Set<String> names() {
        Set<String> names = new LinkedHashSet<>();
        for (Step step : steps) {
            switch (step) {
                case Literal _ -> {}
                case Custom custom -> names.add(custom.name());
                case One one -> names.add(one.name());
                case Several several -> names.add(several.name());
            }
        }
        return names;
    }

    /** Returns the name of the parameter that it ends with; empty if it ends with a plain segment or a method. */
    Optional<String> end() {
        return switch (steps.isEmpty() ? new Literal("") : steps.getLast()) {
            case Literal _, Custom _ -> Optional.empty();
            case One one -> Optional.of(one.name());
            case Several several -> Optional.of(several.name());
        };
    }

    /** Returns the value of each parameter in {@code path}. The template must be known to fit the segments. */
    Map<String, String> values(List<String> path) {
        Map<String, String> values = new LinkedHashMap<>();
        int at = 0;
        for (Step step : steps) {
            int end = at + length(step, path.size());
            switch (step) {
                case Literal _ -> {}
                case Custom custom -> values.put(custom.name(), path.get(at).split(":", -1)[0]);
                case One one -> values.put(one.name(), without(one.suffix(), path.get(at)));
                case Several several ->
                    values.put(several.name(), without(several.suffix(), String.join("/", path.subList(at, end))));
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
            String segment = switch (step) {
                case Literal literal -> literal.text();
                case Custom custom -> values.getOrDefault(custom.name(), "") + ":" + custom.method();
                case One one -> values.getOrDefault(one.name(), "");
                case Several several -> values.getOrDefault(several.name(), "");
            };
            if (!segment.isEmpty() || step.equals(END)) {
                path.append('/').append(segment);
            }
        }
        return path.isEmpty() ? "/" : path.toString();
    }

    private int length(Step step, int whole) {
        return step instanceof Several ? whole - steps.size() + 1 : 1;
    }

    /**
     * Returns whether this template is at least as exact as {@code other} at each segment of {@code path}. Both fit the
     * path.
     */
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
            int weight = switch (step) {
                case Literal _ -> 0;
                case Custom _ -> 1;
                case One _ -> 2;
                case Several _ -> 3;
            };
            for (int i = 0; i < length(step, whole); i++) {
                vagueness.add(weight);
            }
        }
        return vagueness;
    }

    @Override
    public String toString() {
        StringBuilder text = new StringBuilder();
        for (Step step : steps) {
            switch (step) {
                case Literal literal -> text.append('/').append(literal.text());
                case Custom custom ->
                    text.append("/{").append(custom.name()).append("}:").append(custom.method());
                case One one -> text.append("/{").append(one.name()).append(tail(one.suffix()));
                case Several several ->
                    text.append("/{")
                            .append(several.name())
                            .append(several.least() == 0 ? "*" : "...")
                            .append(tail(several.suffix()));
            }
        }
        return text.isEmpty() ? "/" : text.toString();
    }

    private static String tail(String suffix) {
        return suffix.isEmpty() ? "}" : "~" + suffix + "}";
    }
}
