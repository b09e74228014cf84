package dev.interlock.cli;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** Says how a gateway that does not run is started on this machine. */
final class GatewayStart {

    /** The command that starts it where `setup` has set it up and systemd does not: it starts the keys process too. */
    static final String SETUP = "sudo interlock setup";

    private static final Path SET_UP = Path.of("/etc/interlock/setup.json");

    private static final List<Path> UNITS = List.of(
            Path.of("/etc/systemd/system", SystemdUnits.GATEWAY),
            Path.of("/usr/lib/systemd/system", SystemdUnits.GATEWAY));

    private GatewayStart() {}

    static String command() {
        boolean installed = Files.exists(SET_UP.resolveSibling("gateway.yaml"));
        return command(SystemdUnits.runs() && installed && UNITS.stream().anyMatch(Files::exists), isSetUp());
    }

    static boolean isSetUp() {
        return Files.exists(SET_UP);
    }

    /** {@code hasUnit} if systemd runs and has a unit for the gateway. */
    static String command(boolean hasUnit, boolean isSetUp) {
        return hasUnit ? "sudo systemctl start interlock" : isSetUp ? SETUP : "interlock up";
    }
}
