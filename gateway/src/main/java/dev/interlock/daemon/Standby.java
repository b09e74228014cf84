package dev.interlock.daemon;

import dev.interlock.admin.AdminServer;
import dev.interlock.admin.CommandRunner;
import dev.interlock.admin.Peer;
import dev.interlock.admin.ResultSink;
import dev.interlock.adminclient.AdminRefusedException;
import dev.interlock.evidence.Json;
import dev.interlock.program.ProgramVersion;
import dev.interlock.store.PostgresServer;
import dev.interlock.store.StoreNode;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.util.Optional;

/** Answers people while this gateway waits for its store. It serves nothing, and says why. */
final class Standby implements CommandRunner {

    private static final System.Logger LOG = System.getLogger(Standby.class.getName());

    private volatile String reason = "This gateway connects to its store.";

    private Standby() {}

    /** Waits until {@code server} answers, and no other gateway of this name serves from it. */
    static StoreNode await(DaemonContext context, PostgresServer server) throws IOException {
        Standby standby = new Standby();
        try (AdminServer _ =
                AdminServer.start(context.config().adminSocket(), Interlock.admins(context.config()), standby)) {
            return StoreNode.await(
                    server,
                    context.config().origin(),
                    ProgramVersion.withCommit(),
                    Optional.of(context.data(TableStores.PRIMARY)),
                    standby::say);
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
                "standby", reason, "It serves by itself once it can. Until then, ask another gateway of this store.");
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
