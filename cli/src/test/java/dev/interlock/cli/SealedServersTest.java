package dev.interlock.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;

class SealedServersTest {

    /** Also a secret in a form that nobody knows is not printed. */
    @Test
    void valuesOfOptionsAreNotPrinted() {
        assertThat(SealedServers.command(List.of("npx", "-y", "@acme/server", "--api-key", "hunter2", "--root", ".")))
                .isEqualTo("npx -y @acme/server --api-key VALUE --root VALUE");
        assertThat(SealedServers.command(List.of("docker", "run", "-e", "TOKEN=hunter2", "--key=hunter2", "acme")))
                .isEqualTo("docker run -e TOKEN=VALUE --key=VALUE acme");
        assertThat(SealedServers.command(List.of("mcp-remote", "-H", "Authorization: Basic hunter2")))
                .doesNotContain("hunter2");
    }
}
