package dev.interlock.cli;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

final class KeysUnitTest {

    /** The gateway asks at a socket that has a path, which needs no network. */
    @Test
    void theProcessThatOpensCredentialsReachesNoNetwork() {
        assertThat(InstallCommand.keysUnit("interlock-keys", "/opt/interlock", "/etc/gateway.yaml", "/var/lib/keys"))
                .contains("\nPrivateNetwork=yes\n");
    }
}
