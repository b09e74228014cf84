package dev.interlock.cli;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

/** Tests the command that a person is told when no gateway answers. */
final class GatewayStartTest {

    @Test
    void theCommandIsTheOneThatWorksOnTheMachine() {
        assertThat(GatewayStart.command(true, true)).isEqualTo("sudo systemctl start interlock");
        // In a container there is no systemd, and `interlock up` alone would start no keys process.
        assertThat(GatewayStart.command(false, true)).isEqualTo("sudo interlock setup");
        assertThat(GatewayStart.command(false, false)).isEqualTo("interlock up");
    }
}
