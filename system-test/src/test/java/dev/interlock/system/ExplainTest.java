package dev.interlock.system;

import static org.assertj.core.api.Assertions.assertThat;

import dev.interlock.evidence.Json;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Tests that {@code policy explain} says what the gateway would, or what it does not know. */
@Timeout(300)
@Tag("process")
final class ExplainTest {

    private static final String STAGING = "--resource=railway:environment/" + TestingRailway.STAGING;
    private static final String SHARED = "--resource=railway:volume/" + TestingRailway.SHARED;
    private static final String[] ORDINARY = {"--operation=railway/variableUpsert", "--impact=write", STAGING};
    private static final String[] UPDATE = {"--operation=railway/volumeUpdate", "--impact=write", SHARED};

    private static Programs.ProgramResult explain(Installation installation, String... options) throws Exception {
        List<String> all = new ArrayList<>(List.of("policy", "explain"));
        all.addAll(List.of(options));
        return installation.interlock(all, "");
    }

    @Test
    void theGatewayIsAskedWhereResourcesAreAndWhatStopsThem() throws Exception {
        try (Installation installation = Installation.open(true)) {
            assertThat(explain(installation, ORDINARY).expect(0).out()).startsWith("PERMIT  By ");
            // Only the provider knows that production mounts it, and what goes with an environment.
            assertThat(explain(installation, UPDATE).expect(1).out())
                    .startsWith("REFUSE")
                    .contains("production")
                    .doesNotContain("Not known");
            assertThat(explain(installation, "--operation=railway/environmentDelete", STAGING)
                            .expect(1)
                            .out())
                    .startsWith("REFUSE")
                    .contains("production");
            Json.Members json = Json.readObject(explain(installation, ORDINARY[0], ORDINARY[2], "--json")
                    .out()
                    .getBytes(StandardCharsets.UTF_8));
            assertThat(json.flag("gateway_asked")).isTrue();
            assertThat(json.flag("in_force")).isTrue();
            assertThat(json.text("gateway_verdict")).isEqualTo("permit");
            assertThat(json.text("under_policies")).isEqualTo("permit");

            assertThat(installation.railway().executed("volumeUpdate")).isZero();
            assertThat(installation.admin("hold.list", Json.object()).objects("holds"))
                    .isEmpty();

            installation.admin("kill", Json.object().with("agent", "jer/cursor").with("reason", "a test"));
            assertThat(explain(installation, ORDINARY).expect(1).out())
                    .startsWith("REFUSE")
                    .contains("The policies by themselves would permit it.");

            installation.kill();
            assertThat(explain(installation, ORDINARY).expect(3).out())
                    .startsWith("PERMIT, as far as it can be known")
                    .contains("It could not be asked", "only the gateway asks it", "Freezes, kills");
        }
    }
}
