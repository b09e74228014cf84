package dev.interlock.gate;

import dev.interlock.action.Bytes;
import java.util.Optional;
import java.util.Set;

/**
 * Decides by the policy which files an answer may show whose names the call did not say. What the agent may not read by
 * name, it gets by no other way. One answer; one thread at a time.
 */
public interface AnswerScreen {

    /** Returns {@code answer} without what is withheld, the same if nothing is; empty if nobody can say what it is. */
    Optional<Bytes> over(Bytes answer);

    /** Does the same for a message of MCP. */
    Optional<Bytes> overMessage(Bytes message);

    /** Returns whether a file of this name may be shown; {@code Fact.UNNAMED} stands for what has none. */
    boolean shows(String file);

    /** Returns whether all may be shown that has no name. Nothing is withheld by asking. */
    boolean showsUnnamed();

    /** Returns the names of what was withheld so far, as receipts hold them. */
    Set<String> withheld();
}
