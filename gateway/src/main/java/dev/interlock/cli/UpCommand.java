package dev.interlock.cli;

import dev.interlock.Config;
import dev.interlock.Interlock;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

@Command(
        name = "up",
        mixinStandardHelpOptions = true,
        description = "Run the gateway in the foreground, as the user it was started by. SIGTERM drains and ends it.",
        footer = {"", "Example:", "  interlock up --config /etc/interlock/gateway.yaml"})
final class UpCommand implements Callable<Integer> {

    @Mixin
    private Options options = new Options();

    private final Terminal terminal;

    UpCommand(Terminal terminal) {
        this.terminal = terminal;
    }

    @Override
    public Integer call() throws Exception {
        Config.requireTrusted(options.configFile());
        Config config = options.config();
        Interlock interlock = Interlock.start(config);
        Thread drain = new Thread(interlock::close, "drain");
        Runtime.getRuntime().addShutdownHook(drain);
        terminal.line(interlock.banner());
        // Until the process is told to end: the hook drains, and the virtual machine waits for it.
        new CountDownLatch(1).await();
        return Exit.OK;
    }
}
