package dev.interlock.catalog;

import java.util.Optional;

/**
 * What a call of a tool has to do with what its session has chosen.
 *
 * @param goesBy whether it loses something or runs code, and names no target of its own
 * @param argument the argument by which it could name one
 * @param chooses the call in words, if it chooses the target of later ones
 */
public record SessionUse(boolean goesBy, Optional<String> argument, Optional<String> chooses) {

    static final SessionUse NONE = new SessionUse(false, Optional.empty(), Optional.empty());
}
