package dev.interlock.policy;

import dev.interlock.action.Durations;
import dev.interlock.action.Obligations;
import dev.interlock.action.Obligations.Quorum;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * The annotations of a policy: its name, and the obligations that must be met before a permitted attempt may proceed.
 */
public final class Annotations {

    private static final String ID = "id";
    private static final String CONFIRM = "confirm";
    private static final String COOLDOWN = "cooldown";
    private static final String BACKUP = "backup";
    private static final String ROWS = "rows";
    private static final String TYPE_NAME = "type_name";
    private static final String OTHER = "other";
    private static final String RELAXES = "relaxes";
    private static final Set<String> KNOWN = Set.of(ID, CONFIRM, COOLDOWN, BACKUP, ROWS, TYPE_NAME, OTHER, RELAXES);

    private static final Pattern NAME = Pattern.compile("[a-z0-9][a-z0-9-]{0,99}");
    private static final Pattern COUNT = Pattern.compile("[1-9][0-9]{0,11}");

    private final Map<String, String> annotations;

    private Annotations(Map<String, String> annotations) {
        this.annotations = annotations;
    }

    /**
     * Reads the annotations of one policy; if one is missing, unknown or malformed, an exception says what to write.
     */
    static Annotations read(Map<String, String> annotations, boolean permit) {
        for (String name : annotations.keySet()) {
            if (!KNOWN.contains(name)) {
                throw new IllegalArgumentException("`@" + name + "` is not an annotation; known are `@"
                        + String.join("`, `@", new TreeSet<>(KNOWN)) + "`");
            }
        }
        Annotations read = new Annotations(annotations);
        read.id();
        if (annotations.size() > 1 && !permit) {
            throw new IllegalArgumentException("a `forbid` has no obligations; it takes only `@id`");
        }
        boolean isBound = annotations.keySet().stream().anyMatch(name -> !name.equals(ID) && !name.equals(RELAXES));
        if (isBound && !annotations.containsKey(CONFIRM)) {
            throw new IllegalArgumentException("obligations need a confirmation; add `@confirm(\"1 of owners\")`");
        }
        read.obligations();
        return read;
    }

    String id() {
        String id = annotations.getOrDefault(ID, "");
        if (!NAME.matcher(id).matches()) {
            throw new IllegalArgumentException(
                    "every policy needs a name, such as `@id(\"owners-may-restart\")`, in lower-case letters, digits and `-`");
        }
        return id;
    }

    Obligations obligations() {
        return new Obligations(
                quorums(),
                duration(COOLDOWN).orElse(Duration.ZERO),
                duration(BACKUP),
                rows(),
                flag(TYPE_NAME),
                flag(OTHER));
    }

    /** Returns the names of the permits whose obligations are left out where this one matches too. */
    Set<String> relaxes() {
        String text = annotations.get(RELAXES);
        if (text == null) {
            return Set.of();
        }
        Set<String> ids = new TreeSet<>(List.of(text.split(", ", -1)));
        if (!ids.stream().allMatch(id -> NAME.matcher(id).matches())) {
            throw new IllegalArgumentException("`@relaxes` is written `@relaxes(\"id-of-the-wider-permit\")`");
        }
        return ids;
    }

    private Set<Quorum> quorums() {
        Set<Quorum> quorums = new TreeSet<>();
        if (annotations.containsKey(CONFIRM)) {
            for (String part : annotations.getOrDefault(CONFIRM, "").split(", ", -1)) {
                quorums.add(Quorum.parse(part));
            }
        }
        return quorums;
    }

    private Optional<Duration> duration(String name) {
        return Optional.ofNullable(annotations.get(name))
                .map(text -> Durations.read(text)
                        .orElseThrow(() ->
                                new IllegalArgumentException("`@" + name + "` is written `@" + name + "(\"10m\")`")));
    }

    private OptionalLong rows() {
        String text = annotations.get(ROWS);
        if (text == null) {
            return OptionalLong.empty();
        }
        if (!COUNT.matcher(text).matches()) {
            throw new IllegalArgumentException("`@rows` is written `@rows(\"1000\")`");
        }
        return OptionalLong.of(Long.parseLong(text));
    }

    private boolean flag(String name) {
        String text = annotations.get(name);
        if (text != null && !text.isEmpty()) {
            throw new IllegalArgumentException("`@" + name + "` is written without a value");
        }
        return text != null;
    }

    public static String write(Obligations obligations) {
        List<String> written = new ArrayList<>();
        if (!obligations.quorums().isEmpty()) {
            written.add(annotation(
                    CONFIRM,
                    obligations.quorums().stream().map(Quorum::toString).collect(Collectors.joining(", "))));
        }
        if (obligations.cooldown().isPositive()) {
            written.add(annotation(COOLDOWN, Durations.write(obligations.cooldown())));
        }
        obligations.backup().ifPresent(age -> written.add(annotation(BACKUP, Durations.write(age))));
        obligations.rows().ifPresent(rows -> written.add(annotation(ROWS, String.valueOf(rows))));
        if (obligations.typeName()) {
            written.add("@" + TYPE_NAME);
        }
        if (obligations.other()) {
            written.add("@" + OTHER);
        }
        return String.join(" ", written);
    }

    private static String annotation(String name, String value) {
        return "@" + name + "(\"" + value + "\")";
    }
}
