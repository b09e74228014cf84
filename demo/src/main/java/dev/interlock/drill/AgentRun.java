package dev.interlock.drill;

import java.io.BufferedReader;
import java.io.BufferedWriter;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;

/** Drives one run of the agent, and takes a snapshot of the world whenever the agent reports an action. */
final class AgentRun {

    private final SnapshotSource eye;
    private final Path workspace;
    private final String prefix;
    private final Consumer<String> notes;
    private final List<StepTrace> traces = new ArrayList<>();
    private WorldSnapshot last;

    /** Takes snapshots of the world, and of the gateway in it. */
    interface SnapshotSource {
        WorldSnapshot providerSnapshot() throws IOException;

        GatewaySnapshot gatewaySnapshot() throws IOException;
    }

    /**
     * @param eye takes the snapshots
     * @param workspace the directory for the answers that the agent got
     * @param prefix the prefix of their file names
     * @param notes receives the agent's messages
     */
    AgentRun(SnapshotSource eye, Path workspace, String prefix, Consumer<String> notes) throws IOException {
        this.eye = eye;
        this.workspace = workspace;
        this.prefix = prefix;
        this.notes = notes;
        this.last = eye.providerSnapshot();
    }

    /**
     * Runs {@code command} until the agent ends or waits for an order. Then {@code orders} gives the next one, or
     * nothing to end it.
     */
    List<StepTrace> drive(Process agent, AgentOrders orders) throws IOException {
        try (BufferedReader out = agent.inputReader(StandardCharsets.UTF_8);
                BufferedWriter in = agent.outputWriter(StandardCharsets.UTF_8)) {
            for (String line = out.readLine(); line != null; line = out.readLine()) {
                if (line.equals("ready")) {
                    say(in, orders.next());
                } else if (line.startsWith("step ")) {
                    observe(line);
                    say(in, "");
                } else {
                    notes.accept(line.startsWith("note ") ? line.substring(5) : line);
                }
            }
        }
        return List.copyOf(traces);
    }

    /** The orders for an agent that has done everything of its own. */
    interface AgentOrders {
        String next() throws IOException;
    }

    private static void say(BufferedWriter in, String line) throws IOException {
        try {
            in.write(line + "\n");
            in.flush();
        } catch (IOException e) {
            // The agent has ended; the end of its output shows it too.
        }
    }

    private void observe(String line) throws IOException {
        String[] words = line.split(" ", 3);
        WorldSnapshot now = eye.providerSnapshot();
        String status = words.length > 2 ? words[2] : "";
        traces.add(new StepTrace(words[1], status, answer(words[1]), now.since(last), eye.gatewaySnapshot()));
        last = now;
    }

    private String answer(String step) throws IOException {
        Path file = workspace.resolve("answers").resolve(prefix + step);
        return Files.isRegularFile(file, LinkOption.NOFOLLOW_LINKS) ? Files.readString(file) : "";
    }
}
