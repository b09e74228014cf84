package dev.interlock.confine;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;

/**
 * A terminal of the agent's own, between it and the caller's. What is typed goes in, Ctrl-C included, and what is drawn
 * comes out; the caller's terminal itself is in nobody's hands inside, so that nothing can be typed into it.
 *
 * <p>It is util-linux' {@code script}, as the agent's user, which passes sizes on, and puts the caller's terminal back
 * as it was when the agent has ended. It writes nothing down: that is done where the output comes through.
 */
final class OwnTerminal {

    private OwnTerminal() {}

    /** {@code command} at a terminal of its own; whoever waits for it gets its exit status. */
    static List<String> around(List<String> command) throws UnconfinableException {
        List<String> behind = new ArrayList<>(List.of(program("setpriv"), "--pdeathsig=TERM", "--"));
        // Its command is a shell's; the file is where it would write what this process records.
        behind.addAll(List.of(program("script"), "--quiet", "--return", "--command", line(command), "/dev/null"));
        return behind;
    }

    private static String program(String name) throws UnconfinableException {
        return Host.program(name)
                .orElseThrow(() -> new UnconfinableException(
                        "`" + name + "` is not installed, which gives the agent its terminal.",
                        "apt-get install -y util-linux bsdutils, or run the agent without: --no-terminal."))
                .toString();
    }

    private static String line(List<String> command) {
        // Ctrl-C reaches every process of the sandbox; only the agent's own is to act on it (start.sh).
        return "trap '' INT QUIT; exec "
                + command.stream().map(OwnTerminal::quoted).collect(Collectors.joining(" "));
    }

    /** One word of a shell, whatever is in it: within single quotes nothing but their end means anything. */
    private static String quoted(String word) {
        return "'" + word.replace("'", "'\\''") + "'";
    }
}
