package dev.interlock.action;

import java.util.List;
import java.util.regex.Pattern;

/**
 * A service on a person's own machine that agents of {@code run} reach there by its port on loopback.
 *
 * <p>Ports that are known to lead to more than data are refused. The list is made against mistakes: no list of ports
 * can tell what listens at the others.
 *
 * @param service its name, by which the seal permits it
 */
public record LocalService(String service, int port) {

    /** Stands in a seal for every name. */
    public static final String ANY = "*";

    private static final Pattern NAME = Pattern.compile("[a-z][a-z0-9-]{0,31}");
    private static final int FIRST_PORT = 1024;
    private static final int LAST_PORT = 65_535;

    /** Ports that no agent gets, with what is known to be there. */
    private record RefusedPorts(int first, int last, String why) {
        RefusedPorts(int port, String why) {
            this(port, port, why);
        }
    }

    private static final String CONTROLS_CLUSTER = "it controls a Kubernetes cluster";
    private static final String DEBUGGER = "a debugger there runs any code outside the sandbox";
    private static final String DESKTOP = "it leads to a desktop outside the sandbox";
    private static final String PROXY = "a proxy there leads to other machines";

    private static final List<RefusedPorts> REFUSED = List.of(
            new RefusedPorts(1080, PROXY),
            new RefusedPorts(1099, "Java there runs any code outside the sandbox"),
            new RefusedPorts(2345, DEBUGGER),
            new RefusedPorts(2375, 2377, "Docker there runs any program outside the sandbox"),
            new RefusedPorts(2379, 2380, CONTROLS_CLUSTER),
            new RefusedPorts(3128, PROXY),
            new RefusedPorts(3389, DESKTOP),
            new RefusedPorts(4243, "Docker there runs any program outside the sandbox"),
            new RefusedPorts(5005, DEBUGGER),
            new RefusedPorts(5037, DEBUGGER),
            new RefusedPorts(5555, DEBUGGER),
            new RefusedPorts(5678, DEBUGGER),
            new RefusedPorts(5858, DEBUGGER),
            new RefusedPorts(5900, 5909, DESKTOP),
            new RefusedPorts(5985, 5986, "it runs commands outside the sandbox"),
            new RefusedPorts(6000, 6005, DESKTOP),
            new RefusedPorts(6443, CONTROLS_CLUSTER),
            new RefusedPorts(7411, 7413, "it is the gateway's own"),
            new RefusedPorts(8001, CONTROLS_CLUSTER),
            new RefusedPorts(8118, PROXY),
            new RefusedPorts(8888, "a notebook there runs any code outside the sandbox"),
            new RefusedPorts(9050, PROXY),
            new RefusedPorts(9150, PROXY),
            new RefusedPorts(9222, DEBUGGER),
            new RefusedPorts(9229, 9230, DEBUGGER),
            new RefusedPorts(10_248, 10_259, CONTROLS_CLUSTER),
            new RefusedPorts(16_443, CONTROLS_CLUSTER),
            new RefusedPorts(63_342, "an editor there opens files outside the sandbox"));

    /** Throws {@link IllegalArgumentException} if no agent may have it, whatever the seal says. */
    public LocalService {
        requireName(service);
        if (port < 1 || port > LAST_PORT) {
            throw new IllegalArgumentException("a port is a number from " + FIRST_PORT + " to " + LAST_PORT);
        }
        if (port < FIRST_PORT) {
            throw refusal(port, "ports below " + FIRST_PORT + " belong to the system");
        }
        for (RefusedPorts refused : REFUSED) {
            if (port >= refused.first() && port <= refused.last()) {
                throw refusal(port, refused.why());
            }
        }
    }

    private static IllegalArgumentException refusal(int port, String why) {
        return new IllegalArgumentException("port " + port + " is never a service for agents: " + why);
    }

    /** Throws {@link IllegalArgumentException} if {@code name} is none of a local service. */
    public static void requireName(String name) {
        if (!NAME.matcher(name).matches()) {
            throw new IllegalArgumentException(
                    "the name of a local service must be lower-case letters, digits and `-`, as `redis`");
        }
    }

    /** Reads {@code NAME=PORT}. */
    public static LocalService parse(String text) {
        int equals = text.indexOf('=');
        String port = text.substring(equals + 1);
        if (equals < 0 || !port.matches("[1-9][0-9]{0,4}")) {
            throw new IllegalArgumentException("a local service is written NAME=PORT, as `redis=6379`");
        }
        return new LocalService(text.substring(0, equals), Integer.parseInt(port));
    }

    @Override
    public String toString() {
        return service + "=" + port;
    }
}
