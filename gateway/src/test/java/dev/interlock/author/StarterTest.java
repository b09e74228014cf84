package dev.interlock.author;

import static org.assertj.core.api.Assertions.assertThat;

import dev.interlock.testing.Fixtures;
import dev.interlock.testing.TestingKey;
import dev.interlock.velocity.Velocity;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

class StarterTest {

    @TempDir
    Path directory;

    /** Writes the policy that {@code init} begins with, for the organisation of {@link Fixtures}. */
    static void write(Path directory) throws IOException {
        Starter starter = new Starter(
                "pocketos",
                "jer",
                TestingKey.software().line(),
                "cursor",
                "railway",
                "railway",
                "https://backboard.railway.com",
                List.of("staging"),
                List.of("production"));
        for (Map.Entry<String, String> file : starter.files(Fixtures.CATALOGS).entrySet()) {
            Files.writeString(directory.resolve(file.getKey()), file.getValue());
        }
    }

    static Stream<Arguments> organisations() {
        return Stream.of(
                Arguments.of(TestingKey.software(), List.of("staging"), List.of("production")),
                Arguments.of(TestingKey.hardware(), List.of("staging", "preview"), List.of("production", "dr")),
                Arguments.of(TestingKey.hardware(), List.of("dev"), List.of()));
    }

    @ParameterizedTest
    @MethodSource("organisations")
    void loadsWithoutWarningAndTestsGreen(TestingKey key, List<String> open, List<String> guarded) throws IOException {
        Starter starter = new Starter(
                "pocketos",
                "jer",
                key.line() + " jer\"s: key",
                "cursor",
                "railway",
                "railway",
                "http://127.0.0.1:9000",
                open,
                guarded);
        for (Map.Entry<String, String> file : starter.files(Fixtures.CATALOGS).entrySet()) {
            Files.writeString(directory.resolve(file.getKey()), file.getValue());
        }
        PolicyTests.Report report = PolicyTests.run(directory, Fixtures.CATALOGS, Velocity::rehearsed);
        assertThat(report.problems()).isEmpty();
        assertThat(report.warnings()).isEmpty();
        assertThat(report.results())
                .hasSize(7 + guarded.size())
                .allSatisfy(result -> assertThat(result.detail()).isEmpty());
        assertThat(report.green()).isTrue();
    }

    /** As docs/policy.md has it. */
    @Test
    void oneCredentialMayDestroyWhatIsSharedIfItDoesNothingElse() throws IOException {
        Starter starter = new Starter(
                "pocketos",
                "jer",
                TestingKey.hardware().line(),
                "cursor",
                "railway",
                "railway",
                "http://127.0.0.1:9000",
                List.of("staging"),
                List.of("production"));
        String work = "environments: [staging]\n        impacts: [write";
        String destroy = "environments: [production]\n        impacts: [destroy]";
        String yaml = starter.files(Fixtures.CATALOGS).get(InterlockYaml.FILE);
        assertThat(yaml).contains(work + ", destroy]", destroy);
        String shared = destroy.replace("[production]", "[staging, production]");
        assertThat(loaded(yaml.replace(work + ", destroy]", work + "]").replace(destroy, shared)))
                .isInstanceOf(PolicyDirectory.Loaded.Sound.class);
        assertThat(loaded(yaml.replace(destroy, shared)))
                .as("two would fit in staging")
                .isInstanceOf(PolicyDirectory.Loaded.Broken.class);
    }

    private PolicyDirectory.Loaded loaded(String yaml) throws IOException {
        Files.writeString(directory.resolve(InterlockYaml.FILE), yaml);
        return PolicyDirectory.load(directory, Fixtures.CATALOGS);
    }
}
