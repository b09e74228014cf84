package dev.interlock.cli;

import dev.interlock.config.Config;
import dev.interlock.daemon.Interlock;
import java.io.IOException;
import java.net.BindException;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

@Command(
        name = "up",
        mixinStandardHelpOptions = true,
        description =
                "Run the gateway in the foreground, as the user that starts it. SIGTERM " + "drains and stops it.",
        footer = {"", "Example:", "  interlock up --config /etc/interlock/gateway.yaml"})
final class UpCommand implements Callable<Integer> {

    private static final String CONFIG = "--config=";

    @Option(
            names = "--same-user",
            description = "Run even if this user is root or one of `admins`: then only the sandbox "
                    + "separates agents from the gateway.")
    private boolean sameUser;

    @Mixin
    private Options options;

    private final Terminal terminal;

    UpCommand(Terminal terminal) {
        this(terminal, new Options(), false);
    }

    private UpCommand(Terminal terminal, Options options, boolean sameUser) {
        this.terminal = terminal;
        this.options = options;
        this.sameUser = sameUser;
    }

    /**
     * Parses {@code args} if they are the usual options, each once at most: picocli would cost a tenth of a second at
     * each start. Any other command line is left to picocli.
     */
    static Optional<UpCommand> plain(Terminal terminal, String... args) {
        if (args.length == 0 || !args[0].equals("up")) {
            return Optional.empty();
        }
        Set<String> given = new HashSet<>();
        Optional<Path> config = Optional.empty();
        for (String arg : List.of(args).subList(1, args.length)) {
            boolean file = arg.startsWith(CONFIG) && arg.length() > CONFIG.length();
            boolean known = file || arg.equals("--same-user") || arg.equals("--json");
            if (!known || !given.add(file ? CONFIG : arg)) {
                return Optional.empty();
            }
            config = file ? Optional.of(Path.of(arg.substring(CONFIG.length()))) : config;
        }
        Options options = new Options(config.orElse(null), given.contains("--json"));
        return Optional.of(new UpCommand(terminal, options, given.contains("--same-user")));
    }

    Options options() {
        return options;
    }

    boolean isForSameUser() {
        return sameUser;
    }

    @Override
    public Integer call() throws Exception {
        Config config = options.config();
        if (!sameUser && !apart(config)) {
            terminal.problem("this user is root or one of `admins`, so only the sandbox would keep "
                    + "agents from the gateway (`separation: none`), and the keys that "
                    + "it creates would belong to this user; run `interlock install` "
                    + "and start it as that says, or give --same-user to try it out");
            return ExitCodes.NOT_ENTITLED;
        }
        Interlock interlock = start(config, options.configFile());
        Thread drain = new Thread(interlock::close, "drain");
        Runtime.getRuntime().addShutdownHook(drain);
        if (options.json()) {
            terminal.json(interlock.ready());
        } else {
            terminal.line(interlock.banner());
        }
        // Waits until the process is told to end: the shutdown hook drains, and the JVM waits for it.
        new CountDownLatch(1).await();
        return ExitCodes.OK;
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
                            + "); is another gateway running?",
                    e);
        }
    }
}
