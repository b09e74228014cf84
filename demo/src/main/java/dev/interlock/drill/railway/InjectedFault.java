package dev.interlock.drill.railway;

/** The faults that a test can inject. */
public enum InjectedFault {
    /** Done, but the connection ends without an answer. */
    CUT_AFTER_APPLY,
    /** Done, but no answer ever comes. */
    HANG_AFTER_APPLY,
    /** Not done, and the connection ends without an answer. */
    CUT_BEFORE_APPLY,
    /** Not done; status 500. */
    ERROR,
    /** Not done; a body that is no JSON. */
    GARBAGE
}
