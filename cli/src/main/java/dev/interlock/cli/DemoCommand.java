package dev.interlock.cli;

import dev.interlock.drill.Demo;
import dev.interlock.drill.DemoOptions;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.function.Consumer;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

@Command(
        name = "demo",
        description = "Show the nine-second deletion twice: the same agent without Interlock and with it.",
        footer = {"  interlock demo --json", "  interlock demo --tell /etc/interlock/gateway.yaml"})
final class DemoCommand extends TerminalCommand implements Callable<Integer> {

    @Option(
            names = "--policy",
            paramLabel = "DIR",
            description =
                    "Run it under the permits and forbids of your policy directory, and say what is missing there; exit code 1 if a step is red.")
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
        boolean colour = System.getenv("NO_COLOR") == null && terminal.isInteractive();
        Consumer<String> progress = terminal.isInteractive() ? terminal::aside : _ -> {};
        Optional<Path> socket = tell.isEmpty()
                ? Optional.empty()
                : Optional.of(new Options(tell.get(), false).config().adminSocket());
        return new Demo(
                        new DemoOptions(policy, json, serve, keep, socket, colour),
                        System.out,
                        progress,
                        InstantSource.system())
                .run();
    }
}
