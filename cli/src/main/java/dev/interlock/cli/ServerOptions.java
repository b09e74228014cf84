package dev.interlock.cli;

import dev.interlock.action.Seal;
import dev.interlock.config.Suggestions;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import picocli.CommandLine.Option;

/** The options of {@code upstream add mcp} for a server that is a program. */
final class ServerOptions {

    @Option(
            names = "--agent",
            paramLabel = "AGENT",
            description = "With a command: the enrolled agent as which the program makes calls. Give it no other use.")
    private Optional<String> agent = Optional.empty();

    @Option(
            names = "--task",
            paramLabel = "TASK",
            description = "With a command: the task template of the program's leases; work unless given.")
    private String task = "work";

    @Option(
            names = "--lease-as",
            paramLabel = "VARIABLE",
            description = "With a command: the variable in which the program expects its token, and finds its lease.")
    private Optional<String> leaseAs = Optional.empty();

    @Option(
            names = "--directory",
            paramLabel = "DIRECTORY",
            description =
                    "With a command: holds its working directories; /var/lib/interlock-mcp/NAME unless given. Only root may write there.")
    private Optional<Path> directory = Optional.empty();

    @Option(
            names = "--keep",
            description = "With a command: its working directory stays, and it has one session at a time.")
    private boolean keeps;

    @Option(
            names = "--read",
            paramLabel = "DIRECTORY",
            description =
                    "With a command: another directory that it may read, such as where it is installed; repeatable.")
    private List<Path> readable = new ArrayList<>();

    /** Found out here: what does not start only answers with a status. */
    void requireKnown(Seal seal) {
        Set<String> agents = seal.agents().keySet();
        if (agent.isEmpty() && agents.size() != 1) {
            throw new UsageException("name with `--agent` the agent as which the program makes calls: the policy has `"
                    + String.join("`, `", agents) + "`");
        }
        agent.filter(name -> !agents.contains(name)).ifPresent(name -> {
            throw new UsageException("there is no agent `" + name + "`" + Suggestions.after(name, agents)
                    + " A program needs one of its own: `interlock agent enrol " + name
                    + " --owner PERSON` prints its lines");
        });
        if (!seal.tasks().containsKey(task)) {
            throw new UsageException("there is no task `" + task + "`"
                    + Suggestions.after(task, seal.tasks().keySet())
                    + " Name one with `--task`, or write it below `tasks` in interlock.yaml, with the program's agent");
        }
    }

    /** Returns what to do about a program that ended instead of saying its tools. */
    String unasked(List<String> command) {
        String next = command.stream()
                .filter(word -> word.contains("/") && Files.exists(Path.of(word)))
                .map(word -> Path.of(word).toAbsolutePath().normalize())
                .filter(file -> !file.startsWith("/usr") && readable.stream().noneMatch(file::startsWith))
                .findFirst()
                .map(file -> "It does not see `" + file + "`; let it: --read "
                        + String.valueOf(file.getParent()).replaceFirst("/node_modules(/.*)?$", ""))
                .orElse(
                        "It sees the machine's programs and a directory of its own; let it see another: --read DIRECTORY");
        return "the program did not say its tools; what it wrote stands above. If the seal lacks its agent or task: `interlock seal --key KEY`, and again. "
                + next;
    }

    StdioServer server(Path config, String name, List<String> command, String tokenDigest) throws IOException {
        StdioServer.ServerPlace place = new StdioServer.ServerPlace(
                directory.orElse(Path.of("/var/lib/interlock-mcp", name)).toAbsolutePath(),
                keeps,
                readable.stream().map(Path::toAbsolutePath).toList(),
                StdioServer.freeUser(config));
        int port = StdioServer.freePort(config);
        return UsageException.unless(() -> new StdioServer(command, agent, task, leaseAs, place, port, tokenDigest));
    }
}
