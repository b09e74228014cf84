package dev.interlock.cli;

import dev.interlock.Backups;
import dev.interlock.Config;
import dev.interlock.evidence.Json;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileOwnerAttributeView;
import java.nio.file.attribute.PosixFileAttributes;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.nio.file.attribute.UserPrincipal;
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
        description =
                "As root, once: a copy of the program, the daemon's user, its directories, and a systemd unit or the"
                        + " command that starts it.",
        footer = {"", "Example:", "  sudo interlock install --config interlock/gateway.yaml"})
final class InstallCommand implements Callable<Integer> {

    /** What {@code init} writes. */
    private static final Set<String> OWN = Set.of("gateway.yaml", "policy");

    private static final String UNIT = "/etc/systemd/system/interlock.service";
    private static final String KEYS_UNIT = "/etc/systemd/system/interlock-keys.service";
    private static final String BACKUP_UNIT = "/etc/systemd/system/interlock-backup.service";

    @Option(
            names = "--user",
            paramLabel = "USER",
            defaultValue = "interlock",
            description =
                    "The daemon's user: one that exists, a number, or a name that begins with `interlock`, which is made;"
                            + " ${DEFAULT-VALUE} unless given.")
    private String user = "interlock";

    @Option(
            names = "--keys-user",
            paramLabel = "USER",
            description =
                    "Keep the credentials by a process of a user of its own, whose files the gateway cannot read: one that"
                            + " exists, a number, or a name that begins with `interlock`, which is made. Written into gateway.yaml.")
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
            terminal.problem("`install` makes a user and directories, and so runs as root: sudo interlock install");
            return Exit.NOT_ENTITLED;
        }
        requireOther();
        UserPrincipal daemon = userOf(user, config);
        requireNobodyElses(config.data(), daemon);
        giveToRoot(options.configFile());
        Optional<Config.Keys> keys = keys(config);
        Path launcher = new OwnCopy(prefix, terminal::aside).make();
        own(config.data(), "rwx------", daemon);
        own(config.run(), "rwxr-xr-x", daemon);
        if (config.replica().isPresent()) {
            own(config.replica().get(), "rwx------", daemon);
        }
        if (keys.isPresent()) {
            setUp(config, keys.get());
        }
        boolean systemd = Files.isDirectory(Path.of("/run/systemd/system"));
        if (systemd) {
            Files.writeString(Path.of(UNIT), unit(launcher, keys.isPresent()));
            if (keys.isPresent()) {
                Files.writeString(Path.of(KEYS_UNIT), keysUnit(launcher, keys.get()));
            }
            if (takesBackups()) {
                Files.writeString(
                        Path.of(BACKUP_UNIT),
                        backupUnit(
                                Quoted.unit(launcher),
                                Quoted.unit(options.configFile().toAbsolutePath()),
                                Backups.beside(options.configFile()).runsPrograms()));
            }
        }
        report(config, launcher, keys, systemd);
        return Exit.OK;
    }

    /**
     * The file pins keys, and whoever owns its directory could exchange it: from now on it is taken from nobody else.
     *
     * @throws IllegalArgumentException if the directory is somebody else's and holds other things as well
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
                        throw new IllegalArgumentException("`" + directory + "` must be root's, and holds `" + other
                                + "` as well; keep gateway.yaml and policy in a directory of their own, or give it to root"
                                + " yourself: chown root " + directory);
                    });
        }
    }

    /** A gateway that is root's is not kept apart from people's commands, and a hole in it is root's. */
    private void requireOther() {
        if (user.equals("root") || user.matches("0+")) {
            throw new UsageException("the gateway must not run as root; leave --user out, or name another");
        }
    }

    /** A number is taken as it is: no account is made for it. A name that nobody has is more likely a slip. */
    private UserPrincipal userOf(String user, Config config) throws IOException, InterruptedException {
        if (!user.matches("\\d+") && run(List.of("id", "-u", user)) != 0) {
            if (!user.startsWith("interlock")) {
                throw new UsageException("there is no user `" + user + "`");
            }
            if (run(List.of("useradd", "--system", "--no-create-home", "--shell", "/usr/sbin/nologin", user)) != 0) {
                throw new IOException("`useradd` could not make the user `" + user + "`");
            }
            terminal.aside("interlock: made the system user `" + user + "`");
        }
        return config.data().getFileSystem().getUserPrincipalLookupService().lookupPrincipalByName(user);
    }

    /**
     * Files of somebody else below {@code data}, such as those of a gateway that ran as another user, would stay
     * theirs, and the daemon could not read them.
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
            // What root puts there for the daemon to read, as a seal, may be root's.
            boolean given = found.owner().getName().equals("root")
                    && found.permissions().contains(PosixFilePermission.OTHERS_READ);
            if (!found.owner().equals(daemon) && !given) {
                throw new IllegalArgumentException("`" + file + "` belongs to `"
                        + found.owner().getName() + "`, and the daemon would be `" + daemon.getName()
                        + "`; name that user with --user, or an empty directory as `data`, or, if you know how it came"
                        + " there, give all of it away: chown -hR " + Quoted.shell(daemon.getName()) + " "
                        + Quoted.shell(data));
            }
        }
    }

    /** What gateway.yaml says of a keys process; if it says nothing and one is asked for, that is written there. */
    private Optional<Config.Keys> keys(Config config) throws IOException {
        if (keysUser == null || config.keys().isPresent()) {
            return config.keys();
        }
        if (keysUser.equals(user) || keysUser.equals("root") || keysUser.matches("0+")) {
            throw new UsageException("--keys-user is neither root nor the gateway's own user");
        }
        Config.Keys keys = new Config.Keys(
                keysUser,
                user,
                config.data().resolveSibling(config.data().getFileName() + "-keys"),
                config.run().resolveSibling(config.run().getFileName() + "-keys"));
        Files.writeString(options.configFile(), section(keys), StandardOpenOption.APPEND);
        return Optional.of(keys);
    }

    static String section(Config.Keys keys) {
        Json.Members json = Json.object()
                .with("user", keys.user())
                .with("gateway", keys.gateway())
                .with("data", keys.data().toString())
                .with("run", keys.run().toString());
        return "# The process that alone reads the credentials.\nkeys: " + json.canonicalText() + "\n"; // YAML as well
    }

    /** The vault moves out of the gateway's reach, with all that was put there before. */
    private void setUp(Config config, Config.Keys keys) throws IOException, InterruptedException {
        UserPrincipal keeper = userOf(keys.user(), config);
        own(keys.data(), "rwx------", keeper);
        own(keys.run(), "rwxr-xr-x", keeper);
        Path before = config.data().resolve("vault");
        Path now = keys.data().resolve("vault");
        if (Files.exists(before) && !Files.exists(now)) {
            Files.move(before, now);
        }
        if (Files.exists(now)) {
            try (Stream<Path> files = Files.walk(now)) {
                for (Path file : files.toList()) {
                    Files.getFileAttributeView(file, FileOwnerAttributeView.class, LinkOption.NOFOLLOW_LINKS)
                            .setOwner(keeper);
                }
            }
        }
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
                + Quoted.shell(launcher) + " " + command + " --config "
                + Quoted.shell(options.configFile().toAbsolutePath());
    }

    private String unit(Path launcher, boolean keys) throws IOException {
        return """
                [Unit]
                Description=Interlock gateway
                After=network-online.target%s

                [Service]
                User=%s
                RuntimeDirectory=interlock
                RuntimeDirectoryPreserve=yes
                ExecStart=%s up --config %s
                Restart=on-failure
                NoNewPrivileges=yes
                ProtectSystem=full
                ProtectHome=read-only
                CapabilityBoundingSet=

                [Install]
                WantedBy=multi-user.target
                """.formatted(
                        keys ? " interlock-keys.service\nWants=interlock-keys.service" : "",
                        user,
                        Quoted.unit(launcher),
                        Quoted.unit(options.configFile().toAbsolutePath()));
    }

    private String keysUnit(Path launcher, Config.Keys keys) throws IOException {
        return keysUnit(
                keys.user(),
                Quoted.unit(launcher),
                Quoted.unit(options.configFile().toAbsolutePath()),
                Quoted.unit(keys.data()));
    }

    /** It reaches no network, and no memory of it is ever written anywhere. */
    static String keysUnit(String user, String launcher, String config, String data) {
        return """
                [Unit]
                Description=Interlock keys

                [Service]
                User=%s
                RuntimeDirectory=interlock-keys
                RuntimeDirectoryPreserve=yes
                ExecStart=%s keys --config %s
                Restart=always
                RestartSec=1
                NoNewPrivileges=yes
                ProtectSystem=strict
                ReadWritePaths=%s
                ProtectHome=read-only
                PrivateDevices=yes
                PrivateNetwork=yes
                LimitCORE=0
                MemorySwapMax=0
                CapabilityBoundingSet=

                [Install]
                WantedBy=multi-user.target
                """.formatted(user, launcher, config, data);
    }

    private boolean takesBackups() throws IOException {
        return Files.exists(options.configFile().toAbsolutePath().resolveSibling("backups.yaml"));
    }

    /**
     * It is root's, because scratch servers run as a user that can do nothing else, and only root can start them so; of
     * what root may do, it keeps what that takes: CAP_SETFCAP to be itself in a sandbox (user_namespaces(7)), and
     * CAP_SYS_ADMIN only where it runs programs of people's, each in a tree of processes of its own
     * (pid_namespaces(7)).
     *
     * @param runsPrograms whether backups.yaml names any
     */
    static String backupUnit(String launcher, String config, boolean runsPrograms) {
        return """
                [Unit]
                Description=Interlock backups
                After=network-online.target

                [Service]
                ExecStart=%s backup run --config %s
                Restart=always
                RestartSec=10
                TimeoutStopSec=30
                KillMode=mixed
                NoNewPrivileges=yes
                ProtectSystem=full
                ProtectHome=read-only
                LimitCORE=0
                CapabilityBoundingSet=CAP_CHOWN CAP_DAC_OVERRIDE CAP_FOWNER CAP_KILL CAP_SETFCAP CAP_SETGID CAP_SETUID%s

                [Install]
                WantedBy=multi-user.target
                """.formatted(launcher, config, runsPrograms ? " CAP_SYS_ADMIN" : "");
    }

    private void report(Config config, Path launcher, Optional<Config.Keys> keys, boolean systemd) throws IOException {
        String start = systemd ? "systemctl enable --now interlock" : startCommand(user, launcher, "up");
        Optional<String> before = keys.isEmpty()
                ? Optional.empty()
                : Optional.of(
                        systemd
                                ? "systemctl enable --now interlock-keys"
                                : startCommand(keys.get().user(), launcher, "keys"));
        Optional<String> backups = !takesBackups()
                ? Optional.empty()
                : Optional.of(
                        systemd
                                ? "systemctl enable --now interlock-backup"
                                : Quoted.shell(launcher) + " backup run --config "
                                        + Quoted.shell(options.configFile().toAbsolutePath()));
        if (options.json()) {
            terminal.json(Json.object()
                    .with("user", user)
                    .with("data", config.data().toString())
                    .with("run", config.run().toString())
                    .with("program", launcher.toString())
                    .with("start", start)
                    .withOptional("start_keys", before)
                    .withOptional("start_backups", backups));
            return;
        }
        terminal.line("The program is " + launcher + ".");
        terminal.line("The daemon's user is `" + user + "`; its data lie in " + config.data() + ".");
        keys.ifPresent(own -> terminal.line(
                "The credentials are kept by `" + own.user() + "`, in " + own.data() + ", and by nobody else."));
        terminal.line("Put credentials into the vault, seal the policy, then start it:");
        before.ifPresent(line -> terminal.line("  " + line));
        terminal.line("  " + start);
        backups.ifPresent(line -> terminal.line("  " + line));
    }
}
