package dev.interlock.system;

import static org.assertj.core.api.Assertions.assertThat;

import dev.interlock.evidence.Json;
import dev.interlock.evidence.Receipt;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Tests that a real gateway proves its refusals, and that only people who ask hear about it. */
@Timeout(300)
@Tag("process")
final class GatewayProbesProcessTest {

    private Installation installation;

    @BeforeEach
    void open() throws Exception {
        installation = Installation.open(false);
    }

    @AfterEach
    void close() throws Exception {
        installation.close();
    }

    @Test
    void everyFrontIsProbedWithoutAlert() throws Exception {
        installation.awaitProbes();
        assertThat(installation
                        .interlock(List.of("status", "--all"), "")
                        .expect(0)
                        .out())
                .contains("HTTP/1.1 and HTTP/2, in the clear, all 8 refused")
                .contains("all 9 refused");
        assertThat(installation.receipts())
                .noneMatch(receipt -> receipt.text("kind").equals("refused"));
        assertThat(installation
                        .admin("receipts", Json.object().with("agent", Receipt.PROBE))
                        .items("receipts"))
                .hasSize(8);
        assertThat(installation.said()).doesNotContain("foreign_credential", "probe:");
    }
}
