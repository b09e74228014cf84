package dev.interlock.config;

import com.fasterxml.jackson.core.JsonLocation;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.dataformat.yaml.YAMLFactory;
import dev.interlock.action.VisibleText;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.Optional;
import org.yaml.snakeyaml.error.Mark;
import org.yaml.snakeyaml.error.MarkedYAMLException;

/** Explains why a text is not YAML, with the position at which its reader stopped. */
public final class YamlSyntax {

    private YamlSyntax() {}

    /** Returns the mistake in {@code text}, unless it is YAML. */
    public static Optional<YamlProblemException> problem(String text) {
        try (JsonParser parser = new YAMLFactory().createParser(text)) {
            while (parser.nextToken() != null) {
                // only the end of the text says that there is no mistake
            }
            return Optional.empty();
        } catch (JsonProcessingException e) {
            return Optional.of(problem(e));
        } catch (IOException e) {
            throw new UncheckedIOException(e); // a text in memory is always readable
        }
    }

    /** Returns the mistake that {@code e} reports. */
    public static YamlProblemException problem(JsonProcessingException e) {
        // The first line of such a message says only what was being read, and from where.
        if (e.getCause() instanceof MarkedYAMLException marked && marked.getProblem() != null) {
            Mark mark = marked.getProblemMark();
            String why = marked.getProblem() + within(marked);
            return mark == null ? problem(1, 0, why) : problem(mark.getLine() + 1, mark.getColumn() + 1, why);
        }
        JsonLocation at = e.getLocation();
        String why = e.getOriginalMessage().lines().findFirst().orElse("");
        return at == null ? problem(1, 0, why) : problem(Math.max(at.getLineNr(), 1), at.getColumnNr(), why);
    }

    /** Returns what was being read. A quote that is never closed is found only at the end of the text. */
    private static String within(MarkedYAMLException marked) {
        return marked.getContext() == null || marked.getContextMark() == null
                ? ""
                : " " + marked.getContext() + " that begins in line "
                        + (marked.getContextMark().getLine() + 1);
    }

    private static YamlProblemException problem(int line, int column, String why) {
        return new YamlProblemException(line, column, "this is not plain YAML: " + VisibleText.line(why));
    }
}
