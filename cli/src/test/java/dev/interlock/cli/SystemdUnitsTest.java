package dev.interlock.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.entry;

import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;

final class SystemdUnitsTest {

    private final SystemdUnits units = new SystemdUnits("/opt/interlock", "/etc/gateway.yaml");

    /** The gateway connects to a socket with a path, which needs no network. */
    @Test
    void theProcessThatOpensCredentialsReachesNoNetwork() {
        assertThat(units.keys("interlock-keys", "/var/lib/keys", false)).contains("\nPrivateNetwork=yes\n");
    }

    /** The command that mints a token is its child, and asks a provider for it. */
    @Test
    void credentialFetchersAreNotCutOff() {
        assertThat(units.keys("interlock-keys", "/var/lib/keys", true)).doesNotContain("PrivateNetwork");
    }

    /** By default the vault is in a child of the gateway, so its memory is as precious. */
    @Test
    void neitherProcessLeavesMemoryOnADiskOrWritesElsewhere() {
        for (String unit : List.of(
                units.gateway("interlock", false, List.of("/var/lib/interlock", "/run/interlock")),
                units.keys("interlock-keys", "/var/lib/keys", false),
                units.keys("interlock-keys", "/var/lib/keys", true))) {
            assertThat(unit.lines())
                    .contains(
                            "LimitCORE=0",
                            "MemorySwapMax=0",
                            "ProtectSystem=strict",
                            "NoNewPrivileges=yes",
                            "CapabilityBoundingSet=",
                            "RestrictNamespaces=yes");
        }
        assertThat(units.gateway("interlock", false, List.of("/data", "/run/interlock", "-/mnt/replica")))
                .contains("\nReadWritePaths=/data /run/interlock -/mnt/replica\n");
    }

    /** Only then is a package's next unit the one in force. */
    @Test
    void thePackagedUnitsAreThoseOfInstallWithTheirUsersAndDirectories() {
        SystemdUnits usual = new SystemdUnits("/usr/bin/interlock", "/etc/interlock/gateway.yaml");
        assertThat(SystemdUnits.packaged())
                .containsOnly(
                        entry(
                                Path.of("/usr/lib/systemd/system/interlock.service"),
                                usual.gateway("interlock", true, List.of("/var/lib/interlock", "/run/interlock"))),
                        entry(
                                Path.of("/usr/lib/systemd/system/interlock-keys.service"),
                                usual.keys("interlock-keys", "/var/lib/interlock-keys", false)));
    }

    /** Otherwise a process that holds the port for some seconds would stop the service for good. */
    @Test
    void everyUnitRestarts() {
        for (String unit : new String[] {
            units.gateway("interlock", true, List.of("/data")),
            units.gateway("interlock", false, List.of("/data")),
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
