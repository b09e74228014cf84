package dev.interlock.system;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.interlock.backup.postgres.SocketRelay;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Rows of a database go only if a backup of it was restored for real, which people sign for. */
@Tag("process")
class DatabaseBackupTest {

    private static final String DELETE = "DELETE FROM orders WHERE id <= 40";

    @TempDir
    private Path root;

    private ServiceGatewayInstallation house;
    private ShopDatabase shop;
    private SocketRelay relay;
    private Path store;
    private int port;

    @AfterEach
    void stop() throws Exception {
        if (house != null) {
            house.close();
        }
        if (relay != null) {
            relay.close();
        }
        if (shop != null) {
            shop.close();
        }
        if (store != null) {
            Installation.remove(store);
        }
    }

    private void start() throws Exception {
        Path memory = Path.of("/dev/shm");
        assumeTrue(Files.isWritable(memory), "there is no second device to write to");
        assumeTrue(Programs.has("restic"), "no restic is installed: apt-get install restic");
        ShopDatabase.assumeThatItRuns();
        Files.setAttribute(root, "unix:mode", 0711);
        Path place = Files.createDirectory(root.resolve("database"));
        shop = new ShopDatabase(place);
        relay = new SocketRelay(place.resolve("pg/s/.s.PGSQL.5432"));
        port = Programs.freePort();
        Programs.run(List.of("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "attest", "-f", root + "/attest"), "")
                .expect(0);
        String yaml = (ServiceGatewayInstallation.organisation("""
                  shop:
                    catalog: pg
                    address: "postgres://127.0.0.1:%d/shop"
                    resolver: shop-look
                    credentials:
                      shop-look: {environments: [staging], impacts: [read], header: password}
                      shop-db: {environments: [staging], impacts: [read, write, destroy], header: password}
                    resources:
                      "pg:database/shop": {environments: [staging]}
                      "pg:table/shop.public.*": {environments: [staging]}
                """) + """
                backups:
                  attesters: ["%s"]
                  plans:
                    shop-db: {of: "pg:database/shop", domain: "elsewhere:box/u1", deletable-by: []}
                """)
                .formatted(
                        relay.port(),
                        Files.readString(root.resolve("attest.pub")).strip());
        String cedar = """
                @id("work")
                permit (principal, action in Impact::Action::"read", resource in Environment::"staging");
                @id("destroy-what-can-be-brought-back")
                @confirm("1 of owners") @backup("24h")
                permit (principal, action in Impact::Action::"destroy", resource in Environment::"staging");
                """;
        String role = "postgres:" + ShopDatabase.PASSWORD;
        house = new ServiceGatewayInstallation(
                root,
                Map.of("interlock.yaml", yaml, "policy.cedar", cedar),
                Map.of("shop-db", role, "shop-look", role),
                "postgres: 127.0.0.1:" + port);
        store = Files.createTempDirectory(memory, "backups");
        Path password = Files.writeString(root.resolve("restic.password"), "correct horse");
        Files.setPosixFilePermissions(password, java.nio.file.attribute.PosixFilePermissions.fromString("rw-------"));
        Programs.run(List.of("restic", "--no-cache", "--repo=" + store, "--password-file=" + password, "init"), "")
                .expect(0);
        Files.writeString(root.resolve("backups.yaml"), """
                attest-key: attest
                scratch: scratch
                plans:
                  shop-db:
                    of: "pg:database/shop"
                    source: {postgres: %s}
                    restic: {repository: %s, password-file: restic.password}
                """.formatted(shop.source(), store));
        house.seal().expect(0);
        house.up();
    }

    private Programs.ProgramResult psql(String command) throws Exception {
        ProcessBuilder builder = new ProcessBuilder(
                "psql", "-X", "-At", "-c", command, "host=127.0.0.1 port=" + port + " user=agent dbname=shop");
        builder.environment().put("PGPASSWORD", house.lease());
        return Programs.run(builder, "");
    }

    private static String hold(String held) {
        Matcher hold = Pattern.compile("H-[0-9A-Z]+").matcher(held);
        assertThat(hold.find()).as(held).isTrue();
        return "\"hold\":\"" + hold.group() + "\"";
    }

    @Test
    @Tag("promise")
    void rowsAreDeletedWithABackupOfTheirDatabase() throws Exception {
        start();
        String held = psql(DELETE).expect(1).err();
        assertThat(held)
                .contains("would delete 40 rows of orders")
                .contains("a backup of `pg:database/shop` elsewhere, at most 24 h old")
                .contains("none is attested by `interlock backup run shop-db`");
        house.sign(hold(held), "ann");
        assertThat(psql(DELETE).expect(1).err()).contains("confirmation required");

        String config = "--config=" + house.config();
        assertThat(house.interlock("", "inventory", "check", config).expect(1).out())
                .contains("✗ pg:database/shop  in staging", "no-backup: ")
                .contains("· pg:database/shop  in staging · ")
                .containsPattern("· pg:table/shop.public.orders  in staging · [0-9]+ KiB, about [0-9]+ rows");
        assertThat(house.interlock("", "backup", "run", "shop-db", config)
                        .expect(0)
                        .out())
                .contains("restored whole: 1000 rows of 1 table");
        assertThat(house.interlock("", "inventory", "check", config).expect(0).out())
                .contains("✓ pg:database/shop  in staging");

        String again = psql(DELETE).expect(1).err();
        assertThat(again).doesNotContain("none is attested");
        house.sign(hold(again), "ann");
        assertThat(psql(DELETE).expect(0).out()).isEqualTo("DELETE 40");
    }
}
