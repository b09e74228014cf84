package dev.interlock.system.readme;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/** Tests that the recording which the README names is of the demo that it describes; docs/images/record makes it. */
final class RecordingTest {

    private static final Pattern STEP = Pattern.compile("✓ ([a-z-]+) +\\S");

    @Test
    void theRecordingShowsTheDemoOfTheReadme() throws Exception {
        ObjectMapper json = new ObjectMapper();
        List<String> lines = Files.readAllLines(Path.of("../docs/images/demo.cast"));
        JsonNode head = json.readTree(lines.getFirst());
        assertThat(head.path("version").asInt()).isEqualTo(2);
        assertThat(head.path("title").asText()).isEqualTo("interlock demo");
        StringBuilder shown = new StringBuilder();
        double before = 0;
        for (String line : lines.subList(1, lines.size())) {
            JsonNode event = json.readTree(line);
            assertThat(event.path(0).asDouble()).isGreaterThanOrEqualTo(before);
            assertThat(event.path(1).asText()).isEqualTo("o");
            before = event.path(0).asDouble();
            shown.append(event.path(2).asText());
        }
        String text = shown.toString().replaceAll("\u001b\\[[0-9;?]*[A-Za-z]", "");
        assertThat(text).contains("ALL ATTACKS REFUSED").doesNotContain("/home/", "/root/");
        String readme = Files.readString(Path.of("../README.md"));
        assertThat(steps(text)).containsSubsequence(steps(readme));
    }

    private static List<String> steps(String text) {
        return STEP.matcher(text)
                .results()
                .map((MatchResult step) -> step.group(1))
                .distinct()
                .collect(Collectors.toList());
    }
}
