package dev.interlock.cli;

import dev.interlock.Config;
import dev.interlock.evidence.Json;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.nio.file.attribute.UserPrincipal;
import java.util.List;
import java.util.concurrent.Callable;
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
        Config config = options.config();
        if (!"root".equals(System.getProperty("user.name"))) {
            terminal.problem("`install` makes a user and directories, and so runs as root: sudo interlock install");
            return Exit.NOT_ENTITLED;
        }
        UserPrincipal daemon = daemonUser(config);
        Files.setAttribute(options.configFile(), "unix:uid", 0); // it pins keys; `up` takes it from nobody else
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
