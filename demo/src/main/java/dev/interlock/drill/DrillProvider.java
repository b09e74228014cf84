package dev.interlock.drill;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.interlock.action.Secret;
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
    private final DrillHost host;
    private int port;

    private DrillProvider(Process process, Path state, DrillHost host) {
        this.process = process;
        this.state = state;
        this.host = host;
    }

    /**
     * Begins to start one.
     *
     * @param token what the host of the repository and of the tools accepts
     */
    static DrillProvider start(DrillProgram program, DrillUsers users, Path state, Path world, Secret token)
            throws IOException {
        Process process = new ProcessBuilder(
                        users.as(users.provider(), program.provider(state.toString(), world.toString())))
                .redirectError(
                        state.resolveSibling(state.getFileName() + ".log").toFile())
                .start();
        DrillHost host = DrillHost.start(state.resolveSibling(state.getFileName() + "-host"), token);
        return new DrillProvider(process, state, host);
    }

    DrillProvider await() throws IOException {
        String line = process.inputReader(StandardCharsets.UTF_8).readLine();
        if (line == null) {
            throw new EOFException("the simulated provider did not start; see " + state + ".log");
        }
        port = JSON.readTree(line).path("port").asInt();
        return this;
    }

    String address() {
        return "https://localhost:" + port;
    }

    String host() {
        return host.address();
    }

    Path authority() {
        return state.resolve("ca.pem");
    }

    WorldSnapshot snapshot() throws IOException {
        JsonNode counters = JSON.readTree(Files.readAllBytes(state.resolve("counters.json")));
        Map<String, String> disks = new TreeMap<>();
        for (String volume : List.of(PocketOs.SHARED, PocketOs.SCRATCH)) {
            disks.put(volume, DirectoryTrees.digest(state.resolve("volumes").resolve(volume)));
        }
        Map<String, Long> executed = numbers(counters.path("executed"));
        host.addTo(disks, executed);
        return new WorldSnapshot(
                counters.path("connections").asLong(),
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
