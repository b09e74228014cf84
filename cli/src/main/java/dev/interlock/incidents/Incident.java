package dev.interlock.incidents;

import dev.interlock.action.PushedRef;
import dev.interlock.config.YamlRecords;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Objects;
import java.util.Optional;

/**
 * A known incident, as its file has it.
 *
 * @param lost what was lost, or would have been
 * @param calls {@code reported} if the calls are in the report, or {@code reconstructed} from what it tells
 */
public record Incident(
        String name, String date, String agent, String lost, String calls, List<String> sources, List<Step> steps) {

    /**
     * One call.
     *
     * @param ordinary whether it is ordinary work beside the incident, which should go on
     * @param door the protocol by which it comes
     * @param provider a part of the catalog's name
     * @param where {@code production} or {@code staging}
     * @param call method and target, or the statement
     * @param rows how many rows the statement changes
     * @param times how often the agent makes it; once unless given
     */
    public record Step(
            String does,
            Optional<Boolean> ordinary,
            String door,
            String provider,
            String where,
            String call,
            Optional<String> body,
            Optional<Push> push,
            Optional<Long> rows,
            Optional<Long> times) {

        public boolean isHarmful() {
            return !ordinary.orElse(false);
        }
    }

    /** What is pushed; {@code lost} is the number of commits that no ref holds any more. */
    public record Push(
            PushedRef.Change change,
            String ref,
            boolean forced,
            boolean defaultBranch,
            long lost,
            List<String> files) {}

    /** Returns those that come with Interlock, the oldest first. */
    public static List<Incident> all() {
        YamlRecords<Incident> form = YamlRecords.exact(Incident.class);
        return text("index.txt")
                .lines()
                .map(name -> form.read(text(name + ".yaml")).value())
                .toList();
    }

    private static String text(String file) {
        try (InputStream in = Objects.requireNonNull(Incident.class.getResourceAsStream(file), file)) {
            return new String(in.readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
