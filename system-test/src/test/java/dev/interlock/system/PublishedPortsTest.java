package dev.interlock.system;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.interlock.evidence.Json;
import java.io.IOException;
import java.net.Inet4Address;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.NetworkInterface;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Tests servers of agents that people open by {@code run --publish}. */
@Timeout(300)
@Tag("process")
final class PublishedPortsTest {

    private static final String SERVE = ",reuseaddr,fork EXEC:./answer & ";
    private static final String UNTIL_DONE = "until [ -e done ]; do sleep 0.1; done";

    private static Installation installation;

    private static int number;

    private Path workspace;
    private int port;

    @BeforeAll
    static void open() throws Exception {
        for (String tool : List.of("bwrap", "socat", "setpriv", "prlimit", "curl")) {
            assumeTrue(Programs.has(tool), "needs " + tool);
        }
        installation = Installation.open(false);
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
        port = Programs.freePort();
        Path answer = workspace.resolve("answer");
        Files.writeString(
                answer,
                "#!/bin/sh\nread -r line\nprintf 'HTTP/1.1 200 OK\\r\\nContent-Length: 4\\r\\nConnection: close\\r\\n\\r\\npong'\n");
        Files.setPosixFilePermissions(answer, PosixFilePermissions.fromString("rwxr-xr-x"));
    }

    private Process start(String published, String script) throws IOException {
        List<String> command = List.of(
                "run",
                "--config=" + installation.configuration(),
                "--agent=jer/cursor",
                "--task=fix-staging",
                "--workspace=" + workspace,
                "--publish=" + published,
                "--",
                "/bin/sh",
                "-c",
                script);
        return installation
                .command(command)
                .redirectOutput(workspace.resolveSibling("run.out").toFile())
                .redirectError(said().toFile())
                .start();
    }

    private Path said() {
        return workspace.resolveSibling("run.err");
    }

    private static Programs.ProgramResult curl(String address) throws Exception {
        return Programs.run(List.of("curl", "-sS", "-g", "-m", "100", "--noproxy", "*", address), "");
    }

    private void finish(Process run) throws Exception {
        Files.writeString(workspace.resolve("done"), "x");
        assertThat(run.waitFor()).isZero();
    }

    @Test
    @Tag("promise")
    void peopleOpenTheAgentsServerAtLoopback() throws Exception {
        Process run = start(
                port + ":3000",
                "until [ -e go ]; do sleep 0.1; done; socat TCP4-LISTEN:3000,bind=127.0.0.1" + SERVE
                        + "socat TCP4-LISTEN:3001,bind=127.0.0.1" + SERVE + "touch up; " + UNTIL_DONE);
        String address = "http://127.0.0.1:" + port + "/";
        Programs.await("the port is open", () -> curl(address).exit() == 0);
        assertThat(curl(address).out()).contains("Interlock: the agent has no server at port 3000");
        Files.writeString(workspace.resolve("go"), "x");
        Programs.await("the agent's server answers", () -> curl(address).out().equals("pong"));
        if (NetworkInterface.getByInetAddress(InetAddress.getByName("::1")) != null) {
            assertThat(curl("http://[::1]:" + port + "/").out()).isEqualTo("pong");
        }
        for (InetAddress other : others()) {
            assertThat(isOpen(other)).as(other.toString()).isFalse();
        }
        finish(run);
        assertThat(isOpen(InetAddress.getByName("127.0.0.1"))).isFalse();
        String line = "published  127.0.0.1:" + port + " (port 3000 inside)";
        assertThat(Files.readString(said()).lines().filter(line::equals)).hasSize(2);
    }

    private static List<InetAddress> others() throws IOException {
        return NetworkInterface.networkInterfaces()
                .flatMap(NetworkInterface::inetAddresses)
                .filter(address -> address instanceof Inet4Address && !address.isLoopbackAddress())
                .toList();
    }

    private boolean isOpen(InetAddress address) {
        try (Socket socket = new Socket()) {
            socket.connect(new InetSocketAddress(address, port), 10_000);
            return true;
        } catch (IOException e) {
            return false;
        }
    }

    @Test
    void aServerAtTheSixthVersionsLoopbackIsFound() throws Exception {
        assumeTrue(NetworkInterface.getByInetAddress(InetAddress.getByName("::1")) != null);
        Process run = start(Integer.toString(port), "socat TCP6-LISTEN:" + port + ",bind=[::1]" + SERVE + UNTIL_DONE);
        Programs.await(
                "it answers", () -> curl("http://127.0.0.1:" + port + "/").out().equals("pong"));
        finish(run);
    }

    /** The agent asks at the sockets of this kind itself, for a server outside. */
    @Test
    @Tag("promise")
    void nothingOutsideIsReachedByAPublishedPort() throws Exception {
        try (ServerSocket outside = new ServerSocket(0, 50, InetAddress.getByName("127.0.0.1"))) {
            String sockets = "/run/interlock/services/";
            String address = "TCP:127.0.0.1:" + outside.getLocalPort();
            Process run = start(
                    port + ":" + outside.getLocalPort(),
                    "echo '" + outside.getLocalPort() + " " + address + "' | socat - UNIX-CONNECT:" + sockets
                            + "0; echo x | socat - UNIX-CONNECT:" + sockets + outside.getLocalPort()
                            + "; socat -u /dev/null " + address + "; touch tried; " + UNTIL_DONE);
            Programs.await("it tried", () -> Files.exists(workspace.resolve("tried")));
            assertThat(curl("http://127.0.0.1:" + port + "/").out()).contains("Interlock: the agent has no server");
            finish(run);
            outside.setSoTimeout(1);
            assertThat(accepted(outside)).isEmpty();
        }
    }

    private static Optional<Socket> accepted(ServerSocket server) {
        try {
            return Optional.of(server.accept());
        } catch (IOException e) {
            return Optional.empty();
        }
    }

    @Test
    void aBusyPortStartsNothing() throws Exception {
        try (ServerSocket busy = new ServerSocket(0, 50, InetAddress.getByName("127.0.0.1"))) {
            int before = installation.receipts().size();
            Programs.ProgramResult ended =
                    installation.run(workspace, List.of("--publish=" + busy.getLocalPort()), "echo started");
            assertThat(ended.exit()).isEqualTo(2);
            assertThat(ended.out()).isEmpty();
            assertThat(ended.err())
                    .contains("port " + busy.getLocalPort() + " of this machine is in use", "--publish 3001:3000");
            List<Json.Members> receipts = installation.receipts();
            assertThat(receipts).hasSize(before);
        }
    }

    /** Whoever reaches the relays calls with the agent's lease. */
    @Test
    @Tag("promise")
    void theWayToTheGatewayIsNotPublished() throws Exception {
        for (String published : List.of("7411", "8080:7413", port + ":7412")) {
            Programs.ProgramResult ended =
                    installation.run(workspace, List.of("--publish=" + published), "echo started");
            assertThat(ended.exit()).as(published).isEqualTo(2);
            assertThat(ended.err()).contains("leads to the gateway");
        }
        assertThat(installation
                        .run(workspace, List.of("--publish=80"), "echo started")
                        .err())
                .contains("belongs to the system", "--publish 8080:80");
    }
}
