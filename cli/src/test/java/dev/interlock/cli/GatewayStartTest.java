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

    /** To start it once more does nothing: systemd does that already. */
    @Test
    void aUnitThatCannotStartSaysWhy() {
        String again = "ActiveState=activating\nSubState=auto-restart\nNRestarts=12\n";
        String why = "cannot listen on `127.0.0.1:7411`; is another gateway running?";
        assertThat(GatewayStart.failure(again, "interlock: older\ninterlock: " + why + "\nunit failed\n"))
                .contains("its unit cannot start: " + why);
        assertThat(GatewayStart.failure(again, "{\"level\":\"info\",\"message\":\"interlock: " + why + "\"}\n"))
                .contains("its unit cannot start: " + why);
        assertThat(GatewayStart.failure("ActiveState=failed\n", "").orElseThrow())
                .contains("sudo journalctl -u interlock");
        assertThat(GatewayStart.failure("ActiveState=inactive\nSubState=dead\nNRestarts=0\n", "interlock: old"))
                .isEmpty();
    }
}
