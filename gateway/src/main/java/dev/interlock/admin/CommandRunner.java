package dev.interlock.admin;

import dev.interlock.adminapi.Question;
import dev.interlock.adminclient.AdminRefusedException;
import dev.interlock.evidence.Json;
import dev.interlock.evidence.MalformedException;
import java.util.ArrayList;
import java.util.List;

/** Everything that the administrative socket and the console can ask for. {@link Administration} implements it. */
public interface CommandRunner {

    /** Carries out {@code command} for an entitled {@code peer} and passes on each result; most commands have one. */
    void run(Peer peer, String command, Json.Members arguments, ResultSink results) throws AdminRefusedException;

    default <A extends Record> A ask(Peer peer, Question<A> question) throws AdminRefusedException {
        List<Json.Members> results = new ArrayList<>();
        run(peer, question.command(), question.arguments(), results::add);
        try {
            return question.read(results.getFirst());
        } catch (MalformedException e) { // the request was right, so nobody may be told that it was not
            throw new IllegalStateException("the answer to `" + question.command() + "` cannot be read", e);
        }
    }

    /** Records that {@code peer}, who is not entitled, tried {@code command}. */
    void refused(Peer peer, String command);
}
