package dev.interlock.system;

import static org.assertj.core.api.Assertions.assertThat;

import dev.interlock.evidence.Json;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Tests an agent's dry run of a deletion with curl. */
@Timeout(300)
@Tag("process")
final class DryRunTest {

    @Test
    void aDryRunReportsTheLossAndDoesNothing() throws Exception {
        Installation installation = Installation.shared();
        Set<String> before = installation.openHolds();
        long destroyed = installation.railway().executed("volumeDelete");
        String volume = TestingRailway.disposable(0);
        Programs.ProgramResult curl = Programs.run(
                List.of(
                        "curl",
                        "-sS",
                        "-H",
                        "Authorization: Bearer " + installation.lease(),
                        "-H",
                        "Content-Type: application/json",
                        "-H",
                        "Prefer: handling=dry-run",
                        "-d",
                        Json.object().with("query", Agent.delete(volume)).canonicalText(),
                        "http://127.0.0.1:" + installation.port() + "/railway/graphql/v2"),
                "");
        Json.Members told = Json.readObject(curl.out().getBytes(StandardCharsets.UTF_8))
                .object("extensions")
                .object("interlock");
        assertThat(told.text("verdict")).isEqualTo("hold");
        assertThat(told.text("next")).startsWith("Safer alternative: ").contains("volumeUpdate");
        assertThat(told.object("radius").texts("lost")).contains("railway:volume/" + volume);
        assertThat(told.object("radius").whole("lost_count")).isPositive();

        assertThat(installation.railway().executed("volumeDelete")).isEqualTo(destroyed);
        assertThat(installation.openHolds()).as("nobody is rung").isEqualTo(before);
    }
}
