package dev.interlock.system;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.interlock.drill.railway.InjectedFault;
import dev.interlock.drill.railway.RailwaySimulator;
import java.io.BufferedReader;
import java.io.BufferedWriter;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * The simulated upstream, with new tokens each time, and its own count of requests. It runs in the tests' JVM, or as a
 * process for a test that stops it.
 */
final class TestingRailway implements AutoCloseable {

    /** One of the names in its certificate. */
    static final String HOST = "backboard.railway.com";

    static final String PROJECT = "7b0e4f0a-1d6c-4a55-9a1e-0c0c0c0c0c01";
    static final String PRODUCTION = "9f2d7f0e-3b7a-4a0d-9b0e-9d0d0c100001";
    static final String STAGING = "5d1a9c52-5b0c-4f5e-8f6a-57a61a9e0002";

    static final String SERVICE = "aa54c1e0-2b5f-4b4e-8d7c-5e4f1ce00001";

    /** The volume that staging and production mount. */
    static final String SHARED = "3d2c42fb-6a3e-4c1b-b2f7-0b00c1e55ed1";

    /** The slots of the vault; the first is the resolver's. */
    static final List<String> SLOTS = List.of("railway-read", "railway-staging", "railway-destroy");

    private static final ObjectMapper JSON = new ObjectMapper();
    private static final int DISPOSABLE = 4;

    private final Map<String, String> tokens = new TreeMap<>();
    private final String stray = token();
    private final @Nullable RailwaySimulator simulator;
    private @Nullable Process process;
    private final Path state;
    private final int port;

    /** Returns the {@code n}th volume that is only staging's, from 0. */
    static String disposable(int n) {
        return "d15b05ab-1e00-4c1b-b2f7-57a61a9e100" + n;
    }

    /** Returns the mount of {@link #disposable}. */
    static String mountOf(int n) {
        return "1e57a9ce-0003-4000-8000-57a61a9e100" + n;
    }

    static List<String> disposables() {
        return java.util.stream.IntStream.range(0, DISPOSABLE)
                .mapToObj(TestingRailway::disposable)
                .toList();
    }

    TestingRailway(Path root) throws IOException {
        this(root, false);
    }

    /** @param apart whether it runs as a process */
    TestingRailway(Path root, boolean apart) throws IOException {
        state = Files.createDirectory(root.resolve("railway"));
        SLOTS.forEach(slot -> tokens.put(slot, token()));
        Path world = root.resolve("world.json");
        Files.write(world, JSON.writeValueAsBytes(description()));
        if (apart) {
            process = new ProcessBuilder(Programs.simulator(root, List.of(state.toString(), world.toString())))
                    .redirectError(root.resolve("railway.err").toFile())
                    .start();
            BufferedReader out = process.inputReader(StandardCharsets.UTF_8);
            String line = Objects.requireNonNull(out.readLine(), "the simulator did not start");
            port = JSON.readTree(line).path("port").asInt();
            simulator = null;
        } else {
            simulator = RailwaySimulator.start(state, world);
            port = simulator.port();
        }
        Files.delete(world);
    }

    /** Makes a token with characters that are encoded differently in a URL and in either base64. */
    private static String token() {
        byte[] bytes = new byte[20];
        new SecureRandom().nextBytes(bytes);
        return "rw_a/b+c~" + HexFormat.of().formatHex(bytes) + "=";
    }

    private ObjectNode description() throws IOException {
        try (InputStream in = TestingRailway.class.getResourceAsStream("/dev/interlock/drill/railway/pocketos.json")) {
            ObjectNode world = (ObjectNode) JSON.readTree(in);
            ArrayNode known = world.putArray("tokens");
            tokens.forEach((slot, token) -> {
                ObjectNode one = known.addObject().put("label", slot).put("secret", token);
                one.put("kind", slot.equals("railway-read") ? "account" : "project");
                one.put("project", PROJECT).put("environment", STAGING);
            });
            known.addObject().put("label", "stray").put("secret", stray).put("kind", "account");
            JsonNode rows = world.path("rows");
            for (int n = 0; n < DISPOSABLE; n++) {
                ((ArrayNode) rows.path("Volume"))
                        .addObject()
                        .put("id", disposable(n))
                        .put("name", "scratch-" + n)
                        .put("projectId", PROJECT);
                ((ArrayNode) rows.path("VolumeInstance"))
                        .addObject()
                        .put("id", mountOf(n))
                        .put("volumeId", disposable(n))
                        .put("environmentId", STAGING)
                        .put("serviceId", SERVICE)
                        .put("mountPath", "/tmp/scratch-" + n);
            }
            return world;
        }
    }

    Map<String, String> tokens() {
        return tokens;
    }

    /** Returns a token that opens everything and that no agent was given. */
    String stray() {
        return stray;
    }

    int port() {
        return port;
    }

    String address() {
        return "https://localhost:" + port;
    }

    String authority() throws IOException {
        return Files.readString(state.resolve("ca.pem"));
    }

    Path state() {
        return state;
    }

    /** Returns the number of complete requests from anybody. */
    long requests() throws IOException {
        return counters().path("requests").asLong();
    }

    /** Returns how often the root field {@code name} took effect. */
    long executed(String name) throws IOException {
        return counters().path("executed").path(name).asLong();
    }

    /** Returns how often the root field {@code name} was begun. */
    long attempted(String name) throws IOException {
        return counters().path("attempted").path(name).asLong();
    }

    boolean exists(String volume) {
        return Files.exists(state.resolve("volumes").resolve(volume));
    }

    private JsonNode counters() throws IOException {
        return JSON.readTree(Files.readAllBytes(state.resolve("counters.json")));
    }

    /** The provider itself, if it runs in the tests' JVM. */
    RailwaySimulator world() {
        return Objects.requireNonNull(simulator);
    }

    /** Injects {@code fault} into the next request with {@code about} in it. */
    void fail(InjectedFault fault, String about) throws IOException {
        if (process == null) {
            world().fail(fault, about, 1);
        } else {
            BufferedWriter orders = process.outputWriter(StandardCharsets.UTF_8);
            orders.write(fault.name() + " " + about + "\n");
            orders.flush();
        }
    }

    /** Sends the process a signal: {@code STOP} or {@code CONT}. */
    void signal(String name) throws IOException, InterruptedException {
        Programs.run(
                        List.of(
                                "kill",
                                "-" + name,
                                Long.toString(Objects.requireNonNull(process).pid())),
                        "")
                .expect(0);
    }

    @Override
    public void close() {
        if (process == null) {
            world().close();
        } else {
            process.destroyForcibly().onExit().join();
        }
    }
}
