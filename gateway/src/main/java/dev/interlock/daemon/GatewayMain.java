package dev.interlock.daemon;

import dev.interlock.action.VisibleText;
import dev.interlock.config.Config;
import dev.interlock.config.ConfigFile;
import dev.interlock.linux.TrustedFiles;
import dev.interlock.program.ExitCodes;
import dev.interlock.program.ProgramFailure;
import dev.interlock.store.StoreUnavailableException;
import java.io.IOException;
import java.io.PrintStream;
import java.net.BindException;
import java.nio.file.FileStore;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The gateway's process, on this module's class path: without commands, demo and search for credentials. */
public final class GatewayMain {

    /** The arguments of {@code interlock up}; {@code sameUser} runs it even as root or as one of the {@code admins}. */
    public record Arguments(@Nullable Path config, boolean sameUser, boolean json) {

        private static final String CONFIG = "--config";

        /** Parses {@code up} and its options. IllegalArgumentException: anything else, or one twice. */
        public static Arguments parse(List<String> words) {
            Path config = null;
            boolean sameUser = false;
            boolean json = false;
            for (int i = 1; i < words.size(); i++) {
                String word = words.get(i);
                if (word.equals("--same-user") && !sameUser) {
                    sameUser = true;
                } else if (word.equals("--json") && !json) {
                    json = true;
                } else if (word.startsWith(CONFIG + "=") && config == null) {
                    config = Path.of(word.substring(CONFIG.length() + 1));
                } else if (word.equals(CONFIG) && config == null && i + 1 < words.size()) {
                    config = Path.of(words.get(++i));
                } else {
                    throw new IllegalArgumentException(
                            "`" + word + "` is no option of `up`, or is there twice; see `interlock up --help`");
                }
            }
            return new Arguments(config, sameUser, json);
        }
    }

    private GatewayMain() {}

    /** Runs the gateway until the process is told to end. The arguments are {@code up} and its options. */
    public static void main(String[] words) {
        Arguments arguments;
        try {
            arguments = Arguments.parse(List.of(words));
        } catch (IllegalArgumentException e) {
            new ProgramFailure(String.valueOf(e.getMessage()), ExitCodes.USAGE).print(e, System.err);
            System.exit(ExitCodes.USAGE);
            return;
        }
        try {
            System.exit(run(arguments, System.out, System.err));
        } catch (Exception e) {
            ProgramFailure failure = ProgramFailure.of(e);
            failure.print(e, System.err);
            System.exit(failure.exitCode());
        }
    }

    /**
     * Runs the gateway until the process is told to end. Returns the exit code if this user must not run it, or if it
     * has lost its store: once it starts again, it waits for that.
     */
    public static int run(Arguments arguments, PrintStream out, PrintStream err) throws Exception {
        Path file = ConfigFile.find(arguments.config());
        TrustedFiles.require(file);
        Config config = Config.read(file);
        if (!arguments.sameUser() && !isSeparate(config)) {
            err.println(
                    "interlock: this user is root or one of `admins`, so only the sandbox would keep agents from the gateway (`separation: none`), and the keys that it creates would belong to this user; start it as a user of its own (docs/operators.md), or give --same-user to try it out");
            return ExitCodes.NOT_ENTITLED;
        }
        Interlock interlock = start(config, file);
        // The shutdown hook drains, and the JVM waits for it.
        Runtime.getRuntime().addShutdownHook(new Thread(interlock::close, "drain"));
        out.println(arguments.json() ? interlock.ready().canonicalText() : VisibleText.lines(interlock.banner()));
        String lost = interlock.lost().get();
        err.println("interlock: this gateway serves no more, and ends: " + VisibleText.lines(lost));
        return ExitCodes.UNAVAILABLE;
    }

    private static boolean isSeparate(Config config) throws IOException {
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
        } catch (IOException e) {
            throw DiskTrouble.explain(e, config);
        } catch (StoreUnavailableException e) {
            IOException failure = new IOException(e.getMessage(), e);
            throw DiskTrouble.explain(failure, config);
        }
    }

    /** Explains a start that failed because of a disk: which disk it is, and what to do. */
    static final class DiskTrouble {

        /** Less than this is as good as nothing: a start writes a segment and the store's log. */
        private static final long LITTLE = 32L << 20;

        private static final Map<String, String> WORDS = Map.of(
                "No space left on device", "full",
                "Disk quota exceeded", "full, by the quota of the gateway's user",
                "Read-only file system", "read-only",
                "Input/output error", "failing: see the kernel's log");

        private DiskTrouble() {}

        static IOException explain(IOException failure, Config config) {
            List<Path> places = new ArrayList<>(List.of(config.data(), config.ledger(), config.run()));
            return explain(failure, places);
        }

        static IOException explain(IOException failure, List<Path> places) {
            String all = text(failure);
            return WORDS.entrySet().stream()
                    .filter(word -> all.contains(word.getKey()))
                    .findFirst()
                    .map(word -> new IOException(words(word.getKey(), word.getValue(), all, places), failure))
                    .orElse(failure);
        }

        private static String text(Throwable failure) {
            StringBuilder all = new StringBuilder(String.valueOf(failure.getMessage()));
            for (Throwable cause = failure.getCause(); cause != null; cause = cause.getCause()) {
                all.append(": ").append(cause.getMessage());
            }
            return all.toString();
        }

        private static String words(String kernel, String is, String all, List<Path> places) {
            List<String> disks = places.stream()
                    .filter(place -> isAffected(kernel, place))
                    .map(DiskTrouble::named)
                    .distinct()
                    .toList();
            String which = disks.isEmpty() ? "a disk of the gateway" : "the disk of " + String.join(" and of ", disks);
            String next = is.startsWith("full")
                    ? ". Free at least 128 MiB there, of other files: nothing of the ledger or the store may be removed. `du -xh` shows what is large"
                    : "";
            return which + " is " + is + next + " (" + all + ")";
        }

        private static boolean isAffected(String kernel, Path place) {
            try {
                FileStore disk = Files.getFileStore(place);
                return switch (kernel) {
                    case "No space left on device" -> disk.getUsableSpace() < LITTLE;
                    case "Read-only file system" -> disk.isReadOnly();
                    default -> false;
                };
            } catch (IOException e) {
                return false;
            }
        }

        private static String named(Path place) {
            try {
                return "`" + place + "` (" + Files.getFileStore(place).name() + ")";
            } catch (IOException e) {
                return "`" + place + "`";
            }
        }
    }
}
