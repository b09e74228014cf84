package dev.interlock.confine;

import dev.interlock.linux.ShellWords;
import java.util.ArrayList;
import java.util.List;

/**
 * A terminal of the agent's own, so that none inside holds the caller's and could type into it. It is util-linux'
 * {@code script}, run as the agent's user: it passes size changes on, and restores the caller's terminal.
 */
final class AgentTerminal {

    private AgentTerminal() {}

    static List<String> around(List<String> command) throws SandboxException {
        List<String> behind = new ArrayList<>(List.of(program("setpriv"), "--pdeathsig=TERM", "--"));
        // It takes its command as shell text. The file is where it would write the output that this process records.
        behind.addAll(List.of(program("script"), "--quiet", "--return", "--command", line(command), "/dev/null"));
        return behind;
    }

    private static String program(String name) throws SandboxException {
        return Host.program(name)
                .orElseThrow(() -> new SandboxException(
                        "`" + name + "` is not installed; it provides the agent's terminal.",
                        "apt-get install -y util-linux bsdutils, or run the agent without: --no-terminal."))
                .toString();
    }

    private static String line(List<String> command) {
        // Ctrl-C reaches every process of the sandbox; only the agent's own is to act on it (start.sh).
        return "trap '' INT QUIT; exec " + ShellWords.line(command);
    }
}
