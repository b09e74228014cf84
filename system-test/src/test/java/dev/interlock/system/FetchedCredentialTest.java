package dev.interlock.system;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Tests that a real gateway sends a credential that a command fetched, and refuses when the command fails. */
@Timeout(300)
@Tag("process")
final class FetchedCredentialTest {

    @Test
    void aCommandsCredentialIsSentUntilTheCommandFails() throws Exception {
        try (Installation installation = Installation.open(false)) {
            Path helper = installation.root().resolve("helper");
            String token = installation.railway().tokens().get("railway-staging");
            Files.writeString(helper, "#!/bin/sh\necho \"$1\"-is-asked-for >&2\necho " + token + "\n");
            Files.setPosixFilePermissions(helper, PosixFilePermissions.fromString("rwxr-xr-x"));
            List<String> put =
                    List.of("vault", "put", "railway-staging", "--from", "exec:" + helper, "--argument", "staging");
            installation.interlock(put, "").expect(0);
            try (Agent agent = installation.agent()) {
                assertThat(agent.ask(Agent.variable("A", "1")).status()).isEqualTo(200);
                Files.writeString(helper, "#!/bin/sh\necho " + token + " >&2\nexit 1\n");
                installation
                        .interlock(List.of("vault", "put", "railway-staging", "--from", "exec:" + helper), "")
                        .expect(0);
                // A credential from the old command stays valid for two more seconds.
                Programs.await(
                        "the failing command is asked",
                        () -> agent.ask(Agent.variable("A", "2")).status() == 403);
                assertThat(agent.ask(Agent.variable("A", "3")).body())
                        .contains("The command that fetches `railway-staging` ended with 1");
            }
            assertThat(installation.receipts().toString()).doesNotContain(token);
            assertThat(installation.said()).doesNotContain(token);
            installation
                    .interlock(List.of("vault", "put", "railway-staging", "--basic", "ann"), "password-1\n")
                    .expect(65);
        }
    }
}
