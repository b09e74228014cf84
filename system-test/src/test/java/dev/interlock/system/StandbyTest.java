package dev.interlock.system;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.interlock.evidence.Json;
import dev.interlock.program.ExitCodes;
import dev.interlock.testing.TestingDatabaseServer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Two gateways on one store in PostgreSQL: one serves, and the other takes over with all that is in force. */
@Tag("process")
final class StandbyTest {

    private static final String ORDER = "/orders/orders/o-1";

    @TempDir
    private Path root;

    private ServiceGatewayInstallation installation(String name, SmallService service) throws Exception {
        return ServiceGatewayInstallation.beforeAShop(
                Files.createDirectory(root.resolve(name)),
                service.address(),
                "{environments: [staging], impacts: [read, write]}",
                Map.of("shop", "the-real-one"),
                "");
    }

    private static String move(ServiceGatewayInstallation house, int code, String... back) throws Exception {
        List<String> words = new ArrayList<>(List.of("store", "move", "--config=" + house.config()));
        words.addAll(List.of(back));
        Programs.ProgramResult result =
                house.interlock("", words.toArray(String[]::new)).expect(code);
        return result.out() + result.err();
    }

    @Test
    void aSecondGatewayTakesOverWhatPeopleAndAgentsHave() throws Exception {
        try (TestingDatabaseServer server = new TestingDatabaseServer();
                SmallService service = new SmallService();
                ServiceGatewayInstallation first = installation("a", service);
                ServiceGatewayInstallation second = installation("b", service)) {
            service.keep("/orders/o-1", "{}");
            first.seal().expect(0);
            first.up();
            assertThat(first.curl("GET", ORDER)).endsWith("\n200");
            String store = "store: " + server.store() + "\n";
            String alone = Files.readString(first.config());
            Files.writeString(first.config(), store, StandardOpenOption.APPEND);
            assertThat(move(first, ExitCodes.DATA)).contains("stop it first");
            first.down();
            assertThatThrownBy(first::upAgain).hasMessageContaining("interlock store move");

            assertThat(move(first, 0)).contains("Moved ").contains("to postgres://");
            first.upAgain();
            assertThat(first.curl("GET", ORDER)).as("its lease moved along").endsWith("\n200");

            Files.writeString(
                    second.config(),
                    alone.replace("example/own", "example/other").replace(":" + first.port(), ":" + second.port())
                            + store);
            second.standBy("`system-test.interlock.example/own` serves from");
            assertThat(second.interlock("", "status", "--config=" + second.config())
                            .err())
                    .contains("This gateway waits");
            first.admin().call("kill", Json.object().with("agent", "sam/bot").with("reason", "it runs wild"));
            first.process().destroyForcibly();
            second.await(true);
            assertThat(second.curlUnder(first.lease(), "GET", ORDER))
                    .contains("it runs wild")
                    .endsWith("\n403");

            first.standBy("`system-test.interlock.example/other` serves from");
            server.kill();
            assertThat(second.process().onExit().get().isAlive()).isFalse();
            assertThat(second.log()).contains("serves no more");
            server.start();
            first.await(true);
            assertThat(first.curl("GET", ORDER)).contains("it runs wild").endsWith("\n403");

            first.down();
            assertThat(move(first, 0, "--back")).contains("store.db");
            assertThatThrownBy(first::upAgain).hasMessageContaining("take `store` out of gateway.yaml");
            Files.writeString(first.config(), alone);
            first.upAgain();
            assertThat(first.curl("GET", ORDER)).contains("it runs wild").endsWith("\n403");
        }
    }
}
