package dev.interlock.confine;

import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A port of an agent's own loopback that people open at their machine's.
 *
 * @param outside the port at this machine's loopback
 * @param inside the agent's port
 */
public record PublishedPort(int outside, int inside) {

    /**
     * Where servers listen that people develop. Not every port that an agent listens at: then it could stand in for a
     * database that is not started yet, or for a program that waits for the end of a login.
     */
    static final List<PublishedPort> USUAL =
            List.of(3000, 3001, 4000, 4200, 4321, 5000, 5173, 5174, 8000, 8080).stream()
                    .map(port -> new PublishedPort(port, port))
                    .toList();

    private static final Pattern WRITTEN = Pattern.compile("(?:([1-9][0-9]{0,4}):)?([1-9][0-9]{0,4})");
    private static final int FIRST_PORT = 1024;
    private static final int LAST_PORT = 65_535;

    /** The relays' ports inside, by which anybody here would call the gateway as this agent. */
    private static final int RELAYS = 3;

    public PublishedPort {
        if (outside > LAST_PORT || inside > LAST_PORT || inside < 1) {
            throw new IllegalArgumentException("a port is a number from 1 to " + LAST_PORT);
        }
        if (outside < FIRST_PORT) {
            throw new IllegalArgumentException("port " + outside
                    + " of this machine belongs to the system: name another, as `--publish 8080:" + inside + "`");
        }
        if (inside >= BubblewrapArgs.PORT && inside < BubblewrapArgs.PORT + RELAYS) {
            throw new IllegalArgumentException("port " + inside + " inside leads to the gateway, and is not published");
        }
    }

    /** Reads {@code PORT} or {@code HOST_PORT:PORT}. */
    public static PublishedPort parse(String text) {
        Matcher written = WRITTEN.matcher(text);
        if (!written.matches()) {
            throw new IllegalArgumentException(
                    "a published port is written PORT or HOST_PORT:PORT, as `3000` or `3001:3000`");
        }
        int inside = Integer.parseInt(written.group(2));
        return new PublishedPort(written.group(1) == null ? inside : Integer.parseInt(written.group(1)), inside);
    }

    @Override
    public String toString() {
        return outside == inside ? Integer.toString(inside) : outside + ":" + inside;
    }
}
