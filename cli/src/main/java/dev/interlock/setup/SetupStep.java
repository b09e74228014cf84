package dev.interlock.setup;

import dev.interlock.evidence.Json;
import java.util.List;

/** One step of a setup, which is described, performed and undone by the same object. */
public interface SetupStep {

    /** Identifies the kind of step in the record, such as {@code configuration}. */
    String name();

    /** One sentence that says what it changes, in the present tense. */
    String description();

    /** What undoing it needs. It is on disk before {@link #perform}, so that an interrupted step can be undone. */
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

    /** As far as nobody else has changed it since; says so in one sentence. */
    default String undo(Json.Members intention) throws Exception {
        return undoing(intention);
    }
}
