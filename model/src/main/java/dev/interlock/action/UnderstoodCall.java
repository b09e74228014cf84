package dev.interlock.action;

import java.util.List;

/**
 * A call of which the front has read the meaning already, because that depends on more than the call: on the session
 * that it belongs to. What is forwarded is what was read.
 */
public interface UnderstoodCall extends Call {

    /** The name of the catalog whose operations these are. */
    String provider();

    /** Returns all that it would do; never empty. */
    List<Action> actions();
}
