package dev.interlock.setup;

import dev.interlock.evidence.Json;

/**
 * One step of a setup, which is described, performed and undone by the same object. Steps are few and of few kinds; the
 * command line supplies them.
 */
public interface SetupStep {

    /** Identifies the kind of step in the record, such as {@code configuration}. */
    String name();

    /** One sentence that says what it changes, in the present tense. */
    String description();

    /**
     * Returns what undoing it needs, before anything is changed. It is on disk before {@link #perform} begins, so that
     * an interrupted step can be undone as well.
     */
    Json.Members intention() throws Exception;

    /** Changes what the description says. It succeeds too if the change was made already. */
    void perform() throws Exception;

    /**
     * Puts back what was there, as far as nobody else has changed it since.
     *
     * @param intention what {@link #intention} returned then
     * @return one sentence that says what was put back, or was left and why
     */
    String undo(Json.Members intention) throws Exception;
}
