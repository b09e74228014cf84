package dev.interlock.admin;

import dev.interlock.evidence.Json;

/** What is asked of the console from outside of it: ways in, and who is in. */
public interface ConsoleCommands {

    /**
     * A code that opens the console once, for whoever types it in the name of {@code user}.
     *
     * @throws AdminRefusedException if there is no console, or too many codes wait
     */
    Json.Members code(String user) throws AdminRefusedException;

    /** Who is signed in. */
    Json.Members sessions();

    /** Ends one session, or all; how many they were. */
    int signOut(java.util.Optional<String> session);
}
