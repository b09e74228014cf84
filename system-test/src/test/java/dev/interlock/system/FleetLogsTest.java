package dev.interlock.system;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.net.httpserver.HttpServer;
import dev.interlock.evidence.Json;
import dev.interlock.testing.TestingDatabaseServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * Two gateways on one store, with a log each: a restored database, a gateway that does not come back, and one report.
 */
@Tag("process")
@Timeout(300)
final class FleetLogsTest {

    private static final String LOST = "system-test.interlock.example/b";

    @TempDir
    private Path root;

    private final GatewayFleet fleet = new GatewayFleet(ServiceGatewayInstallation.CONFIRMED);
    private final CountDownLatch arrived = new CountDownLatch(1);

    private String at(int gateway, String lease, String method) {
        try {
            String target = method.equals("POST") ? "/orders/orders/o-1/hold" : "/orders/orders/o-1";
            return fleet.curl(gateway, lease, method, target);
        } catch (Exception e) {
            throw new IllegalStateException(e);
        }
    }

    /** Answers reads, and nothing to a write. */
    private HttpServer service() throws IOException {
        HttpServer service = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        service.setExecutor(Executors.newVirtualThreadPerTaskExecutor());
        service.createContext("/", exchange -> {
            if (!exchange.getRequestMethod().equals("GET")) {
                arrived.countDown();
                return;
            }
            exchange.getResponseHeaders().add("content-type", "application/json");
            exchange.sendResponseHeaders(200, 2);
            exchange.getResponseBody().write("{}".getBytes());
            exchange.close();
        });
        service.start();
        return service;
    }

    private static void database(String store, String program, String... arguments) throws Exception {
        String[] parts = store.replaceFirst("postgres://", "").split("[@:/]");
        List<String> command = new ArrayList<>(List.of(
                program,
                "--host=127.0.0.1",
                "--port=" + parts[2],
                "--username=postgres",
                "--dbname=postgres",
                "--quiet"));
        if (program.equals("pg_dump")) {
            command.removeLast();
            command.add("--schema=" + parts[0]);
        }
        command.addAll(List.of(arguments));
        Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
        String said = new String(process.getInputStream().readAllBytes());
        assertThat(process.waitFor()).as(said).isZero();
    }

    @Test
    void eachLogCountsWhicheverGatewayServes() throws Exception {
        HttpServer service = service();
        try (TestingDatabaseServer server = new TestingDatabaseServer()) {
            String store = server.store().toString();
            String address = "http://127.0.0.1:" + service.getAddress().getPort();
            ServiceGatewayInstallation a = fleet.add(
                    Files.createDirectory(root.resolve("a")),
                    address,
                    "store: " + store + "\nreplica: " + root + "/ledgers/a\nreplicas: " + root + "/ledgers\n");
            ServiceGatewayInstallation b = fleet.add(Files.createDirectory(root.resolve("b")), address, "");
            a.seal().expect(0);
            a.up();
            fleet.shareFingerprints();
            b.upAgain();
            String lease = a.lease();
            assertThat(a.admin().call("status", Json.object()).texts("things"))
                    .noneMatch(thing -> thing.contains("below `replicas`"));
            assertThat(at(0, lease, "GET")).endsWith("\n200");
            assertThat(at(1, lease, "GET")).endsWith("\n200");
            oneListHasAll(a);
            aDiskThatHangsIsNamed(a);
            aCallIsLost(a, b, lease);
            oneReportHasAll(a);
            b.upAgain();
            a.down();

            Path backup = root.resolve("backup.sql");
            database(store, "pg_dump", "--file=" + backup);
            b.admin().call("kill", Json.object().with("agent", "sam/bot").with("reason", "it runs wild"));
            b.down();
            String schema = store.replaceFirst("postgres://(\\w+)@.*", "$1");
            database(store, "psql", "--command=DROP SCHEMA " + schema + " CASCADE");
            database(store, "psql", "--file=" + backup);
            a.upAgain();
            assertThat(at(0, lease, "GET")).as("the log of b alone has it").contains("it runs wild");
        } finally {
            service.stop(0);
            fleet.gateways().forEach(ServiceGatewayInstallation::close);
        }
    }

    /** Whoever opens a pipe waits for the other end, as for a disk of a network, or for the end of a long log. */
    @Test
    void aNodeThatIsBackServesWithoutTheLogOfADeadOne() throws Exception {
        HttpServer service = service();
        try (TestingDatabaseServer server = new TestingDatabaseServer()) {
            String store = server.store().toString();
            String address = "http://127.0.0.1:" + service.getAddress().getPort();
            ServiceGatewayInstallation a = fleet.add(
                    Files.createDirectory(root.resolve("a")),
                    address,
                    "store: " + store + "\nreplica: " + root + "/ledgers/a\nreplicas: " + root + "/ledgers\n");
            ServiceGatewayInstallation b = fleet.add(Files.createDirectory(root.resolve("b")), address, "");
            a.seal().expect(0);
            a.up();
            fleet.shareFingerprints();
            b.upAgain();
            String lease = a.lease();
            assertThat(at(1, lease, "GET")).endsWith("\n200");
            Programs.await(
                    "the copy has the read",
                    () -> b.admin().call("status", Json.object()).whole("replica_lag") == 0);
            b.process().destroyForcibly();
            Path segment = root.resolve("ledgers/b/segments/00000000000000000000.segment");
            Files.delete(segment);
            Programs.run(List.of("mkfifo", segment.toString()), "").expect(0);
            String schema = store.replaceFirst("postgres://(\\w+)@.*", "$1");
            database(
                    store,
                    "psql",
                    "--command=UPDATE " + schema + ".ledger_mark SET size = size - 1 WHERE origin = '" + LOST + "'");

            server.kill();
            a.await(false);
            server.start();
            a.await(true);
            String stopped = "nobody knows what people had stopped at " + LOST;
            assertThat(at(0, lease, "GET")).endsWith("\n403");
            assertThat(a.interlock("", "status", "--json", "--config=" + a.config())
                            .out())
                    .as("what was found later is shown too")
                    .contains(stopped);
            assertThat(a.log()).contains("store_behind", stopped);
            Files.writeString(segment, "");
        } finally {
            service.stop(0);
            fleet.gateways().forEach(ServiceGatewayInstallation::close);
        }
    }

    private static void oneListHasAll(ServiceGatewayInstallation a) throws Exception {
        Programs.await("the copies have both reads", () -> {
            String list = a.interlock("", "receipts", "--kind=intent", "--config=" + a.config())
                    .expect(0)
                    .out();
            return list.contains("intent    system-test.interlock.example/a") && list.contains("intent    " + LOST);
        });
    }

    /** Whoever opens a pipe waits for the other end, as for a disk of a network. */
    private void aDiskThatHangsIsNamed(ServiceGatewayInstallation a) throws Exception {
        Path pipe = Files.createDirectory(root.resolve("ledgers/hung")).resolve("checkpoint");
        Programs.run(List.of("mkfifo", pipe.toString()), "").expect(0);
        String named = "`" + pipe.getParent() + "` does not answer: its disk hangs";
        assertThat(a.interlock("", "status", "--config=" + a.config()).out()).contains(named);
        Programs.ProgramResult list = a.interlock("", "receipts", "--kind=intent", "--config=" + a.config());
        assertThat(list.out() + list.err())
                .contains(named, "intent    system-test.interlock.example/a", "intent    " + LOST);
        Files.writeString(pipe, "");
        Files.delete(pipe);
        Files.delete(pipe.getParent());
    }

    private void aCallIsLost(ServiceGatewayInstallation a, ServiceGatewayInstallation b, String lease)
            throws Exception {
        CompletableFuture<String> lost = CompletableFuture.supplyAsync(() -> at(1, lease, "POST"));
        assertThat(arrived.await(1, TimeUnit.MINUTES)).isTrue();
        Programs.await(
                "the copy has the intent",
                () -> b.admin().call("status", Json.object()).whole("replica_lag") == 0);
        assertThat(close(a, 1).err()).contains("serves");
        b.process().destroyForcibly();
        lost.handle((_, _) -> "its gateway is gone").join();
        Programs.await(
                "it is missed",
                () -> a.admin().call("status", Json.object()).texts("things").stream()
                        .anyMatch(thing -> thing.contains("silent since")));
        assertThat(close(a, 0).out()).contains("closed by R-", "interlock receipts");
        assertThat(close(a, 0).out()).contains("No call was open");
        assertThat(a.log()).contains("unknown_outcome");
    }

    private Programs.ProgramResult close(ServiceGatewayInstallation a, int code) throws Exception {
        return a.interlock("", "fleet", "close", LOST, "--config=" + a.config()).expect(code);
    }

    private void oneReportHasAll(ServiceGatewayInstallation a) throws Exception {
        List<String> keys = List.of(
                "--vkey",
                root.resolve("a/data/ledger.pub").toString(),
                "--vkey",
                root.resolve("b/data/ledger.pub").toString());
        Programs.ProgramResult verified =
                evidence(a, keys, "verify", root.resolve("ledgers").toString());
        assertThat(verified.out())
                .contains("log system-test.interlock.example/a", "log " + LOST)
                .doesNotContain("records sound: no", "no earlier receipt", "intent without outcome");
        Programs.ProgramResult alone =
                evidence(a, keys, "verify", root.resolve("ledgers/b").toString());
        assertThat(alone.out()).contains("no earlier receipt issues its lease", "intent without outcome");
        Programs.ProgramResult calls = evidence(
                a, keys, "report", "--format=text", root.resolve("ledgers").toString());
        assertThat(calls.out()).contains("example/a  permitted", "example/b  permitted", "unknown");
    }

    private static Programs.ProgramResult evidence(ServiceGatewayInstallation a, List<String> keys, String... words)
            throws Exception {
        List<String> all = new ArrayList<>(List.of(words));
        all.addAll(keys);
        return a.interlock("", all.toArray(String[]::new));
    }
}
