package dev.interlock.console;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.interlock.action.Alert;
import dev.interlock.admin.Administration;
import dev.interlock.admin.CommandRunner;
import dev.interlock.admin.Peer;
import dev.interlock.admin.ResultSink;
import dev.interlock.adminclient.AdminRefusedException;
import dev.interlock.config.Config;
import dev.interlock.evidence.Json;
import dev.interlock.testing.TestingClock;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.security.SecureRandom;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Tests the console while another process has its port. */
final class ConsoleSupervisorTest {

    private final List<Alert> alerts = new CopyOnWriteArrayList<>();

    @ParameterizedTest
    @ValueSource(strings = {"127.0.0.1", "::1"})
    void aTakenPortIsReportedAndNoCodeIsIssued(String address) throws IOException {
        try (ServerSocket squatter = new ServerSocket(0, 1, InetAddress.ofLiteral(address))) {
            int port = squatter.getLocalPort();
            Config.Console config = new Config.Console(
                    Optional.of("127.0.0.1:" + port),
                    Optional.of(URI.create("http://localhost:" + port)),
                    Optional.empty(),
                    Optional.empty(),
                    Optional.empty(),
                    Optional.empty(),
                    false);
            try (ConsoleSupervisor console = new ConsoleSupervisor(
                    config, new TestingClock().utc(), new SecureRandom(), _ -> true, alerts::add)) {
                console.open(new NoCommands());
                Administration commands = new Administration(
                        List.of(console.sessions()), Optional::empty, null, new TestingClock(), alerts::add);
                assertThatThrownBy(() -> commands.run(new Peer("root"), "console.code", Json.object(), _ -> {}))
                        .isInstanceOf(AdminRefusedException.class)
                        .hasMessageContaining("no console");
                assertThat(console.address()).as("nothing leads people there").isEmpty();
                assertThat(console.statusText()).startsWith("not listening");
                assertThat(console.trouble().orElseThrow()).contains("Do not sign in at http://localhost:" + port);
                assertThat(alerts).singleElement().satisfies(alert -> {
                    assertThat(alert.rule()).isEqualTo(Alert.AlertKind.CONSOLE_TROUBLE);
                    assertThat(alert.severity()).isEqualTo(Alert.Severity.ALARM);
                    assertThat(alert.facts().get("why")).contains("`console` in `gateway.yaml`");
                });
            }
        }
    }

    private static final class NoCommands implements CommandRunner {
        @Override
        public void run(Peer peer, String command, Json.Members arguments, ResultSink results) {}

        @Override
        public void refused(Peer peer, String command) {}
    }
}
