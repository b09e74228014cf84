package dev.interlock.setup;

import dev.interlock.evidence.Json;
import java.util.List;

/** One step of a setup, which is described, performed and undone by the same object. */
public interface SetupStep {

    /** Identifies the kind of step in the record, such as {@code configuration}. */
    String name();

    /** One sentence that says what it changes, in the present tense. */
    String description();

    /**
     * Returns what undoing it needs, before anything is changed. It is on disk before {@link #perform} begins, so that
     * an interrupted step can be undone as well. Nothing unless said otherwise.
     */
    default Json.Members intention() throws Exception {
        return Json.object();
    }

    /** Changes what the description says. It succeeds too if the change was made already. */
    void perform() throws Exception;

    /** Returns what {@link #undo} would change, in one sentence in the present tense. It changes nothing itself. */
    String undoing(Json.Members intention) throws Exception;

    /** Returns what would still be there after {@link #undo}, each with the command that removes it. */
    default List<String> left(Json.Members intention) throws Exception {
        return List.of();
    }

    /**
     * Puts back what was there, as far as nobody else has changed it since, and says so in one sentence. A step that
     * changed nothing that could be put back only says it.
     */
    default String undo(Json.Members intention) throws Exception {
        return undoing(intention);
    }
}
