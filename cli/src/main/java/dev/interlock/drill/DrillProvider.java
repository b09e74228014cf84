package dev.interlock.drill;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
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
 * The simulated upstream as a separate process, and the drill's view of its internal state: one file and some
 * directories.
 */
final class DrillProvider implements AutoCloseable {

    private static final ObjectMapper JSON = new ObjectMapper();

    private final Process process;
    private final Path state;
    private final int port;

    private DrillProvider(Process process, Path state, int port) {
        this.process = process;
        this.state = state;
        this.port = port;
    }

    /** Begins to start one; {@link StartingProvider#await} waits until it serves. */
    static StartingProvider start(DrillProgram program, DrillUsers users, Path state, Path world) throws IOException {
        List<String> command = program.provider("--state", state.toString(), "--world", world.toString());
        Process process = new ProcessBuilder(users.as(users.provider(), command))
                .redirectError(
                        state.resolveSibling(state.getFileName() + ".log").toFile())
                .start();
        return new StartingProvider(process, state);
    }

    /**
     * A provider that is starting.
     *
     * @param process its process
     * @param state its directory
     */
    record StartingProvider(Process process, Path state) {
        DrillProvider await() throws IOException {
            BufferedReader out = process.inputReader(StandardCharsets.UTF_8);
            String line = out.readLine();
            if (line == null) {
                throw new EOFException("the simulated provider did not start; see " + state + ".log");
            }
            return new DrillProvider(
                    process, state, JSON.readTree(line).path("port").asInt());
        }
    }

    String address() {
        return "https://localhost:" + port;
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
        return new WorldSnapshot(
                counters.path("connections").asLong(),
                counters.path("requests").asLong(),
                numbers(counters.path("attempted")),
                numbers(counters.path("executed")),
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
    }
}
