package dev.interlock.action;

import java.util.Collections;
import java.util.Locale;
import java.util.Set;
import java.util.TreeSet;

/**
 * What a seal says of agents in a sandbox, and of decoys.
 *
 * @param executed further patterns of paths that run by themselves later
 * @param notExecuted patterns that are known for such paths, and are no such here
 * @param presented what follows when a decoy is presented as a credential; that call is refused in any case
 * @param inBodies what follows when a call carries a decoy elsewhere, such as a conversation in which a file is quoted
 */
public record Confining(Set<String> executed, Set<String> notExecuted, Use presented, Use inBodies) {

    /** What follows when a decoy turns up. Each includes those before it. */
    public enum Use {
        /** People are told, once for each lease and decoy. */
        ALERT,
        /** The call is refused. */
        REFUSE,
        /** The lease ends. */
        KILL;

        /** The word in a seal. */
        public String word() {
            return name().toLowerCase(Locale.ROOT);
        }

        /**
         * The use with {@code word}.
         *
         * @throws IllegalArgumentException if there is none
         */
        public static Use of(String word) {
            for (Use use : values()) {
                if (use.word().equals(word)) {
                    return use;
                }
            }
            throw new IllegalArgumentException("it is one of `alert`, `refuse` and `kill`");
        }
    }

    /** What holds where a seal says nothing: an agent that read a file with a decoy in it may go on working. */
    public static final Confining USUAL = new Confining(Set.of(), Set.of(), Use.REFUSE, Use.ALERT);

    public Confining {
        executed = Collections.unmodifiableSet(new TreeSet<>(executed));
        notExecuted = Collections.unmodifiableSet(new TreeSet<>(notExecuted));
        executed.forEach(ExecutedPaths::requirePattern);
        Set<String> unknown = new TreeSet<>(notExecuted);
        unknown.removeAll(ExecutedPaths.usual().patterns());
        if (!unknown.isEmpty()) {
            throw new IllegalArgumentException(
                    "`" + unknown.iterator().next() + "` is none of the paths that are known to run by themselves");
        }
        if (executed.size() + ExecutedPaths.usual().entries().size() > ExecutedPaths.MOST) {
            throw new IllegalArgumentException(
                    "there are more than " + ExecutedPaths.MOST + " paths that run by themselves");
        }
        if (presented == Use.ALERT) {
            throw new IllegalArgumentException("a decoy that is presented is refused: say `refuse` or `kill`");
        }
    }

    /** Which paths run by themselves, all in all. */
    public ExecutedPaths paths() {
        return ExecutedPaths.usual().changed(executed, notExecuted);
    }
}
