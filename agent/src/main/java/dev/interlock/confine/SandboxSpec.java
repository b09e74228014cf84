package dev.interlock.confine;

import dev.interlock.action.Secret;
import java.nio.file.Path;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Pattern;

/**
 * All that an agent's sandbox gets to see and to hold.
 *
 * @param workspace the only host directory that it may write, under its own path
 * @param socket the place: the listener of this agent alone
 * @param lease the token; it enters by file descriptor and is on no command line
 * @param trust the directory with {@code authority.pem} and {@code authority.p12}: the only authority that its tools
 *     trust
 * @param uid the agent's numeric user, and group; never 0
 * @param readable further host directories that it may read
 * @param hidden paths that must stay out in any case: the gateway's data and sockets
 * @param covered directories that may lie in the workspace and are empty inside
 * @param interactive whether it gets a terminal, separate from the one it was started from
 */
record SandboxSpec(
        List<String> command,
        Path workspace,
        Path socket,
        Secret lease,
        Path trust,
        int uid,
        Map<String, String> variables,
        List<Path> readable,
        Set<Path> hidden,
        Set<Path> covered,
        boolean interactive,
        OverlayMounts overlays,
        ProcessLimits limits) {

    private static final Pattern VARIABLE = Pattern.compile("[A-Za-z_][A-Za-z0-9_]*");

    SandboxSpec {
        if (command.isEmpty()) {
            throw new IllegalArgumentException("there is no command to confine");
        }
        if (uid <= 0) {
            throw new IllegalArgumentException("the agent's user must not be root");
        }
        variables.keySet().forEach(SandboxSpec::requireName);
        command = List.copyOf(command);
        variables = Collections.unmodifiableMap(new TreeMap<>(variables));
        readable = List.copyOf(readable);
        hidden = Collections.unmodifiableSet(new TreeSet<>(hidden));
        covered = Collections.unmodifiableSet(new TreeSet<>(covered));
    }

    SandboxSpec with(OverlayMounts other) {
        return with(other, limits);
    }

    SandboxSpec with(ProcessLimits other) {
        return with(overlays, other);
    }

    private SandboxSpec with(OverlayMounts otherFurnishing, ProcessLimits otherLimits) {
        return new SandboxSpec(
                command,
                workspace,
                socket,
                lease,
                trust,
                uid,
                variables,
                readable,
                hidden,
                covered,
                interactive,
                otherFurnishing,
                otherLimits);
    }

    static void requireName(String name) {
        if (!VARIABLE.matcher(name).matches()) {
            throw new IllegalArgumentException("`" + name + "` is not the name of an environment variable");
        }
    }
}
