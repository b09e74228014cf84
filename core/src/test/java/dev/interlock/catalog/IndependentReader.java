package dev.interlock.catalog;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;

/**
 * A program that reads forwarded requests and shares no code with us. It gets all questions at once, one JSON value a
 * line.
 */
final class IndependentReader {

    private static final ObjectMapper JSON = new ObjectMapper();

    private IndependentReader() {}

    /** Returns whether {@code program} is installed. */
    static boolean isThere(String program) throws IOException, InterruptedException {
        try {
            return new ProcessBuilder(program, "--version")
                            .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                            .redirectError(ProcessBuilder.Redirect.DISCARD)
                            .start()
                            .waitFor()
                    == 0;
        } catch (IOException e) {
            return false;
        }
    }

    /** Returns the answers of {@code program} to {@code questions}, by {@code script}, a file beside this one. */
    static List<JsonNode> answers(
            Path directory, List<? extends JsonNode> questions, String program, String script, String... arguments)
            throws IOException, InterruptedException {
        Path asked = Files.write(
                directory.resolve("asked"),
                questions.stream().map(JsonNode::toString).toList());
        Path answered = directory.resolve("answered");
        List<String> command = new ArrayList<>(List.of(program, copy(directory, script)));
        command.addAll(List.of(arguments));
        Process process = new ProcessBuilder(command)
                .redirectInput(asked.toFile())
                .redirectOutput(answered.toFile())
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
        assertThat(process.waitFor()).as("%s %s", program, script).isZero();
        List<JsonNode> answers = new ArrayList<>();
        for (String line : Files.readAllLines(answered)) {
            answers.add(JSON.readTree(line));
        }
        assertThat(answers).hasSameSizeAs(questions);
        return answers;
    }

    private static String copy(Path directory, String script) throws IOException {
        try (InputStream in = Objects.requireNonNull(IndependentReader.class.getResourceAsStream(script), script)) {
            return Files.write(directory.resolve(script), in.readAllBytes()).toString();
        }
    }
}
