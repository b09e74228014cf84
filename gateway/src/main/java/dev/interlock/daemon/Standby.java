package dev.interlock.daemon;

import dev.interlock.admin.AdminServer;
import dev.interlock.admin.CommandRunner;
import dev.interlock.admin.Peer;
import dev.interlock.admin.ResultSink;
import dev.interlock.adminclient.AdminRefusedException;
import dev.interlock.evidence.Json;
import dev.interlock.store.PostgresServer;
import dev.interlock.store.StoreTerm;
import java.io.IOException;
import java.io.InterruptedIOException;

/** Answers people while this gateway waits for its store. It serves nothing, and says why. */
final class Standby implements CommandRunner {

    private static final System.Logger LOG = System.getLogger(Standby.class.getName());

    private volatile String reason = "This gateway connects to its store.";

    private Standby() {}

    /** Waits until no other gateway serves from {@code server}. */
    static StoreTerm await(DaemonContext context, PostgresServer server) throws IOException {
        Standby standby = new Standby();
        try (AdminServer _ =
                AdminServer.start(context.config().adminSocket(), Interlock.admins(context.config()), standby)) {
            return StoreTerm.await(server, context.config().origin(), standby::say);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new InterruptedIOException("interrupted while waiting for the store");
        }
    }

    private void say(String obstacle) {
        reason = obstacle;
        LOG.log(System.Logger.Level.WARNING, obstacle);
    }

    @Override
    public void run(Peer peer, String command, Json.Members arguments, ResultSink results)
            throws AdminRefusedException {
        throw new AdminRefusedException(
                "standby", reason, "It takes over by itself. Until then, ask the gateway that serves.");
    }

    @Override
    public void refused(Peer peer, String command) {
        LOG.log(
                System.Logger.Level.WARNING,
                "user {0}, who is not entitled, tried the command {1}",
                peer.user(),
                command);
    }
}
