package dev.interlock.admin;

import dev.interlock.adminclient.AdminRefusedException;
import dev.interlock.evidence.Json;
import java.util.Optional;

/** What is asked of the console from outside of it: ways in, and who is in. */
public interface ConsoleCommands {

    /**
     * A code that opens the console once, for whoever types it in the name of {@code user}.
     *
     * @throws AdminRefusedException if there is no console, or too many codes wait
     */
    Json.Members code(String user) throws AdminRefusedException;

    /**
     * The user of the machine who was given {@code code}, which is worth nothing from now on; empty if it is not good.
     */
    Optional<String> use(String code);

    /** Who is signed in. */
    Json.Members sessions();

    /** Ends one session, or all; how many they were. */
    int signOut(Optional<String> session);
}
