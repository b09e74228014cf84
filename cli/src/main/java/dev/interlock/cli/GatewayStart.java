package dev.interlock.cli;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/** Says how a gateway that does not run is started on this machine. */
final class GatewayStart {

    /** The command that starts it where `setup` has set it up and systemd does not: it starts the keys process too. */
    static final String SETUP = "sudo interlock setup";

    /** What the gateway begins the reason with, at its end. */
    private static final String SAID = "interlock: ";

    private static final Path SET_UP = Path.of("/etc/interlock/setup.json");

    private static final List<Path> UNITS = List.of(
            Path.of("/etc/systemd/system", SystemdUnits.GATEWAY),
            Path.of("/usr/lib/systemd/system", SystemdUnits.GATEWAY));

    private GatewayStart() {}

    /** Returns what a person does if no gateway answers, and the reason if its unit tries to start in vain. */
    static String advice() {
        Optional<String> failure = hasUnit()
                ? failure(
                        said("systemctl", "show", SystemdUnits.GATEWAY),
                        said("journalctl", "-u", SystemdUnits.GATEWAY, "-n", "50", "-o", "cat", "-q"))
                : Optional.empty();
        return failure.orElseGet(() -> "start it with `" + command() + "`");
    }

    /**
     * Returns why the unit cannot start; empty if it does not try.
     *
     * @param unit its properties, a line for each
     * @param journal the end of its journal; empty if this user may not read it
     */
    static Optional<String> failure(String unit, String journal) {
        List<String> properties = unit.lines().toList();
        boolean isFailing = properties.contains("ActiveState=failed")
                || properties.stream().anyMatch(line -> line.startsWith("SubState=auto-restart"))
                || (properties.contains("ActiveState=activating") && !properties.contains("NRestarts=0"));
        if (!isFailing) {
            return Optional.empty();
        }
        return Optional.of(journal.lines()
                .filter(line -> line.contains(SAID))
                .reduce((_, last) -> last)
                .map(line -> "its unit cannot start: "
                        + line.substring(line.indexOf(SAID) + SAID.length()).replaceFirst("\"[,}].*$", ""))
                .orElse("its unit cannot start; `sudo journalctl -u interlock -n 20` says why"));
    }

    /** Returns what a program says; nothing if it cannot be asked. */
    private static String said(String... command) {
        try {
            Process asked = new ProcessBuilder(command)
                    .redirectError(ProcessBuilder.Redirect.DISCARD)
                    .start();
            return new String(asked.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException _) {
            return "";
        }
    }

    private static boolean hasUnit() {
        return SystemdUnits.runs()
                && Files.exists(SET_UP.resolveSibling("gateway.yaml"))
                && UNITS.stream().anyMatch(Files::exists);
    }

    static String command() {
        return command(hasUnit(), isSetUp());
    }

    static boolean isSetUp() {
        return Files.exists(SET_UP);
    }

    /** {@code hasUnit} if systemd runs and has a unit for the gateway. */
    static String command(boolean hasUnit, boolean isSetUp) {
        return hasUnit ? "sudo systemctl start interlock" : isSetUp ? SETUP : "interlock up";
    }
}
