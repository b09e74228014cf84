package dev.interlock.system;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.interlock.evidence.Json;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Tests agents that use a service of their person's machine by {@code run --service}. */
@Timeout(300)
@Tag("process")
final class LocalServicesTest {

    private static final String ANSWER = "HTTP/1.1 200 OK\r\nContent-Length: 4\r\nConnection: close\r\n\r\npong";

    private static Installation installation;

    private static int number;

    private Path workspace;
    private Service service;
    private int earlier;

    @BeforeAll
    static void open() throws Exception {
        for (String tool : List.of("bwrap", "socat", "setpriv", "prlimit", "curl")) {
            assumeTrue(Programs.has(tool), "needs " + tool);
        }
        installation = Installation.open(false);
        installation.seal(text -> text + "services: [api]\n");
    }

    @AfterAll
    static void closeTheInstallation() throws Exception {
        if (installation != null) {
            installation.close();
        }
    }

    @BeforeEach
    void begin() throws Exception {
        workspace = installation.workspace("workspace" + ++number);
        earlier = installation.receipts().size();
        service = new Service();
    }

    @AfterEach
    void end() throws Exception {
        service.close();
    }

    private List<Json.Members> acts(String command) throws IOException {
        List<Json.Members> all = installation.receipts(); // the newest are first
        return all.subList(0, all.size() - earlier).stream()
                .filter(receipt ->
                        receipt.optionalText("command").filter(command::equals).isPresent())
                .toList();
    }

    private String option() {
        return "--service=api=" + service.port();
    }

    private Process start(String script) throws IOException {
        List<String> command = List.of(
                "run",
                "--config=" + installation.configuration(),
                "--agent=jer/cursor",
                "--task=fix-staging",
                "--workspace=" + workspace,
                option(),
                "--",
                "/bin/sh",
                "-c",
                script);
        return installation
                .command(command)
                .redirectOutput(workspace.resolveSibling("run.out").toFile())
                .redirectError(workspace.resolveSibling("run.err").toFile())
                .start();
    }

    @Test
    @Tag("promise")
    void anAgentReachesANamedServiceAndEachConnectionHasReceipts() throws Exception {
        String both = "curl -sS -m 50 http://127.0.0.1:" + service.port() + "/; "
                + "[ ! -e /proc/net/if_inet6 ] || curl -sS -m 50 -g 'http://[::1]:" + service.port() + "/'";
        Programs.ProgramResult ended =
                installation.run(workspace, List.of(option()), both).expect(0);

        assertThat(ended.out()).startsWith("pong");
        List<Json.Members> opened = acts("service.open").reversed();
        List<Json.Members> closed = acts("service.close").reversed();
        assertThat(opened).hasSameSizeAs(service.receiptsAtEach).isNotEmpty();
        assertThat(service.receiptsAtEach)
                .as("each connection is on record before it is made")
                .isEqualTo(opened.size() == 1 ? List.of(1) : List.of(1, 2));
        assertThat(closed).hasSameSizeAs(opened).allSatisfy(act -> {
            assertThat(act.text("service")).isEqualTo("api");
            assertThat(act.whole("port")).isEqualTo(service.port());
            assertThat(act.flag("reached")).isTrue();
            assertThat(act.whole("bytes_sent")).isPositive();
            assertThat(act.whole("bytes_received")).isEqualTo(ANSWER.length());
        });
        assertThat(closed)
                .extracting(act -> act.text("opened"))
                .containsExactlyElementsOf(
                        opened.stream().map(act -> act.text("id")).toList());
        String lease = acts("run.open").getFirst().text("lease");
        assertThat(opened).allSatisfy(act -> {
            assertThat(act.text("lease")).isEqualTo(lease);
            assertThat(act.text("agent")).isEqualTo("jer/cursor");
        });
    }

    @Test
    @Tag("promise")
    void noServiceIsReachedThatIsNotNamed() throws Exception {
        assertThat(installation
                        .run(workspace, "curl -sS -m 20 http://127.0.0.1:" + service.port() + "/")
                        .exit())
                .isNotZero();
        assertThat(service.receiptsAtEach).isEmpty();
    }

    @Test
    @Tag("promise")
    void aServiceNeedsItsLineInTheSeal() throws Exception {
        Programs.ProgramResult ended =
                installation.run(workspace, List.of("--service=other=" + service.port()), "echo started");
        assertThat(ended.exit()).isEqualTo(1);
        assertThat(ended.out()).isEmpty();
        assertThat(ended.err()).contains("`other`", "services: [other]", "interlock.yaml");
        assertThat(acts("run.open")).isEmpty();
        assertThat(service.receiptsAtEach).isEmpty();
    }

    @Test
    void portsThatLeadElsewhereAreRefused() throws Exception {
        for (String port : List.of("22", "2375", "5005", "9229", "6443", "10250")) {
            Programs.ProgramResult ended =
                    installation.run(workspace, List.of("--service=api=" + port), "echo started");
            assertThat(ended.exit()).as(port).isEqualTo(2);
            assertThat(ended.err()).contains("port " + port + " is never a service for agents: ");
        }
        for (int port : List.of(installation.port(), installation.railway().port())) {
            Programs.ProgramResult ended =
                    installation.run(workspace, List.of("--service=api=" + port), "echo started");
            assertThat(ended.exit()).isEqualTo(1);
            assertThat(ended.out()).isEmpty();
            assertThat(ended.err()).contains("Port " + port + " is ");
        }
        assertThat(acts("run.open")).isEmpty();
    }

    /** The agent takes no notice of the signal that ends it: only its connection has ended. */
    @Test
    @Tag("promise")
    void aKillCutsConnectionsAtOnceAndPermitsNoOther() throws Exception {
        service.isSilent = true;
        String ask = "curl -sS -m 200 http://127.0.0.1:" + service.port() + "/";
        Process run = start("trap '' TERM; " + ask + "; echo x > cut; " + ask + "; echo x > again; exec sleep 600");
        assertThat(service.begun.poll(200, TimeUnit.SECONDS)).isNotNull();
        Programs.ProgramResult killed = installation
                .interlock(List.of("kill", "--agent=jer/cursor", "--reason=look first", "--json"), "")
                .expect(0);
        assertThat(service.over.poll(200, TimeUnit.SECONDS)).isNotNull();
        assertThat(run.waitFor()).isEqualTo(75);
        assertThat(workspace.resolve("cut")).exists();
        assertThat(workspace.resolve("again")).exists();
        assertThat(service.receiptsAtEach).hasSize(1);
        assertThat(acts("service.close"))
                .singleElement()
                .satisfies(act -> assertThat(act.flag("reached")).isTrue());
        String kill =
                Json.readObject(killed.out().getBytes(StandardCharsets.UTF_8)).text("kill");
        installation
                .interlock(List.of("kill", "--lift=" + kill, "--key=" + installation.key("ann")), "")
                .expect(0);
    }

    @Test
    @Tag("promise")
    void aSealWithoutTheServiceEndsItsConnections() throws Exception {
        service.isSilent = true;
        Process run = start("curl -sS -m 200 http://127.0.0.1:" + service.port() + "/");
        assertThat(service.begun.poll(200, TimeUnit.SECONDS)).isNotNull();
        installation.seal(text -> text.replace("services: [api]\n", "services: [other]\n"));
        try {
            assertThat(service.over.poll(200, TimeUnit.SECONDS)).isNotNull();
            assertThat(run.waitFor()).isPositive();
            assertThat(acts("service.close")).hasSize(1);
        } finally {
            installation.seal(text -> text.replace("services: [other]\n", "services: [api]\n"));
        }
    }

    @Test
    @Tag("promise")
    void withoutTheGatewayNoConnectionIsMade() throws Exception {
        Process run = start("echo x > works; until test -e go; do sleep 0.1; done; curl -sS -m 50 http://127.0.0.1:"
                + service.port() + "/; echo $? > asked");
        Programs.await("its agent works", () -> Files.exists(workspace.resolve("works")));
        installation.kill();
        Files.writeString(workspace.resolve("go"), "x");
        run.waitFor();
        installation.up(List.of());
        assertThat(Files.readString(workspace.resolve("asked")).strip()).isNotEqualTo("0");
        assertThat(service.receiptsAtEach).isEmpty();
    }

    /** A service on loopback that answers each request with {@code pong}, unless it is silent. */
    private final class Service implements AutoCloseable {

        /** How many connections were on record when each connection came. */
        private final List<Integer> receiptsAtEach = new CopyOnWriteArrayList<>();

        private final BlockingQueue<String> begun = new LinkedBlockingQueue<>();
        private final BlockingQueue<String> over = new LinkedBlockingQueue<>();
        private final ServerSocket listener = new ServerSocket(0, 50, InetAddress.getByName("127.0.0.1"));
        private volatile boolean isSilent;

        Service() throws IOException {
            Thread.ofVirtual().start(this::serve);
        }

        int port() {
            return listener.getLocalPort();
        }

        private void serve() {
            try {
                while (true) {
                    Socket socket = listener.accept();
                    receiptsAtEach.add(acts("service.open").size());
                    Thread.ofVirtual().start(() -> answer(socket));
                }
            } catch (IOException e) {
                // It is closed.
            }
        }

        private void answer(Socket socket) {
            try (socket;
                    InputStream in = socket.getInputStream()) {
                int read = in.read(new byte[65_536]);
                begun.add("read " + read);
                if (!isSilent) {
                    socket.getOutputStream().write(ANSWER.getBytes(StandardCharsets.US_ASCII));
                    return;
                }
                over.add("read " + in.read());
            } catch (IOException e) {
                over.add("cut");
            }
        }

        @Override
        public void close() throws IOException {
            listener.close();
        }
    }
}
