package dev.interlock.drill;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.interlock.action.Secret;
import java.io.BufferedReader;
import java.io.EOFException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * The simulated upstreams, and the drill's view of their internal state. The cloud provider is a separate process, and
 * its state is one file and some directories.
 */
final class DrillProvider implements AutoCloseable {

    private static final ObjectMapper JSON = new ObjectMapper();

    private final Process process;
    private final Path state;
    private final int port;
    private final DrillHost host;

    private DrillProvider(Process process, Path state, int port, DrillHost host) {
        this.process = process;
        this.state = state;
        this.port = port;
        this.host = host;
    }

    /**
     * Begins to start one; {@link StartingProvider#await} waits until it serves.
     *
     * @param token what the host of the repository and of the tools accepts
     */
    static StartingProvider start(DrillProgram program, DrillUsers users, Path state, Path world, Secret token)
            throws IOException {
        List<String> command = program.provider("--state", state.toString(), "--world", world.toString());
        Process process = new ProcessBuilder(users.as(users.provider(), command))
                .redirectError(
                        state.resolveSibling(state.getFileName() + ".log").toFile())
                .start();
        return new StartingProvider(process, state, token);
    }

    /**
     * A provider that is starting.
     *
     * @param process its process
     * @param state its directory
     * @param token the host's
     */
    record StartingProvider(Process process, Path state, Secret token) {
        DrillProvider await() throws IOException {
            BufferedReader out = process.inputReader(StandardCharsets.UTF_8);
            String line = out.readLine();
            if (line == null) {
                throw new EOFException("the simulated provider did not start; see " + state + ".log");
            }
            Path directory = state.resolveSibling(state.getFileName() + "-host");
            return new DrillProvider(
                    process, state, JSON.readTree(line).path("port").asInt(), DrillHost.start(directory, token));
        }
    }

    String address() {
        return "https://localhost:" + port;
    }

    /** Returns the address of the host of the repository and of the tools. */
    String host() {
        return host.address();
    }

    Path authority() {
        return state.resolve("ca.pem");
    }

    /** Returns a snapshot of the world. */
    WorldSnapshot snapshot() throws IOException {
        JsonNode counters = JSON.readTree(Files.readAllBytes(state.resolve("counters.json")));
        Map<String, String> disks = new TreeMap<>();
        for (String volume : List.of(PocketOs.SHARED, PocketOs.SCRATCH)) {
            disks.put(volume, DirectoryTrees.digest(state.resolve("volumes").resolve(volume)));
        }
        Map<String, Long> executed = new TreeMap<>(numbers(counters.path("executed")));
        host.addTo(disks, executed);
        return new WorldSnapshot(
                counters.path("connections").asLong(),
                counters.path("requests").asLong(),
                numbers(counters.path("attempted")),
                executed,
                numbers(counters.path("by_token")),
                disks);
    }

    private static Map<String, Long> numbers(JsonNode object) {
        Map<String, Long> numbers = new TreeMap<>();
        object.properties().forEach(e -> numbers.put(e.getKey(), e.getValue().asLong()));
        return numbers;
    }

    @Override
    public void close() {
        process.destroyForcibly();
        host.close();
    }
}
