package dev.interlock.cli;

import dev.interlock.cli.RemoteListenerCheck.ListenerFindings;
import dev.interlock.config.Config;
import dev.interlock.confine.SandboxReadiness.SandboxRequirement;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.util.List;

/** Asks the listener for clients of PostgreSQL whether it encrypts, as every client does first. */
final class DatabaseListenerCheck {

    private static final int PATIENCE_MILLIS = 5_000;

    private static final byte[] QUESTION = {0, 0, 0, 8, 4, (byte) 210, 22, 47};

    private DatabaseListenerCheck() {}

    static ListenerFindings of(Options options) {
        Config config;
        try {
            config = options.config();
        } catch (IOException | RuntimeException e) {
            return ListenerFindings.NONE; // no gateway here, or not one of this user
        }
        try {
            return config.postgresAddress()
                    .map(address -> check(address, config.tls().isPresent()))
                    .orElse(ListenerFindings.NONE);
        } catch (IllegalArgumentException e) {
            return unseen(e);
        }
    }

    static ListenerFindings check(InetSocketAddress address, boolean mustEncrypt) {
        try (Socket socket = new Socket()) {
            socket.connect(RemoteListenerCheck.reachable(address), PATIENCE_MILLIS);
            socket.setSoTimeout(PATIENCE_MILLIS);
            socket.getOutputStream().write(QUESTION);
            int answer = socket.getInputStream().read();
            boolean isRight = answer == (mustEncrypt ? 'S' : 'N');
            String name = address.getHostString() + ":" + address.getPort();
            return new ListenerFindings(
                    List.of(new SandboxRequirement(
                            name,
                            isRight,
                            isRight
                                    ? mustEncrypt
                                            ? "answers clients of PostgreSQL, and encrypts"
                                            : "answers clients of PostgreSQL"
                                    : "does not answer as the gateway does",
                            "another program may listen there: see the gateway's log, and `postgres` in gateway.yaml")),
                    List.of());
        } catch (IOException e) {
            return unseen(e);
        }
    }

    private static ListenerFindings unseen(Exception e) {
        return new ListenerFindings(
                List.of(),
                List.of("check of the listener for databases: " + e.getMessage()
                        + "; run this on the gateway, while it runs"));
    }
}
