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
import java.util.Optional;
import java.util.function.Consumer;

/** Drives one run of the agent, and takes a snapshot of the world whenever the agent reports an action. */
final class AgentRun {

    private final DrillProvider provider;
    private final Optional<DrillGateway> gateway;
    private final Path workspace;
    private final String prefix;
    private final Consumer<String> notes;
    private final List<StepTrace> traces = new ArrayList<>();
    private WorldSnapshot last;

    /** The orders for an agent that has done everything of its own; another word ends it. */
    interface AgentOrders {
        String next() throws IOException;
    }

    /**
     * @param workspace the directory for the answers that the agent got, in files whose names begin with {@code prefix}
     * @param notes receives the agent's messages
     */
    AgentRun(
            DrillProvider provider,
            Optional<DrillGateway> gateway,
            Path workspace,
            String prefix,
            Consumer<String> notes)
            throws IOException {
        this.provider = provider;
        this.gateway = gateway;
        this.workspace = workspace;
        this.prefix = prefix;
        this.notes = notes;
        this.last = provider.snapshot();
    }

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
        WorldSnapshot now = provider.snapshot();
        Path file = workspace.resolve("answers").resolve(prefix + words[1]);
        String answer = Files.isRegularFile(file, LinkOption.NOFOLLOW_LINKS) ? Files.readString(file) : "";
        GatewaySnapshot standing = gateway.isPresent() ? gateway.get().snapshot() : GatewaySnapshot.NONE;
        traces.add(new StepTrace(words[1], words.length > 2 ? words[2] : "", answer, now.since(last), standing));
        last = now;
    }
}
