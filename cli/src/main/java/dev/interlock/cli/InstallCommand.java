package dev.interlock.cli;

import dev.interlock.config.Config;
import dev.interlock.credentials.Credentials;
import dev.interlock.evidence.Json;
import dev.interlock.program.ExitCodes;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.FileOwnerAttributeView;
import java.nio.file.attribute.PosixFileAttributeView;
import java.nio.file.attribute.PosixFileAttributes;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.nio.file.attribute.UserPrincipal;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

@Command(
        name = "install",
        mixinStandardHelpOptions = true,
        description = "Run once as root: installs a copy of the program, the daemon's user, its "
                + "directories, and a systemd unit or the command that starts it.",
        footer = {"", "Example:", "  sudo interlock install --config interlock/gateway.yaml"})
final class InstallCommand implements Callable<Integer> {

    /** The files that {@code init} writes. */
    private static final Set<String> OWN = Set.of("gateway.yaml", "policy");

    @Option(
            names = "--user",
            paramLabel = "USER",
            defaultValue = "interlock",
            description = "The daemon's user: an existing one, a number, or a name that begins with "
                    + "`interlock`, which is created; ${DEFAULT-VALUE} unless given.")
    private String user = "interlock";

    @Option(
            names = "--keys-user",
            paramLabel = "USER",
            description = "Keep the credentials in a process with its own user, whose files the "
                    + "gateway cannot read: an existing user, a number, or a name that "
                    + "begins with `interlock`, which is created. Written into "
                    + "gateway.yaml.")
    private @Nullable String keysUser;

    @Option(
            names = "--prefix",
            paramLabel = "DIR",
            defaultValue = "/usr/local",
            description = "The program is copied to DIR/bin and DIR/lib/interlock; ${DEFAULT-VALUE} unless given.")
    private Path prefix = Path.of("/usr/local");

    @Mixin
    private Options options = new Options();

    private final Terminal terminal;

    InstallCommand(Terminal terminal) {
        this.terminal = terminal;
    }

    @Override
    public Integer call() throws Exception {
        Config config = options.configToInstall();
        if (!"root".equals(System.getProperty("user.name"))) {
            terminal.problem(
                    "`install` creates a user and directories, so it must run as " + "root: sudo interlock install");
            return ExitCodes.NOT_ENTITLED;
        }
        requireOther();
        Optional<Config.Keys> keys = keys(config);
        boolean systemd = SystemdUnits.runs();
        if (systemd) {
            SystemdUnits.requireAccount(user, hasAccount(user));
            if (keys.isPresent()) {
                SystemdUnits.requireAccount(
                        keys.get().user(), hasAccount(keys.get().user()));
            }
        }
        UserPrincipal daemon = userOf(user, config);
        requireNobodyElses(config.data(), daemon);
        giveToRoot(options.configFile());
        Path launcher = new InstalledCopy(prefix, terminal::aside).make();
        own(config.data(), "rwx------", daemon);
        own(config.run(), "rwxr-xr-x", daemon);
        if (config.replica().isPresent()) {
            own(config.replica().get(), "rwx------", daemon);
        }
        if (keys.isPresent()) {
            setUp(config, keys.get());
        }
        if (systemd) {
            writeUnits(
                    new SystemdUnits(
                            TextQuoting.unit(launcher),
                            TextQuoting.unit(options.configFile().toAbsolutePath())),
                    config,
                    keys);
        }
        report(config, launcher, keys, systemd);
        return ExitCodes.OK;
    }

    private void writeUnits(SystemdUnits units, Config config, Optional<Config.Keys> keys) throws IOException {
        SystemdUnits.write(SystemdUnits.GATEWAY, units.gateway(user, keys.isPresent(), writable(config)));
        if (keys.isPresent()) {
            boolean fetches = Credentials.fetches(Config.read(options.configFile()));
            if (fetches) {
                terminal.aside(
                        "interlock: a credential is fetched when it is used, so the keys process keeps network access");
            }
            SystemdUnits.write(
                    SystemdUnits.KEYS,
                    units.keys(keys.get().user(), TextQuoting.unit(keys.get().data()), fetches));
        }
    }

    /** A replica's disk may be absent when the gateway starts; its unit starts all the same. */
    private static List<String> writable(Config config) {
        List<String> writable =
                new ArrayList<>(List.of(TextQuoting.unit(config.data()), TextQuoting.unit(config.run())));
        config.replica().ifPresent(replica -> writable.add("-" + TextQuoting.unit(replica)));
        return writable;
    }

    /**
     * Gives the configuration and its directory to root. The file pins keys, and the owner of its directory could
     * replace it. From now on it is accepted only from root.
     *
     * @throws IllegalArgumentException if the directory belongs to somebody else and contains other files
     */
    static void giveToRoot(Path file) throws IOException {
        Path real = file.toRealPath();
        Path directory = real.resolveSibling("");
        if (!Integer.valueOf(0).equals(Files.getAttribute(directory, "unix:uid"))) {
            requireNothingElse(directory);
            Files.setAttribute(directory, "unix:uid", 0);
        }
        Files.setAttribute(real, "unix:uid", 0);
    }

    private static void requireNothingElse(Path directory) throws IOException {
        try (Stream<Path> files = Files.list(directory)) {
            files.map(file -> file.getFileName().toString())
                    .filter(name -> !OWN.contains(name))
                    .findFirst()
                    .ifPresent(other -> {
                        throw new IllegalArgumentException(
                                "`" + directory + "` must belong to root, but it also holds `"
                                        + other
                                        + "`; keep gateway.yaml and policy in a directory of their "
                                        + "own, or make root the owner yourself: chown root " + directory);
                    });
        }
    }

    /** A gateway that runs as root is not separated from people's commands, and a vulnerability in it gives root. */
    private void requireOther() {
        if (user.equals("root") || user.matches("0+")) {
            throw new UsageException("the gateway must not run as root; leave --user out, or name another");
        }
    }

    /** A number is used as it is, without creating an account. An unknown name is more likely a typing error. */
    private UserPrincipal userOf(String user, Config config) throws IOException, InterruptedException {
        if (!user.matches("\\d+") && run(List.of("id", "-u", user)) != 0) {
            if (!user.startsWith("interlock")) {
                throw new UsageException("there is no user `" + user + "`");
            }
            if (run(List.of("useradd", "--system", "--no-create-home", "--shell", "/usr/sbin/nologin", user)) != 0) {
                throw new IOException("`useradd` could not make the user `" + user + "`");
            }
            terminal.aside("interlock: created the system user `" + user + "`");
        }
        return config.data().getFileSystem().getUserPrincipalLookupService().lookupPrincipalByName(user);
    }

    /**
     * Refuses files of another owner below {@code data}, such as those of a gateway that ran as another user. They
     * would keep their owner, and the daemon could not read them.
     *
     * @throws IllegalArgumentException if there are any
     */
    static void requireNobodyElses(Path data, UserPrincipal daemon) throws IOException {
        if (!Files.isDirectory(data)) {
            return;
        }
        List<Path> all;
        try (Stream<Path> files = Files.walk(data)) {
            all = files.filter(file -> !file.equals(data)).toList();
        }
        for (Path file : all) {
            PosixFileAttributes found =
                    Files.readAttributes(file, PosixFileAttributes.class, LinkOption.NOFOLLOW_LINKS);
            // A file that root puts there for the daemon to read, such as a seal, may belong to root.
            boolean given = found.owner().getName().equals("root")
                    && found.permissions().contains(PosixFilePermission.OTHERS_READ);
            if (!found.owner().equals(daemon) && !given) {
                throw new IllegalArgumentException("`" + file + "` belongs to `"
                        + found.owner().getName() + "`, and the daemon would be `" + daemon.getName()
                        + "`; name that user with --user, or an empty directory as `data`, or, "
                        + "if you know where the files come from, change their owner: chown "
                        + "-hR " + TextQuoting.shell(daemon.getName()) + " "
                        + TextQuoting.shell(data));
            }
        }
    }

    private static boolean hasAccount(String user) throws IOException, InterruptedException {
        return run(List.of("getent", "passwd", user)) == 0;
    }

    /** Returns the keys process of gateway.yaml, or the one to add if it is requested and there is none. */
    private Optional<Config.Keys> keys(Config config) {
        if (keysUser == null || config.keys().isPresent()) {
            return config.keys();
        }
        if (keysUser.equals(user) || keysUser.equals("root") || keysUser.matches("0+")) {
            throw new UsageException("--keys-user must be neither root nor the gateway's user");
        }
        return Optional.of(new Config.Keys(
                keysUser,
                user,
                config.data().resolveSibling(config.data().getFileName() + "-keys"),
                config.run().resolveSibling(config.run().getFileName() + "-keys")));
    }

    /**
     * Moves the vault with all its content out of the gateway's reach, and then changes gateway.yaml. If this is
     * interrupted, the next run continues.
     */
    private void setUp(Config config, Config.Keys keys) throws IOException, InterruptedException {
        if (config.keys().isPresent()) {
            move(config, keys);
            return;
        }
        Path file = options.configFile().toRealPath();
        Path draft = draft(file, keys);
        try {
            move(config, keys);
            Files.move(draft, file, StandardCopyOption.ATOMIC_MOVE);
        } finally {
            Files.deleteIfExists(draft);
        }
    }

    private void move(Config config, Config.Keys keys) throws IOException, InterruptedException {
        UserPrincipal keeper = userOf(keys.user(), config);
        own(keys.data(), "rwx------", keeper);
        own(keys.run(), "rwxr-xr-x", keeper);
        Path now = keys.data().resolve("vault");
        new VaultMove(config.data().resolve("vault"), now).make();
        if (Files.exists(now)) {
            try (Stream<Path> files = Files.walk(now)) {
                for (Path file : files.toList()) {
                    Files.getFileAttributeView(file, FileOwnerAttributeView.class, LinkOption.NOFOLLOW_LINKS)
                            .setOwner(keeper);
                }
            }
        }
    }

    /** Writes the new gateway.yaml beside the old one, and changes nothing if it would not be read as intended. */
    private static Path draft(Path file, Config.Keys keys) throws IOException {
        Path draft = Files.createTempFile(file.resolveSibling(""), ".interlock-", ".yaml");
        try {
            Files.writeString(draft, with(Files.readString(file), keys));
            PosixFileAttributes attributes = Files.readAttributes(file, PosixFileAttributes.class);
            PosixFileAttributeView view = Files.getFileAttributeView(draft, PosixFileAttributeView.class);
            view.setGroup(attributes.group());
            view.setPermissions(attributes.permissions());
            if (Config.read(draft).keys().equals(Optional.of(keys))) {
                return draft;
            }
        } catch (IllegalArgumentException e) {
            // The same as below: with that line it is no configuration.
        } catch (IOException e) {
            Files.deleteIfExists(draft);
            throw e;
        }
        Files.deleteIfExists(draft);
        throw new IllegalArgumentException("`" + file + "` has a form that this command cannot extend; add this line "
                + "yourself, and install again: " + line(keys));
    }

    private static String with(String text, Config.Keys keys) {
        return (text.isEmpty() || text.endsWith("\n") ? text : text + "\n")
                + "# The only process that reads the credentials.\n" + line(keys) + "\n";
    }

    private static String line(Config.Keys keys) {
        Json.Members json = Json.object()
                .with("user", keys.user())
                .with("gateway", keys.gateway())
                .with("data", keys.data().toString())
                .with("run", keys.run().toString());
        return "keys: " + json.canonicalText(); // JSON is YAML too
    }

    private static int run(List<String> command) throws IOException, InterruptedException {
        return new ProcessBuilder(command)
                .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                .redirectError(ProcessBuilder.Redirect.DISCARD)
                .start()
                .waitFor();
    }

    private static void own(Path directory, String mode, UserPrincipal daemon) throws IOException {
        Files.createDirectories(directory);
        Files.setPosixFilePermissions(directory, PosixFilePermissions.fromString(mode));
        Files.setOwner(directory, daemon);
    }

    private String startCommand(String user, Path launcher, String command) throws IOException {
        return "setpriv --reuid=" + user + " --regid=" + user + " --clear-groups --no-new-privs --inh-caps=-all "
                + TextQuoting.shell(launcher) + " " + command + " --config "
                + TextQuoting.shell(options.configFile().toAbsolutePath());
    }

    private void report(Config config, Path launcher, Optional<Config.Keys> keys, boolean systemd) throws IOException {
        String start = systemd ? "systemctl enable --now interlock" : startCommand(user, launcher, "up");
        Optional<String> before = keys.isEmpty()
                ? Optional.empty()
                : Optional.of(
                        systemd
                                ? "systemctl enable --now interlock-keys"
                                : startCommand(keys.get().user(), launcher, "keys"));
        if (options.json()) {
            terminal.json(Json.object()
                    .with("user", user)
                    .with("data", config.data().toString())
                    .with("run", config.run().toString())
                    .with("program", launcher.toString())
                    .with("start", start)
                    .withOptional("start_keys", before));
            return;
        }
        terminal.line("The program is " + launcher + ".");
        terminal.line("The daemon's user is `" + user + "`; its data is in " + config.data() + ".");
        keys.ifPresent(own ->
                terminal.line("Only the user `" + own.user() + "`, in " + own.data() + ", can read the credentials."));
        terminal.line("Put credentials into the vault, seal the policy, then start it:");
        before.ifPresent(line -> terminal.line("  " + line));
        terminal.line("  " + start);
        terminal.line("For completion of commands and options in bash (zsh: `interlock " + "completion --help`):");
        terminal.line("  " + TextQuoting.shell(launcher) + " completion > /etc/bash_completion.d/interlock");
    }
}
