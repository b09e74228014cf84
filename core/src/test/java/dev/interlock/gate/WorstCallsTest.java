package dev.interlock.gate;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Tests that no call ends a gateway with the packaged heap, however many processors read some at once. */
@Tag("process")
final class WorstCallsTest {

    private static final Path LAUNCHER = Path.of("../cli/src/main/resources/dev/interlock/cli/launch.sh");
    private static final Pattern FLAGS = Pattern.compile("(?m)^daemon=\"(.*)\"$");

    @TempDir
    private Path directory;

    @Test
    void longCallsFitTheHeapTogether() throws Exception {
        Matcher flags = FLAGS.matcher(Files.readString(LAUNCHER));
        assertThat(flags.find()).isTrue();
        assertThat(flags.group(1)).contains("-Xmx").contains("-XX:+ExitOnOutOfMemoryError");
        List<String> command = new ArrayList<>(List.of(System.getProperty("java.home") + "/bin/java"));
        command.addAll(List.of(flags.group(1).split(" ")));
        command.addAll(List.of("-XX:ActiveProcessorCount=64", "-cp", System.getProperty("java.class.path")));
        command.addAll(List.of(WorstCalls.class.getName(), directory.toString()));
        Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
        String printed = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(process.waitFor()).as(printed).isZero();
        assertThat(printed).contains("answered, some read, alive");
    }
}
