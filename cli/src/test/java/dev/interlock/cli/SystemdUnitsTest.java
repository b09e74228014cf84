package dev.interlock.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;

final class SystemdUnitsTest {

    private final SystemdUnits units = new SystemdUnits("/opt/interlock", "/etc/gateway.yaml");

    /** The gateway connects to a socket with a path, which needs no network. */
    @Test
    void theProcessThatOpensCredentialsReachesNoNetwork() {
        assertThat(units.keys("interlock-keys", "/var/lib/keys", false))
                .contains("\nPrivateNetwork=yes\nLimitCORE=0\n");
    }

    /** The command that mints a token is its child, and asks a provider for it. */
    @Test
    void credentialFetchersAreNotCutOff() {
        assertThat(units.keys("interlock-keys", "/var/lib/keys", true))
                .doesNotContain("PrivateNetwork")
                .contains("\nPrivateDevices=yes\nLimitCORE=0\n");
    }

    /** Otherwise a process that holds the port for some seconds would stop the service for good. */
    @Test
    void everyUnitRestarts() {
        for (String unit : new String[] {
            units.gateway("interlock", true),
            units.gateway("interlock", false),
            units.keys("interlock-keys", "/var/lib/keys", false)
        }) {
            String[] parts = unit.split("\n\\[Service]\n", 2);
            assertThat(parts[0]).startsWith("[Unit]\n").contains("\nStartLimitIntervalSec=0");
            assertThat(parts[1]).contains("\nRestartSec=1\nRestartSteps=8\nRestartMaxDelaySec=60\n");
        }
    }

    @Test
    void aNumberWithoutAnAccountIsNoUsersUnit() {
        assertThatThrownBy(() -> SystemdUnits.requireAccount("64011", false))
                .isInstanceOf(UsageException.class)
                .hasMessageContaining("systemd cannot start a service")
                .hasMessageContaining("--uid 64011 interlock-64011");
        assertThatCode(() -> SystemdUnits.requireAccount("64011", true)).doesNotThrowAnyException();
        assertThatCode(() -> SystemdUnits.requireAccount("interlock", false))
                .as("it is made")
                .doesNotThrowAnyException();
    }
}
