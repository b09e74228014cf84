package dev.interlock.cli;

import dev.interlock.Config;
import dev.interlock.Interlock;
import java.io.IOException;
import java.net.BindException;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

@Command(
        name = "up",
        mixinStandardHelpOptions = true,
        description = "Run the gateway in the foreground, as the user it was started by. SIGTERM drains and ends it.",
        footer = {"", "Example:", "  interlock up --config /etc/interlock/gateway.yaml"})
final class UpCommand implements Callable<Integer> {

    @Option(
            names = "--same-user",
            description =
                    "Run although this user is root or one of `admins`: then only the sandbox keeps agents and gateway apart.")
    private boolean sameUser;

    @Mixin
    private Options options = new Options();

    private final Terminal terminal;

    UpCommand(Terminal terminal) {
        this.terminal = terminal;
    }

    @Override
    public Integer call() throws Exception {
        Config config = options.config();
        if (!sameUser && !apart(config)) {
            terminal.problem(
                    "this user is root, or one of `admins`, so only the sandbox would keep agents from the gateway"
                            + " (`separation: none`), and the keys that it makes would be this user's; run `interlock install`, and"
                            + " start it as that says, or give --same-user to try it out");
            return Exit.NOT_ENTITLED;
        }
        Interlock interlock = start(config, options.configFile());
        Thread drain = new Thread(interlock::close, "drain");
        Runtime.getRuntime().addShutdownHook(drain);
        if (options.json()) {
            terminal.json(interlock.ready());
        } else {
            terminal.line(interlock.banner());
        }
        // Until the process is told to end: the hook drains, and the virtual machine waits for it.
        new CountDownLatch(1).await();
        return Exit.OK;
    }

    private static boolean apart(Config config) throws IOException {
        return !"root".equals(System.getProperty("user.name")) && Interlock.separate(config);
    }

    private static Interlock start(Config config, Path file) throws IOException {
        try {
            return Interlock.start(config, file);
        } catch (BindException e) {
            throw new IOException(
                    "cannot listen on `" + config.listen() + "` or in `" + config.run() + "` (" + e.getMessage()
                            + "); does another gateway run?",
                    e);
        }
    }
}
