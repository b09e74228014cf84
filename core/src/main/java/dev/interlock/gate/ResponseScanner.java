package dev.interlock.gate;

/** Decides whether an upstream's answer may reach the agent. It may not if it contains a credential of the vault. */
@FunctionalInterface
public interface ResponseScanner {

    /**
     * Returns whether {@code text}, all of an answer or a part of it, may be passed on. If it may not, people have been
     * alerted when this returns. Does not throw.
     *
     * @param closely whether to search every way in which the text may be read. That takes ten times as long as to
     *     search it as it stands, in hexadecimal and in base64
     */
    boolean passes(byte[] text, boolean closely);
}
