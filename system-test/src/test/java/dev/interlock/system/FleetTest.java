package dev.interlock.system;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.interlock.evidence.Json;
import dev.interlock.program.ExitCodes;
import dev.interlock.testing.TestingDatabaseServer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Several gateways on one store in PostgreSQL, behind a balancer: they decide as one. */
@Tag("process")
@Timeout(300)
final class FleetTest {

    private static final int COPIES = 60;

    @TempDir
    private Path root;

    private final GatewayFleet fleet = new GatewayFleet(ServiceGatewayInstallation.CONFIRMED);
    private final List<ServiceGatewayInstallation> gateways = fleet.gateways();

    private String at(int gateway, String lease, String method, String order, String... more) {
        try {
            return fleet.curl(gateway, lease, method, "/orders/orders/" + order, more);
        } catch (Exception e) {
            throw new IllegalStateException(e);
        }
    }

    private static long receipts(ServiceGatewayInstallation gateway) throws Exception {
        return gateway.admin().call("status", Json.object()).whole("receipts");
    }

    /** Sends it to each gateway in turn, all at once. Returns how many were answered by the service. */
    private long race(String lease, String order) {
        try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
            List<CompletableFuture<String>> copies = new ArrayList<>();
            for (int i = 0; i < COPIES; i++) {
                int gateway = i % gateways.size();
                copies.add(CompletableFuture.supplyAsync(() -> at(gateway, lease, "DELETE", order), threads));
            }
            return copies.stream().filter(copy -> copy.join().endsWith("\n200")).count();
        }
    }

    @Test
    void severalGatewaysDecideAsOne() throws Exception {
        assumeTrue(Files.isExecutable(GatewayFleet.BALANCER), "haproxy is not installed: apt-get install haproxy");
        try (TestingDatabaseServer server = new TestingDatabaseServer();
                SmallService service = new SmallService()) {
            String store = "store: " + server.store() + "\n";
            ServiceGatewayInstallation a = fleet.add(Files.createDirectory(root.resolve("a")), service, store);
            ServiceGatewayInstallation b = fleet.add(Files.createDirectory(root.resolve("b")), service, "");
            ServiceGatewayInstallation c = fleet.add(Files.createDirectory(root.resolve("c")), service, "");
            Process balancer = fleet.balancer(root);
            try {
                List.of("o-1", "o-2", "o-3").forEach(order -> service.keep("/orders/" + order, "{}"));
                a.seal().expect(0);
                a.up();
                fleet.shareFingerprints();
                b.upAgain();
                c.upAgain();
                String lease = a.lease();

                List<Long> before = List.of(receipts(a), receipts(b), receipts(c));
                for (int i = 0; i < 6; i++) {
                    assertThat(ServiceGatewayInstallation.curlAt(fleet.port(), lease, "GET", "/orders/orders/o-1"))
                            .endsWith("\n200");
                }
                for (int i = 0; i < 3; i++) {
                    assertThat(receipts(gateways.get(i))).isGreaterThan(before.get(i));
                }

                String held = at(0, lease, "DELETE", "o-1");
                assertThat(held).contains("\"kind\":\"confirmation_required\"");
                a.signAt(b, held, "ann");
                service.take();
                assertThat(race(lease, "o-1")).isOne();
                assertThat(service.take()).hasSize(1);
                assertThat(at(2, lease, "DELETE", "o-1")).contains("read-only").endsWith("\n403");

                String asked = at(0, lease, "DELETE", "o-2");
                CompletableFuture<String> waiting =
                        CompletableFuture.supplyAsync(() -> at(2, lease, "DELETE", "o-2", "-H", "Prefer: wait=40"));
                a.signAt(b, asked, "ann");
                assertThat(waiting.join()).endsWith("\n200");

                assertEverybodyComesBack(server, lease);
                c.admin().call("kill", Json.object().with("agent", "sam/bot").with("reason", "it runs wild"));
                for (int i = 0; i < 3; i++) {
                    int gateway = i;
                    Programs.await(
                            "the kill is obeyed",
                            () -> at(gateway, lease, "GET", "o-3").contains("it runs wild"));
                }
                assertASilentOneIsNamed(a, b);
                a.down();
                assertThat(move(a, ExitCodes.UNAVAILABLE, "--back")).contains("example/c` serve from the store");
            } finally {
                balancer.destroy();
                gateways.forEach(ServiceGatewayInstallation::close);
            }
        }
    }

    private void assertEverybodyComesBack(TestingDatabaseServer server, String lease) throws Exception {
        server.kill();
        for (int i = 0; i < 3; i++) {
            gateways.get(i).await(false);
            assertThat(gateways.get(i).admin().call("status", Json.object()).text("why"))
                    .contains("serves nothing until");
            assertThat(at(i, lease, "GET", "o-3"))
                    .contains("cannot reach its store")
                    .endsWith("\n403");
        }
        server.start();
        for (int i = 0; i < 3; i++) {
            gateways.get(i).await(true);
            assertThat(at(i, lease, "GET", "o-3")).endsWith("\n200");
        }
    }

    @Test
    void withoutTheStoreReadsGoForTheGraceOfTheSeal() throws Exception {
        GatewayFleet one = new GatewayFleet(ServiceGatewayInstallation.CONFIRMED, "fleet: {read-grace: 15s}\n");
        try (TestingDatabaseServer server = new TestingDatabaseServer();
                SmallService service = new SmallService();
                ServiceGatewayInstallation gateway =
                        one.add(Files.createDirectory(root.resolve("a")), service, "store: " + server.store() + "\n")) {
            service.keep("/orders/o-1", "{}");
            service.keep("/orders/o-1/hold", "{}");
            assertThat(gateway.seal().expect(0).err())
                    .contains("LOOSENED: ", "serves reads for 15 seconds, also to whom a kill stops");
            gateway.up();
            String lease = gateway.lease();
            String target = "/orders/orders/o-1";
            assertThat(one.curl(0, lease, "GET", target)).endsWith("\n200");
            assertThat(one.curl(0, lease, "POST", target + "/hold")).endsWith("\n200");
            String held = one.curl(0, lease, "DELETE", target);
            gateway.signAt(gateway, held, "ann");

            server.kill();
            gateway.await(false);
            long before = receipts(gateway);
            assertThat(one.curl(0, lease, "GET", target)).endsWith("\n200");
            assertThat(receipts(gateway)).isGreaterThan(before);
            assertThat(gateway.admin().call("status", Json.object()).text("why"))
                    .contains("serves nothing but reads, these for ");
            assertThat(one.curl(0, lease, "POST", target + "/hold"))
                    .contains("cannot reach its store")
                    .endsWith("\n403");
            service.take();
            assertThat(one.curl(0, lease, "DELETE", target)).endsWith("\n403");
            assertThat(service.take()).isEmpty();
            Programs.await(
                    "the grace ends", () -> one.curl(0, lease, "GET", target).contains("cannot reach its store"));

            server.start();
            gateway.await(true);
            assertThat(one.curl(0, lease, "DELETE", target)).endsWith("\n200");
        }
    }

    private static void assertASilentOneIsNamed(ServiceGatewayInstallation alive, ServiceGatewayInstallation dead)
            throws Exception {
        dead.process().destroyForcibly();
        Programs.await(
                "it is missed",
                () -> alive.admin().call("status", Json.object()).texts("things").stream()
                        .anyMatch(thing -> thing.contains("example/b` is silent since")));
        Json.Members store = alive.admin().call("status", Json.object()).object("store");
        assertThat(store.objects("nodes"))
                .extracting(node -> node.text("name").replaceFirst(".*/", "") + node.flag("silent"))
                .containsExactly("afalse", "btrue", "cfalse");
    }

    private static String move(ServiceGatewayInstallation house, int code, String... back) throws Exception {
        List<String> words = new ArrayList<>(List.of("store", "move", "--config=" + house.config()));
        words.addAll(List.of(back));
        Programs.ProgramResult result =
                house.interlock("", words.toArray(String[]::new)).expect(code);
        return result.out() + result.err();
    }

    @Test
    void aStoreMovesThereAndBackAndOneNameServesOnce() throws Exception {
        try (TestingDatabaseServer server = new TestingDatabaseServer();
                SmallService service = new SmallService();
                ServiceGatewayInstallation first = fleet.add(Files.createDirectory(root.resolve("a")), service, "")) {
            service.keep("/orders/o-1", "{}");
            first.seal().expect(0);
            first.up();
            assertThat(at(0, first.lease(), "GET", "o-1")).endsWith("\n200");
            String store = "store: " + server.store() + "\n";
            String alone = Files.readString(first.config());
            Files.writeString(first.config(), store, StandardOpenOption.APPEND);
            assertThat(move(first, ExitCodes.DATA)).contains("stop it first");
            first.down();
            assertThatThrownBy(first::upAgain).hasMessageContaining("interlock store move");

            assertThat(move(first, 0)).contains("Moved ").contains("to postgres://");
            first.upAgain();
            assertThat(at(0, first.lease(), "GET", "o-1"))
                    .as("its lease moved along")
                    .endsWith("\n200");

            try (ServiceGatewayInstallation second = fleet.add(Files.createDirectory(root.resolve("b")), service, "")) {
                Files.writeString(
                        second.config(), Files.readString(second.config()).replace("example/b", "example/a"));
                second.standBy("another process serves as `system-test.interlock.example/a`");
                assertThat(second.interlock("", "status", "--config=" + second.config())
                                .err())
                        .contains("This gateway waits", "`origin` of its own");
                first.admin()
                        .call("kill", Json.object().with("agent", "sam/bot").with("reason", "it runs wild"));
                first.process().destroyForcibly();
            }
            first.upAgain();
            assertThat(at(0, first.lease(), "GET", "o-1"))
                    .contains("it runs wild")
                    .endsWith("\n403");
            first.down();

            assertThat(move(first, 0, "--back")).contains("store.db");
            assertThatThrownBy(first::upAgain).hasMessageContaining("take `store` out of gateway.yaml");
            Files.writeString(first.config(), alone);
            first.upAgain();
            assertThat(at(0, first.lease(), "GET", "o-1"))
                    .contains("it runs wild")
                    .endsWith("\n403");
        }
    }
}
