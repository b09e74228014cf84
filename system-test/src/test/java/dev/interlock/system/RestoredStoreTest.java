package dev.interlock.system;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.interlock.evidence.Json;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Map;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A store from a backup beside a ledger that has gone on, and a store that is damaged. */
@Tag("process")
final class RestoredStoreTest {

    private static final String ORDER = "/orders/orders/o-1";

    @TempDir
    private Path root;

    private ServiceGatewayInstallation installation(SmallService service) throws Exception {
        return ServiceGatewayInstallation.beforeAShop(
                root,
                service.address(),
                "{environments: [staging], impacts: [read, write]}",
                Map.of("shop", "the-real-one"),
                "");
    }

    @Test
    void whatPeopleEndedAfterTheBackupStaysEnded() throws Exception {
        try (SmallService service = new SmallService();
                ServiceGatewayInstallation house = installation(service)) {
            service.keep("/orders/o-1", "{}");
            house.seal().expect(0);
            house.up();
            assertThat(house.curl("GET", ORDER)).endsWith("\n200");
            house.down();
            Path store = root.resolve("data/store.db");
            Files.copy(store, root.resolve("backup.db"));
            house.upAgain();
            assertThat(house.curl("GET", ORDER)).endsWith("\n200");
            house.admin().call("kill", Json.object().with("agent", "sam/bot").with("reason", "it runs wild"));
            house.down();
            Files.copy(root.resolve("backup.db"), store, StandardCopyOption.REPLACE_EXISTING);

            house.upAgain();
            assertThat(house.curl("GET", ORDER)).contains("it runs wild").endsWith("\n403");
            assertThat(house.log()).contains("store_behind").contains("These kills are in force again: K-");
            assertThat(house.admin().call("status", Json.object()).texts("things"))
                    .anyMatch(warning -> warning.contains("These kills are in force again: K-"));
            house.down();
            house.upAgain();
            assertThat(house.log()).as("it is said once").doesNotContain("store_behind");
            house.down();

            Files.write(store, "garbage ".repeat(5000).getBytes(StandardCharsets.UTF_8));
            assertThatThrownBy(house::upAgain)
                    .hasMessageContaining(store.toString())
                    .hasMessageContaining("is damaged");
            Files.delete(store);
            Files.deleteIfExists(store.resolveSibling("store.db-wal"));
            Files.deleteIfExists(store.resolveSibling("store.db-shm"));
            house.upUnsealed();
            assertThat(house.admin().call("status", Json.object()).texts("kills"))
                    .hasSize(1);
        }
    }
}
