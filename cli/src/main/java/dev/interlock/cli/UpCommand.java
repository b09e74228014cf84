package dev.interlock.cli;

import dev.interlock.daemon.GatewayMain;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** The options of {@code up}. The launchers start {@link GatewayMain} on its own class path instead of this command. */
@Command(
        name = "up",
        description = "Run the gateway in the foreground, as the user that starts it. SIGTERM drains and stops it.",
        footer = "  interlock up --config /etc/interlock/gateway.yaml")
final class UpCommand extends ConfiguredCommand {

    @Option(
            names = "--same-user",
            description =
                    "Run even if this user is root or one of `admins`: then only the sandbox separates agents from the gateway.")
    private boolean sameUser;

    GatewayMain.Arguments arguments() {
        return new GatewayMain.Arguments(options.named(), sameUser, options.json());
    }

    @Override
    public Integer call() throws Exception {
        return GatewayMain.run(arguments(), System.out, System.err);
    }
}
