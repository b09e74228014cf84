package dev.interlock.admin;

import dev.interlock.adminclient.AdminRefusedException;
import dev.interlock.evidence.Json;

/** Everything that the administrative socket and the console can ask for. {@link Administration} implements it. */
public interface CommandRunner {

    /**
     * Carries out {@code command} for an entitled {@code peer} and passes on each result; most commands have one.
     *
     * @throws AdminRefusedException if it cannot be done as asked; nothing was changed
     */
    void run(Peer peer, String command, Json.Members arguments, ResultSink results) throws AdminRefusedException;

    /** Records that {@code peer}, who is not entitled, tried {@code command}. */
    void refused(Peer peer, String command);
}
