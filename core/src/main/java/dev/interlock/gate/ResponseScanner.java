package dev.interlock.gate;

/** Decides whether an upstream's answer may reach the agent. It may not if it contains a credential of the vault. */
@FunctionalInterface
public interface ResponseScanner {

    /**
     * Returns whether {@code text}, of an answer, may be passed on. If not, people have been alerted. Does not throw.
     * To search {@code closely}, in every way in which it may be read, takes ten times as long.
     */
    boolean passes(byte[] text, boolean closely);

    /**
     * Writes stars over the values in {@code text} that the agent must not read. It may begin and end anywhere in an
     * answer. Does not throw.
     */
    default void starOut(byte[] text) {}
}
