package dev.interlock.cli;

import dev.interlock.adminapi.StatusQuestion;
import dev.interlock.adminclient.AdminRefusedException;
import dev.interlock.confine.UnfinishedRun;
import dev.interlock.evidence.Json;
import dev.interlock.session.Session;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Optional;

/**
 * Selects the sessions of one gateway. A user's recordings are stored together, whichever gateway was used. Each
 * gateway is identified by the key of its log.
 *
 * @param key the gateway's; empty if none answers, and then all sessions are selected
 */
record SessionFilter(Optional<String> key) {

    /** Returns the selection for the gateway in force. */
    static SessionFilter of(Options own) {
        try {
            return of(own.daemon().ask(new StatusQuestion.AskStatus()));
        } catch (IOException | AdminRefusedException | RuntimeException e) {
            return new SessionFilter(Optional.empty());
        }
    }

    /** Returns the selection for the gateway with {@code status}. */
    static SessionFilter of(StatusQuestion.Status status) {
        return new SessionFilter(Optional.of(status.ledger().logKey()));
    }

    boolean has(Path sessions, Session.SessionEntry entry) throws IOException {
        Optional<Json.Members> about = entry.session().map(Session::manifest);
        if (about.isPresent()) {
            return has(about.get());
        }
        Optional<UnfinishedRun> run = UnfinishedRun.of(sessions, entry.id());
        return run.isEmpty() || has(run.get());
    }

    boolean has(UnfinishedRun run) throws IOException {
        Optional<Json.Members> about = run.about();
        return about.isEmpty() || has(about.get());
    }

    /** A recording without a key may belong to any gateway. */
    private boolean has(Json.Members about) {
        Optional<String> recorded = about.optionalText("log_key");
        return key.isEmpty() || recorded.isEmpty() || recorded.equals(key);
    }
}
