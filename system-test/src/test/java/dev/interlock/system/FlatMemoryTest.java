package dev.interlock.system;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.io.InputStream;
import java.io.RandomAccessFile;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Tests that the program's memory does not grow with the data that passes, with the same protocol at both ends. */
@Timeout(300)
@Tag("process")
final class FlatMemoryTest {

    private static final long LITTLE = 4L << 20;
    private static final long MUCH = 256L << 20;

    /** The usual flags, with a heap that could not hold half of the data. */
    private static final List<String> SMALL = List.of(
            "-Xmx96m",
            "-Xms40m",
            "-Xmn24m",
            "-XX:MinHeapFreeRatio=10",
            "-XX:MaxHeapFreeRatio=30",
            "-XX:-ShrinkHeapInSteps",
            "-XX:MaxDirectMemorySize=64m",
            "-XX:TieredStopAtLevel=4");

    /** An allowance for the JVM's compilers, and for the heap's growth between two collections. */
    private static final long MORE_MB = 48;

    @TempDir
    private static Path root;

    private static Process upstream;
    private static ServiceGatewayInstallation house;

    /** The protocol at both ends. */
    enum Protocol {
        HTTP_1("first", "1.1", "--http1.1", ""),
        HTTP_2("second", "2.0", "--http2-prior-knowledge", "    http2: prior-knowledge\n");

        private final String upstream;
        private final String version;
        private final String option;
        private final String sealed;

        Protocol(String upstream, String version, String option, String sealed) {
            this.upstream = upstream;
            this.version = version;
            this.option = option;
            this.sealed = sealed;
        }

        private String sealed(String port) {
            return """
                      %1$s:
                        catalog: things
                        address: "http://127.0.0.1:%2$s"
                    %3$s    credentials:
                          real-%1$s: {environments: [staging], impacts: [read, write]}
                        resources:
                          "things:item/i-*": {environments: [staging]}
                          "things:account/self": {environments: [staging]}
                    """.formatted(upstream, port, sealed);
        }
    }

    @BeforeAll
    static void start() throws Exception {
        assumeTrue(Programs.has("node") && Programs.has("curl"), "Node and curl are not installed");
        Path script = Files.writeString(root.resolve("lengths.js"), resource("lengths.js"));
        upstream = new ProcessBuilder("node", script.toString())
                .redirectError(root.resolve("node.err").toFile())
                .start();
        String[] ports = upstream.inputReader().readLine().split(" ");
        Map<String, String> secrets = new TreeMap<>();
        StringBuilder upstreams = new StringBuilder();
        for (Protocol protocol : Protocol.values()) {
            upstreams.append(protocol.sealed(ports[protocol.ordinal()]));
            secrets.put("real-" + protocol.upstream, "the-real-one");
        }
        Map<String, String> policy = new TreeMap<>(ServiceGatewayInstallation.staging(upstreams.toString()));
        policy.put("catalogs/things.yaml", resource("things.yaml"));
        house = new ServiceGatewayInstallation(Files.createDirectory(root.resolve("house")), policy, secrets);
        house.seal().expect(0);
        house.up(SMALL);
    }

    @AfterAll
    static void stop() {
        if (house != null) {
            house.close();
        }
        if (upstream != null) {
            upstream.destroy();
            upstream.onExit().join();
        }
    }

    @ParameterizedTest
    @EnumSource
    void memoryDoesNotGrowWithTheBody(Protocol protocol) throws Exception {
        up(protocol, LITTLE);
        down(protocol, LITTLE);
        long before = most();
        up(protocol, MUCH);
        down(protocol, MUCH);
        assertThat(most() - before).as("MB more than " + before).isLessThanOrEqualTo(MORE_MB);
    }

    private static void up(Protocol protocol, long bytes) throws Exception {
        Path file = root.resolve("long");
        try (RandomAccessFile sparse = new RandomAccessFile(file.toFile(), "rw")) {
            sparse.setLength(bytes);
        }
        assertThat(ask(
                        protocol,
                        "1/file",
                        "-X",
                        "POST",
                        "-T",
                        file.toString(),
                        "-H",
                        "Content-Type: application/octet-stream"))
                .isEqualTo(protocol.version + " " + bytes);
    }

    private static void down(Protocol protocol, long bytes) throws Exception {
        assertThat(ask(protocol, Long.toString(bytes), "-o", "/dev/null", "-w", "%{http_code} %{size_download}"))
                .isEqualTo("200 " + bytes);
    }

    private static String ask(Protocol protocol, String item, String... more) throws Exception {
        List<String> command = new ArrayList<>(List.of("curl", "-sS", "-m", "50", protocol.option));
        command.addAll(List.of("-H", "Authorization: Bearer " + house.lease()));
        command.addAll(List.of(more));
        command.add("http://127.0.0.1:" + house.port() + "/" + protocol.upstream + "/items/i-" + item);
        return Programs.run(command, "").expect(0).out();
    }

    /** Returns the gateway's peak memory in MB. */
    private static long most() throws IOException {
        return Files.readAllLines(Path.of("/proc", Long.toString(house.process().pid()), "status")).stream()
                        .filter(line -> line.startsWith("VmHWM"))
                        .mapToLong(line -> Long.parseLong(line.replaceAll("[^0-9]", "")))
                        .findFirst()
                        .orElseThrow()
                / 1024;
    }

    private static String resource(String name) throws IOException {
        try (InputStream in = FlatMemoryTest.class.getResourceAsStream("witness/" + name)) {
            return new String(in.readAllBytes(), StandardCharsets.UTF_8);
        }
    }
}
