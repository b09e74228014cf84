package dev.interlock.system;

import static org.assertj.core.api.Assertions.assertThat;

import dev.interlock.evidence.Json;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Tests many refusals, and a gateway that is stopped in the middle of them. */
@Tag("process")
final class RefusalCountingTest {

    /** More than the number of refusals that get receipts of their own within a minute. */
    private static final int CALLS = 130;

    @Test
    @Timeout(300)
    void countedRefusalsAreWrittenAtTheStop() throws Exception {
        try (Installation installation = Installation.open(false);
                Agent agent = installation.agent()) {
            for (int i = 0; i < CALLS; i++) {
                assertThat(agent.ask("{ whatever }").status()).isEqualTo(403);
            }
            installation.stop();
            installation.up(List.of());
            assertThat(refusals(installation)).isEqualTo(CALLS);
        }
    }

    /** Returns the number of refusals on record: those with a receipt of their own, and those that were counted. */
    private static long refusals(Installation installation) throws Exception {
        long number = 0;
        for (Json.Members receipt : installation
                .admin("receipts", Json.object().with("limit", 1000))
                .objects("receipts")) {
            boolean counted = receipt.optionalText("command")
                    .filter("refusals.counted"::equals)
                    .isPresent();
            if (receipt.optionalText("agent").filter("jer/cursor"::equals).isPresent()) {
                number += receipt.text("kind").equals("refused") ? 1 : 0;
                number += counted || receipt.get("suppressed").isPresent() ? receipt.whole("suppressed") : 0;
            }
        }
        return number;
    }
}
