package dev.interlock.backup.postgres;

import dev.interlock.action.VisibleText;
import dev.interlock.backup.run.InconclusiveException;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The extensions of a database. Files of them that this machine lacks say nothing about the backup. */
final class Extensions {

    private static final int MAX_NAME = 63;

    /** A server's message that it lacks something: the line without quoted text, and a pattern with what as group. */
    private record MissingPart(Pattern own, Pattern named, Function<String, String> advice) {

        Optional<String> in(String line) {
            Matcher name = named.matcher(line);
            return own.matcher(InconclusiveException.unquoted(line)).find() && name.find()
                    ? Optional.of(advice.apply(VisibleText.shortened(name.group(1), MAX_NAME)))
                    : Optional.empty();
        }
    }

    private static final List<MissingPart> LACKS = List.of(
            new MissingPart(
                    Pattern.compile("extension +is not available"),
                    Pattern.compile("extension \"([^\"]+)\" is not available"),
                    Extensions::install),
            new MissingPart(
                    Pattern.compile("could not open extension control file"), // until PostgreSQL 12
                    Pattern.compile("could not open extension control file \"(?:[^\"]*/)?([^\"/]+?)(?:\\.control)?\""),
                    Extensions::install),
            new MissingPart(
                    Pattern.compile("could not (?:access file|load library) "),
                    Pattern.compile("could not (?:access file|load library) \"([^\"]+)\""),
                    file -> "this machine has no library `" + file
                            + "`, or not its dependencies: install the extension that contains it"),
            new MissingPart(
                    Pattern.compile("(?:must|can only) be (?:preloaded|loaded via)"),
                    Pattern.compile("([^ \"]+)\"? (?:must|can only) be (?:preloaded|loaded via)"),
                    name -> "`" + name + "` must be loaded when the server starts: set `preload: [" + name
                            + "]` under `postgres` in backups.yaml"));

    private Extensions() {}

    private static String install(String name) {
        return "this machine does not have the extension `" + name
                + "`: install it for this version of PostgreSQL (Debian has packages such as postgresql-15-postgis-3)";
    }

    /**
     * Returns what this machine lacks and a remedy, by the messages of a server or a restoring program. The author of a
     * dump can cause the same messages; then the backup was not tested, and so does not count.
     */
    static Optional<String> lackingBy(String words) {
        return InconclusiveException.ownAndQuoted(words).stream()
                .flatMap(line -> LACKS.stream().flatMap(lack -> lack.in(line).stream()))
                .findFirst();
    }
}
