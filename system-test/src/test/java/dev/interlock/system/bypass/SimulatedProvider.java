package dev.interlock.system.bypass;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import dev.interlock.drill.railway.RailwaySimulator;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.stream.Stream;

/** A simulated provider with a world of its own; cheap enough to throw away after one attempt. */
final class SimulatedProvider implements AutoCloseable {

    static final String PROJECT = "7b0e4f0a-1d6c-4a55-9a1e-0c0c0c0c0c01";
    static final String PRODUCTION = "9f2d7f0e-3b7a-4a0d-9b0e-9d0d0c100001";
    static final String STAGING = "5d1a9c52-5b0c-4f5e-8f6a-57a61a9e0002";
    static final String API = "aa54c1e0-2b5f-4b4e-8d7c-5e4f1ce00001";
    static final String DATABASE = "db54c1e0-2b5f-4b4e-8d7c-5e4f1ce00002";

    /** A volume that production and staging mount. */
    static final String SHARED = "3d2c42fb-6a3e-4c1b-b2f7-0b00c1e55ed1";

    static final String SHARED_PRODUCTION = "1e57a9ce-0001-4000-8000-9d0d0c100001";
    static final String OLD_BACKUP = "bac00001-0000-4000-8000-000000000003";

    /** A token in an unrelated file; it opens everything. */
    static final String FOUND = "rw_found-in-an-unrelated-file";

    static final String STAGING_TOKEN = "rw_staging-project-token";
    static final String DESTROY_TOKEN = "rw_destroy-project-token";
    static final String RESOLVER_TOKEN = "rw_resolver-account-token";

    static final String PRODUCTION_SECRET = "pr0duction-database-passw0rd";
    static final String STAGING_SECRET = "st4ging-database-passw0rd";

    private static final ObjectMapper JSON = new ObjectMapper();

    private final RailwaySimulator simulator;
    private final Path state;

    private SimulatedProvider(RailwaySimulator simulator, Path state) {
        this.simulator = simulator;
        this.state = state;
    }

    static SimulatedProvider start(Path directory) throws IOException {
        Path world = Files.createTempFile(directory, "world", ".json");
        Files.write(world, JSON.writeValueAsBytes(world()));
        Path state = Files.createTempDirectory(directory, "provider");
        return new SimulatedProvider(RailwaySimulator.start(state, world), state);
    }

    private static JsonNode world() throws IOException {
        try (InputStream in = RailwaySimulator.class.getResourceAsStream("pocketos.json")) {
            JsonNode world = JSON.readTree(in);
            ((ArrayNode) world.path("tokens"))
                    .addObject()
                    .put("label", "destroy")
                    .put("secret", DESTROY_TOKEN)
                    .put("kind", "project")
                    .put("project", PROJECT)
                    .put("environment", STAGING);
            return world;
        }
    }

    int port() {
        return simulator.port();
    }

    Path authority() {
        return simulator.authority();
    }

    /**
     * The provider's knowledge and its data.
     *
     * @param executed root fields, by name
     * @param byToken requests, by the label of their token
     * @param disks the volumes, by the digest of their contents
     */
    record ProviderState(Map<String, Long> executed, Map<String, Long> byToken, Map<String, String> disks) {
        long executed(String root) {
            return executed.getOrDefault(root, 0L);
        }

        /** Returns the number of requests with any token but the gateway's own for reads. */
        long withOtherTokens() {
            return byToken.entrySet().stream()
                    .filter(entry -> !entry.getKey().equals("resolver"))
                    .mapToLong(Map.Entry::getValue)
                    .sum();
        }
    }

    ProviderState look() throws IOException {
        JsonNode counters = JSON.readTree(Files.readAllBytes(state.resolve("counters.json")));
        Map<String, String> disks = new TreeMap<>();
        try (Stream<Path> volumes = Files.list(state.resolve("volumes"))) {
            for (Path volume : volumes.toList()) {
                disks.put(volume.getFileName().toString(), digest(volume));
            }
        }
        return new ProviderState(numbers(counters.path("executed")), numbers(counters.path("by_token")), disks);
    }

    private static String digest(Path volume) throws IOException {
        try (Stream<Path> files = Files.walk(volume)) {
            MessageDigest digest = MessageDigest.getInstance("SHA-256");
            for (Path file : files.filter(Files::isRegularFile).sorted().toList()) {
                digest.update(volume.relativize(file).toString().getBytes(java.nio.charset.StandardCharsets.UTF_8));
                digest.update(Files.readAllBytes(file));
            }
            return HexFormat.of().formatHex(digest.digest());
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e);
        }
    }

    private static Map<String, Long> numbers(JsonNode object) {
        Map<String, Long> numbers = new TreeMap<>();
        object.properties().forEach(e -> numbers.put(e.getKey(), e.getValue().asLong()));
        return numbers;
    }

    /** Sends {@code wire} unchanged, past any gateway. */
    java.util.List<RawWire.Answer> send(byte[] wire, int most) throws IOException {
        Map<String, String> values =
                Map.of("token", FOUND, "found", FOUND, "host", "localhost:" + port(), "path", "/graphql/v2");
        return RawWire.send(port(), Optional.of(authority()), BypassAttempt.fill(wire, values), most);
    }

    @Override
    public void close() throws IOException {
        simulator.close();
    }
}
