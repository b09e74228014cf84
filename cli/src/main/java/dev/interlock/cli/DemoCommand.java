package dev.interlock.cli;

import dev.interlock.drill.DatabaseDemo;
import dev.interlock.drill.Demo;
import dev.interlock.drill.DemoOptions;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.Optional;
import java.util.TreeSet;
import java.util.concurrent.Callable;
import java.util.function.Consumer;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(
        name = "demo",
        description = {
            "Show an incident twice: the same agent without Interlock and with it.",
            "Unless named, it is the nine-second deletion at a simulated provider. `replit` and `drop-all` are of agents that destroyed the tables of a database; they start a PostgreSQL server of their own."
        },
        footer = {
            "  interlock demo --json",
            "  interlock demo replit",
            "  interlock demo --tell /etc/interlock/gateway.yaml"
        })
final class DemoCommand extends TerminalCommand implements Callable<Integer> {

    @Parameters(paramLabel = "STORY", arity = "0..1", description = "replit or drop-all.")
    private Optional<String> story = Optional.empty();

    @Option(
            names = "--policy",
            paramLabel = "DIR",
            description =
                    "Run it under a variant of the demo's policy, whose files replace those of the same name; exit code 1 if a step is red. For your own policy: interlock drill.")
    private Optional<Path> policy = Optional.empty();

    @Option(names = "--serve", description = "Keep it running afterwards, and show commands to try.")
    private boolean serve;

    @Option(names = "--keep", description = "Keep the temporary directory.")
    private boolean keep;

    @Option(names = "--json", description = "Print one JSON value instead of the page.")
    private boolean json;

    @Option(
            names = "--tell",
            paramLabel = "FILE",
            description = "Send the report to the gateway of this gateway.yaml, whose console shows it.")
    private Optional<Path> tell = Optional.empty();

    @Override
    public Integer call() throws Exception {
        if (story.isPresent() && !DatabaseDemo.STORIES.containsKey(story.get())) {
            throw new UsageException("`" + story.get() + "` is not one of "
                    + String.join(" and ", new TreeSet<>(DatabaseDemo.STORIES.keySet())));
        }
        if (story.isPresent() && (policy.isPresent() || serve)) {
            throw new UsageException("`--policy` and `--serve` are for the nine-second deletion");
        }
        boolean colour = System.getenv("NO_COLOR") == null && terminal.isInteractive();
        Consumer<String> progress = terminal.isInteractive() ? terminal::aside : _ -> {};
        Optional<Path> socket = tell.isEmpty()
                ? Optional.empty()
                : Optional.of(new Options(tell.get(), false).config().adminSocket());
        return new Demo(
                        new DemoOptions(story, policy, json, serve, keep, socket, colour),
                        System.out,
                        progress,
                        InstantSource.system())
                .run();
    }
}
