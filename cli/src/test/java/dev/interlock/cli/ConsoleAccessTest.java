package dev.interlock.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.interlock.adminclient.AdminClient;
import dev.interlock.evidence.Json;
import java.nio.file.Path;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class ConsoleAccessTest {

    @TempDir
    private Path root;

    private static Json.Members keys(String person, String state) {
        return Json.object()
                .withItems(
                        "keys",
                        Stream.of(Json.object()
                                .with("id", "passkey:1")
                                .with("person", person)
                                .with("credential", "AQ")
                                .with("made_at", "2026-11-26T11:00:00Z")
                                .with("state", state)
                                .with("origin", "http://localhost:7412")));
    }

    /** The second setup of a machine has the passkeys of the first; an invitation would be refused. */
    @Test
    void whoHasAPasskeyGetsNoInvitation() throws Exception {
        try (TestingGateway gateway = TestingGateway.in(root)) {
            AdminClient client = AdminClient.at(root.resolve("run/admin.sock"));
            gateway.answers(
                    "passkey.invite",
                    Json.object()
                            .with("person", "ann")
                            .with("code", "ABCD")
                            .with("origin", "http://localhost:7412")
                            .with("address", "http://localhost:7412/signin#invited=ann&code=ABCD")
                            .with("expires", "2026-11-26T12:00:00Z"));
            gateway.answers("passkey.list", keys("bob", "good"));
            assertThat(ConsoleAccess.of(client, "ann").next())
                    .startsWith("http://localhost:7412/signin#invited=ann&code=ABCD ");

            gateway.refuses("passkey.invite");
            gateway.answers("passkey.list", keys("ann", "good"));
            ConsoleAccess there = ConsoleAccess.of(client, "ann");
            assertThat(there.next()).contains("the passkey that is there already");
            assertThat(there.origin()).contains("http://localhost:7412");

            gateway.answers("passkey.list", keys("ann", "elsewhere"));
            assertThat(ConsoleAccess.of(client, "ann").next()).contains("no invitation yet: It is not to be had.");
        }
    }
}
