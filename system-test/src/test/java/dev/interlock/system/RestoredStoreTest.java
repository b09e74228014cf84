package dev.interlock.system;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.interlock.catalog.Catalogs;
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
        String yaml = """
            organisation: acme
            environments:
              staging: {protected: false}
            people:
              sam: {groups: [owners], keys: ["SAM"]}
            agents:
              sam/bot: {owner: sam, teams: [bots]}
            upstreams:
              orders:
                catalog: shop
                address: "%s"
                credentials:
                  shop: {environments: [staging], impacts: [read, write]}
                resources:
                  "shop:order/o-1": {environments: [staging]}
            tasks:
              work: {environments: [staging], impacts: [read, write], ttl: 1h}
            """.formatted(service.address());
        String cedar = """
            @id("agents-read")
            permit (principal, action in Impact::Action::"read", resource in Environment::"staging");
            """;
        return new ServiceGatewayInstallation(
                root,
                Map.of("interlock.yaml", yaml, "policy.cedar", cedar, "catalogs/shop.yaml", Catalogs.example("rest")),
                Map.of("shop", "the-real-one"));
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
            assertThat(house.admin().call("status", Json.object()).texts("warnings"))
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
