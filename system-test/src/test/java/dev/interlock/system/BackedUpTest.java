package dev.interlock.system;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.interlock.catalog.Catalogs;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** From nothing to a deletion that a restored backup lets through: real database, real dump, real gateway. */
@Timeout(300)
final class BackedUpTest {

    @TempDir
    private Path root;

    private SmallService service;
    private Household house;
    private Shop shop;
    private Path target;

    @BeforeEach
    void start() throws Exception {
        Path memory = Path.of("/dev/shm");
        assumeTrue(Files.isWritable(memory), "there is no second device to write to");
        Shop.assumeThatItRuns();
        Path database = Files.createDirectory(root.resolve("database"));
        service = new SmallService();
        service.keep("/orders/o-2", "{\"customer\":\"bob\"}");
        String attester = root.resolve("attest").toString();
        Programs.run(List.of("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "attest", "-f", attester), "")
                .expect(0);
        String yaml = """
                organisation: acme
                environments:
                  staging: {protected: false}
                people:
                  sam: {groups: [owners], keys: ["SAM"]}
                  ann: {groups: [owners], keys: ["ANN"]}
                confirm: {software-keys: true}
                agents:
                  sam/bot: {owner: sam, teams: [bots]}
                upstreams:
                  orders:
                    catalog: shop
                    address: "%s"
                    credentials:
                      shop: {environments: [staging], impacts: [read, write, destroy]}
                    resources:
                      "shop:order/o-2": {environments: [staging]}
                tasks:
                  work: {environments: [staging], impacts: [read, write, destroy], ttl: 1h}
                backups:
                  attesters: ["%s"]
                  plans:
                    shop-db: {of: "shop:order/o-2", domain: "elsewhere:box/u1"}
                """.formatted(
                service.address(), Files.readString(Path.of(attester + ".pub")).strip());
        String cedar = """
                @id("destroy-what-can-be-brought-back")
                @confirm("1 of owners") @backup("24h")
                permit (principal, action in Impact::Action::"destroy", resource in Environment::"staging");
                """;
        house = new Household(
                root,
                Map.of("interlock.yaml", yaml, "policy.cedar", cedar, "catalogs/shop.yaml", Catalogs.example("rest")),
                Map.of("shop", "the-real-one"));
        shop = new Shop(database);
        target = Files.createTempDirectory(memory, "backups");
        Files.writeString(root.resolve("backups.yaml"), """
                key: backup.key
                attest-key: attest
                scratch: scratch
                plans:
                  shop-db:
                    of: "shop:order/o-2"
                    source: {postgres: %s}
                    target: {directory: %s}
                """.formatted(shop.source(), target));
        backup(0, "key");
    }

    @AfterEach
    void stop() throws IOException {
        if (house != null) {
            house.close();
        }
        if (shop != null) {
            shop.close();
        }
        service.close();
        if (target != null) {
            Installation.remove(target);
        }
    }

    private Programs.Ended backup(int exit, String... arguments) throws Exception {
        List<String> all = new java.util.ArrayList<>(List.of("backup"));
        all.addAll(List.of(arguments));
        all.add("--config=" + root.resolve("gateway.yaml"));
        return house.interlock("", all.toArray(String[]::new)).expect(exit);
    }

    private List<String> kept() throws IOException {
        Path shelf = target.resolve("shop-db");
        if (!Files.isDirectory(shelf)) {
            return List.of();
        }
        try (Stream<Path> all = Files.list(shelf)) {
            return all.map(path -> path.getFileName().toString())
                    .filter(name -> !name.equals(".lock"))
                    .toList();
        }
    }

    @Test
    void whatCanBeBroughtBackMayGo() throws Exception {
        house.seal().expect(0);
        house.up();

        String held = house.curl("DELETE", "/orders/orders/o-2");
        assertThat(held)
                .contains("a backup of `shop:order/o-2` elsewhere, at most 24 h old")
                .contains("none is attested");
        house.sign(held, "ann");
        assertThat(house.curl("DELETE", "/orders/orders/o-2")).contains("\"kind\":\"confirmation_required\"");
        assertThat(service.at("/orders/o-2")).isPresent();
        assertThat(backup(1, "status").out()).contains("✗ order lost: nothing that was restored would be left");

        assertThat(backup(0, "take", "shop-db").out())
                .contains("1000 rows of 1 table")
                .contains("not worth anything yet");
        assertThat(house.curl("DELETE", "/orders/orders/o-2")).contains("none is attested");
        assertThat(backup(0, "verify", "shop-db").out())
                .contains("restored whole: 1000 rows of 1 table")
                .contains("receipt R-");
        assertThat(backup(0, "status").out()).contains("✓ order lost: shop-db/");
        assertThat(backup(0, "list").out()).contains("restored 20");

        String again = house.curl("DELETE", "/orders/orders/o-2");
        assertThat(again).contains("\"kind\":\"confirmation_required\"").doesNotContain("none is attested");
        assertThat(house.hold(again).text("statement")).contains("interlock-restore@v1");
        house.sign(again, "ann");
        assertThat(house.curl("DELETE", "/orders/orders/o-2")).endsWith("\n200");
        assertThat(service.at("/orders/o-2")).isEmpty();

        // Asked to end, it publishes what it has written: killed, it would leave receipts that nothing vouches for yet.
        house.process().destroy();
        house.process().onExit().join();
        house.interlock(
                        "",
                        "verify",
                        root.resolve("data/ledger").toString(),
                        "--vkey",
                        root.resolve("data/ledger.pub").toString(),
                        "--seal",
                        root.resolve("data/seals").toString(),
                        "--seal-key",
                        root.resolve("sealer.pub").toString())
                .expect(0);
    }

    /** The youngest is found to be worth nothing, and the gateway knows that from then on. */
    @Test
    void whatWentBadLetsNothingThroughAnyMore() throws Exception {
        house.seal().expect(0);
        house.up();
        backup(0, "take", "shop-db");
        backup(0, "verify", "shop-db");
        Path dump = target.resolve("shop-db").resolve(kept().getFirst()).resolve("dump");
        byte[] bytes = Files.readAllBytes(dump);
        bytes[bytes.length / 2] ^= 1;
        Files.write(dump, bytes);
        assertThat(backup(1, "verify", "shop-db").out())
                .contains("is worth nothing")
                .contains("receipt R-");
        assertThat(backup(1, "status").out()).contains("WORTH NOTHING when tried");
        assertThat(house.curl("DELETE", "/orders/orders/o-2")).contains("none is attested");
    }

    @Test
    void whatIsInterruptedOrKilledLeavesNothingThatCounts() throws Exception {
        Process holder = shop.locked();
        Process interrupted = taking();
        Programs.await("it has begun", () -> kept().stream().anyMatch(name -> name.endsWith(".part")));
        interrupted.destroy();
        interrupted.onExit().join();
        assertThat(kept()).isEmpty();
        try (Stream<Path> left = Files.list(root.resolve("scratch"))) {
            assertThat(left).isEmpty();
        }

        Process killed = taking();
        Programs.await("it has begun", () -> kept().stream().anyMatch(name -> name.endsWith(".part")));
        killed.destroyForcibly().onExit().join();
        assertThat(kept()).singleElement().asString().endsWith(".part");
        assertThat(backup(0, "list").out()).doesNotContain("shop-db");
        holder.destroyForcibly().onExit().join();

        backup(0, "take", "shop-db");
        assertThat(kept()).singleElement().asString().doesNotEndWith(".part");
        try (Stream<Path> left = Files.list(root.resolve("scratch"))) {
            assertThat(left).isEmpty();
        }
    }

    private Process taking() throws IOException {
        return new ProcessBuilder(Programs.interlock(
                        root, List.of("backup", "take", "shop-db", "--config=" + root.resolve("gateway.yaml"))))
                .redirectErrorStream(true)
                .redirectOutput(root.resolve("taking.log").toFile())
                .start();
    }
}
