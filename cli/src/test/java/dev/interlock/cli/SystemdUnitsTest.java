package dev.interlock.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;

final class SystemdUnitsTest {

    private final SystemdUnits units = new SystemdUnits("/opt/interlock", "/etc/gateway.yaml");

    /** The gateway connects to a socket with a path, which needs no network. */
    @Test
    void theProcessThatOpensCredentialsReachesNoNetwork() {
        assertThat(units.keys()).contains("\nPrivateNetwork=yes\n");
    }

    /** By default the vault is in a child of the gateway, so its memory is as precious. */
    @Test
    void neitherProcessLeavesMemoryOnADiskOrWritesElsewhere() {
        for (String unit : List.of(units.gateway(), units.keys())) {
            assertThat(unit.lines())
                    .contains(
                            "LimitCORE=0",
                            "MemorySwapMax=0",
                            "ProtectSystem=strict",
                            "NoNewPrivileges=yes",
                            "CapabilityBoundingSet=",
                            "RestrictNamespaces=yes");
        }
        assertThat(units.gateway()).contains("\nReadWritePaths=/var/lib/interlock /run/interlock\n");
        assertThat(units.keys()).contains("\nReadWritePaths=/var/lib/interlock-keys\n");
    }

    /** Otherwise a process that holds the port for some seconds would stop the service for good. */
    @Test
    void everyUnitRestarts() {
        for (String unit : List.of(units.gateway(), units.keys())) {
            String[] parts = unit.split("\n\\[Service]\n", 2);
            assertThat(parts[0]).startsWith("[Unit]\n").contains("\nStartLimitIntervalSec=0");
            assertThat(parts[1]).contains("\nRestartSec=1\nRestartSteps=8\nRestartMaxDelaySec=60\n");
        }
    }
}
