package dev.interlock.evidence;

/** The strength of a key: how much a signature proves about who was present. */
public enum KeyClass implements Keyword {
    /** A security key: somebody was present and touched it. */
    HARDWARE,
    /** A file: everybody who can read it can sign. It is always reported as weak. */
    SOFTWARE;
}
