package dev.interlock.gate;

/** Looks through what an upstream answers, on its way to whoever asked, for credentials that are nobody's but ours. */
@FunctionalInterface
public interface Lookout {

    /**
     * Whether {@code text}, all of an answer or a part of it, may be passed on. If it may not, people are told when
     * this returns. Does not throw.
     *
     * @param closely whether it is looked for in every way in which the text may be read, which takes ten times as long
     *     as to look for it as it stands, in hexadecimal and in base64
     */
    boolean passes(byte[] text, boolean closely);
}
