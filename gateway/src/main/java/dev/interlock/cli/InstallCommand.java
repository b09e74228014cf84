package dev.interlock.cli;

import dev.interlock.Config;
import dev.interlock.evidence.Json;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.nio.file.attribute.UserPrincipal;
import java.util.List;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.stream.Stream;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

@Command(
        name = "install",
        mixinStandardHelpOptions = true,
        description =
                "As root, once: the daemon's user, its directories, and a systemd unit or the command that starts it.",
        footer = {"", "Example:", "  sudo interlock install --config interlock/gateway.yaml"})
final class InstallCommand implements Callable<Integer> {

    /** What {@code init} writes. */
    private static final Set<String> OWN = Set.of("gateway.yaml", "policy");

    private static final String UNIT = "/etc/systemd/system/interlock.service";

    @Option(
            names = "--user",
            defaultValue = "interlock",
            description = "The daemon's user; ${DEFAULT-VALUE} unless given.")
    private String user = "interlock";

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
        giveToRoot(options.configFile());
        UserPrincipal daemon = daemonUser(config);
        own(config.data(), "rwx------", daemon);
        own(config.run(), "rwxr-xr-x", daemon);
        if (config.replica().isPresent()) {
            own(config.replica().get(), "rwx------", daemon);
        }
        boolean systemd = Files.isDirectory(Path.of("/run/systemd/system"));
        if (systemd) {
            Files.writeString(Path.of(UNIT), unit());
        }
        report(config, systemd);
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

    /** A number is taken as it is: no account is made for it. */
    private UserPrincipal daemonUser(Config config) throws IOException, InterruptedException {
        boolean known = user.matches("\\d+") || run(List.of("id", "-u", user)) == 0;
        if (!known
                && run(List.of("useradd", "--system", "--no-create-home", "--shell", "/usr/sbin/nologin", user)) != 0) {
            throw new IOException("`useradd` could not make the user `" + user + "`");
        }
        return config.data().getFileSystem().getUserPrincipalLookupService().lookupPrincipalByName(user);
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

    private String startCommand() throws IOException {
        return "setpriv --reuid=" + user + " --regid=" + user + " --clear-groups --no-new-privs --inh-caps=-all "
                + launcher() + " up --config " + options.configFile().toAbsolutePath();
    }

    private static String launcher() {
        return System.getProperty("interlock.launcher", "interlock");
    }

    private String unit() throws IOException {
        return """
                [Unit]
                Description=Interlock gateway
                After=network-online.target

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
                """.formatted(user, launcher(), options.configFile().toAbsolutePath());
    }

    private void report(Config config, boolean systemd) throws IOException {
        String start = systemd ? "systemctl enable --now interlock" : startCommand();
        if (options.json()) {
            terminal.json(Json.object()
                    .with("user", user)
                    .with("data", config.data().toString())
                    .with("run", config.run().toString())
                    .with("start", start));
            return;
        }
        terminal.line("The daemon's user is `" + user + "`; its data lie in " + config.data() + ".");
        terminal.line("Put credentials into the vault, seal the policy, then start it:");
        terminal.line("  " + start);
    }
}
